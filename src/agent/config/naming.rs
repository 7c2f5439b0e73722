//! Of which meters a topic speaks: one by its name, or several named by what the wildcards stand for.

use super::{
    NamePart,
    file::Listed,
    filter,
    key::{METER, METER_LIST, PARTS},
    word,
};
use crate::runtime::{
    lang::Text,
    problem::{Found, quoted},
    settings::Section,
};
use std::collections::HashSet;

const METERS_MAX: usize = 1000;

pub(super) struct Named {
    /// Empty where the topic is of one meter.
    pub naming: Vec<NamePart>,
    /// At least one; the empty name where a problem was reported.
    pub meters: Vec<String>,
}

/// What `section` says; `meters` are those that other tables of its broker have named.
pub(super) fn named<'d>(
    section: &Section<'d>,
    topic: &str,
    meters: &mut HashSet<&'d str>,
    listed: &mut Listed,
) -> Named {
    let nobody = || vec![String::new()];
    let Some(meter) = section.parse(&METER, word::name) else { return Named { naming: Vec::new(), meters: nobody() } };
    let wildcards = filter::wildcards(topic);
    let parts = section.parse_each(&PARTS, word::name);
    if !section.has(&METER_LIST) {
        if wildcards > 0 && meter.value.contains('{') {
            section.missing(&METER_LIST);
            return Named { naming: Vec::new(), meters: nobody() };
        }
        if meters.insert(meter.value) {
            listed.meters.claim(section.doc, &meter);
        }
        return Named { naming: Vec::new(), meters: vec![meter.value.to_owned()] };
    }
    let naming = naming(section, &meter, wildcards, parts.as_deref());
    let names = section.parse_each(&METER_LIST, word::name).unwrap_or_default();
    if section.has(&METER_LIST) && !(1..=METERS_MAX).contains(&names.len()) {
        let n = names.len();
        section.refuse(
            &METER_LIST,
            Text::new(format!("{n} 个仪表"), format!("found {n} meters")),
            Text::new("列出会出现的仪表", "list the meters that may come"),
        );
    }
    let mut seen = HashSet::new();
    for name in names.iter().copied() {
        let found = Found { value: name, at: section.at(&METER_LIST) };
        if !seen.insert(name) {
            section.refuse(
                &METER_LIST,
                Text::new(format!("{} 写了两次", quoted(name)), format!("found {} twice", quoted(name))),
                Text::new("每个仪表写一次", "write each meter once"),
            );
        } else if meters.insert(name) {
            listed.meters.claim(section.doc, &found);
        }
    }
    let meters: Vec<String> = names.into_iter().filter(|name| seen.remove(name)).map(str::to_owned).collect();
    let meters = if meters.is_empty() { nobody() } else { meters };
    Named { naming, meters }
}

/// `{1}-{2}`, or `{line}-{machine}` where `parts` gives the wildcards names.
fn naming(section: &Section, meter: &Found<&str>, wildcards: usize, parts: Option<&[&str]>) -> Vec<NamePart> {
    if parts.is_some_and(|parts| parts.len() != wildcards) {
        let (found, n) = (parts.map_or(0, <[_]>::len), wildcards);
        section.refuse(
            &PARTS,
            Text::new(
                format!("{found} 个名称，{n} 个通配符"),
                format!("found {found} names, and the topic has {n} of + and #"),
            ),
            Text::new("按顺序为每个通配符写一个名称", "write a name for each wildcard, in their order"),
        );
    }
    let mut naming = Vec::new();
    let mut rest = meter.value;
    while let Some((text, behind)) = rest.split_once('{') {
        let place = behind.split_once('}').and_then(|(inner, rest)| {
            let number = inner.parse::<usize>().ok().and_then(|number| number.checked_sub(1));
            let named = parts.and_then(|parts| parts.iter().position(|part| *part == inner));
            Some((named.or(number).filter(|place| *place < wildcards)?, rest))
        });
        let Some((place, behind)) = place else {
            section.doc.report(
                &meter.at,
                Text::new(format!("写的是 {}", quoted(meter.value)), format!("found {}", quoted(meter.value))),
                Text::new(
                    format!("{{1}} 到 {{{wildcards}}}（第几个通配符），或 parts 中的名称"),
                    format!("{{1}} to {{{wildcards}}}, by the wildcard, or a name out of parts"),
                ),
                Text::new(
                    "例如 meter = \"{1}-{2}\"，主题中有两个通配符",
                    "write it as meter = \"{1}-{2}\" for a topic with two wildcards",
                ),
            );
            return Vec::new();
        };
        naming.extend((!text.is_empty()).then(|| NamePart::Text(text.to_owned())));
        naming.push(NamePart::Wildcard(place));
        rest = behind;
    }
    if naming.is_empty() {
        section.doc.report(
            &meter.at,
            Text::new(
                format!("写的是 {}，旁边有 meters", quoted(meter.value)),
                format!("found {} beside meters", quoted(meter.value)),
            ),
            Text::new(
                "用通配符组成的名称，例如 \"{1}\"",
                "a name made of what the wildcards stand for, such as \"{1}\"",
            ),
            Text::new("写 meter = \"{1}\"，或删除 meters", "write meter = \"{1}\", or remove meters"),
        );
    }
    naming.extend((!rest.is_empty()).then(|| NamePart::Text(rest.to_owned())));
    naming
}
