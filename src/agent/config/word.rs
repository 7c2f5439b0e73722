//! What a single string must be: names, codes, topics, JSON pointers, scales.

use crate::{
    model::{Gateway, Scale},
    runtime::{lang::Text, settings::Refusal},
};

const NAME_BYTES_MAX: usize = 128;
const TOPIC_BYTES_MAX: usize = 65_535;

pub(super) fn gateway_id(text: &str) -> Result<&str, Text> {
    Gateway::is_id(text)
        .then_some(text)
        .ok_or_else(|| Text::new("换成这样的编号，例如 gw-1", "choose such an id, for example gw-1"))
}

/// Empty where the point is no energy.
pub(super) fn carrier(text: &str) -> Result<&str, Text> {
    let code = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"._-".contains(&byte);
    let fits = text.len() <= 64 && text.bytes().all(code);
    fits.then_some(text).ok_or_else(|| {
        Text::new(
            "与系数文件中的代码一致，例如 electricity",
            "write it as the coefficient file does, such as electricity",
        )
    })
}

/// A name: not empty, and nothing in it that two people could not tell apart.
pub(in crate::agent) fn name(text: &str) -> Result<&str, Text> {
    if text.is_empty() {
        return Err(Text::new("写上名称", "give it a name"));
    }
    label(text)
}

/// As [`name`], or empty.
pub(super) fn label(text: &str) -> Result<&str, Text> {
    if text.len() > NAME_BYTES_MAX {
        let n = text.len();
        return Err(Text::new(format!("缩短：现为 {n} 字节"), format!("shorten it: it has {n} bytes")));
    }
    if text.trim() != text || text.chars().any(char::is_control) {
        return Err(Text::new("去掉首尾空格和控制字符", "leave out blanks at its ends and control characters"));
    }
    Ok(text)
}

pub(super) fn topic(text: &str) -> Result<&str, Text> {
    let parts = text.split('/').count();
    let whole = |(place, part): (usize, &str)| match part {
        "+" => true,
        "#" => place + 1 == parts,
        _ => !part.contains(['+', '#']),
    };
    if !text.split('/').enumerate().all(whole) {
        return Err(Text::new(
            "+ 写作 /+/，# 写作末尾的 /#",
            "write + as a whole part, /+/, and # as the last one, /#",
        ));
    }
    if text.starts_with("$share/") {
        return Err(Text::new(
            "去掉 $share/ 和组名：分给几个客户端的消息，各自都不完整",
            "leave out $share/ and the group: of what is shared out, each has a part only",
        ));
    }
    if text.is_empty() || text.len() > TOPIC_BYTES_MAX || text.chars().any(char::is_control) {
        return Err(Text::new(
            "写成设备发布时所用的主题，不含控制字符",
            "write the topic that the device publishes to, without control characters",
        ));
    }
    Ok(text)
}

/// RFC 6901: empty, or each part after a `/`, with `~0` for `~` and `~1` for `/`.
pub(super) fn pointer(text: &str) -> Result<&str, Text> {
    if !(text.is_empty() || text.starts_with('/')) {
        return Err(Text::new("以 / 开头，例如 /count", "start it with a /, such as /count"));
    }
    if !text.split('~').skip(1).all(|rest| rest.starts_with(['0', '1'])) {
        return Err(Text::new("~ 写作 ~0，名称中的 / 写作 ~1", "write ~0 for ~ and ~1 for a / inside of a name"));
    }
    Ok(text)
}

/// The number of a column, from 1.
pub(super) fn column(text: &str) -> Result<&str, Text> {
    let number = text.parse::<usize>().ok().filter(|number| (1..=1000).contains(number) && !text.starts_with('+'));
    number.map(|_| text).ok_or_else(|| Text::new("CSV 中写 1 到 1000 的列号", "in CSV, write a column from 1 to 1000"))
}

/// A name in a Sparkplug topic.
pub(super) fn sparkplug_id(text: &str) -> Result<&str, Text> {
    if text.contains(['+', '#', '/']) {
        return Err(Text::new("与设备的 Sparkplug 主题中的一致", "write it as the device's Sparkplug topic has it"));
    }
    name(text)
}

/// Any text that a metric can be called.
pub(super) fn metric(text: &str) -> Result<&str, Text> {
    (1..=1024).contains(&text.len()).then_some(text).ok_or_else(|| Text::new("写上指标名", "write the metric's name"))
}

