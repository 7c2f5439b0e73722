//! Which monitor stands at which site.

use crate::{
    model::Site,
    runtime::{
        lang::Text,
        problem::{At, Doc, Problems, quoted},
    },
};
use csv::StringRecord;
use std::collections::HashSet;

/// Of one region.
const STATIONS_MAX: usize = 20_000;
const PASSWORD_BYTES_MAX: usize = 32;

/// A monitor that is listened to.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Station {
    /// 设备唯一标识 MN
    pub mn: String,
    pub credit_code: String,
    /// PW of its packets.
    pub password: String,
}

/// Rows `mn,credit_code,password`. `file` is what messages call it.
///
/// # Errors
/// Every problem of the file, and then nothing is taken.
pub fn stations_from_csv(text: &str, file: &str, sites: &[Site]) -> Result<Vec<Station>, Problems> {
    let doc = Doc::new(file, text);
    let sites: HashSet<&str> = sites.iter().map(|site| site.credit_code.as_str()).collect();
    let mut reader = csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(text.as_bytes());
    let (mut record, mut seen, mut stations) = (StringRecord::new(), HashSet::new(), Vec::new());
    let mut line = 0;
    while reader.read_record(&mut record).unwrap_or(false) {
        let start = record.position().map_or(0, |position| usize::try_from(position.byte()).unwrap_or(0));
        let refuse = |name: &str, field: &str, expected: Text, fix: Text| {
            let at = At { path: name.to_owned(), span: start..start };
            doc.report(&at, crate::runtime::problem::found(&quoted(field)), expected, fix);
        };
        let field = |place: usize| record.get(place).unwrap_or_default().trim();
        line += 1;
        if line == 1 {
            if record.iter().map(str::trim).ne(["mn", "credit_code", "password"]) {
                let expected = Text::new("表头 mn,credit_code,password", "the header mn,credit_code,password");
                refuse("mn", field(0), expected, Text::new("写上表头", "write the header"));
                break;
            }
            continue;
        }
        let (mn, credit_code, password) = (field(0), field(1), field(2));
        if mn.is_empty()
            || mn.len() > 32
            || !mn.bytes().all(|b| b.is_ascii_alphanumeric())
            || !seen.insert(mn.to_owned())
        {
            refuse(
                "mn",
                mn,
                Text::new("1 到 32 个字母或数字，每个只出现一次", "1 to 32 letters and digits, each MN once"),
                Text::new("写上监测仪的 MN", "write the monitor's MN"),
            );
        }
        if !sites.contains(credit_code) {
            refuse(
                "credit_code",
                credit_code,
                Text::new("用能单位登记表中的代码", "a code that is in the registry of sites"),
                Text::new("改正代码，或在登记表中补上该单位", "correct the code, or add the site to the registry"),
            );
        }
        if password.is_empty()
            || password.len() > PASSWORD_BYTES_MAX
            || !password.bytes().all(|b| b.is_ascii_alphanumeric())
        {
            refuse(
                "password",
                "…",
                Text::new("监测仪报文中的 PW", "the PW of the monitor's packets"),
                Text::new("写上 PW（字母或数字）", "write the PW, letters and digits"),
            );
        }
        if stations.len() == STATIONS_MAX {
            let most = Text::new(format!("至多 {STATIONS_MAX} 行"), format!("at most {STATIONS_MAX} rows"));
            refuse("mn", mn, most, Text::new("拆分区域", "split the region"));
            break;
        }
        stations.push(Station { mn: mn.into(), credit_code: credit_code.into(), password: password.into() });
    }
    doc.finish(stations).map(|(stations, _)| stations)
}
