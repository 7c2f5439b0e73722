//! The unified social credit code (统一社会信用代码): GB 32100-2015, with the organisation code of GB 11714 inside.
//!
//! ```text
//!   9 1  330100  MA0000007  2
//!   │ │  │       │          └ check character over the first 17, modulus 31
//!   │ │  │       └ organisation code; its own ninth character checks it, modulus 11
//!   │ │  └ division code, digits
//!   └─┴ registration authority, category
//! ```
//!
//! Codes are taken as they are written: a small letter or a blank is an error, not repaired.

/// The 31 characters of GB 32100-2015; the value of a character is its place. I, O, S, V and Z are left out.
pub const ALPHABET: &str = "0123456789ABCDEFGHJKLMNPQRTUWXY";
const LENGTH: usize = 18;

#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum CreditCodeError {
    #[error("{0} characters instead of 18")]
    Length(usize),
    /// `position` counts from 1.
    #[error("`{found}` at position {position} is outside of the alphabet")]
    Character { position: usize, found: char },
    #[error("the check character is `{found}` and should be `{computed}`")]
    Check { found: char, computed: char },
}

/// Length, alphabet, then the check character: C18 = 31 − Σ Cᵢ·3^(i−1) mod 31, where 31 is written 0.
pub fn check(code: &str) -> Result<(), CreditCodeError> {
    let length = code.chars().count();
    if length != LENGTH {
        return Err(CreditCodeError::Length(length));
    }
    let (mut sum, mut weight) = (0, 1);
    for (position, found) in (1..).zip(code.chars()) {
        let value = ALPHABET
            .chars()
            .position(|c| c == found)
            .filter(|value| !(3..=8).contains(&position) || *value < 10)
            .ok_or(CreditCodeError::Character { position, found })?;
        if position == LENGTH {
            let computed = ALPHABET.chars().nth((31 - sum % 31) % 31).unwrap_or('0');
            return if computed == found { Ok(()) } else { Err(CreditCodeError::Check { found, computed }) };
        }
        sum += value * weight;
        weight = weight * 3 % 31;
    }
    Err(CreditCodeError::Length(length))
}

/// The organisation code's check character (position 17) as GB 11714 computes it from positions 9 to 16, when it
/// is another one. `None` also for what is no code at all.
pub fn wrong_organisation_check(code: &str) -> Option<char> {
    let organisation: Vec<char> = code.chars().skip(8).take(9).collect();
    let (found, body) = organisation.split_last().filter(|(_, body)| body.len() == 8)?;
    let mut sum = 0;
    for (c, weight) in body.iter().zip([3, 7, 9, 10, 5, 8, 4, 2]) {
        sum += c.to_digit(36)? * weight;
    }
    let computed = match 11 - sum % 11 {
        10 => 'X',
        11 => '0',
        digit => char::from_digit(digit, 10)?,
    };
    (computed != *found).then_some(computed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn published_codes_pass() {
        for code in [
            "91350100M000100Y43", // the standard's own example
            "91512081MA62K0260E",
            "11370881004339597L",
            "91330100MA00000072", // synthetic
            "91330100MA00000740", // synthetic: remainder 0 is written 0
        ] {
            assert_eq!(check(code), Ok(()), "{code}");
        }
    }

    #[test]
    fn a_wrong_check_character_names_the_computed_one() {
        assert_eq!(check("91350211M0000XUF46"), Err(CreditCodeError::Check { found: '6', computed: 'R' }));
    }

    #[test]
    fn what_is_no_code_is_refused() {
        assert_eq!(check("91350100M000100Y4Z"), Err(CreditCodeError::Character { position: 18, found: 'Z' }));
        assert_eq!(check("9135010 M000100Y43"), Err(CreditCodeError::Character { position: 8, found: ' ' }));
        assert_eq!(check("91A50100M000100Y43"), Err(CreditCodeError::Character { position: 3, found: 'A' }));
        assert_eq!(check("91350100m000100Y43"), Err(CreditCodeError::Character { position: 9, found: 'm' }));
        assert_eq!(check(""), Err(CreditCodeError::Length(0)));
        assert_eq!(check("９１350100M000100Y43"), Err(CreditCodeError::Character { position: 1, found: '９' }));
    }

    #[test]
    fn the_organisation_code_has_its_own_check() {
        assert_eq!(wrong_organisation_check("91330100MA00000072"), None);
        assert_eq!(wrong_organisation_check("91330100MA00000082"), Some('7'));
        assert_eq!(wrong_organisation_check("9133"), None);
    }
}
