//! The file as a whole: its bytes, its TOML, its tables, and the list of all points.

use super::{
    Config, ConfigErrors, Point, Problem, SpoolConfig,
    key::{
        AGENT, AGENT_SHAPE, COMMIT_INTERVAL_MS, DIR, GATEWAY_ID, MODBUS, MODBUS_SHAPE, MQTT, MQTT_SHAPE, POINT_NAME,
        ROOT_SHAPE, SPOOL, SPOOL_SHAPE,
    },
    modbus, mqtt,
    point::{self, Given},
    problem::Position,
    section::{At, Doc, Section},
    unique::Unique,
    uplink, word,
};
use crate::runtime::lang::Text;
use std::{
    fs::File,
    io::{self, Read},
    path::Path,
};
use toml::de::DeTable;

/// 10,000 points take about 2 MiB.
const FILE_BYTES_MAX: usize = 4 << 20;
/// What one gateway is measured with, and far more than one line of meters.
const POINTS_MAX: usize = 10_000;

/// Reads and checks `path`. A relative spool folder is taken from the file's own folder, so that the service finds
/// it from wherever it is started.
pub fn load(path: &Path) -> Result<Config, ConfigErrors> {
    let file = path.display().to_string();
    let bytes = read(path).map_err(|error| unreadable(&file, &error))?;
    if bytes.len() > FILE_BYTES_MAX {
        return Err(too_large(&file));
    }
    let text = String::from_utf8(bytes).map_err(|error| not_utf8(&file, &error))?;
    let mut config = parse(&text, &file)?;
    if let Some(folder) = path.parent() {
        config.spool.dir = folder.join(&config.spool.dir);
    }
    Ok(config)
}

/// Checks `text`; `file` is what messages call it.
pub fn parse(text: &str, file: &str) -> Result<Config, ConfigErrors> {
    if text.len() > FILE_BYTES_MAX {
        return Err(too_large(file));
    }
    let doc = Doc::new(file, text);
    let tree = match DeTable::parse(text) {
        Ok(tree) => tree,
        Err(error) => return Err(not_toml(doc, &error)),
    };
    let root = Section::open(&doc, &ROOT_SHAPE, tree.get_ref(), At { path: String::new(), span: 0..0 });
    let config = config(&root);
    doc.finish(config)
}

fn config(root: &Section) -> Config {
    let agent = root.table(&AGENT, &AGENT_SHAPE);
    let gateway_id = agent.and_then(|agent| agent.parse(&GATEWAY_ID, word::gateway_id));
    let gateway_id = gateway_id.map_or(String::new(), |id| id.value.to_owned());
    let spool = root.table(&SPOOL, &SPOOL_SHAPE);
    let mut listed = Listed::new();
    let buses = root.tables(&MODBUS, &MODBUS_SHAPE);
    let brokers = root.tables(&MQTT, &MQTT_SHAPE);
    let config = Config {
        spool: spool_config(spool.as_ref()),
        uplinks: uplink::destinations(root),
        modbus: buses.iter().map(|section| modbus::bus(section, &mut listed)).collect(),
        mqtt: brokers.iter().map(|section| mqtt::broker(section, &gateway_id, &mut listed)).collect(),
        points: listed.points,
        gateway_id,
    };
    let points = config.points.len();
    if buses.is_empty() && brokers.is_empty() {
        root.doc.report(
            &root.at,
            Text::new("没有计量点", "no point"),
            Text::new("至少一个计量点", "at least one"),
            Text::new("加上 [[modbus]] 或 [[mqtt]]", "add [[modbus]] or [[mqtt]]"),
        );
    } else if points > POINTS_MAX {
        root.doc.report(
            &root.at,
            Text::new(format!("共 {points} 个计量点"), format!("found {points} points")),
            Text::new(format!("最多 {POINTS_MAX} 个"), format!("{POINTS_MAX} at most")),
            Text::new("分给几个网关", "divide them among several gateways"),
        );
    }
    config
}

fn spool_config(section: Option<&Section>) -> SpoolConfig {
    let dir = section.and_then(|section| section.parse(&DIR, word::folder)).map_or("spool", |dir| dir.value);
    let interval = section.map_or(Some(2000), |section| {
        section.or(&COMMIT_INTERVAL_MS, 2000, section.integer(&COMMIT_INTERVAL_MS, 200..=10_000))
    });
    SpoolConfig { dir: dir.into(), commit_interval: modbus::millis(interval) }
}

