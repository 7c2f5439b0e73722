//! Industry codes of GB/T 4754-2017: a section's letter, a division's two digits, group, class.

use super::table::Rule;
use crate::runtime::lang::Text;

/// The last division of each section from A to T; the first of A is 01, and they run on without a hole.
const LAST_DIVISIONS: [(char, u8); 20] = [
    ('A', 5),
    ('B', 12),
    ('C', 43),
    ('D', 46),
    ('E', 50),
    ('F', 52),
    ('G', 60),
    ('H', 62),
    ('I', 65),
    ('J', 69),
    ('K', 70),
    ('L', 72),
    ('M', 75),
    ('N', 79),
    ('O', 82),
    ('P', 83),
    ('Q', 85),
    ('R', 90),
    ('S', 96),
    ('T', 97),
];

fn section(division: u8) -> Option<char> {
    let found = LAST_DIVISIONS.iter().find(|(_, last)| (1..=*last).contains(&division));
    found.map(|(section, _)| *section)
}

/// B mining 06–12, C manufacturing 13–43, D utilities 44–46.
fn is_industrial(section: char) -> bool {
    matches!(section, 'B' | 'C' | 'D')
}

/// A letter and four digits, whatever they mean: what a reason may let pass.
pub(super) fn has_form(text: &str) -> bool {
    let digits = text.strip_prefix(|letter: char| ('A'..='T').contains(&letter)).unwrap_or_default();
    digits.len() == 4 && digits.bytes().all(|b| b.is_ascii_digit())
}

/// The code with its letter: `1713` becomes `C1713`. Its division is one of the standard's, and in that section.
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
    let section = section(division).ok_or_else(|| {
        (
            Text::new(
                format!("GB/T 4754-2017 的大类 01–97（没有 {division:02}）"),
                format!("a division of GB/T 4754-2017, which has 01 to 97 and no {division:02}"),
            ),
            Text::new(
                "核对代码；如为旧版代码，写上字母并在 industry_code_note 列写明原因",
                "correct it; where it is an old code, write its letter and give the reason in the column industry_code_note",
            ),
        )
    })?;
    match letter {
        None if is_industrial(section) => Ok(format!("{section}{digits}")),
        None => Err(refuse()),
        Some(letter) if letter == section => Ok(text.to_owned()),
        Some(letter) if !letter.is_ascii_uppercase() || letter > 'T' => Err(refuse()),
        Some(_) => Err((
            Text::new(
                format!("{division:02} 大类的字母 {section}"),
                format!("the letter {section} of division {division:02}"),
            ),
            Text::new(format!("写作 {section}{digits}"), format!("write {section}{digits}")),
        )),
    }
}
