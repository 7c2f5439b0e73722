//! A warning in words for a mailbox, and as JSON for a program.

use super::rule_text;
use crate::{
    model::WarningLevel,
    platform::store::{Channel, Told, WarningRow},
};
use std::fmt::Write;

/// Signs of a subject that mail programs show.
const SUBJECT_SIGNS_MAX: usize = 120;

/// Subject and body of one message. Whatever a site is called, a subject is one line.
pub fn message(row: &WarningRow, told: Told, channel: Channel, key: &str) -> (String, String) {
    match channel {
        Channel::Mail => (subject(row, told), letter(row, told, key)),
        Channel::Webhook => (String::new(), json(row, told, key)),
    }
}

fn subject(row: &WarningRow, told: Told) -> String {
    let (zh, en) = match (told, row.level) {
        (Told::Cleared, _) => ("解除", "cleared"),
        (_, WarningLevel::Red) => ("红色预警", "red"),
        (_, WarningLevel::Yellow) => ("黄色预警", "yellow"),
    };
    let text = format!("[Mujun] {zh} {} — {en}: {}", row.name, row.key.rule.name());
    text.chars().map(|sign| if sign.is_control() { ' ' } else { sign }).take(SUBJECT_SIGNS_MAX).collect()
}

fn letter(row: &WarningRow, told: Told, key: &str) -> String {
    let rule = rule_text(row.key.rule);
    let (zh, en) = match told {
        Told::Raised => ("新预警", "New warning"),
        Told::Worse => ("预警加重", "The warning became graver"),
        Told::Cleared => ("预警已解除", "The warning is gone"),
    };
    let mut figures = String::new();
    for ground in &row.grounds {
        let value = ground.value.map_or_else(|| "—".into(), |value| value.to_string());
        let _ = writeln!(figures, "  {} = {value} {}", ground.name, ground.unit);
    }
    format!(
        "{zh}：{} ({})\n{}\n规则：{}\n\n{en}: {} ({})\n{}\nRule: {}\n\n{figures}\n# {} {key}\n",
        row.name, row.key.place, row.text.zh, rule.zh, row.name, row.key.place, row.text.en, rule.en, row.id
    )
}

fn json(row: &WarningRow, told: Told, key: &str) -> String {
    let event = match told {
        Told::Raised => "raised",
        Told::Worse => "worse",
        Told::Cleared => "cleared",
    };
    let body = serde_json::json!({
        "id": key,
        "event": event,
        "warning": {
            "id": row.id,
            "rule": row.key.rule.name(),
            "place": row.key.place,
            "object": row.key.object,
            "name": row.name,
            "region": row.region,
            "level": row.level.name(),
            "text": row.text,
            "grounds": row.grounds,
            "raised_ms": row.raised,
            "seen_ms": row.seen,
            "cleared_ms": row.cleared,
        },
    });
    body.to_string()
}
