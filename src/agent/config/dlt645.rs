//! The numbers of a DL/T 645 meter.

use super::{
    Dlt645Edition, Dlt645Point,
    digits::{self, Digits, Taken},
    file::Listed,
    key::SIGNED,
    point::Place,
};
use crate::runtime::settings::Section;

pub(super) fn point(
    section: &Section,
    place: &Place,
    edition: Dlt645Edition,
    taken: &mut Taken,
    listed: &mut Listed,
) -> Dlt645Point {
    let hex_digits = match edition {
        Dlt645Edition::E1997 => 4,
        Dlt645Edition::E2007 => 8,
    };
    let Digits { series, identifier, offset, bytes } = digits::digits(section, place, hex_digits, taken, listed);
    let signed = section.boolean(&SIGNED).is_some_and(|signed| signed.value);
    Dlt645Point { series, identifier, offset, bytes, signed }
}
