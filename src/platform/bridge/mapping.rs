//! bridge/*.toml → centres, operations and their fields.

use crate::runtime::{
    file,
    lang::Text,
    problem::{Problems, found, quoted},
    settings::{self, Key, Section, Shape, key},
};
use std::path::{Path, PathBuf};

const FILE_MIB_MAX: usize = 1;
/// R11 of the national technical specification asks for two.
const CENTRES_MAX: usize = 4;

static CENTRE: Key = key("centre", "若干 [[centre]] 表", "tables [[centre]]", "[[centre]]").required();
static REPLY: Key = key("reply", "一个 [reply] 表", "one table [reply]", "[reply]").required();
static FORMAT: Key = key("format", "一个 [format] 表", "one table [format]", "[format]").required();
static CARRIERS: Key =
    key("carriers", "能源品种与代码的表", "a table of carriers and codes", r#"electricity = "33""#).required();

const fn operation(name: &'static str) -> Key {
    key(name, "一个操作表", "a table of an operation", "path = \"/path\"")
}
static REGISTER: Key = operation("register");
static VERSION: Key = operation("version");
static BASE_DATA: Key = operation("base_data");
static METERS: Key = operation("meters");
static QUARTER: Key = operation("quarter");
static DAY: Key = operation("day");
static MONTH: Key = operation("month");
static OPERATIONS: [&Key; 7] = [&REGISTER, &VERSION, &BASE_DATA, &METERS, &QUARTER, &DAY, &MONTH];
static ROOT_SHAPE: Shape = Shape {
    header: "",
    keys: &[&CENTRE, &REPLY, &FORMAT, &CARRIERS, &REGISTER, &VERSION, &BASE_DATA, &METERS, &QUARTER, &DAY, &MONTH],
};

const fn text(name: &'static str, example: &'static str) -> Key {
    key(name, "一个字符串", "a string", example)
}
static NAME: Key = text("name", r#"name = "province""#).required();
static URL: Key =
    key("url", "https:// 地址", "an https:// address", r#"url = "https://centre.example/api""#).required();
static CA_FILE: Key = text("ca_file", r#"ca_file = "ca.pem""#);
static TOKEN_FILE: Key = text("token_file", r#"token_file = "token""#);
static CENTRE_SHAPE: Shape = Shape { header: "[[centre]]", keys: &[&NAME, &URL, &CA_FILE, &TOKEN_FILE] };
static POINTER: Key = text("pointer", r#"pointer = "/responseCode""#).required();
static SUCCESS: Key = text("success", r#"success = "1""#).required();
static REPLY_SHAPE: Shape = Shape { header: "[reply]", keys: &[&POINTER, &SUCCESS] };
static TIME: Key = text("time", r#"time = "%Y-%m-%d %H:%M:%S""#).required();
static AUTOMATIC: Key = text("automatic", r#"automatic = "1""#).required();
static MANUAL: Key = text("manual", r#"manual = "2""#).required();
static ESTIMATED: Key = text("estimated", r#"estimated = "3""#).required();
static FORMAT_SHAPE: Shape = Shape { header: "[format]", keys: &[&TIME, &AUTOMATIC, &MANUAL, &ESTIMATED] };
static PATH: Key = text("path", r#"path = "/data/daily""#).required();
static FIELDS: Key =
    key("fields", "字段对照表", "a table of fields", r#"fields = { enterpriseCode = "credit_code" }"#).required();
static LIST: Key = text("list", r#"list = "dataList""#);
static ROWS: Key = key("rows", "字段对照表", "a table of fields", r#"rows = { dataValue = "amount" }"#);
static OPERATION_SHAPE: Shape = Shape { header: "", keys: &[&PATH, &FIELDS, &LIST, &ROWS] };
static SHAPES: [&Shape; 5] = [&ROOT_SHAPE, &CENTRE_SHAPE, &REPLY_SHAPE, &FORMAT_SHAPE, &OPERATION_SHAPE];

/// What a field may be filled with.
const NAMES: [&str; 15] = [
    "message_id",
    "credit_code",
    "name",
    "county_code",
    "industry_code",
    "time",
    "carrier_code",
    "amount",
    "unit",
    "source",
    "completeness",
    "complete",
    "gateway_id",
    "meter",
    "point",
];

/// Where and how figures are reported.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Mapping {
    pub centres: Vec<Centre>,
    /// RFC 6901; where the reply says whether it is a success, and what it says then.
    pub pointer: String,
    pub success: String,
    /// strftime.
    pub time: String,
    /// How a value came to be, in the centre's codes.
    pub automatic: String,
    pub manual: String,
    pub estimated: String,
    /// Our carriers and the centre's codes.
    pub carriers: Vec<(String, String)>,
    pub operations: Vec<Operation>,
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Centre {
    pub name: String,
    /// `https://…`, without a slash at its end.
    pub url: String,
    /// PEM; `None`: the usual authorities.
    pub ca_file: Option<PathBuf>,
    pub token_file: Option<PathBuf>,
}

/// One kind of message. Pairs are the centre's name and ours.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Operation {
    pub name: &'static str,
    pub path: String,
    pub fields: Vec<(String, String)>,
    pub list: String,
    pub rows: Vec<(String, String)>,
}

impl Mapping {
    pub fn operation(&self, name: &str) -> Option<&Operation> {
        self.operations.iter().find(|operation| operation.name == name)
    }

    pub fn carrier_code(&self, carrier: &str) -> Option<&str> {
        self.carriers.iter().find(|(ours, _)| ours == carrier).map(|(_, code)| code.as_str())
    }
}

/// Blocks on the disk.
///
/// # Errors
/// Every problem that was found.
pub fn load(path: &Path) -> Result<Mapping, Problems> {
    parse(&file::read(path, FILE_MIB_MAX)?, path)
}

/// `path` is for messages, and its folder is where relative paths begin.
pub(super) fn parse(text: &str, path: &Path) -> Result<Mapping, Problems> {
    let folder = path.parent().unwrap_or(Path::new(""));
    settings::read(text, &path.display().to_string(), &ROOT_SHAPE, &SHAPES, |root| mapping(root, folder))
}

fn mapping(root: &Section, folder: &Path) -> Mapping {
    let centres = root.tables(&CENTRE, &CENTRE_SHAPE);
    if centres.len() > CENTRES_MAX {
        let most = Text::new(format!("至多 {CENTRES_MAX} 个中心"), format!("at most {CENTRES_MAX} centres"));
        root.refuse(&CENTRE, found(&centres.len().to_string()), most);
    }
    let string = |section: Option<&Section>, key: &Key| {
        let read = section.and_then(|section| section.string(key));
        read.map(|read| read.value.to_owned()).unwrap_or_default()
    };
    let (reply, format) = (root.table(&REPLY, &REPLY_SHAPE), root.table(&FORMAT, &FORMAT_SHAPE));
    let pairs = |section: &Section, key: &Key| {
        let read = section.strings_by_name(key).unwrap_or_default();
        read.into_iter().map(|(theirs, ours)| (theirs, ours.value.to_owned(), ours.at)).collect::<Vec<_>>()
    };
    let fields = |section: &Section, key: &Key| {
        let read = pairs(section, key).into_iter().map(|(theirs, ours, at)| {
            if !NAMES.contains(&ours.as_str()) {
                let known = NAMES.join(", ");
                let expected = Text::new(format!("以下之一：{known}"), format!("one of {known}"));
                let fix = Text::new("改为本平台的名称", "write one of these names");
                root.doc.report(&at, found(&quoted(&ours)), expected, fix);
            }
            (theirs, ours)
        });
        read.collect()
    };
    let operations = OPERATIONS.into_iter().filter_map(|key| {
        let section = root.table(key, &OPERATION_SHAPE)?;
        Some(Operation {
            name: key.name,
            path: string(Some(&section), &PATH),
            fields: fields(&section, &FIELDS),
            list: string(Some(&section), &LIST),
            rows: if section.has(&ROWS) { fields(&section, &ROWS) } else { Vec::new() },
        })
    });
    let operations = operations.collect();
    Mapping {
        centres: centres.iter().filter_map(|section| centre(section, folder)).collect(),
        pointer: string(reply.as_ref(), &POINTER),
        success: string(reply.as_ref(), &SUCCESS),
        time: string(format.as_ref(), &TIME),
        automatic: string(format.as_ref(), &AUTOMATIC),
        manual: string(format.as_ref(), &MANUAL),
        estimated: string(format.as_ref(), &ESTIMATED),
        carriers: pairs(root, &CARRIERS).into_iter().map(|(ours, code, _)| (ours, code)).collect(),
        operations,
    }
}

fn centre(section: &Section, folder: &Path) -> Option<Centre> {
    let file = |key| section.string(key).map(|file| folder.join(file.value));
    let (ca_file, token_file) = (file(&CA_FILE), file(&TOKEN_FILE));
    let url = section.parse(&URL, |text| {
        let whole =
            text.strip_prefix("https://").is_some_and(|rest| !rest.is_empty() && !rest.contains(['?', '#', ' ']));
        if whole { Ok(text.trim_end_matches('/').to_owned()) } else { Err(settings::such_as(&URL)) }
    });
    let name = section.string(&NAME)?.value.to_owned();
    Some(Centre { name, url: url?.value, ca_file, token_file })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::runtime::lang::Lang;

    const SHIPPED: &str = include_str!("../../../deploy/bridge/national.toml");

    #[test]
    fn the_shipped_mapping_is_whole_and_mistakes_are_told() {
        let mapping = parse(SHIPPED, Path::new("national.toml")).unwrap();
        assert_eq!(mapping.operations.len(), OPERATIONS.len());
        assert_eq!((mapping.carrier_code("electricity"), mapping.carrier_code("steam")), (Some("33"), None));
        for (old, new, said) in [
            ("\"https://centre", "\"http://centre", "url"),
            ("dataValue = \"amount\"", "dataValue = \"amuont\"", "one of message_id"),
            ("pointer = ", "pinter = ", "pointer"),
            ("[quarter]", "[quater]", "quarter"),
        ] {
            let error = parse(&SHIPPED.replacen(old, new, 1), Path::new("n")).unwrap_err().render(Lang::En);
            assert!(error.contains(said), "{error}");
        }
    }
}
