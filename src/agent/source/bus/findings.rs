//! What the meters of this gateway were found to refuse, on the disk: `learned.json` in the spool's folder.
//!
//! # Promises
//! - The file is whole at any time: it is written beside its place and moved there.
//! - What was found out holds for just the description under which it was: another point, limit or unit id, and the
//!   meter is found out anew.
//! - A file that can not be read costs the findings and nothing else, and says so. Deleting it is allowed at any time.

use crate::{
    agent::{
        config::{Bus, Meter, Station},
        source::modbus::{self, FINDINGS_MAX, Learned},
    },
    wire::hex,
};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::{
    collections::BTreeMap,
    fs::{self, File},
    io::{self, Read, Write},
    path::{Path, PathBuf},
    sync::{Mutex, PoisonError},
};

const FILE: &str = "learned.json";
/// A thousand meters, each with all that it may have.
const FILE_BYTES_MAX: u64 = 16 << 20;
/// Of the digest of a description, as hex.
const DIGEST_CHARS: usize = 32;

#[derive(Debug, Default)]
pub struct Findings {
    /// None: nothing is kept.
    folder: Option<PathBuf>,
    kept: Mutex<BTreeMap<Key, Kept>>,
    /// One writer at a time.
    writes: Mutex<()>,
}

/// Bus, meter, model.
type Key = (String, String, String);

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Kept {
    bus: String,
    meter: String,
    #[serde(default)]
    model: String,
    /// Digest of what was asked for when it was found out.
    described: String,
    learned: Learned,
}

#[derive(Serialize, Deserialize)]
struct Text {
    meters: Vec<Kept>,
}

impl Findings {
    /// What an earlier run left in the spool's folder, of the meters that are configured still. Blocks on the disk.
    pub fn open(folder: &Path, buses: &[Bus]) -> Findings {
        let kept = match read(&folder.join(FILE)) {
            Ok(kept) => kept,
            Err(error) => {
                let file = folder.join(FILE);
                tracing::warn!(%error, file = %file.display(), "what was learned of the meters can not be read: it is found out again");
                Vec::new()
            }
        };
        let mut held = BTreeMap::new();
        for (bus, meter) in buses.iter().flat_map(|bus| bus.meters.iter().map(move |meter| (bus, meter))) {
            let key = key(bus, meter);
            let described = described(meter);
            let found = kept.iter().find(|one| (&one.bus, &one.meter, &one.model) == (&key.0, &key.1, &key.2));
            match found.filter(|one| one.described == described && is_sound(&one.learned)) {
                Some(one) => drop(held.insert(key, one.clone())),
                None if found.is_some() => {
                    tracing::info!(
                        bus = bus.name,
                        meter = meter.name,
                        "its configuration changed: what was learned is forgotten"
                    );
                }
                None => {}
            }
        }
        Findings { folder: Some(folder.to_path_buf()), kept: Mutex::new(held), writes: Mutex::default() }
    }

    pub fn of(&self, bus: &Bus, meter: &Meter) -> Learned {
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.get(&key(bus, meter)).map(|one| one.learned.clone()).unwrap_or_default()
    }

    /// Until the next [`Findings::save`] in memory only.
    pub fn keep(&self, bus: &Bus, meter: &Meter, learned: Learned) {
        let key = key(bus, meter);
        let (bus, meter_name, model) = key.clone();
        let kept = Kept { bus, meter: meter_name, model, described: described(meter), learned };
        self.kept.lock().unwrap_or_else(PoisonError::into_inner).insert(key, kept);
    }

    /// Durable on return. Blocks on the disk.
    pub fn save(&self) -> io::Result<()> {
        let Some(folder) = &self.folder else { return Ok(()) };
        let _one = self.writes.lock().unwrap_or_else(PoisonError::into_inner);
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let text = Text { meters: kept.into_values().filter(|one| !one.learned.is_empty()).collect() };
        let (path, beside) = (folder.join(FILE), folder.join("learned.json.tmp"));
        let mut file = File::create(&beside)?;
        file.write_all(&serde_json::to_vec_pretty(&text)?)?;
        file.sync_all()?;
        fs::rename(&beside, &path)?;
        File::open(folder)?.sync_all()
    }
}

fn key(bus: &Bus, meter: &Meter) -> Key {
    (bus.name.clone(), meter.name.clone(), meter.model.clone().unwrap_or_default())
}

