//! `[store]`: where the platform keeps what it takes in.

use super::key::{KIND, STORE, STORE_SHAPE, URL};
use crate::{
    platform::store::Address,
    runtime::{
        lang::Text,
        settings::{Refusal, Section},
    },
};
use std::path::Path;

/// In place of `url`, so that no password need stand in a file.
pub const URL_VARIABLE: &str = "MUJUN_STORE_URL";

/// `data_dir` unless the table says otherwise; also where a problem was reported.
pub fn address(root: &Section, data_dir: &Path) -> Address {
    let embedded = Address::Folder(data_dir.to_owned());
    let Some(store) = root.table(&STORE, &STORE_SHAPE) else { return embedded };
    let cluster = store.one_of(&KIND, &[("embedded", false), ("postgres", true)]).map(|cluster| cluster.value);
    if cluster != Some(true) {
        if cluster == Some(false) && store.has(&URL) {
            let found = Text::new("kind = \"embedded\" 与 url 并存", "found a url beside kind = \"embedded\"");
            let fix = Text::new("删除 url，或写 kind = \"postgres\"", "take url away, or write kind = \"postgres\"");
            store.refuse(&URL, found, fix);
        }
        return embedded;
    }
    if store.has(&URL) {
        return store.parse(&URL, of_url).map_or(embedded, |address| address.value);
    }
    match std::env::var(URL_VARIABLE) {
        Ok(url) => match of_url(&url) {
            Ok(address) => address,
            Err(Refusal { fix, .. }) => {
                let found = Text::new(
                    format!("环境变量 {URL_VARIABLE} 不是数据库地址"),
                    format!("the environment variable {URL_VARIABLE} is no URL of a database"),
                );
                store.refuse(&KIND, found, fix);
                embedded
            }
        },
        Err(_) => {
            let found = Text::new(
                format!("没有 url，也没有环境变量 {URL_VARIABLE}"),
                format!("found no url, and no environment variable {URL_VARIABLE}"),
            );
            let fix = Text::new(format!("写 {}", URL.example), format!("add {}", URL.example));
            store.refuse(&KIND, found, fix);
            embedded
        }
    }
}

/// The refusal does not show the text, which may hold a password.
fn of_url(url: &str) -> Result<Address, Refusal> {
    Address::cluster(url).map_err(|why| Refusal {
        fix: Text::new(
            format!("{why}；写作 postgresql://用户@主机/数据库"),
            format!("{why}; write it as postgresql://user@host/database"),
        ),
        secret: true,
    })
}
