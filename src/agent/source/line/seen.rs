//! What the bytes that have come so far are to the protocol that waits for its reply.

use std::ops::Range;

#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Seen {
    /// Nothing yet, or the beginning of a reply.
    More,
    /// The reply lies here; what stands before it is noise.
    Whole(Range<usize>),
    /// Whole by its length, but its checksum says that it was damaged. More bytes can still bring the right one: the
    /// line is listened to until it is silent.
    Damaged(String),
    /// Whole and sound, and no reply to this request: no more bytes can make this right.
    Wrong(String),
}