/// What is no name may be the password itself: it is not shown.
pub(super) fn environment(text: &str) -> Result<&str, Refusal> {
    let fits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    let fix =
        || Text::new("用英文字母、数字和 _，不写口令本身", "use letters, digits and _, and not the password itself");
    fits.then_some(text).ok_or_else(|| Refusal { fix: fix(), secret: true })
}

pub(in crate::agent) fn scale(text: &str) -> Result<Scale, Text> {
    text.parse().map_err(|_| {
        Text::new(
            "写出一个计数代表的量，例如 \"0.01\"；方向相反的表计用 counts_as 区分",
            "write what one count stands for, such as \"0.01\"; a reversed meter is told apart by counts_as",
        )
    })
}

/// A transformer's ratio: a decimal, or two numbers as on its label.
pub(super) fn ratio(text: &str) -> Result<Scale, Text> {
    let fix = || {
        Text::new(
            "写成小数或铭牌上的两个数，例如 \"30\" 或 \"150/5\"；除不尽的换用 scale",
            "write it as a decimal or as the label's two numbers, such as \"30\" or \"150/5\", whose quotient has an end",
        )
    };
    let Some((over, under)) = text.split_once('/') else { return text.parse().map_err(|_| fix()) };
    let whole = |text: &str| {
        let plain = (1..=7).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
        text.parse::<i64>().ok().filter(|number| plain && *number > 0)
    };
    let (over, under) = whole(over).zip(whole(under)).ok_or_else(fix)?;
    // at most seven digits behind the point: whatever needs more has no end, or is no transformer
    let shifted = over * 10_000_000;
    if shifted % under != 0 {
        return Err(fix());
    }
    Scale::new(shifted / under, -7).map_err(|_| fix())
}

/// The smallest step of a number.
pub(super) fn resolution(text: &str) -> Result<Scale, Text> {
    text.parse().map_err(|_| {
        Text::new("写出数值的最小步长，例如 \"0.01\"", "write the smallest step of the number, such as \"0.01\"")
    })
}

/// An amount in the point's unit.
pub(super) fn amount(text: &str) -> Result<Scale, Text> {
    text.parse().map_err(|_| Text::new("写成正小数，例如 \"2000\"", "write a decimal above 0, such as \"2000\""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_codes() {
        assert!(gateway_id("GW_1.north-2").is_ok() && gateway_id(&"g".repeat(64)).is_ok());
        for id in ["", "gw 1", "网关", "a/b", &"g".repeat(65)] {
            assert!(gateway_id(id).is_err(), "{id}");
        }
        assert!(name("总进线 #1").is_ok() && name(&"表".repeat(42)).is_ok());
        for text in ["", " a", "a\t", "a\u{7}b", &"表".repeat(43)] {
            assert!(name(text).is_err(), "{text:?}");
        }
        assert!(label("").is_ok());
        assert!(carrier("natural_gas").is_ok() && carrier("").is_ok() && carrier("Electricity").is_err());
    }

    #[test]
    fn a_ratio_is_exact() {
        let of = |text: &str| ratio(text).ok().map(|ratio| ratio.to_string());
        let taken = ["30", "150/5", "2.5", "10000/100", "1", "5/5", "400/16"].map(of);
        assert_eq!(taken.map(Option::unwrap), ["30", "30", "2.5", "100", "1", "1", "25"]);
        for text in ["", "0", "-30", "100/3", "150/0", "0/5", "/5", "150/", "150 / 5", "150/5/1", "1e2", "12345678/1"] {
            assert_eq!(of(text), None, "{text}");
        }
    }

    #[test]
    fn topics_have_wildcards_as_whole_parts_and_fit_their_length_field() {
        assert!(topic("工厂/press-1/状态").is_ok() && topic(&"t".repeat(65_535)).is_ok());
        for text in ["a/+/b", "a/#", "#", "+", "+/+/#", "a//b", "/"] {
            assert!(topic(text).is_ok(), "{text}");
        }
        for text in ["", "a/b+/c", "a/#/b", "a#", "a\0b", "$share/g/a", &"t".repeat(65_536)] {
            assert!(topic(text).is_err(), "{text:.20}");
        }
    }

    #[test]
    fn pointers_follow_rfc_6901() {
        for text in ["", "/", "/a/0/b", "/a~1b/m~0n", "/ ", "/é"] {
            assert!(pointer(text).is_ok(), "{text}");
        }
        for text in ["a", "$.a", "/a~", "/a~2", "/~~0"] {
            assert!(pointer(text).is_err(), "{text}");
        }
    }
}
