//! Samples as CSV, for people and their tools.

use super::{SpoolError, StoppedSpool};
use crate::{
    model::{Quality, Sample, Series, UtcMillis, Value},
    wire::record::{Content, decode},
};
use std::{
    collections::HashMap,
    io::{self, Write},
};

const HEADER: &str = "time,meter,point,value,unit,quality,reason";

impl StoppedSpool {
    /// One line for each sample of every generation that can be read, oldest generation first. Gives the number of
    /// lines, and of records that could not be read.
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

/// RFC 4180.
fn field(text: &str) -> String {
    let plain = !text.contains(['"', ',', '\n', '\r']);
    if plain { text.to_owned() } else { format!("\"{}\"", text.replace('"', "\"\"")) }
}
