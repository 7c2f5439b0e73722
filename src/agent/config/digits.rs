//! What DL/T 645 and CJ/T 188 have in common: numbers in decimal digits inside of what an identifier gives.

use super::{
    file::Listed,
    key::{BYTE_OFFSET, BYTES, IDENTIFIER},
    point::{Given, Place},
};
use crate::runtime::{lang::Text, problem::At, settings::Section};

/// What a frame can carry.
const DATA_BYTES_MAX: u8 = 200;

/// Where a number stands.
pub(super) struct Digits {
    pub series: u32,
    pub identifier: u32,
    pub offset: u8,
    pub bytes: u8,
}

/// `hex_digits` in the identifier; `signed`: its first digit is below 8.
pub(super) fn digits(
    section: &Section,
    place: &Place,
    hex_digits: usize,
    taken: &mut Taken,
    listed: &mut Listed,
) -> Digits {
    for key in [&IDENTIFIER, &BYTES] {
        if !section.has(key) {
            section.missing(key);
        }
    }
    let identifier = section.parse(&IDENTIFIER, |text| identifier(text, hex_digits)).map(|found| found.value);
    let small = |number: i64| u8::try_from(number).unwrap_or_default();
    let offset = section.or(&BYTE_OFFSET, 0, section.integer(&BYTE_OFFSET, 0..=199)).map(small);
    let bytes = section.integer(&BYTES, 1..=8).map(|bytes| small(bytes.value));
    if let (Some(identifier), Some(offset), Some(bytes)) = (identifier, offset, bytes) {
        taken.claim(section, identifier, offset, bytes);
    }
    let given = bytes.map(|bytes| Given::Integer(100_i64.pow(bytes.into())));
    let series = listed.point(section, *place, given);
    let (identifier, offset) = (identifier.unwrap_or_default(), offset.unwrap_or_default());
    Digits { series, identifier, offset, bytes: bytes.unwrap_or(1) }
}

fn identifier(text: &str, hex_digits: usize) -> Result<u32, Text> {
    let plain = text.len() == hex_digits && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    u32::from_str_radix(text, 16).ok().filter(|_| plain).ok_or_else(|| {
        Text::new(
            format!("写标准中的数据标识，{hex_digits} 位十六进制数字"),
            format!("write it as the standard prints it, in {hex_digits} hexadecimal digits"),
        )
    })
}

/// So many decimal digits, as they are printed on the meter: its bytes, the most significant first.
pub(super) fn address<const BYTES: usize>(text: &str) -> Result<[u8; BYTES], Text> {
    let digits = 2 * BYTES;
    let refusal = || {
        Text::new(
            format!("写 {digits} 位数字，不足的在前面补 0，例如 \"{:0>digits$}\"", 1),
            format!("write {digits} digits, with zeros in front, such as \"{:0>digits$}\"", 1),
        )
    };
    if text.len() != digits || !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(refusal());
    }
    if text.bytes().all(|byte| byte == b'9') {
        return Err(Text::new(
            "写仪表自己的表号；全 9 为广播地址",
            "write the meter's own number; nines are a broadcast",
        ));
    }
    let mut address = [0; BYTES];
    for (byte, pair) in address.iter_mut().zip(text.as_bytes().chunks(2)) {
        *byte = pair.iter().fold(0, |byte, digit| byte << 4 | (digit - b'0'));
    }
    Ok(address)
}

/// The bytes of one meter that have a point: no two points read the same ones.
#[derive(Default)]
pub(super) struct Taken(Vec<(u32, u8, u8, At)>);

impl Taken {
    fn claim(&mut self, section: &Section, identifier: u32, offset: u8, bytes: u8) {
        let at = section.at(&BYTE_OFFSET);
        let end = offset.saturating_add(bytes);
        if end > DATA_BYTES_MAX {
            section.doc.report(
                &at,
                Text::new(format!("数据止于第 {end} 字节"), format!("found a number that ends at byte {end}")),
                Text::new(
                    format!("一帧最多 {DATA_BYTES_MAX} 字节"),
                    format!("{DATA_BYTES_MAX} bytes at most, which is what a frame carries"),
                ),
                Text::new("核对 offset 和 bytes", "check offset and bytes"),
            );
            return;
        }
        let other = self.0.iter().find(|(known, from, to, _)| *known == identifier && *from < end && offset < *to);
        if let Some((_, from, to, other)) = other {
            let (line, last, end) = (section.doc.position(&other.span).line, to - 1, end - 1);
            section.doc.report(
                &at,
                Text::new(
                    format!("字节 {offset} 到 {end} 与第 {line} 行 {} 的 {from} 到 {last} 重叠", other.path),
                    format!("bytes {offset} to {end} overlap {from} to {last} of {} on line {line}", other.path),
                ),
                Text::new("同一数据标识内互不重叠的字节", "bytes that no other point has in this identifier"),
                Text::new("核对两处的 identifier、offset 和 bytes", "check identifier, offset and bytes of both"),
            );
            return;
        }
        self.0.push((identifier, offset, end, at));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_digits_as_they_are_printed() {
        assert_eq!(address::<6>("123456789012").ok(), Some([0x12, 0x34, 0x56, 0x78, 0x90, 0x12]));
        assert_eq!(address::<7>("00000000000001").ok(), Some([0, 0, 0, 0, 0, 0, 1]));
        for text in ["", "1", "12345678901", "1234567890123", "12345678901A", "999999999999", "一二三四"] {
            assert!(address::<6>(text).is_err(), "{text}");
        }
        assert_eq!([identifier("0201FF00", 8).ok(), identifier("901f", 4).ok()], [Some(0x0201_FF00), Some(0x901F)]);
        assert!(["0x9010", "901", "901G", "+901"].iter().all(|text| identifier(text, 4).is_err()));
    }
}
