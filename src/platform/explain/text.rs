//! An explanation for people: a tree of lines.

use super::{Explanation, Interval, Source, TracedRegister};
use crate::{
    model::{Doubts, Quality},
    platform::assess::term::{How, Origin, Part, Statistic, Statistical, Term},
    runtime::lang::Lang,
};
use rust_decimal::Decimal;
use std::fmt::Write;

/// `depth`: levels of the tree that are shown.
pub fn render(explanation: &Explanation, depth: usize, lang: Lang) -> String {
    let mut out = String::new();
    let Explanation { credit_code, name, period, figure, basis, .. } = explanation;
    line(&mut out, &format!("{credit_code} {name} · {period} · {figure} · {}", basis.name()));
    tree(&mut out, &explanation.term, None, "", "", depth, lang);
    if let Some(share) = explanation.state.completeness.filter(|_| explanation.state.incomplete) {
        let percent = (share * Decimal::ONE_HUNDRED).round_dp(1).normalize();
        line(
            &mut out,
            &lang.pick(
                format!("数据完整率 {percent} %，低于 90 %"),
                format!("incomplete: {percent} % of the quarter-hours, below 90 %"),
            ),
        );
    }
    for traced in &explanation.registers {
        register(&mut out, traced, lang);
    }
    if explanation.registers_left_out > 0 {
        let n = explanation.registers_left_out;
        line(&mut out, &lang.pick(format!("另有 {n} 个计量点未追溯"), format!("{n} more registers were not traced")));
    }
    let verdict = match explanation.recomputed_same {
        true => lang.pick("重新计算：逐位相同", "recomputed: the same to the last digit"),
        false => lang.pick("重新计算：结果不同", "recomputed: NOT the same"),
    };
    line(&mut out, verdict);
    out
}

fn line(out: &mut String, text: &str) {
    // a String takes everything
    let _ = writeln!(out, "{text}");
}

fn tree(out: &mut String, term: &Term, sign: Option<&str>, head: &str, body: &str, depth: usize, lang: Lang) {
    let value = term.value.map_or_else(|| "—".to_owned(), |value| value.to_string());
    let sign = sign.unwrap_or_default();
    let mut text = format!("{head}{sign}{} = {value} {} [{}]", term.name, term.unit, how(&term.how, lang));
    if term.quality != Quality::Good {
        text.push(' ');
        text.push_str(match term.quality {
            Quality::Good => "",
            Quality::Uncertain => lang.pick("存疑", "uncertain"),
            Quality::Bad => lang.pick("无效", "bad"),
        });
    }
    text.push_str(&doubts(term.doubts));
    line(out, &text);
    for note in &term.notes {
        line(out, &format!("{body}   ! {}", note.in_lang(lang)));
    }
    if depth <= 1 && !term.terms.is_empty() {
        let n = term.terms.len();
        line(out, &format!("{body}└─ {}", lang.pick(format!("… {n} 项（--depth）"), format!("… {n} terms (--depth)"))));
        return;
    }
    for (at, Part { minus, term: part }) in term.terms.iter().enumerate() {
        let last = at + 1 == term.terms.len();
        let (head, next) = if last { ("└─ ", "   ") } else { ("├─ ", "│  ") };
        let sign = matches!(term.how, How::Sum).then_some(if *minus { "− " } else { "+ " });
        tree(out, part, sign, &format!("{body}{head}"), &format!("{body}{next}"), depth - 1, lang);
    }
}

fn doubts(doubts: Doubts) -> String {
    doubts.names().map(|name| format!(" ~{name}")).collect()
}

