//! Every key of a file as data: where it stands, what it wants, a line that shows it.

/// One table of the file and the keys it may hold.
pub struct Shape {
    /// As it is written: `[[bus.meter]]`; empty for the top of the file.
    pub header: &'static str,
    pub keys: &'static [&'static Key],
}

pub struct Key {
    pub name: &'static str,
    pub required: bool,
    /// What the key wants, in Chinese and in English, to be read after "应为" and "expected".
    pub expected: (&'static str, &'static str),
    /// A line that would do.
    pub example: &'static str,
}

pub const fn key(name: &'static str, zh: &'static str, en: &'static str, example: &'static str) -> Key {
    Key { name, required: false, expected: (zh, en), example }
}

impl Key {
    pub const fn required(self) -> Key {
        Key { required: true, ..self }
    }
}
