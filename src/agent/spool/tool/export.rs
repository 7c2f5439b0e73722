//! Samples as CSV, for people and their tools; events and attestations between them.

use super::{SpoolError, StoppedSpool};
use crate::{
    model::{Entered, Event, EventKind, Quality, Replaced, Sample, Series, UtcMillis, Value},
    wire::{
        hex,
        record::{Attestation, Content, decode},
    },
};
use std::{
    collections::HashMap,
    io::{self, Write},
};

const HEADER: &str = "time,meter,point,value,unit,quality,reason";

impl StoppedSpool {
    /// One line for each sample, event and attestation of every generation that can be read, oldest generation first.
    /// Gives the number of samples, and of records that could not be read.
    ///
    /// # Errors
    /// `Io` of `out`; `Io` and `Database` of the spool.
    pub fn export(&self, out: &mut dyn Write) -> Result<(u64, u64), SpoolError> {
        let (mut lines, mut unreadable) = (0, 0);
        let written = |error: io::Error| SpoolError::at("the output".as_ref())(error);
        writeln!(out, "{HEADER}").map_err(written)?;
        for (ordinal, names) in self.layout.list()?.0 {
            if !names.ok {
                continue;
            }
            let last = self.layout.read_manifest(ordinal).ok().flatten().map_or(u64::MAX, |m| m.extent.last);
            let (mut dictionary, mut failed) = (HashMap::new(), None);
            let problem = StoppedSpool::each(&self.layout, ordinal, last, |record| {
                match decode(&record) {
                    Ok(Content::Dictionary(part)) => dictionary.extend(part.series),
                    Ok(Content::Samples(_, samples)) => {
                        for one in &samples {
                            for sample in &one.samples {
                                lines += 1;
                                let series = dictionary.get(&sample.series);
                                failed = failed.take().or(writeln!(out, "{}", line(one.time, series, sample)).err());
                            }
                        }
                    }
                    Ok(Content::Event(event)) => {
                        for line in event_lines(&event, &dictionary) {
                            failed = failed.take().or(writeln!(out, "{line}").err());
                        }
                    }
                    Ok(Content::Attestation(one)) => {
                        failed = failed.take().or(writeln!(out, "{}", attestation_line(&one)).err());
                    }
                    Ok(_) => {}
                    Err(_) => unreadable += 1,
                }
                failed.is_none()
            })?;
            failed.map_or(Ok(()), |error| Err(written(error)))?;
            if let Some(problem) = problem {
                unreadable += 1;
                tracing::warn!(ordinal, problem, "a generation could not be read to its end");
            }
        }
        out.flush().map_err(written)?;
        Ok((lines, unreadable))
    }
}

fn line(time: UtcMillis, series: Option<&Series>, sample: &Sample) -> String {
    let value = match (sample.value, series) {
        (Some(Value::Count(count)), Some(series)) => {
            // a value too large for a decimal stays what it is: a count
            series.scale.value_from_count(count).map_or_else(|| format!("{count} counts"), |value| value.to_string())
        }
        (Some(Value::Count(count)), None) => format!("{count} counts"),
        (Some(Value::Real(real)), _) => real.to_string(),
        (None, _) => String::new(),
    };
    let (meter, point, unit) = match series {
        Some(series) => (field(&series.meter), field(&series.point), field(&series.unit)),
        None => (String::new(), format!("series {}", sample.series), String::new()),
    };
    let quality = match sample.reason.quality() {
        Quality::Good => "good",
        Quality::Uncertain => "uncertain",
        Quality::Bad => "bad",
    };
    format!("{time},{meter},{point},{value},{unit},{quality},{:?}", sample.reason)
}

/// The same columns: what has no value of its own says it in the last one, with the event's id.
fn event_lines(event: &Event, dictionary: &HashMap<u32, Series>) -> Vec<String> {
    let (time, id) = (event.time, hex(&event.event_id));
    let line = |meter: &str, name: &str, value: &str, unit: &str, says: String| {
        let says = field(&format!("{says} id={id}"));
        format!("{time},{},{},{},{},event,{says}", field(meter), field(name), field(value), field(unit))
    };
    match &event.what {
        EventKind::Replaced(Replaced { meter, registers, serial_old, serial_new, by, note }) => {
            let says = format!("replaced {serial_old} -> {serial_new} by={by} note={note}");
            let mut lines = vec![line(meter, "", "", "", says)];
            for register in registers {
                let own = |series: &&Series| series.meter == *meter && series.point == register.point;
                let series = dictionary.values().find(own);
                for (what, count) in [("final", register.final_count), ("initial", register.initial_count)] {
                    let Some(count) = count else { continue };
                    let value = series.and_then(|series| series.scale.value_from_count(count));
                    let value = value.map_or_else(|| format!("{count} counts"), |value| value.to_string());
                    let unit = series.map_or("", |series| series.unit.as_str());
                    lines.push(line(meter, &register.point, &value, unit, format!("replaced {what}")));
                }
            }
            lines
        }
        EventKind::ClockSegment(clock) => {
            let says = format!("clock segment {:?} step_ms={} mono_ms={}", clock.state, clock.step_ms, clock.mono_ms);
            vec![line("", "clock", &clock.segment.to_string(), "", says)]
        }
        EventKind::ClockShift(shift) => {
            let says = format!("clock shift of segment {} of run {}", shift.segment, hex(&shift.run_id));
            vec![line("", "clock", &shift.shift_ms.to_string(), "ms", says)]
        }
        EventKind::Entered(entered) => {
            let Entered { meter, point, count, delivery, by, evidence, file, entered } = entered;
            let series = dictionary.values().find(|series| series.meter == *meter && series.point == *point);
            let value = series.and_then(|series| series.scale.value_from_count(*count));
            let value = value.map_or_else(|| format!("{count} counts"), |value| value.to_string());
            let unit = series.map_or("", |series| series.unit.as_str());
            let what = if *delivery { "delivery" } else { "reading" };
            let file = file.as_ref().map(|file| format!(" file={} sha256={}", file.name, hex(&file.sha256)));
            let file = file.unwrap_or_default();
            let says = format!("{what} entered {entered} by={by} evidence={evidence}{file}");
            vec![line(meter, point, &value, unit, says)]
        }
        EventKind::Tag(tag) => vec![line(&tag.meter, &tag.name, &tag.value, "", "tag".to_owned())],
    }
}

fn attestation_line(one: &Attestation) -> String {
    let says = format!("generation={} chain={} key={}", hex(&one.gen_id), hex(&one.chain), hex(&one.key));
    format!("{},,attestation,{},,event,{says}", one.time, one.seq)
}

/// RFC 4180.
fn field(text: &str) -> String {
    let plain = !text.contains(['"', ',', '\n', '\r']);
    if plain { text.to_owned() } else { format!("\"{}\"", text.replace('"', "\"\"")) }
}
