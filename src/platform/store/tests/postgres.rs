//! A real PostgreSQL for the tests: its data, its socket and its log in a folder of their own, started as an ordinary user.
//!
//! One server for the tests of a process; each test has a database of its own. A shell watches over it: when the tests end,
//! however they end, it ends the server and takes the folder away.

use super::super::{Address, sql::postgres::Session};
use std::{
    cell::Cell,
    io::{BufRead, BufReader, Write},
    path::{Path, PathBuf},
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
    sync::{
        LazyLock, Mutex, PoisonError,
        atomic::{AtomicU32, Ordering::Relaxed},
    },
};

/// Names the folder of `initdb` and `pg_ctl`.
const BIN: &str = "MUJUN_TEST_POSTGRES";
const SCRIPT: &str = r#"
bin=$1
dir=$(mktemp -d /tmp/mujun-postgres.XXXXXX)
trap '"$bin/pg_ctl" -D "$dir/data" -m immediate stop >/dev/null 2>&1; rm -rf "$dir"' EXIT
"$bin/initdb" -D "$dir/data" -A trust -U mujun --no-locale -E UTF8 --no-sync >"$dir/log" 2>&1 || { cat "$dir/log" >&2; exit 1; }
start() {
  "$bin/pg_ctl" -D "$dir/data" -l "$dir/log" -w -o "-c listen_addresses='' -k $dir -c fsync=off -c max_connections=200" start >/dev/null 2>&1
}
start || { cat "$dir/log" >&2; exit 1; }
echo "$dir"
while read -r _; do
  kill -9 "$(head -n 1 "$dir/data/postmaster.pid")"
  # until the last of its processes is gone
  until start; do sleep 0.1; done
  echo again
done
"#;

pub struct Server {
    dir: String,
    // held open for as long as the server is to run
    orders: Mutex<(ChildStdin, BufReader<ChildStdout>)>,
    _watch: Child,
    databases: AtomicU32,
}

/// The one that the tests share; none of them ends it.
pub static SERVER: LazyLock<Server> = LazyLock::new(Server::start);

thread_local! {
    static WANTED: Cell<bool> = const { Cell::new(false) };
}

/// Whether the tests of this thread run on PostgreSQL.
pub fn wanted() -> bool {
    WANTED.get()
}

/// Runs a test on PostgreSQL.
pub fn on_postgres(test: fn()) {
    struct Back;
    impl Drop for Back {
        fn drop(&mut self) {
            WANTED.set(false);
        }
    }
    let _back = Back;
    WANTED.set(true);
    test();
}

fn bin() -> PathBuf {
    if let Some(named) = std::env::var_os(BIN) {
        return named.into();
    }
    let versions = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let mut found: Vec<PathBuf> = versions.map(|version| version.path().join("bin")).collect();
    found.retain(|bin| bin.join("initdb").exists());
    found.sort();
    found.pop().unwrap_or_else(|| {
        panic!(
            "these tests need PostgreSQL: install Debian's package `postgresql`, or name the folder of initdb in {BIN}"
        )
    })
}

impl Server {
    pub fn start() -> Server {
        let bin = bin();
        // initdb refuses root
        let root = std::fs::metadata("/proc/self").is_ok_and(|me| std::os::unix::fs::MetadataExt::uid(&me) == 0);
        let mut command = Command::new(if root { "runuser" } else { "sh" });
        if root {
            command.args(["-u", "postgres", "--", "sh"]);
        }
        command.args(["-c", SCRIPT, "sh"]).arg(&bin).current_dir("/tmp");
        let mut watch = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let orders = watch.stdin.take().unwrap();
        let mut said = BufReader::new(watch.stdout.take().unwrap());
        let mut dir = String::new();
        said.read_line(&mut dir).unwrap();
        assert!(!dir.trim().is_empty(), "PostgreSQL in {} did not start", bin.display());
        let dir = dir.trim().to_owned();
        Server { dir, orders: Mutex::new((orders, said)), _watch: watch, databases: AtomicU32::new(0) }
    }

    /// The URL of a new, empty database.
    pub fn database(&self) -> String {
        let name = format!("test_{}", self.databases.fetch_add(1, Relaxed));
        let create = format!("CREATE DATABASE {name}");
        let admin = self.url("postgres");
        let made = super::super::apart(&admin, move |admin| match Address::cluster(&admin) {
            Ok(Address::Cluster(config)) => Session::connect(&config)?.batch(&create),
            _ => unreachable!("a URL of ours"),
        });
        made.unwrap();
        self.url(&name)
    }

    fn url(&self, database: &str) -> String {
        format!("postgresql://mujun@/{database}?host={}", self.dir)
    }

    /// Kills the whole server at once, and starts it again; returns when it does.
    pub fn crash(&self) {
        let (orders, said) = &mut *self.orders.lock().unwrap_or_else(PoisonError::into_inner);
        writeln!(orders, "crash").unwrap();
        let mut again = String::new();
        said.read_line(&mut again).unwrap();
        assert_eq!(again.trim(), "again");
    }
}

/// Where the tests of this thread have their store: `dir`, or a database that is made for it and remembered there.
pub fn address(dir: &Path) -> Address {
    if !wanted() {
        return Address::Folder(dir.to_owned());
    }
    let named = dir.join("url");
    let url = std::fs::read_to_string(&named).unwrap_or_else(|_| {
        let url = SERVER.database();
        std::fs::write(&named, &url).unwrap();
        url
    });
    Address::cluster(&url).unwrap()
}
