//! Why a published period has changed: two versions compared, leaf by leaf.

use super::{Body, body::PublishedSite};
use crate::{
    platform::assess::term::{How, Register, Term},
    runtime::lang::Text,
};
use std::collections::{BTreeMap, BTreeSet};

/// Reasons that are told one by one.
const TOLD_MAX: usize = 8;

/// What of `new` is not as in `old`, in words.
pub fn reason(old: &Body, new: &Body) -> Text {
    let mut found = Vec::new();
    let (before, after) = (by_code(old), by_code(new));
    let codes: BTreeSet<&str> = before.keys().chain(after.keys()).copied().collect();
    let mut late: BTreeMap<&str, u64> = BTreeMap::new();
    let mut factors = BTreeSet::new();
    for code in codes {
        match (before.get(code), after.get(code)) {
            (Some(a), Some(b)) => compare(code, a, b, &mut late, &mut factors, &mut found),
            (None, _) => {
                found.push(Text::new(format!("登记表新增 {code}"), format!("{code} is new in the registry")));
            }
            (_, None) => {
                found.push(Text::new(format!("登记表不再有 {code}"), format!("{code} is no longer in the registry")))
            }
        }
    }
    let changed = |name: &&str| {
        let carrier = name.trim_start_matches("factor ");
        Text::new(format!("{carrier} 的系数变更"), format!("factor {carrier} changed"))
    };
    let readings = |(gateway, quarters): (&&str, &u64)| {
        Text::new(
            format!("{gateway} 的迟到读数：{quarters} 个刻钟"),
            format!("late readings from {gateway}: {quarters} quarter-hours"),
        )
    };
    let mut all: Vec<Text> = late.iter().map(readings).chain(factors.iter().map(changed)).collect();
    all.append(&mut found);
    if all.is_empty() {
        let (a, b) = (&old.rules, &new.rules);
        all.push(match a == b {
            true => Text::new("计算依据变更", "what the figures are computed from has changed"),
            false => Text::new(format!("规则版本由 {a} 变为 {b}"), format!("the rules changed from {a} to {b}")),
        });
    }
    let more = all.len().saturating_sub(TOLD_MAX);
    all.truncate(TOLD_MAX);
    if more > 0 {
        all.push(Text::new(format!("另有 {more} 项"), format!("and {more} more")));
    }
    let joined = |of: fn(&Text) -> &str, between: &str| all.iter().map(of).collect::<Vec<_>>().join(between);
    Text::new(joined(|text| &text.zh, "；"), joined(|text| &text.en, "; "))
}

fn by_code(body: &Body) -> BTreeMap<&str, &PublishedSite> {
    body.sites.iter().map(|site| (site.credit_code.as_str(), site)).collect()
}

fn compare<'a>(
    code: &str,
    old: &'a PublishedSite,
    new: &'a PublishedSite,
    late: &mut BTreeMap<&'a str, u64>,
    factors: &mut BTreeSet<&'a str>,
    found: &mut Vec<Text>,
) {
    let (before, after) = (leaves(old), leaves(new));
    let keys: BTreeSet<(&str, &str)> = before.keys().chain(after.keys()).copied().collect();
    for key in keys {
        let (name, _) = key;
        match (before.get(&key), after.get(&key)) {
            (Some(a), Some(b)) if a.how == b.how && a.value == b.value && a.doubts == b.doubts => {}
            (Some(Term { how: How::Register(a), .. }), Some(Term { how: How::Register(b), .. })) => {
                match b.slots_received.saturating_sub(a.slots_received) {
                    0 => found.push(Text::new(
                        format!("{name} 的读数重新判定（声明、时钟校正或计量点参数）"),
                        format!("{name} is judged anew: a declaration, a clock's correction or the point's physics"),
                    )),
                    more => *late.entry(&b.gateway_id).or_default() += more,
                }
            }
            (Some(Term { how: How::Factor(_), .. }), _) | (_, Some(Term { how: How::Factor(_), .. })) => {
                factors.insert(name);
            }
            (None, Some(Term { how: How::Register(Register { gateway_id, slots_received, .. }), .. })) => {
                *late.entry(gateway_id).or_default() += slots_received;
            }
            _ => found.push(Text::new(format!("{code} 的 {name} 变更"), format!("{name} of {code} changed"))),
        }
    }
}

/// The leaves of a site's figures, by name and unit; counts of quarter-hours follow from the registers.
fn leaves(site: &PublishedSite) -> BTreeMap<(&str, &str), &Term> {
    let mut found = BTreeMap::new();
    for figure in site.figures.values() {
        figure.visit(&mut |term| {
            if term.terms.is_empty() && !matches!(term.how, How::Counted | How::Missing | How::Constant) {
                found.insert((term.name.as_str(), term.unit.as_str()), term);
            }
        });
    }
    found
}
