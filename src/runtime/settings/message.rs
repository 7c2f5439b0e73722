//! What is said of a value that is not what its key wants.

use super::key::Key;
use crate::runtime::{
    lang::Text,
    problem::{cut, quoted},
};
use toml::de::DeValue;

pub fn expected(key: &Key) -> Text {
    Text::new(key.expected.0, key.expected.1)
}

pub fn such_as(key: &Key) -> Text {
    Text::new(format!("例如 {}", key.example), format!("such as {}", key.example))
}

pub fn fix_of_type(key: &Key, value: &DeValue) -> Text {
    let example = key.example;
    let bare = |text: &str| text.parse::<i64>().is_ok() || text.parse::<bool>().is_ok();
    match value {
        _ if example.starts_with('[') => use_header(key),
        _ if example.contains("= {") => such_as(key),
        DeValue::Integer(_) | DeValue::Float(_) | DeValue::Datetime(_) if example.contains('"') => {
            Text::new("用引号括起来", "put it in quotes")
        }
        DeValue::String(text) if !example.contains('"') && bare(text) => Text::new("去掉引号", "leave out the quotes"),
        _ => such_as(key),
    }
}

pub fn use_header(key: &Key) -> Text {
    let header = key.example;
    if header.starts_with("[[") {
        return Text::new(
            format!("表头写作 {header}，用双层方括号"),
            format!("write its header {header}, in two brackets each side"),
        );
    }
    Text::new(format!("表头写作 {header}"), format!("write its header {header}"))
}

pub fn kind_of(value: &DeValue) -> Text {
    match value {
        DeValue::String(text) => found_kind("字符串", "the string", &quoted(text)),
        DeValue::Integer(number) => found_kind("整数", "the integer", &cut(&number.to_string())),
        DeValue::Float(number) => found_kind("小数", "the float", &cut(&number.to_string())),
        DeValue::Boolean(truth) => found_kind("布尔值", "the boolean", &truth.to_string()),
        DeValue::Datetime(time) => found_kind("日期时间", "the date-time", &time.to_string()),
        DeValue::Array(_) => Text::new("写的是数组", "found an array"),
        DeValue::Table(_) => Text::new("写的是表", "found a table"),
    }
}

fn found_kind(zh: &str, en: &str, written: &str) -> Text {
    Text::new(format!("写的是{zh} {written}"), format!("found {en} {written}"))
}
