//! Every key of a model's file. Its points have those of the configuration.

use crate::{
    agent::config::reading::key::{
        BAUD, BYTE_OFFSET, BYTES, CARRIER, DIGITS, FUNCTION, GAP_MAX, HOLES, IDENTIFIER, KIND, LINE_FORMAT, MODULUS,
        MULTIPLIER, NO_VALUE, POINT_NAME, REGISTER, REGISTERS_MAX, RESOLUTION, SCALE, SIGNED, TYPE, UNIT, UNIT_CODE,
        UNIT_ID, WARM_UP_S, WORD_ORDER,
    },
    runtime::settings::{Key, Shape, key},
};

const TEXT: (&str, &str) = ("1 到 2000 字节的文本", "text of 1 to 2000 bytes");
const BOTH: (&str, &str) = ("含 zh 和 en 的表", "a table with zh and en");

pub static MAKE: Key = key("make", TEXT.0, TEXT.1, r#"make = "Chint 正泰""#).required();
pub static MODEL: Key = key("model", TEXT.0, TEXT.1, r#"model = "DTSU666""#).required();
pub static NAMES: Key = key("names", "若干型号名称", "names of others with this very map", r#"names = ["DTSU666-H"]"#);
pub static MEASURES: Key = key(
    "measures",
    "electricity、water、heat、gas、flow、other 之一",
    "one of electricity, water, heat, gas, flow, other",
    r#"measures = "electricity""#,
)
.required();
pub static SPEAKS: Key = key(
    "protocol",
    "modbus、dlt645-2007、dlt645-1997、cjt188 之一",
    "one of modbus, dlt645-2007, dlt645-1997, cjt188",
    r#"protocol = "modbus""#,
)
.required();
pub static CONFIDENCE: Key = key(
    "confidence",
    "captured、two sources、one source 之一",
    "one of captured, two sources, one source",
    r#"confidence = "two sources""#,
)
.required();
pub static VALUES: Key = key(
    "values",
    "primary（仪表已乘变比）或 secondary（按 ct、pt 相乘）",
    "primary (the meter applies its ratios) or secondary (they are multiplied by ct and pt)",
    r#"values = "secondary""#,
)
.required();
pub static NOTE: Key = key("note", BOTH.0, BOTH.1, r#"note = { zh = "…", en = "…" }"#);
pub static SOURCES: Key =
    key("source", "至少一个 [[source]] 表", "at least one table [[source]]", "[[source]]").required();
pub static FACTORY: Key = key("factory", "一个 [factory] 表", "one table [factory]", "[factory]");
pub static IDENTITY: Key = key("identity", "一个 [identity] 表", "one table [identity]", "[identity]");
pub static LIMITS: Key = key("limits", "一个 [limits] 表", "one table [limits]", "[limits]");
pub static RATIOS: Key = key("ratio", "若干 [[ratio]] 表", "one table [[ratio]] for each of ct and pt", "[[ratio]]");
pub static POINTS: Key = key("point", "至少一个 [[point]] 表", "at least one table [[point]]", "[[point]]").required();
pub static FRAMES: Key = key("frame", "至少一个 [[frame]] 表", "at least one table [[frame]]", "[[frame]]").required();
pub static DISAGREEMENTS: Key =
    key("disagreement", "若干 [[disagreement]] 表", "tables [[disagreement]]", "[[disagreement]]");
pub static TOP_SHAPE: Shape = Shape {
    header: "",
    keys: &[
        &MAKE,
        &MODEL,
        &NAMES,
        &MEASURES,
        &SPEAKS,
        &CONFIDENCE,
        &VALUES,
        &NOTE,
        &SOURCES,
        &FACTORY,
        &IDENTITY,
        &LIMITS,
        &RATIOS,
        &POINTS,
        &FRAMES,
        &DISAGREEMENTS,
    ],
};

pub static ZH: Key = key("zh", TEXT.0, TEXT.1, r#"zh = "…""#).required();
pub static EN: Key = key("en", TEXT.0, TEXT.1, r#"en = "…""#).required();
pub static NOTE_SHAPE: Shape = Shape { header: "note", keys: &[&ZH, &EN] };

pub static TITLE: Key = key("title", TEXT.0, TEXT.1, r#"title = "User manual ZTY0.464.1448""#).required();
pub static WHERE: Key = key("where", TEXT.0, TEXT.1, r#"where = "github.com/owner/repo path/file""#).required();
pub static SAYS: Key = key("says", TEXT.0, TEXT.1, r#"says = "the energies""#);
pub static SOURCE_SHAPE: Shape = Shape { header: "[[source]]", keys: &[&TITLE, &WHERE, &SAYS] };

pub static FACTORY_SHAPE: Shape = Shape { header: "[factory]", keys: &[&BAUD, &LINE_FORMAT, &UNIT_ID] };

pub static ANSWERS: Key =
    key("values", "至少一个加引号的整数", "at least one integer in quotes", r#"values = ["123"]"#).required();
pub static IDENTITY_SHAPE: Shape =
    Shape { header: "[identity]", keys: &[&FUNCTION, &REGISTER, &TYPE, &WORD_ORDER, &ANSWERS] };

pub static LIMITS_SHAPE: Shape = Shape { header: "[limits]", keys: &[&REGISTERS_MAX, &GAP_MAX, &HOLES] };

pub static RATIO_NAME: Key = key("name", "ct 或 pt", "ct or pt", r#"name = "ct""#).required();
pub static RATIO_SHAPE: Shape =
    Shape { header: "[[ratio]]", keys: &[&RATIO_NAME, &FUNCTION, &REGISTER, &TYPE, &WORD_ORDER, &SCALE] };

pub static RATIO: Key = key("ratio", "none、ct、pt、ct*pt 之一", "one of none, ct, pt, ct*pt", r#"ratio = "ct*pt""#);
pub static POINT_SHAPE: Shape = Shape {
    header: "[[point]]",
    keys: &[
        &POINT_NAME,
        &FUNCTION,
        &REGISTER,
        &TYPE,
        &WORD_ORDER,
        &NO_VALUE,
        &MULTIPLIER,
        &IDENTIFIER,
        &BYTE_OFFSET,
        &BYTES,
        &SIGNED,
        &UNIT_CODE,
        &KIND,
        &SCALE,
        &RESOLUTION,
        &UNIT,
        &CARRIER,
        &MODULUS,
        &DIGITS,
        &WARM_UP_S,
        &RATIO,
    ],
};

pub static OF: Key = key("of", "若干计量点名称", "names of points", r#"of = ["power"]"#);
const fn frame(name: &'static str, example: &'static str) -> Key {
    key(name, "4 到 300 字节，以十六进制写出", "4 to 300 bytes in hexadecimal", example).required()
}
pub static REQUEST: Key = frame("request", r#"request = "01 03 20 12 00 02 6F CE""#);
pub static REPLY: Key = frame("reply", r#"reply = "01 03 04 45 0F D0 00 …""#);
pub static ORIGIN: Key = key("origin", TEXT.0, TEXT.1, r#"origin = "computed by hand""#).required();
pub static EXPECT: Key = key(
    "expect",
    "计量点名称和加引号的数",
    "a table of names of points and numbers in quotes",
    r#"expect = { power = "2301.5" }"#,
)
.required();
pub static FRAME_SHAPE: Shape = Shape { header: "[[frame]]", keys: &[&OF, &REQUEST, &REPLY, &ORIGIN, &EXPECT] };

pub static ABOUT: Key = key("points", "若干计量点名称", "names of points", r#"points = ["energy_import"]"#);
pub static DISAGREE: Key = key("text", BOTH.0, BOTH.1, r#"text = { zh = "…", en = "…" }"#).required();
pub static DISAGREEMENT_SHAPE: Shape = Shape { header: "[[disagreement]]", keys: &[&ABOUT, &DISAGREE] };

/// All of them, to tell where a misplaced key belongs.
pub static SHAPES: [&Shape; 9] = [
    &TOP_SHAPE,
    &SOURCE_SHAPE,
    &FACTORY_SHAPE,
    &IDENTITY_SHAPE,
    &LIMITS_SHAPE,
    &RATIO_SHAPE,
    &POINT_SHAPE,
    &FRAME_SHAPE,
    &DISAGREEMENT_SHAPE,
];
