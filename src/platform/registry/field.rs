//! The rules of single fields. An error says what is expected and what to do.

use super::table::Rule;
use crate::{
    model::{CARRIERS, Gateway, Site, StateError, unit::UNITS},
    runtime::{lang::Text, problem::did_you_mean},
};
use jiff::civil::Date;
use rust_decimal::Decimal;
use std::{collections::HashMap, str::FromStr};

const INTEGER_DIGITS_MAX: usize = 12;
const FRACTION_DIGITS_MAX: usize = 6;
const TEXT_CHARS_MAX: usize = 200;

/// Plain digits: no exponent, no thousands separators, no plus sign.
pub(super) fn decimal(text: &str) -> Option<Decimal> {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let (integer, fraction) = digits.split_once('.').unwrap_or((digits, "0"));
    let sound = |part: &str, max| (1..=max).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_digit());
    let sound = sound(integer, INTEGER_DIGITS_MAX) && sound(fraction, FRACTION_DIGITS_MAX);
    sound.then(|| Decimal::from_str_exact(text).ok()).flatten()
}

fn refuse(zh: &str, en: &str) -> Rule {
    let (i, f) = (INTEGER_DIGITS_MAX, FRACTION_DIGITS_MAX);
    (
        Text::new(
            format!("{zh}的十进制数（整数至多 {i} 位，小数至多 {f} 位）"),
            format!("a decimal {en}, at most {i} digits before and {f} behind the point"),
        ),
        Text::new("只写数字和小数点，如 1234.5", "write digits and a point only, such as 1234.5"),
    )
}

pub(super) fn positive(text: &str) -> Result<Decimal, Rule> {
    decimal(text).filter(|value| *value > Decimal::ZERO).ok_or_else(|| refuse("大于 0 ", "above 0"))
}

/// Empty is unknown.
pub(super) fn not_negative(text: &str) -> Result<Option<Decimal>, Rule> {
    if text.is_empty() {
        return Ok(None);
    }
    let value = decimal(text).filter(|value| *value >= Decimal::ZERO && !text.starts_with('-'));
    value.map(Some).ok_or_else(|| refuse("空或不小于 0 ", "of 0 or more, or nothing"))
}

pub(super) fn zero_or_more(text: &str) -> Result<Decimal, Rule> {
    let value = decimal(text).filter(|value| *value >= Decimal::ZERO && !text.starts_with('-'));
    value.ok_or_else(|| refuse("不小于 0 ", "of 0 or more"))
}

/// Empty is unknown.
pub(super) fn any_sign(text: &str) -> Result<Option<Decimal>, Rule> {
    if text.is_empty() {
        return Ok(None);
    }
    decimal(text).map(Some).ok_or_else(|| refuse("空或可为负", "of either sign, or nothing"))
}

pub(super) fn name(text: &str) -> Result<String, Rule> {
    if text.is_empty() {
        return Err((Text::new("名称", "a name"), Text::new("填写", "fill it in")));
    }
    short(text)
}

pub(super) fn short(text: &str) -> Result<String, Rule> {
    if text.chars().count() > TEXT_CHARS_MAX {
        return Err((
            Text::new(format!("至多 {TEXT_CHARS_MAX} 个字符"), format!("at most {TEXT_CHARS_MAX} characters")),
            Text::new("缩短", "shorten it"),
        ));
    }
    Ok(text.to_owned())
}

/// What a product is counted in.
pub(super) fn unit(text: &str) -> Result<String, Rule> {
    if text.is_empty() {
        return Err((
            Text::new("产品的计量单位", "the unit in which the product is counted"),
            Text::new(
                "填写，如 t、piece，与产量点的单位一致",
                "fill it in, such as t or piece, as the output's points have it",
            ),
        ));
    }
    short(text)
}

/// One of [`UNITS`].
pub(super) fn energy_unit(text: &str) -> Result<String, Rule> {
    word(text, &UNITS).map_err(|fix| (Text::new("能源计量单位", "a unit of energy carriers"), fix))
}

pub(super) fn carrier(text: &str) -> Result<String, Rule> {
    word(text, &CARRIERS).map_err(|fix| (Text::new("能源品种代码", "the code of an energy carrier"), fix))
}

fn word(text: &str, list: &[&str]) -> Result<String, Text> {
    if list.contains(&text) {
        return Ok(text.to_owned());
    }
    let all = || Text::new(format!("可用：{}", list.join("、")), format!("use one of {}", list.join(", ")));
    Err(did_you_mean(text, list.iter().copied()).unwrap_or_else(all))
}

