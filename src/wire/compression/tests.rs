use super::*;
use crate::wire::RECORD_BYTES_MAX;
use proptest::prelude::*;

proptest! {
    #[test]
    fn a_message_comes_back(message in prop::collection::vec(any::<u8>(), 0..3_000)) {
        let body = deflate(&message);
        prop_assert_eq!(inflate(&body).unwrap(), message);
    }

    #[test]
    fn a_changed_body_is_inflated_within_bounds_or_refused(
        message in prop::collection::vec(0_u8..4, 0..3_000), at in any::<prop::sample::Index>(), byte in any::<u8>(),
    ) {
        let mut body = deflate(&message);
        let at = at.index(body.len());
        body[at] = byte;
        if let Ok(inflated) = inflate(&body) {
            prop_assert!(inflated.len() <= RECORD_INFLATED_MAX);
        }
    }
}

#[test]
fn a_frame_names_the_newest_dictionary_in_one_byte() {
    let body = deflate(b"");
    let newest = u32::try_from(DICTIONARIES.len()).unwrap();
    assert_eq!(zstd_safe::get_dict_id_from_frame(&body).unwrap().get(), newest);
    // magic 4, descriptor 1, dictionary 1, size 1, an empty block 3; no checksum, as the record has one
    assert_eq!(body.len(), 10);
}

/// What lies in stores was made with them.
#[test]
fn a_dictionary_that_was_shipped_is_never_changed() {
    let shipped = [0x8893_b75b_u32];
    for (id, (dictionary, crc32c)) in (1..).zip(DICTIONARIES.iter().zip(shipped)) {
        assert_eq!(zstd_safe::get_dict_id_from_dict(dictionary).map(|found| found.get()), Some(id));
        assert!(dictionary.len() <= 16 * 1024);
        assert_eq!(crc32c::crc32c(dictionary), crc32c, "dictionary {id}");
    }
    assert_eq!(DICTIONARIES.len(), shipped.len());
}

#[test]
fn a_frame_without_a_dictionary_is_taken() {
    let body = zstd::bulk::compress(b"plain", 3).unwrap();
    assert_eq!(inflate(&body).unwrap(), b"plain");
}

#[test]
fn an_unknown_dictionary_is_refused_by_its_id() {
    let mut body = deflate(b"as if made by a later version");
    body[5] = 200;
    assert_eq!(inflate(&body), Err(RecordError::Dictionary(200)));
    let message = RecordError::Dictionary(200).to_string();
    assert!(message.contains("dictionary 200") && message.contains("update the platform"), "{message}");
}

#[test]
fn a_bomb_is_refused_by_what_it_states() {
    let bomb = zstd::bulk::compress(&vec![0; 64 << 20], 3).unwrap();
    assert!(bomb.len() < RECORD_BYTES_MAX);
    assert_eq!(inflate(&bomb), Err(RecordError::Inflated(64 << 20)));
    // the same with a smaller size than it has
    let mut liar = bomb.clone();
    liar[4..].iter_mut().zip([0x60, 16, 0]).for_each(|(at, byte)| *at = byte);
    assert_eq!(inflate(&liar), Err(RecordError::Compression));
}

#[test]
fn a_frame_that_states_no_size_or_that_does_not_stand_alone_is_refused() {
    let mut streamed = zstd::stream::Encoder::new(Vec::new(), 3).unwrap();
    std::io::Write::write_all(&mut streamed, b"of unknown size").unwrap();
    assert_eq!(inflate(&streamed.finish().unwrap()), Err(RecordError::Compression));
    let one = deflate(b"one");
    assert_eq!(inflate(&[&one[..], &one[..]].concat()), Err(RecordError::Compression));
    assert_eq!(inflate(&[&one[..], b"x"].concat()), Err(RecordError::Compression));
    assert_eq!(inflate(&one[..one.len() - 1]), Err(RecordError::Compression));
    assert_eq!(inflate(b""), Err(RecordError::Compression));
}