fn how(how: &How, lang: Lang) -> String {
    match how {
        How::Sum => lang.pick("和", "sum").to_owned(),
        How::Product => lang.pick("积", "product").to_owned(),
        How::Quotient => lang.pick("商", "quotient").to_owned(),
        How::Rounded { decimals } => {
            lang.pick(format!("修约到 {decimals} 位小数"), format!("rounded to {decimals} decimals, half to even"))
        }
        How::Register(register) => {
            let (counts, each, role) = (register.counts, register.per_count.normalize(), &register.counted_as);
            lang.pick(format!("表计 {counts} × {each}；{role}"), format!("register: {counts} counts × {each}; {role}"))
        }
        How::Factor(origin) => {
            let place = if origin.place.is_empty() { String::new() } else { format!("; {}", origin.place) };
            lang.pick(
                format!("系数，自 {} 起：{}{place}", origin.valid_from, origin.source),
                format!("factor, from {}: {}{place}", origin.valid_from, origin.source),
            )
        }
        How::Registry { field } => lang.pick(format!("登记表 {field}"), format!("registry: {field}")),
        How::Entry(origin) => lang.pick(
            format!("手工录入 {}：{}", origin.valid_from, origin.source),
            format!("entry of {}: {}", origin.valid_from, origin.source),
        ),
        How::ToBase => lang.pick("权重 × 值 ÷ 基准值", "weight × value over base value").to_owned(),
        How::MinMax => lang
            .pick("权重 × 最小最大值归一（20–100）", "weight by the place from least to most, 20 to 100 %")
            .to_owned(),
        How::Least => lang.pick("取最小", "the least of these").to_owned(),
        How::Rule(origin) => {
            let Origin { source, place, .. } = origin;
            lang.pick(format!("评价规则 {source}；{place}"), format!("rule set {source}; {place}"))
        }
        How::Statistic(Statistic { statistic, group, of }) => {
            let (zh, en) = match statistic {
                Statistical::Mean => ("平均", "mean"),
                Statistical::Least => ("最小", "least"),
                Statistical::Most => ("最大", "most"),
            };
            lang.pick(format!("{group} 组 {of} 家的{zh}值"), format!("{en} of {of} in group {group}"))
        }
        How::Constant => lang.pick("常数", "constant").to_owned(),
        How::Counted => lang.pick("计数", "counted").to_owned(),
        How::Missing => lang.pick("未知", "not known").to_owned(),
    }
}

fn register(out: &mut String, traced: &TracedRegister, lang: Lang) {
    let TracedRegister { name, unit, counts_all: counts, counts_traced, .. } = traced;
    line(out, "");
    line(
        out,
        &match counts_traced {
            Some(sum) => lang.pick(
                format!("{name}（{unit}）：{counts}；各刻钟合计 {sum}"),
                format!("{name} ({unit}): {counts} counts; its quarter-hours give {sum}"),
            ),
            None => lang.pick(
                format!("{name}（{unit}）：{counts}；台账中无法追溯"),
                format!("{name} ({unit}): {counts} counts; the ledger has no trace that gives them"),
            ),
        },
    );
    for epoch in &traced.epochs {
        let (time, cause) = (epoch.time_ms, epoch.cause);
        let (before, after) = (&epoch.before, &epoch.after);
        line(
            out,
            &format!(
                "   ‖ {time} {cause}: {} ({}) → {} ({})",
                before.count, before.time_ms, after.count, after.time_ms
            ),
        );
    }
    traced.intervals.iter().for_each(|one| line(out, &interval(one)));
    if traced.intervals_left_out > 0 {
        let n = traced.intervals_left_out;
        line(
            out,
            &lang.pick(
                format!("   … 另有 {n} 个刻钟：用 --intervals 3000，或缩短周期，逐日查看"),
                format!(
                    "   … {n} more quarter-hours: use --intervals 3000, or ask for a shorter period such as one day"
                ),
            ),
        );
    }
    for one in &traced.set_aside {
        line(out, &format!("   × {}", source(one)));
    }
}

fn interval(interval: &Interval) -> String {
    let Interval { start_ms, counts, first, last, .. } = interval;
    let readings = match (first, last) {
        (Some(first), Some(last)) if first.time_ms == last.time_ms => source(first),
        (Some(first), Some(last)) => format!("{} … {}", source(first), source(last)),
        (Some(one), None) | (None, Some(one)) => source(one),
        (None, None) => "—".to_owned(),
    };
    format!("   {start_ms} +{counts}{}: {readings}", doubts(interval.doubts))
}

fn source(source: &Source) -> String {
    let Source { time_ms, count, gateway_id, .. } = source;
    match (&source.gen_id, source.seq) {
        (Some(gen_id), Some(seq)) => format!("{count} @ {time_ms} ({gateway_id} {gen_id}/{seq})"),
        _ => format!("{count} @ {time_ms} (declared)"),
    }
}