/// Where nothing is learned, nothing is described.
fn described(meter: &Meter) -> String {
    let text = match &meter.station {
        Station::Modbus { unit_id, limits, points } => modbus::description(*unit_id, limits, points),
        Station::Dlt645 { .. } | Station::Cjt188 { .. } => String::new(),
    };
    let digest = hex(&Sha256::digest(text));
    digest.chars().take(DIGEST_CHARS).collect()
}

/// A person may have written into the file.
fn is_sound(learned: &Learned) -> bool {
    let function = |code: u8| (1..=4).contains(&code);
    learned.refused.len() + learned.cuts.len() + learned.count_max.len() <= 2 * FINDINGS_MAX
        && learned.refused.iter().all(|one| function(one.function) && one.first <= one.last)
        && learned.cuts.iter().all(|(of, _)| function(*of))
        && learned.count_max.iter().all(|(of, count)| function(*of) && *count > 0)
}

fn read(path: &Path) -> io::Result<Vec<Kept>> {
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(error),
    };
    let mut bytes = Vec::new();
    file.take(FILE_BYTES_MAX + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > FILE_BYTES_MAX {
        return Err(io::Error::other("the file is too large"));
    }
    let text: Text = serde_json::from_slice(&bytes)?;
    Ok(text.meters)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::agent::config::{Function, Link, ModbusLimits, ModbusPoint, ValueType, WordOrder};
    use std::time::Duration;

    fn bus(unit_id: u8, registers: &[u16]) -> Bus {
        let point = |register: &u16| ModbusPoint {
            series: 7,
            function: Function::HoldingRegisters,
            register: *register,
            value_type: ValueType::U16,
            word_order: WordOrder::Abcd,
            no_value: Vec::new(),
            multiplier: None,
        };
        let points = registers.iter().map(point).collect();
        let station = Station::Modbus { unit_id, limits: ModbusLimits::default(), points };
        let meter = Meter { name: "m".into(), model: Some("x".into()), poll_interval: Duration::from_secs(1), station };
        let (timeout, poll_interval) = (Duration::from_secs(1), Duration::from_secs(1));
        Bus { name: "b".into(), link: Link::Tcp("h:1".into()), timeout, poll_interval, meters: vec![meter] }
    }

    fn learned() -> Learned {
        let mut learned = Learned::default();
        learned.refuse(Function::HoldingRegisters, 5, 6);
        learned.at_most(Function::InputRegisters, 30);
        learned.cut(Function::Coils, 9);
        learned
    }

    #[test]
    fn findings_outlive_a_run_and_are_forgotten_when_the_meter_is_described_anew() {
        let folder = tempfile::tempdir().unwrap();
        let first = bus(1, &[1, 2]);
        let findings = Findings::open(folder.path(), std::slice::from_ref(&first));
        assert!(findings.of(&first, &first.meters[0]).is_empty());
        findings.keep(&first, &first.meters[0], learned());
        findings.save().unwrap();
        let again = |bus: &Bus| Findings::open(folder.path(), std::slice::from_ref(bus)).of(bus, &bus.meters[0]);
        assert_eq!(again(&first), learned());
        assert!(again(&bus(1, &[1, 2, 3])).is_empty(), "another point");
        assert!(again(&bus(2, &[1, 2])).is_empty(), "another unit");
        let mut renamed = bus(1, &[1, 2]);
        renamed.meters[0].model = Some("y".into());
        assert!(again(&renamed).is_empty(), "another model");
    }

    #[test]
    fn a_file_that_makes_no_sense_costs_the_findings_only() {
        let folder = tempfile::tempdir().unwrap();
        let bus = bus(1, &[1]);
        let meter = &bus.meters[0];
        let entry = |function: u8| {
            format!(
                r#"{{"meters": [{{"bus": "b", "meter": "m", "model": "x", "described": "{}", "learned": {{"refused": [{{"function": {function}, "first": 1, "last": 1}}]}}}}]}}"#,
                described(meter)
            )
        };
        for (text, held) in [("{", false), ("", false), ("[]", false), (&entry(9), false), (&entry(3), true)] {
            std::fs::write(folder.path().join(FILE), text).unwrap();
            let findings = Findings::open(folder.path(), std::slice::from_ref(&bus));
            assert_eq!(!findings.of(&bus, meter).is_empty(), held, "{text}");
            findings.keep(&bus, meter, learned());
            findings.save().unwrap();
            assert_eq!(Findings::open(folder.path(), std::slice::from_ref(&bus)).of(&bus, meter), learned());
        }
    }
}
