//! What is sent next: live records while there are any, then the backlog, oldest first.

use super::{Output, Session};
use crate::{
    agent::uplink::{
        ended::Ended,
        lane::{Flight, Lane},
    },
    wire::{
        BATCH_BYTES_MAX, BATCH_RECORDS_MAX, GENERATIONS_MAX, GenId, hex,
        proto::{self, up},
        record::Record,
    },
};
use std::time::Duration;

/// Bytes of bodies in a batch: at most 16 bytes frame a record, 64 the batch, and the whole stays in its limit.
pub(super) const BODIES_MAX: usize = BATCH_BYTES_MAX - 16 * BATCH_RECORDS_MAX - 64;
/// Generations that a session remembers as done: a few MiB at most.
const FINISHED_MAX: usize = 16 * GENERATIONS_MAX;

impl Session {
    /// Asks for the next records, as far as the platform allows: live ones while there are any, then the backlog's.
    pub(super) fn pump(&mut self, now: Duration, out: &mut Vec<Output>) {
        if self.finished.len() >= FINISHED_MAX || (self.overflow && self.lanes.is_empty()) {
            out.push(Output::Renew);
            return;
        }
        while !self.reading {
            let (flight, backlog) = self.flight();
            let live = self.live();
            if let Some(live) = self.lanes.last().filter(|lane| live == Some(lane.gen_id) && lane.has_records()) {
                // without room for live records there is none for the backlog either
                let Some(bytes_max) = self.allowance.live(flight) else { return };
                out.push(read(live, bytes_max));
                self.reading = true;
                return;
            }
            let Some(lane) = self.lanes.iter_mut().find(|lane| lane.has_records() || lane.wants_seal()) else { return };
            if lane.wants_seal() {
                if !self.allowance.seal(flight, backlog) {
                    return;
                }
                lane.sent_seal();
                // a power cut may have taken a tail that the platform has
                let last_seq = lane.last_seq.max(lane.acked);
                let gen_id = lane.gen_id.to_vec().into();
                out.push(Output::Send(up::Message::Sealed(proto::Sealed { gen_id, last_seq })));
            } else {
                let Some(bytes_max) = self.allowance.backlog(flight, backlog, now) else { return };
                out.push(read(lane, bytes_max));
                self.reading = true;
            }
        }
    }

    /// The generation that is being written.
    fn live(&self) -> Option<GenId> {
        self.lanes.last().filter(|lane| !lane.sealed).map(|lane| lane.gen_id)
    }

    /// All that flies, and what of it is backlog.
    pub(super) fn flight(&self) -> (Flight, Flight) {
        let (mut all, mut backlog, live) = (Flight::default(), Flight::default(), self.live());
        for lane in &self.lanes {
            all.add(lane.flight());
            if live != Some(lane.gen_id) {
                backlog.add(lane.flight());
            }
        }
        (all, backlog)
    }

    pub(super) fn send_batch(
        &mut self,
        gen_id: GenId,
        from_seq: u64,
        records: Vec<Record>,
        out: &mut Vec<Output>,
    ) -> Result<(), Ended> {
        self.reading = false;
        let live = self.live();
        // meanwhile it may have been set aside, or rewound
        let Ok(lane) = self.lane(&gen_id) else { return Ok(()) };
        if lane.next != from_seq {
            return Ok(());
        }
        let Some(count) = u64::try_from(records.len()).ok().filter(|count| *count > 0) else {
            return Err(Ended::Missing { gen_id: hex(&gen_id), seq: from_seq });
        };
        let bytes = records.iter().map(|record| record.body.len()).sum();
        lane.sent(count, bytes);
        if live != Some(gen_id) {
            self.allowance.spend(bytes);
        }
        out.push(Output::Send(up::Message::Batch(proto::Batch {
            gen_id: gen_id.to_vec().into(),
            first_seq: from_seq,
            records: records.into_iter().map(Into::into).collect(),
        })));
        Ok(())
    }
}

fn read(lane: &Lane, bytes_max: usize) -> Output {
    let there = usize::try_from(lane.last_seq - lane.next + 1).unwrap_or(usize::MAX);
    let records_max = there.min(BATCH_RECORDS_MAX);
    Output::Read { gen_id: lane.gen_id, from_seq: lane.next, records_max, bytes_max: bytes_max.min(BODIES_MAX) }
}
