//! The live table.

use crate::runtime::lang::Lang;
use serde_json::Value;

/// `ranking` is the answer of `/api/v1/ranking`.
pub fn table(ranking: &Value, dashboard: &str, lang: Lang) -> String {
    let head = lang.pick(
        ["排名", "单位", "用电 kWh", "产量", "kgce/件", "tce/亩", "产值 万元/亩", "待传", "完整率"],
        ["rank", "site", "kWh", "pieces", "kgce/piece", "tce/mu", "10k yuan/mu", "backlog", "complete"],
    );
    const WIDTHS: [usize; 9] = [4, 26, 12, 9, 11, 11, 12, 8, 9];
    let mut text = lang
        .pick(format!("亩均演示县 · 看板 {dashboard}\n\n"), format!("Mujun demo county · dashboard {dashboard}\n\n"));
    line(&mut text, &head.map(str::to_owned), &WIDTHS);
    for site in ranking["sites"].as_array().into_iter().flatten() {
        let number = |field: &str| match &site[field] {
            Value::String(text) => short(text),
            Value::Number(number) => number.to_string(),
            _ => "—".into(),
        };
        let cells = [
            number("rank"),
            site["name"].as_str().unwrap_or_default().to_owned(),
            number("kwh"),
            number("output"),
            number("kgce_per_product"),
            number("tce_per_mu"),
            number("output_value_wan_per_mu"),
            number("backlog_records"),
            number("completeness"),
        ];
        line(&mut text, &cells, &WIDTHS);
    }
    text
}

/// At most four decimals; below 1 four significant digits, since the first minutes of a county are millionths of a tonne
/// on a mu.
fn short(text: &str) -> String {
    let Ok(number) = text.parse::<rust_decimal::Decimal>() else { return text.to_owned() };
    let small = number.abs() < rust_decimal::Decimal::ONE;
    let rounded = if small { number.round_sf(4).unwrap_or(number) } else { number.round_dp(4) };
    rounded.normalize().to_string()
}

fn line(text: &mut String, cells: &[String; 9], widths: &[usize; 9]) {
    for (i, (cell, width)) in cells.iter().zip(widths).enumerate() {
        let pad = " ".repeat(width.saturating_sub(columns(cell)));
        // names to the left, numbers to the right
        let parts = if i == 1 { [cell.as_str(), &pad] } else { [&pad, cell.as_str()] };
        text.extend(parts);
        text.push_str("  ");
    }
    text.truncate(text.trim_end().len());
    text.push('\n');
}

/// Terminal columns: Chinese characters and their punctuation take two.
fn columns(text: &str) -> usize {
    text.chars()
        .map(|c| {
            if matches!(c, '\u{1100}'..='\u{115f}' | '\u{2e80}'..='\u{9fff}' | '\u{ff00}'..='\u{ff60}') { 2 } else { 1 }
        })
        .sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_line_up_whatever_the_script_and_missing_looks_missing() {
        let ranking = serde_json::json!({ "sites": [
            { "rank": 1, "name": "橘乡塑料（演示）", "kwh": "12.3456789", "tce_per_mu": "0.000005", "output": "1234567" },
            { "rank": null, "name": "Plant", "kwh": null },
        ]});
        let text = table(&ranking, "http://127.0.0.1:1/", Lang::En);
        let rows: Vec<&str> = text.lines().skip(3).collect();
        assert!(
            rows[0].contains("12.3457")
                && rows[0].contains("1234567")
                && rows[0].contains("0.000005")
                && rows[0].contains('—')
        );
        assert_eq!(columns(rows[0]), columns(rows[1]));
    }
}
