//! Credit codes in rows: a wrong check character may stand where a reason is given for it.

use super::{
    field,
    table::{Row, Rule, take},
};
use crate::{
    model::credit_code::{self, ALPHABET, CreditCodeError},
    runtime::{
        lang::Text,
        problem::{found, quoted},
    },
};

/// A wrong check character is an error unless the row says why it stands: such codes were really issued.
pub(super) fn credit_code(row: &Row, place: usize, note: usize) -> Option<String> {
    let code = row.field(place);
    let note_column = row.name(note);
    let note = take(row, note, field::short)?;
    let warn = |(expected, fix): Rule| row.doc.warn(&row.at(place), found(&quoted(code)), expected, fix);
    match credit_code::check(code) {
        Ok(()) => {}
        Err(error @ CreditCodeError::Check { .. }) if !note.is_empty() => {
            let (expected, _) = wrong(error, note_column);
            warn((expected, accepted(&note)));
        }
        Err(error) => {
            row.refuse(place, wrong(error, note_column));
            return None;
        }
    }
    if let Some(computed) = credit_code::wrong_organisation_check(code) {
        warn((
            Text::new(
                format!("第 17 位为组织机构代码校验码 {computed}（GB 11714）"),
                format!("the organisation code's check character {computed} at position 17 (GB 11714)"),
            ),
            Text::new("已接受，请核对", "accepted; compare it with the licence"),
        ));
    }
    Some(code.to_owned())
}

fn wrong(error: CreditCodeError, note_column: &str) -> Rule {
    match error {
        CreditCodeError::Length(length) => (
            Text::new(format!("18 位统一社会信用代码，实际 {length} 位"), format!("18 characters, there are {length}")),
            Text::new("按营业执照填写", "copy it from the business licence"),
        ),
        CreditCodeError::Character { position, found } => {
            let (zh, en) = if (3..=8).contains(&position) && ALPHABET.contains(found) {
                ("为数字".to_owned(), "a digit".to_owned())
            } else {
                (format!("为 {ALPHABET} 之一"), format!("one of {ALPHABET}"))
            };
            (
                Text::new(
                    format!("第 {position} 位{zh}，实际为 {found}"),
                    format!("{en} at position {position}, there is {found}"),
                ),
                Text::new(
                    "按营业执照填写（不含 I、O、S、V、Z）",
                    "copy it from the business licence; I, O, S, V, Z do not occur",
                ),
            )
        }
        CreditCodeError::Check { computed, .. } => (
            Text::new(
                format!("校验码 {computed}（GB 32100-2015）"),
                format!("the check character {computed} (GB 32100-2015)"),
            ),
            Text::new(
                format!("按营业执照核对；如确实如此，请在 {note_column} 列写明原因"),
                format!(
                    "compare it with the business licence; if it is really so, give the reason in the column {note_column}"
                ),
            ),
        ),
    }
}

/// What is said of a value that stands for a reason.
pub(super) fn accepted(note: &str) -> Text {
    Text::new(format!("已按备注接受：{note}"), format!("accepted for the reason given: {note}"))
}
