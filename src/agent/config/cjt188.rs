//! The numbers of a CJ/T 188 meter, and what kind of meter it is.

use super::{
    Cjt188Point,
    digits::{self, Digits, Taken},
    file::Listed,
    key::{CJT188_KIND, UNIT_CODE},
    point::Place,
};
use crate::runtime::{lang::Text, settings::Section};

/// CJ/T 188-2018, table of types: cold water, heat counted, cooling counted, gas.
const KINDS: [(&str, u8); 4] = [("water", 0x10), ("heat", 0x20), ("cooling", 0x21), ("gas", 0x30)];

pub(super) fn point(section: &Section, place: &Place, taken: &mut Taken, listed: &mut Listed) -> Cjt188Point {
    let Digits { series, identifier, offset, bytes } = digits::digits(section, place, 4, taken, listed);
    let unit_code = section.integer(&UNIT_CODE, 0..=255).and_then(|code| u8::try_from(code.value).ok());
    Cjt188Point { series, identifier: u16::try_from(identifier).unwrap_or_default(), offset, bytes, unit_code }
}

/// The type of meter; `usual` is that of its model.
pub(super) fn kind(section: &Section, usual: Option<u8>) -> Option<u8> {
    if section.is_string(&CJT188_KIND) {
        return section.one_of(&CJT188_KIND, &KINDS).map(|kind| kind.value);
    }
    if section.has(&CJT188_KIND) {
        return section.integer(&CJT188_KIND, 0x10..=0x49).and_then(|kind| u8::try_from(kind.value).ok());
    }
    if usual.is_none() {
        let fix = Text::new("写上仪表类型，例如 kind = \"water\"", "write what it measures, such as kind = \"water\"");
        section.refuse(&CJT188_KIND, Text::new("缺少", "missing"), fix);
    }
    usual
}
