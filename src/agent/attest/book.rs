//! What is known of each generation: how far its chain is computed, and how far it is attested.

use crate::{
    agent::spool::{Generation, Spool, SpoolError},
    model::{Event, EventKind},
    wire::{
        GenId,
        chain::{Chain, record_hash},
        proto::RecordKind,
        record::{Content, Record, decode},
    },
};
use std::collections::{HashMap, HashSet};

/// Of one read.
const RECORDS_MAX: usize = 256;
const BYTES_MAX: usize = 1 << 20;

#[derive(Default)]
pub(super) struct Book {
    followed: HashMap<GenId, Followed>,
    /// Sealed, on the disk, and attested to their end.
    done: HashSet<GenId>,
}

struct Followed {
    chain: Chain,
    attested: u64,
    /// Whether records that say something of the plant came since: a dictionary, a clock segment or an attestation
    /// alone is none.
    news: bool,
}

/// One that should be attested, through the end of its chain.
pub(super) type Wanted = (GenId, Chain);

impl Book {
    /// Reads what earlier runs attested. Each run attests oldest first, so what is older than one that is attested to
    /// its end is attested too, and a look into the newest generations is enough.
    pub fn open(spool: &dyn Spool) -> Result<Book, SpoolError> {
        let generations = spool.generations();
        let mut ends: HashMap<GenId, u64> = HashMap::new();
        for generation in generations.iter().rev() {
            each(spool, &generation.gen_id, 1, generation.last_seq, |record| {
                if is(record, RecordKind::Attestation)
                    && let Ok(Content::Attestation(attestation)) = decode(record)
                {
                    let end = ends.entry(attestation.gen_id).or_default();
                    *end = attestation.seq.max(*end);
                }
            })?;
            let attested = |one: &Generation| ends.get(&one.gen_id).is_some_and(|seq| *seq >= one.last_seq);
            if let Some(last) = generations.iter().rposition(|one| one.sealed && attested(one)) {
                let done = generations.iter().take(last + 1).map(|one| one.gen_id).collect();
                return Ok(Book { done, ..Book::default() });
            }
        }
        Ok(Book::default())
    }

    /// Reads what is new in the spool. Then what should be attested, oldest first: what is sealed or gone, and the
    /// current generation where it is `due`.
    ///
    /// # Errors
    /// The spool's: what could be read before is remembered.
    pub fn follow(&mut self, spool: &dyn Spool, due: bool) -> Result<Vec<Wanted>, SpoolError> {
        let generations = spool.generations();
        let listed: HashSet<GenId> = generations.iter().map(|one| one.gen_id).collect();
        self.done.retain(|gen_id| listed.contains(gen_id));
        // delivered and deleted, dropped, or damaged meanwhile: its chain is known as far as it was followed
        self.followed.retain(|gen_id, one| listed.contains(gen_id) || one.chain.seq > one.attested);
        let gone = |(gen_id, one): (&GenId, &Followed)| (!listed.contains(gen_id)).then_some((*gen_id, one.chain));
        let mut wanted: Vec<Wanted> = self.followed.iter().filter_map(gone).collect();
        for generation in generations.iter().filter(|one| !self.done.contains(&one.gen_id)) {
            let start = || Followed { chain: Chain::start(&generation.gen_id), attested: 0, news: false };
            let one = self.followed.entry(generation.gen_id).or_insert_with(start);
            one.read(spool, generation)?;
            if one.chain.seq > one.attested && (generation.sealed || due && one.news) {
                wanted.push((generation.gen_id, one.chain));
            }
        }
        Ok(wanted)
    }

    /// Their attestations are committed.
    pub fn attested(&mut self, spool: &dyn Spool, wanted: &[Wanted]) {
        let generations = spool.generations();
        for (gen_id, chain) in wanted {
            match generations.iter().find(|one| one.gen_id == *gen_id) {
                None => drop(self.followed.remove(gen_id)),
                Some(generation) if generation.sealed && chain.seq >= generation.last_seq => {
                    self.followed.remove(gen_id);
                    self.done.insert(*gen_id);
                }
                Some(_) => {
                    if let Some(one) = self.followed.get_mut(gen_id) {
                        (one.attested, one.news) = (chain.seq, false);
                    }
                }
            }
        }
    }
}

impl Followed {
    fn read(&mut self, spool: &dyn Spool, generation: &Generation) -> Result<(), SpoolError> {
        each(spool, &generation.gen_id, self.chain.seq + 1, generation.last_seq, |record| {
            self.chain.add(&record_hash(record.kind, &record.body));
            self.news |=
                !is(record, RecordKind::Dictionary) && !is(record, RecordKind::Attestation) && !describes(record);
        })
    }
}

/// Each generation begins with the clock segments of its samples, whether any come or not.
fn describes(record: &Record) -> bool {
    let segment = |content| matches!(content, Content::Event(Event { what: EventKind::ClockSegment(_), .. }));
    is(record, RecordKind::Event) && decode(record).is_ok_and(segment)
}

fn is(record: &Record, kind: RecordKind) -> bool {
    i32::from(record.kind) == kind as i32
}

/// Records `from..=last` of a generation that can be read through there.
fn each(
    spool: &dyn Spool,
    gen_id: &GenId,
    mut from: u64,
    last: u64,
    mut take: impl FnMut(&Record),
) -> Result<(), SpoolError> {
    while from <= last {
        let records_max = usize::try_from(last - from + 1).unwrap_or(RECORDS_MAX).min(RECORDS_MAX);
        let records = spool.read(gen_id, from, records_max, BYTES_MAX)?;
        if records.is_empty() {
            return Err(SpoolError::UnknownGeneration(*gen_id));
        }
        records.iter().for_each(&mut take);
        from += records.len() as u64;
    }
    Ok(())
}
