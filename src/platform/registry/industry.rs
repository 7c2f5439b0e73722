//! Industry codes of GB/T 4754-2017: a section's letter, a division's two digits, group, class.

use super::table::Rule;
use crate::runtime::lang::Text;

/// The section of an industrial division (B mining 06–12, C manufacturing 13–43, D utilities 44–46).
fn industrial_section(division: u8) -> Option<char> {
    match division {
        6..=12 => Some('B'),
        13..=43 => Some('C'),
        44..=46 => Some('D'),
        _ => None,
    }
}

/// The code with its letter: `1713` becomes `C1713`.
pub(super) fn normalised(text: &str) -> Result<String, Rule> {
    let refuse = || {
        (
            Text::new(
                "GB/T 4754-2017 小类代码：字母 A–T 加四位数字，工业（06–46 大类）可省略字母",
                "a class of GB/T 4754-2017: a letter A to T and four digits; industry (divisions 06 to 46) may leave out the letter",
            ),
            Text::new("写作 C1713", "write it as C1713"),
        )
    };
    let letter = text.chars().next().filter(char::is_ascii_uppercase);
    let digits = if letter.is_some() { text.get(1..).unwrap_or_default() } else { text };
    if digits.len() != 4 || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return Err(refuse());
    }
    let division: u8 = digits.get(..2).and_then(|two| two.parse().ok()).ok_or_else(refuse)?;
    match (letter, industrial_section(division)) {
        (None, Some(section)) => Ok(format!("{section}{digits}")),
        (Some(letter), Some(section)) if letter == section => Ok(text.to_owned()),
        (Some('A' | 'E'..='T'), None) => Ok(text.to_owned()),
        (Some(_), Some(section)) => Err((
            Text::new(
                format!("{division:02} 大类的字母 {section}"),
                format!("the letter {section} of division {division:02}"),
            ),
            Text::new(format!("写作 {section}{digits}"), format!("write {section}{digits}")),
        )),
        _ => Err(refuse()),
    }
}
