//! Why a meter refuses: its error word (ERR).

use crate::{agent::config::Dlt645Edition, runtime::lang::Text};

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Refusal {
    pub edition: Dlt645Edition,
    pub word: u8,
}

/// What each bit says, the lowest first.
const BITS_2007: [(&str, &str); 8] = [
    ("其他错误", "another error"),
    ("无请求数据", "it has no such data"),
    ("密码错或未授权", "wrong password, or not allowed"),
    ("通信速率不能更改", "the baud rate cannot be changed"),
    ("年时区数超", "too many time zones of a year"),
    ("日时段数超", "too many periods of a day"),
    ("费率数超", "too many tariffs"),
    ("保留位", "a reserved bit"),
];
const BITS_1997: [(&str, &str); 8] = [
    ("非法数据", "illegal data"),
    ("数据标识错", "it knows no such identifier"),
    ("密码错", "wrong password"),
    ("保留位", "a reserved bit"),
    ("年时区数超", "too many time zones of a year"),
    ("日时段数超", "too many periods of a day"),
    ("费率数超", "too many tariffs"),
    ("保留位", "a reserved bit"),
];

impl Refusal {
    pub fn text(&self) -> Text {
        let bits = match self.edition {
            Dlt645Edition::E2007 => BITS_2007,
            Dlt645Edition::E1997 => BITS_1997,
        };
        let said: Vec<_> =
            bits.iter().enumerate().filter(|(bit, _)| self.word >> bit & 1 == 1).map(|(_, text)| *text).collect();
        let (zh, en): (Vec<_>, Vec<_>) = said.into_iter().unzip();
        let (zh, en) = if zh.is_empty() { (vec!["没有说明"], vec!["no reason given"]) } else { (zh, en) };
        Text::new(
            format!("电能表拒绝（错误字 {:02X}：{}）", self.word, zh.join("、")),
            format!("the meter refuses (error word {:02X}: {})", self.word, en.join("; ")),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_bit_is_said_in_both_languages() {
        let text = Refusal { edition: Dlt645Edition::E2007, word: 0x06 }.text();
        assert_eq!(text.en, "the meter refuses (error word 06: it has no such data; wrong password, or not allowed)");
        assert_eq!(text.zh, "电能表拒绝（错误字 06：无请求数据、密码错或未授权）");
        let text = Refusal { edition: Dlt645Edition::E1997, word: 0x02 }.text();
        assert!(text.zh.contains("数据标识错"), "{text:?}");
        assert!(Refusal { edition: Dlt645Edition::E2007, word: 0 }.text().en.contains("no reason given"));
    }
}
