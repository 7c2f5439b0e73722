//! The terms of virtual points: `+gw-1/main/ep -gw-1/pv/ep_export`, and `a / b` for a ratio.

use super::table::Rule;
use crate::{
    model::{Formula, Gateway, Operand, PointName, Term},
    runtime::lang::Text,
};

const TERMS_MAX: usize = 200;

/// Each term with its sign, parted by blanks.
pub(super) fn sum(text: &str) -> Result<Formula, Rule> {
    let terms: Vec<_> = text.split(' ').filter(|word| !word.is_empty()).collect();
    if terms.is_empty() || terms.len() > TERMS_MAX {
        return Err(wrong());
    }
    let term = |word: &&str| {
        let (minus, name) = match (word.strip_prefix('+'), word.strip_prefix('-')) {
            (Some(name), _) => (false, name),
            (_, Some(name)) => (true, name),
            _ => return Err(wrong()),
        };
        Ok(Term { minus, operand: operand(name).ok_or_else(wrong)? })
    };
    terms.iter().map(term).collect::<Result<_, _>>().map(Formula::Sum)
}

/// One over another, with blanks around the stroke.
pub(super) fn ratio(text: &str) -> Result<Formula, Rule> {
    let sides = text.split_once(" / ").and_then(|(part, whole)| Some((operand(part)?, operand(whole)?)));
    sides.map(|(part, whole)| Formula::Ratio(part, whole)).ok_or_else(|| {
        (
            Text::new("一个点除以另一个点", "one point over another"),
            Text::new(
                "写作 energy / pieces，斜线两侧留空格",
                "write it as energy / pieces, with blanks around the stroke",
            ),
        )
    })
}

/// A name of a virtual point: no stroke, no blank, no sign before it.
pub(super) fn is_name(text: &str) -> bool {
    (1..=64).contains(&text.len())
        && !text.starts_with(['+', '-'])
        && !text.chars().any(|c| c == '/' || c.is_whitespace() || c.is_control())
}

/// `gateway/meter/point`, or the name of a virtual point.
fn operand(text: &str) -> Option<Operand> {
    if text.chars().any(char::is_whitespace) {
        return None;
    }
    let parts: Vec<_> = text.split('/').collect();
    match parts[..] {
        [name] => is_name(name).then(|| Operand::Virtual(name.to_owned())),
        [gateway_id, meter, point] if Gateway::is_id(gateway_id) && !meter.is_empty() && !point.is_empty() => {
            let (gateway_id, meter, point) = (gateway_id.to_owned(), meter.to_owned(), point.to_owned());
            Some(Operand::Point(PointName { gateway_id, meter, point }))
        }
        _ => None,
    }
}

fn wrong() -> Rule {
    (
        Text::new(
            format!("1 到 {TERMS_MAX} 项，每项带 + 或 -，用空格隔开"),
            format!("1 to {TERMS_MAX} terms, each with + or - before it, parted by blanks"),
        ),
        Text::new(
            "写作 +gw-1/main/ep -gw-1/pv/ep_export；表名和点名不能含空格和斜线",
            "write it as +gw-1/main/ep -gw-1/pv/ep_export; names of meters and points that have a blank or a stroke can not be used here",
        ),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signs_points_and_virtual_points() {
        let Ok(Formula::Sum(terms)) = sum("+gw-1/main/ep  -gw-1/pv/ep_export -losses") else { panic!("refused") };
        let shown: Vec<_> = terms.iter().map(|term| (term.minus, term.operand.to_string())).collect();
        let expected = [(false, "gw-1/main/ep"), (true, "gw-1/pv/ep_export"), (true, "losses")];
        assert_eq!(shown, expected.map(|(minus, name)| (minus, name.to_owned())));
        let Ok(Formula::Ratio(part, whole)) = ratio("total / gw-1/line/pieces") else { panic!("refused") };
        assert_eq!((part.to_string().as_str(), whole.to_string().as_str()), ("total", "gw-1/line/pieces"));
    }

    #[test]
    fn what_is_no_formula_is_refused() {
        for text in ["", "gw-1/main/ep", "+", "+a/b", "+a/b/c/d", "+ a", "+a//c", "++a", "+a +b c", "*a"] {
            assert!(sum(text).is_err(), "{text}");
        }
        for text in ["", "a", "a/b", "a / b / c", "a /b", " / b", "+a / b"] {
            assert!(ratio(text).is_err(), "{text}");
        }
        assert!(sum(&"+a ".repeat(201)).is_err() && sum(&"+a ".repeat(200)).is_ok());
    }
}
