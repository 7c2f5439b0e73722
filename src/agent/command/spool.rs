//! `mujun-agent spool`: what can be done with a spool while no agent uses it.

use crate::{
    agent::spool::{
        SpoolError,
        tool::{State, StoppedSpool},
    },
    runtime::lang::Lang,
    wire::hex,
};
use clap::Subcommand;
use std::{
    fs::File,
    io::{self, BufWriter},
    path::{Path, PathBuf},
    process::ExitCode,
};

#[derive(Subcommand)]
pub enum Action {
    /// Read every record and say what is there and what is damaged
    Verify,
    /// Copy the readable records of quarantined generations into a new spool folder
    Salvage {
        /// The new folder
        #[arg(long)]
        into: PathBuf,
    },
    /// Write all samples as CSV
    Export {
        /// The file; by default the standard output
        #[arg(long)]
        to: Option<PathBuf>,
    },
    /// List the records that platforms refused
    Refused,
    /// Give the spool a new identity, after a backup was restored; the data stays
    RenewStore,
}

pub fn run(action: &Action, dir: &Path, lang: Lang) -> ExitCode {
    let done = StoppedSpool::open(dir).and_then(|spool| match action {
        Action::Verify => verify(&spool, lang),
        Action::Salvage { into } => salvage(&spool, into, lang),
        Action::Export { to } => export(&spool, to.as_deref(), lang),
        Action::Refused => refused(&spool, lang),
        Action::RenewStore => renew(&spool, lang),
    });
    match done {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("{}", failure(&error, dir, lang));
            ExitCode::FAILURE
        }
    }
}

fn failure(error: &SpoolError, dir: &Path, lang: Lang) -> String {
    let dir = dir.display();
    match error {
        SpoolError::Locked { .. } => lang.pick(
            format!("{dir} 正被 mujun-agent 使用\n  改法：先停止服务（systemctl stop mujun-agent），或用副本"),
            format!("{dir} is in use by mujun-agent\n  fix: stop it first (systemctl stop mujun-agent), or use a copy"),
        ),
        SpoolError::Io { source, path } if source.kind() == io::ErrorKind::NotFound && path.ends_with("LOCK") => lang
            .pick(
                format!("{dir} 不是缓存文件夹\n  改法：核对 --config 或 --dir"),
                format!("{dir} is no spool folder\n  fix: check --config or --dir"),
            ),
        error => lang.pick(format!("{dir}：失败（{error}）"), format!("{dir}: failed ({error})")),
    }
}

/// Whether all is in order.
fn verify(spool: &StoppedSpool, lang: Lang) -> Result<bool, SpoolError> {
    let all = spool.verify()?;
    for one in &all {
        let state = match one.state {
            State::Sealed => lang.pick("已封存", "sealed"),
            State::Open => lang.pick("未封存", "open"),
            State::Quarantined => lang.pick("已隔离", "quarantined"),
            State::Dropped => lang.pick("已丢弃", "dropped"),
        };
        let gen_id = one.gen_id.as_deref().unwrap_or("-");
        let span = one.span.map_or("-".into(), |span| format!("{} … {}", span.start, span.end));
        let verdict = match &one.problem {
            None => lang.pick("完好".to_owned(), "in order".to_owned()),
            Some(problem) => lang.pick(format!("损坏（{problem}）"), format!("damaged ({problem})")),
        };
        let (records, bytes) = (one.records, one.bytes);
        println!(
            "{}",
            lang.pick(
                format!("g{:016x} {gen_id} {state}：{records} 条记录，{bytes} 字节，{span}，{verdict}", one.ordinal),
                format!("g{:016x} {gen_id} {state}: {records} records, {bytes} bytes, {span}, {verdict}", one.ordinal),
            )
        );
    }
    let (days, intervals, damaged_blocks) = spool.verify_archive()?;
    let damaged = all.iter().filter(|one| one.problem.is_some()).count();
    println!(
        "{}",
        lang.pick(
            format!(
                "{} 代中损坏 {damaged} 代；归档 {days} 天、{intervals} 条 15 分钟数据，损坏 {damaged_blocks} 块",
                all.len()
            ),
            format!(
                "{damaged} of {} generations are damaged; the archive has {days} days, {intervals} quarter-hours, \
                 {damaged_blocks} damaged blocks",
                all.len()
            ),
        )
    );
    Ok(damaged == 0 && damaged_blocks == 0)
}

fn salvage(spool: &StoppedSpool, into: &Path, lang: Lang) -> Result<bool, SpoolError> {
    let all = spool.salvage(into)?;
    for one in &all {
        let problem = one.problem.as_deref().unwrap_or("-");
        println!(
            "{}",
            lang.pick(
                format!("g{:016x}：取回 {} 条记录；问题：{problem}", one.ordinal, one.records),
                format!("g{:016x}: {} records saved; problem: {problem}", one.ordinal, one.records),
            )
        );
    }
    println!(
        "{}",
        lang.pick(
            format!("共 {} 代，可用 spool --dir {} export 导出", all.len(), into.display()),
            format!("{} generations; read them with: spool --dir {} export", all.len(), into.display()),
        )
    );
    Ok(true)
}

fn export(spool: &StoppedSpool, to: Option<&Path>, lang: Lang) -> Result<bool, SpoolError> {
    let (lines, unreadable) = match to {
        Some(path) => {
            let file = File::create_new(path);
            let file = file.map_err(|source| SpoolError::Io { path: path.to_path_buf(), source })?;
            spool.export(&mut BufWriter::new(file))?
        }
        None => spool.export(&mut BufWriter::new(io::stdout().lock()))?,
    };
    eprintln!(
        "{}",
        lang.pick(
            format!("{lines} 个样本；{unreadable} 处无法读取"),
            format!("{lines} samples; {unreadable} places could not be read"),
        )
    );
    Ok(unreadable == 0)
}

fn refused(spool: &StoppedSpool, lang: Lang) -> Result<bool, SpoolError> {
    let all = spool.refused()?;
    for kept in &all {
        let gen_id = hex(&kept.refusal.gen_id);
        let (seq, code, message) = (kept.refusal.seq, kept.refusal.code, &kept.refusal.message);
        println!("{} {} #{} {gen_id}/{seq} {code} {message}", kept.time, kept.destination, kept.number);
    }
    eprintln!(
        "{}",
        lang.pick(
            format!("平台拒收的记录：所列 {} 条", all.len()),
            format!("{} refused records are listed", all.len())
        )
    );
    Ok(true)
}

fn renew(spool: &StoppedSpool, lang: Lang) -> Result<bool, SpoolError> {
    let id = hex(&spool.renew_store()?);
    println!(
        "{}",
        lang.pick(
            format!("新的存储标识：{id}；数据未变，平台会记下存储已更换"),
            format!("the new store is {id}; the data stays, the platform will note that the store was replaced"),
        )
    );
    Ok(true)
}
