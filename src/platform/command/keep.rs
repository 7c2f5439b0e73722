//! `mujun-platform move` and `backup`: a store to another place, a copy of it.

use crate::{
    platform::{
        config::{PlatformConfig, URL_VARIABLE},
        store::{self, Address},
    },
    runtime::lang::Lang,
    wire::hex,
};
use std::{path::Path, process::ExitCode};

pub fn transfer(config: &PlatformConfig, to: Option<&str>, lang: Lang) -> ExitCode {
    let target = match target(to, lang) {
        Ok(target) => target,
        Err(why) => return failed(&why),
    };
    match store::transfer(&config.data_dir, &target) {
        Ok(moved) => {
            for one in &moved {
                println!("{:>12}  {}  {}", one.rows, hex(&one.digest), one.table);
            }
            println!(
                "{}",
                lang.pick(
                    "两边逐表相同。请在配置中写 [store] kind = \"postgres\" 后启动，并停用原数据目录",
                    "both sides are the same, table by table. Write kind = \"postgres\" under [store], start, and retire the folder",
                )
            );
            ExitCode::SUCCESS
        }
        Err(error) => failed(&error),
    }
}

/// From the command line, where other users of the machine can read it, only without a password.
fn target(to: Option<&str>, lang: Lang) -> Result<Address, String> {
    let from_environment = || {
        std::env::var(URL_VARIABLE).map_err(|_| {
            lang.pick(
                format!("缺少 --to，也没有环境变量 {URL_VARIABLE}"),
                format!("there is no --to, and no environment variable {URL_VARIABLE}"),
            )
        })
    };
    match to {
        None => Address::cluster(&from_environment()?),
        Some(url) => match Address::cluster(url)? {
            Address::Cluster(config) if config.get_password().is_some() => Err(lang.pick(
                format!("--to 中不写密码：命令行人人可见；请改用环境变量 {URL_VARIABLE}"),
                format!("no password in --to, which others can read: put the URL into {URL_VARIABLE}"),
            )),
            address => Ok(address),
        },
    }
}

pub fn backup(config: &PlatformConfig, dir: &Path, lang: Lang) -> ExitCode {
    let Address::Folder(from) = &config.store else {
        return failed(&lang.pick(
            "数据在 PostgreSQL 中：请用 pg_basebackup 或 pg_dump",
            "the store is in PostgreSQL: take pg_basebackup or pg_dump",
        ));
    };
    match store::backup(from, dir) {
        Ok(bytes) => {
            let dir = dir.display();
            println!(
                "{}",
                lang.pick(
                    format!("已备份到 {dir}，{bytes} 字节，已校验；把 data_dir 指向它即为恢复"),
                    format!("{bytes} bytes are copied to {dir} and checked; to restore, let data_dir name it"),
                )
            );
            ExitCode::SUCCESS
        }
        Err(error) => failed(&error),
    }
}

fn failed(error: &dyn std::fmt::Display) -> ExitCode {
    eprintln!("{error}");
    ExitCode::FAILURE
}
