//! SIGKILL for the shipped agent and the shipped platform, again and again, while foreign meters and a foreign broker
//! feed them: every register's movement is on the ledger exactly, every message of the broker once, and every record is
//! under the gateway's signature when its next run has come.

use super::{
    mosquitto::Mosquitto,
    plant::{self, Plant},
    stack::Stack,
};
use mujun::{
    platform::store::{Audit, Store},
    runtime::random,
};
use std::{
    path::Path,
    time::{Duration, Instant},
};

const KILLS: u32 = 12;
const PATIENCE: Duration = Duration::from_secs(90);

fn up_to_ms(max: u64) -> Duration {
    Duration::from_millis(random::up_to(max))
}

#[test]
fn agent_and_platform_killed_at_random_moments_lose_nothing_and_count_nothing_twice() {
    // what comes while the agent is dead waits, however much it is
    let broker = Mosquitto::start_with("autosave_interval 1\nmax_queued_messages 0\n");
    let mut plant = Plant::start(Some(broker.port()));
    let mut stack = Stack::start();
    let mut agent = Some(stack.agent(&plant.sources("")));
    let points = plant.counts();
    stack.wait("/api/v1/ledger", PATIENCE, |ledger| plant::all_read(ledger, &points));

    let first = plant.run();
    for kill in 1..=KILLS {
        std::thread::sleep(up_to_ms(2_500));
        let (agent_dies, platform_dies) = [(true, false), (false, true), (true, true)][random::up_to(2) as usize];
        eprintln!("kill {kill}: agent {agent_dies}, platform {platform_dies}");
        if agent_dies {
            agent = None;
        }
        if platform_dies {
            stack.platform = None;
        }
        std::thread::sleep(up_to_ms(1_200));
        if platform_dies {
            stack.start_platform();
        }
        if agent_dies {
            agent = Some(stack.start_agent());
        }
    }
    let last = plant.stop();
    assert!(first.counts.iter().zip(&last.counts).all(|(first, last)| first.1 < last.1), "the registers count");

    let ledger = stack.wait("/api/v1/ledger", PATIENCE, |ledger| plant::reached(ledger, &last.counts));
    assert_eq!(plant::differences(&ledger, &first.counts, &last.counts), [""; 0]);
    assert_eq!(ledger.as_array().unwrap().len(), last.counts.len(), "no register is there twice");

    // what the last run had not signed when it was killed, or at its orderly stop, the next one signs
    let data = stack.path("data");
    let before = generations(&data).0;
    assert!(agent.is_some_and(|agent| agent.stop().success()));
    let agent = stack.start_agent();
    let end = Instant::now() + PATIENCE;
    while !matches!(generations(&data), (all, 1, 1) if all > before) {
        assert!(Instant::now() < end, "{:?} after {before}\n{}", generations(&data), stack.logs());
        std::thread::sleep(Duration::from_millis(200));
    }
    assert!(agent.stop().success());
    stack.platform = None;
    let pieces = ledger.as_array().unwrap().iter().find(|row| row["point"] == "pieces").unwrap();
    // what was published before the agent's first subscription never was the agent's
    let sent = last.stamps.iter().filter(|stamp| **stamp >= pieces["first_ms"].as_i64().unwrap()).count();
    assert_eq!(readings(&data, "pieces"), sent as i64, "each message is one reading");
    let audit = audit(&data);
    assert_eq!(audit.faults, [""; 0]);
    assert!(audit.attested > 0 && audit.attestations.len() <= 1, "all but the newest are signed: {audit:#?}");
}

/// Generations on the platform; those of them that are not there to their end, and those of these with a signature.
fn generations(data: &Path) -> (i64, i64, i64) {
    let database = rusqlite::Connection::open(data.join("mujun.db")).unwrap();
    let count = "SELECT count(*), coalesce(sum(open), 0), coalesce(sum(open AND signed), 0) FROM
                 (SELECT last_seq IS NULL OR seq < last_seq AS open,
                         EXISTS (SELECT 1 FROM block WHERE block.generation = generation.id AND block.kind = 7) AS signed FROM generation)";
    database.query_row(count, [], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?))).unwrap()
}

/// Readings of a point in the store: the ledger's own count, none counted twice.
fn readings(data: &Path, point: &str) -> i64 {
    let database = rusqlite::Connection::open(data.join("mujun.db")).unwrap();
    let sum = "SELECT sum(readings) FROM cell JOIN series ON series.id = cell.series WHERE point = ?1";
    database.query_row(sum, [point], |row| row.get(0)).unwrap()
}

/// The store's own audit: marks, rows and bridges against the stored records, and these against their signatures.
fn audit(data: &Path) -> Audit {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async { Store::open(data).unwrap().audit().await.unwrap() })
}