/// All points of the file, and all names that may stand only once.
pub(super) struct Listed {
    points: Vec<Point>,
    ids: Unique,
    pub sources: Unique,
    pub meters: Unique,
    pub clients: Unique,
}

impl Listed {
    fn new() -> Listed {
        Listed {
            points: Vec::new(),
            ids: Unique::new("同一仪表的其他计量点", "point of the meter"),
            sources: Unique::new("其他 [[modbus]] 或 [[mqtt]] ", "[[modbus]] or [[mqtt]]"),
            meters: Unique::new("其他仪表", "meter"),
            clients: Unique::new("同一代理的其他客户端", "client of the broker"),
        }
    }

    /// Adds the point of `section`; its place in the list is its series id.
    pub fn point(&mut self, section: &Section, meter: &str, given: Option<Given>) -> u32 {
        let point = point::point(section, meter, given);
        // names hold no control characters
        let id = format!("{meter}\n{}", point.series.point);
        if let Some(name) = section.peek(&POINT_NAME).filter(|_| !meter.is_empty()) {
            self.ids.claim_as(section.doc, id, &name);
        }
        let series = u32::try_from(self.points.len()).unwrap_or(u32::MAX);
        self.points.push(point);
        series
    }
}

/// One byte more than allowed is enough to know that it is too much.
fn read(path: &Path) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    File::open(path)?.take(FILE_BYTES_MAX as u64 + 1).read_to_end(&mut bytes)?;
    Ok(bytes)
}

fn whole_file(file: &str, found: Text, expected: Text, fix: Text) -> ConfigErrors {
    let (file, key) = (file.to_owned(), String::new());
    ConfigErrors::new(vec![Problem { file, position: None, key, found, expected, fix, excerpt: None }], 0)
}

fn unreadable(file: &str, error: &io::Error) -> ConfigErrors {
    let fix = match error.kind() {
        io::ErrorKind::NotFound => Text::new("核对 --config 的路径", "check the path behind --config"),
        io::ErrorKind::PermissionDenied => {
            Text::new("让运行服务的用户可读此文件", "let the user that runs the service read it")
        }
        _ => Text::new("核对路径和磁盘", "check the path and the disk"),
    };
    let found = Text::new(format!("无法读取（{error}）"), format!("cannot be read ({error})"));
    whole_file(file, found, Text::new("一个可读的 TOML 文件", "a TOML file that can be read"), fix)
}

fn too_large(file: &str) -> ConfigErrors {
    whole_file(
        file,
        Text::new("文件大于 4 MiB", "the file has more than 4 MiB"),
        Text::new("最大 4 MiB", "4 MiB at most"),
        Text::new(
            "核对是否给错了文件，或分给几个网关",
            "check that it is the right file, or divide it among several gateways",
        ),
    )
}

fn not_utf8(file: &str, error: &std::string::FromUtf8Error) -> ConfigErrors {
    let (valid, _) = error.as_bytes().split_at(error.utf8_error().valid_up_to());
    let text = String::from_utf8_lossy(valid);
    let doc = Doc::new(file, &text);
    let position: Position = doc.position(&(text.len()..text.len()));
    let mut errors = whole_file(
        file,
        Text::new("一个不属于 UTF-8 的字节", "found a byte that is not UTF-8"),
        Text::new("UTF-8 编码的文本", "text in UTF-8"),
        Text::new("用编辑器另存为 UTF-8（GBK 文件须转换）", "save the file as UTF-8 (one in GBK must be converted)"),
    );
    errors.place(position);
    errors
}

fn not_toml(doc: Doc, error: &toml::de::Error) -> ConfigErrors {
    let message = error.message().replace('\n', ", ");
    let end = doc.text.len();
    let at = At { path: String::new(), span: error.span().unwrap_or(end..end) };
    doc.report(
        &at,
        Text::new(format!("TOML 语法错误（{message}）"), format!("not TOML ({message})")),
        Text::new("符合 TOML 语法的一行", "a line that is TOML"),
        Text::new(
            "改正此行；字符串加引号，每个键在一个表中只写一次",
            "correct this line: strings stand in quotes, a key stands once in its table",
        ),
    );
    match doc.finish(()) {
        Err(errors) => errors,
        // report() above left one problem
        Ok(()) => ConfigErrors::new(Vec::new(), 0),
    }
}