/// A word of a list, as what it stands for.
pub(super) fn one_of<T: Copy>(text: &str, list: &[(&str, T)]) -> Result<T, Rule> {
    let found = list.iter().find(|(word, _)| *word == text);
    found.map(|(_, value)| *value).ok_or_else(|| {
        let words: Vec<_> = list.iter().map(|(word, _)| if word.is_empty() { "\"\"" } else { word }).collect();
        let near = did_you_mean(text, list.iter().map(|(word, _)| *word).filter(|word| !word.is_empty()));
        let list = words.join(", ");
        (
            Text::new(format!("{list} 之一"), format!("one of {list}")),
            near.unwrap_or_else(|| Text::new("改为其中之一", "write one of them")),
        )
    })
}

pub(super) fn day(text: &str) -> Result<Date, Rule> {
    let date = Some(text).filter(|text| text.len() == 10).and_then(|text| text.parse().ok());
    date.ok_or_else(|| {
        (Text::new("日历日期", "a day of the calendar"), Text::new("写作 2026-11-24", "write it as 2026-11-24"))
    })
}

/// Empty is unknown.
pub(super) fn day_or_none(text: &str) -> Result<Option<Date>, Rule> {
    if text.is_empty() { Ok(None) } else { day(text).map(Some) }
}

/// A state of gas or steam, written as `example`; empty is nothing.
pub(super) fn state<T: FromStr<Err = StateError>>(text: &str, example: Text) -> Result<Option<T>, Rule> {
    if text.is_empty() {
        return Ok(None);
    }
    text.parse().map(Some).map_err(|error| match error {
        StateError::Form => (
            Text::new(format!("空，或如 {}", example.zh), format!("nothing, or such as {}", example.en)),
            Text::new("按示例书写", "write it like the example"),
        ),
        StateError::Pressure => (
            Text::new(
                "写明绝对压力 (a) 或表压 (g) 的压力",
                "a pressure that says whether it is absolute (a) or gauge (g)",
            ),
            Text::new("写作 0.8MPa(g) 或 0.9MPa(a)", "write 0.8MPa(g) or 0.9MPa(a)"),
        ),
        StateError::Range => (
            Text::new("技术上可能的温度、压力或焓", "a temperature, pressure or enthalpy that is technically possible"),
            Text::new("核对数值和单位（C、kPa、MPa、kJ/kg）", "compare figures and units (C, kPa, MPa, kJ/kg)"),
        ),
    })
}

/// Registered sites by their credit codes.
pub(super) struct Sites<'s>(HashMap<&'s str, &'s Site>);

impl<'s> Sites<'s> {
    pub(super) fn of(sites: &'s [Site]) -> Sites<'s> {
        Sites(sites.iter().map(|site| (site.credit_code.as_str(), site)).collect())
    }

    pub(super) fn find(&self, code: &str) -> Result<&'s Site, Rule> {
        self.0.get(code).copied().ok_or_else(|| {
            (
                Text::new("用能单位登记表中的代码", "a code that is in the registry of sites"),
                Text::new("改正代码，或在登记表中补上该单位", "correct the code, or add the site to the registry"),
            )
        })
    }
}

/// Registered gateways by their ids.
pub(super) struct Gateways<'g>(HashMap<&'g str, &'g Gateway>);

impl<'g> Gateways<'g> {
    pub(super) fn of(gateways: &'g [Gateway]) -> Gateways<'g> {
        Gateways(gateways.iter().map(|gateway| (gateway.gateway_id.as_str(), gateway)).collect())
    }

    /// A gateway that stands on the site.
    pub(super) fn find(&self, id: &str, credit_code: &str) -> Result<String, Rule> {
        let expected =
            Text::new("网关登记表中属于该单位的网关", "a gateway that the registry of gateways has on this site");
        let fix = match self.0.get(id) {
            Some(gateway) if gateway.credit_code == credit_code => return Ok(id.to_owned()),
            Some(gateway) => {
                let other = &gateway.credit_code;
                Text::new(
                    format!("该网关属于 {other}：改正其一"),
                    format!("it stands on {other}: correct one of the two"),
                )
            }
            None => Text::new("改正名称，或先登记该网关", "correct the name, or register the gateway first"),
        };
        Err((expected, fix))
    }
}

/// A carrier that has a calorific value of its own.
pub(super) fn fuel(text: &str) -> Result<String, Rule> {
    match text {
        "electricity" | "heat" => Err((
            Text::new("燃料", "a fuel"),
            Text::new(
                "电力和热力没有需要化验的热值：删除此行",
                "electricity and heat have no calorific value to measure: remove the row",
            ),
        )),
        _ => carrier(text),
    }
}
