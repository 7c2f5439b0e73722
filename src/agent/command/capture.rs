//! `mujun-agent capture`: what is said on a line, into a file.

use super::tool::{Bench, EXIT_FINDINGS, record, refused};
use crate::{
    agent::commission::{
        journal::Journal,
        link::{self, LinkArguments},
        progress::Progress,
        recording,
        session::Session,
    },
    runtime::{clock, lang::Lang},
};
use std::{
    path::{Path, PathBuf},
    process::ExitCode,
    sync::Arc,
    time::Duration,
};

#[derive(clap::Args, Debug)]
pub struct Arguments {
    #[command(flatten)]
    link: LinkArguments,
    /// The file
    #[arg(long, value_name = "FILE")]
    to: PathBuf,
    /// For so many seconds; nothing is sent
    #[arg(long = "for", value_name = "SECONDS", default_value_t = 60)]
    seconds: u64,
    /// It grows no larger than this
    #[arg(long, value_name = "MIB", default_value_t = recording::BYTES_MAX >> 20)]
    mib_max: u64,
}

const STEP: Duration = Duration::from_millis(500);

pub fn run(arguments: &Arguments, config: &Path, lang: Lang) -> ExitCode {
    let Arguments { link: line, to, seconds, mib_max } = arguments;
    let (seconds, mib_max) = (*seconds, *mib_max);
    let prepared = Bench::new(line, config, None, lang).and_then(|mut bench| {
        let place = link::place(&bench.target.bus.link);
        if bench.target.bus.link.wire().is_none() {
            return Err(lang.pick(
                format!("{place} 是 Modbus TCP：没有人询问就没有字节\n  改法：用 mujun-agent read 或 doctor 加 --capture 文件"),
                format!("{place} is Modbus TCP, on which nothing comes unasked\n  fix: use mujun-agent read or doctor with --capture FILE"),
            ));
        }
        let recording = record(to, &place, mib_max.clamp(1, 4096) << 20, lang)?;
        bench.journal = Arc::new(Journal::new(Some(recording)));
        Ok(bench)
    });
    let bench = match prepared {
        Ok(bench) => bench,
        Err(text) => return refused(&text),
    };
    bench.run(async {
        let mut session = Session::new(&bench.target.bus, bench.journal.clone(), &bench.stop);
        let end = clock::monotonic() + Duration::from_secs(seconds.min(7 * 86_400));
        let steps = usize::try_from(seconds.saturating_mul(2)).unwrap_or(usize::MAX);
        let (progress, mut bytes) = (Progress::new(steps), 0);
        while clock::monotonic() < end && !bench.stop.is_cancelled() {
            let heard = tokio::select! {
                () = bench.stop.cancelled() => break,
                heard = session.listen(STEP) => heard,
            };
            match heard {
                Ok(heard) => bytes += heard.len(),
                Err(fault) => {
                    let advice = fault.advice(&bench.target.bus.link);
                    eprintln!(
                        "{}",
                        lang.pick(format!("{fault}\n  改法：{}", advice.zh), format!("{fault}\n  fix: {}", advice.en))
                    );
                    return ExitCode::from(EXIT_FINDINGS);
                }
            }
            progress.step(1);
            progress.says(lang.pick(format!("{bytes} 字节"), format!("{bytes} bytes")));
        }
        drop(progress);
        let file = to.display();
        if line.json {
            println!("{}", serde_json::json!({ "file": to, "bytes": bytes }));
        } else {
            println!("{}", lang.pick(format!("{file}：{bytes} 字节"), format!("{file}: {bytes} bytes")));
        }
        ExitCode::SUCCESS
    })
}
