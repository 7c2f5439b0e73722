//! `[spool]`.

use crate::runtime::settings::{Key, Shape, key};

pub static DIR: Key = key("dir", "一个文件夹路径", "the path of a folder", r#"dir = "spool""#);
pub static COMMIT_INTERVAL_MS: Key = key(
    "commit_interval_ms",
    "200 到 10000 的整数（毫秒）",
    "an integer from 200 to 10000 (milliseconds)",
    "commit_interval_ms = 2000",
);
pub static BYTES_MAX_MIB: Key =
    key("bytes_max_mib", "64 到 1048576 的整数（MiB）", "an integer from 64 to 1048576 (MiB)", "bytes_max_mib = 2048");
pub static AGE_MAX_DAYS: Key =
    key("age_max_days", "1 到 3650 的整数（天）", "an integer from 1 to 3650 (days)", "age_max_days = 3650");
pub static WHEN_FULL: Key =
    key("when_full", "drop_oldest 或 refuse", "drop_oldest or refuse", r#"when_full = "drop_oldest""#);
pub static ARCHIVE_DAYS: Key =
    key("archive_days", "0 到 3650 的整数（天）", "an integer from 0 to 3650 (days)", "archive_days = 183");
pub static ARCHIVE_MIB_MAX: Key =
    key("archive_mib_max", "1 到 65536 的整数（MiB）", "an integer from 1 to 65536 (MiB)", "archive_mib_max = 256");
pub static SPOOL_SHAPE: Shape = Shape {
    header: "[spool]",
    keys: &[&DIR, &COMMIT_INTERVAL_MS, &BYTES_MAX_MIB, &AGE_MAX_DAYS, &WHEN_FULL, &ARCHIVE_DAYS, &ARCHIVE_MIB_MAX],
};
