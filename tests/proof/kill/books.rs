//! What the gateways committed against what the platform holds, record for record, and the ledger against the meters.

use super::{
    fleet::{Fleet, Gateway},
    meter::POINTS,
};
use rusqlite::{Connection, OpenFlags};
use std::collections::{BTreeMap, BTreeSet};

/// Generation and seq.
type Number = (u128, u64);

/// What one gateway said it had committed: written behind each commit, it survives the process.
pub struct Committed {
    records: BTreeMap<Number, u32>,
    /// Numbers that were given to two contents.
    reused: u64,
}

/// What the platform holds of one gateway: checksum and kind of each record.
type Held = BTreeMap<Number, (u32, u8)>;

#[derive(Default, Debug)]
pub struct Balance {
    pub committed: u64,
    pub lost: u64,
    /// One number for two contents, one content under two numbers, or another content than was committed.
    pub doubled: u64,
    /// Held, though no commit of it was noted and it is not the tail of a generation that a kill ended.
    pub unexplained: u64,
    /// Held, from commits that were killed between the disk and the note.
    pub unnoted: u64,
    /// Of the ledger's rows, those that are not the meter's count.
    pub ledger: Vec<String>,
}

impl Balance {
    pub fn is_even(&self) -> bool {
        self.lost + self.doubled + self.unexplained == 0 && self.ledger.is_empty()
    }

    /// `repeats`: behind a broker, which sends again what was not acknowledged; the ledger counts it once.
    fn add(&mut self, committed: &Committed, held: &Held, repeats: bool) {
        self.committed += committed.records.len() as u64;
        self.doubled += committed.reused;
        for (number, crc) in &committed.records {
            match held.get(number) {
                None => self.lost += 1,
                Some((found, _)) => self.doubled += u64::from(found != crc),
            }
        }
        let mut contents = BTreeSet::new();
        for (number, (crc, kind)) in held {
            // dictionaries are alike, samples carry their times
            self.doubled += u64::from(*kind == SAMPLES && !repeats && !contents.insert(*crc));
            if !committed.records.contains_key(number) {
                let noted_behind = committed.records.range((number.0, number.1 + 1)..=(number.0, u64::MAX)).next();
                match noted_behind {
                    None => self.unnoted += 1,
                    Some(_) => self.unexplained += 1,
                }
            }
        }
    }
}

const SAMPLES: u8 = 2;

pub fn committed(gateway: &Gateway) -> Committed {
    let text = std::fs::read_to_string(&gateway.notes).unwrap_or_default();
    let mut committed = Committed { records: BTreeMap::new(), reused: 0 };
    for line in text.lines() {
        // 32 + 16 + 8 digits; a kill may have cut one short
        let words: Vec<&str> = line.split(' ').collect();
        let [generation, seq, crc] = words[..] else { continue };
        if (generation.len(), seq.len(), crc.len()) != (32, 16, 8) {
            continue;
        }
        let number = (u128::from_str_radix(generation, 16).unwrap(), u64::from_str_radix(seq, 16).unwrap());
        let crc = u32::from_str_radix(crc, 16).unwrap();
        if committed.records.insert(number, crc).is_some() {
            committed.reused += 1;
        }
    }
    committed
}

/// Acknowledgements that a gateway has and the platform's disk does not. For a moment in which no platform runs.
pub fn acked_early(fleet: &Fleet) -> rusqlite::Result<u64> {
    if !fleet.database().exists() {
        return Ok(0);
    }
    let database = Connection::open(fleet.database())?;
    let mut select = database.prepare("SELECT gen_id, seq FROM generation")?;
    let rows = select.query_map([], |row| Ok((row.get::<_, [u8; 16]>(0)?, row.get::<_, i64>(1)?)))?;
    let marks = rows
        .map(|row| row.map(|(generation, seq)| (u128::from_be_bytes(generation), seq.cast_unsigned())))
        .collect::<rusqlite::Result<BTreeMap<_, _>>>()?;
    let mut early = 0;
    for gateway in &fleet.gateways {
        for line in std::fs::read_to_string(&gateway.notes).unwrap_or_default().lines() {
            let words: Vec<&str> = line.split(' ').collect();
            let ["acked", generation, seq] = words[..] else { continue };
            if (generation.len(), seq.len()) == (32, 16) {
                let mark = marks.get(&u128::from_str_radix(generation, 16).unwrap()).copied().unwrap_or(0);
                early += u64::from(u64::from_str_radix(seq, 16).unwrap() > mark);
            }
        }
    }
    Ok(early)
}

fn held(fleet: &Fleet, gateway: &Gateway) -> rusqlite::Result<Held> {
    let database = Connection::open_with_flags(fleet.database(), OpenFlags::SQLITE_OPEN_READ_ONLY)?;
    let mut select = database.prepare(
        "SELECT gen_id, block.seq, crc32c, kind FROM block JOIN generation ON generation.id = block.generation
         JOIN gateway ON gateway.id = generation.gateway WHERE gateway_id = ?1",
    )?;
    let rows = select.query_map([&gateway.id], |row| {
        let generation: [u8; 16] = row.get(0)?;
        let seq: i64 = row.get(1)?;
        Ok(((u128::from_be_bytes(generation), seq.cast_unsigned()), (row.get(2)?, row.get(3)?)))
    })?;
    rows.collect()
}

/// The balance of now; `frozen` are the meters' counts, and the broker's.
pub fn balance(fleet: &Fleet, frozen: &[u32], published: Option<u64>) -> Balance {
    let mut balance = Balance::default();
    for (n, gateway) in fleet.gateways.iter().enumerate() {
        // the notes first: what is committed meanwhile is not looked for
        let committed = committed(gateway);
        match held(fleet, gateway) {
            Ok(held) => balance.add(&committed, &held, n == 0 && fleet.broker.is_some()),
            Err(error) => balance.ledger.push(format!("the platform's database: {error}")),
        }
    }
    let rows = fleet.get("/api/v1/ledger").unwrap_or_default();
    let mut expected: Vec<(&str, &str, u64)> = Vec::new();
    for (gateway, count) in fleet.gateways.iter().zip(frozen) {
        expected.extend(POINTS.map(|(name, _, times)| (gateway.id.as_str(), name, u64::from(count * times))));
    }
    expected.extend(published.map(|published| (fleet.gateways[0].id.as_str(), "count", published)));
    for (gateway, point, count) in expected {
        let row = rows
            .as_array()
            .and_then(|rows| rows.iter().find(|row| row["gateway_id"] == gateway && row["point"] == point));
        let number = |key: &str| row.and_then(|row| row[key].as_str()?.parse::<u64>().ok());
        let (first, last, total) = (number("first"), number("last"), number("total"));
        let right = last == Some(count)
            && first.zip(total).is_some_and(|(first, total)| total == count.saturating_sub(first))
            && row.is_some_and(|row| row["breaks"] == 0);
        if !right {
            balance
                .ledger
                .push(format!("{gateway} {point}: {first:?} to {last:?}, total {total:?}; the meter: {count}"));
        }
    }
    balance
}
