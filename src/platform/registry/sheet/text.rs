//! Bytes of a CSV file → text.

use crate::runtime::{
    lang::Text,
    problem::{At, Doc, Problems},
};
use encoding_rs::{DecoderResult, GBK};

/// UTF-8 where all bytes are, otherwise GBK where all bytes are.
pub(super) fn decoded(bytes: &[u8], file: &str) -> Result<String, Problems> {
    let unmarked = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    match std::str::from_utf8(unmarked) {
        Ok(text) => Ok(text.to_owned()),
        Err(_) => gbk(unmarked, file),
    }
}

fn gbk(bytes: &[u8], file: &str) -> Result<String, Problems> {
    let mut decoder = GBK.new_decoder_without_bom_handling();
    // the text of two bytes of GBK takes three of UTF-8; the decoder says how much it may be
    let room = decoder.max_utf8_buffer_length_without_replacement(bytes.len()).unwrap_or_default();
    let mut text = String::with_capacity(room);
    match decoder.decode_to_string_without_replacement(bytes, &mut text, true) {
        (DecoderResult::InputEmpty, _) => Ok(text),
        (DecoderResult::Malformed(length, behind), read) => {
            let at = read.saturating_sub(usize::from(length) + usize::from(behind));
            Err(neither(&text, bytes.get(at).copied().unwrap_or_default(), file))
        }
        // the room was enough for whatever the bytes are
        (DecoderResult::OutputFull, _) => Err(neither(&text, 0, file)),
    }
}

/// `text` is what stands before the byte.
fn neither(text: &str, byte: u8, file: &str) -> Problems {
    let end = At { path: String::new(), span: text.len()..text.len() };
    let problem = Doc::new(file, text).problem(
        &end,
        Text::new(
            format!("字节 0x{byte:02X}，既不属于 UTF-8 也不属于 GBK"),
            format!("found the byte 0x{byte:02X}, which is neither UTF-8 nor GBK"),
        ),
        Text::new("UTF-8 或 GBK 编码的 CSV，或 .xlsx", "CSV in UTF-8 or GBK, or .xlsx"),
        Text::new("在表格软件中另存为“CSV UTF-8”或 .xlsx", "save it as \"CSV UTF-8\" or .xlsx in the spreadsheet"),
    );
    problem.into()
}
