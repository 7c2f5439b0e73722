//! One region: from the gateways' streams to a ranking, as the code of [`run`].
//!
//! ```text
//!   gateways ══▶ ingest ─▶ store ─▶ assess ─▶ api ─▶ dashboard
//!                            ▲
//!   sites.csv ─▶ registry ───┘
//! ```

pub mod api;
pub mod assess;
pub mod command;
pub mod config;
pub mod dashboard;
pub mod ingest;
pub mod registry;
pub mod store;

use crate::{
    model::{Gateway, Site},
    runtime::{
        lang::{Lang, Text},
        place::{Problem, Problems},
        task::{Ended, Tasks, blocking},
    },
};
use config::PlatformConfig;
use std::{
    convert::Infallible,
    net::SocketAddr,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

const STOP_DEADLINE: Duration = Duration::from_secs(10);
/// How often refused records whose time has come are looked for.
const RETRY_INTERVAL: Duration = Duration::from_secs(60);

/// What the platform knows before the first gateway comes.
pub struct Basics {
    pub sites: Vec<Site>,
    pub gateways: Vec<Gateway>,
    pub coefficients: assess::Coefficients,
}

#[derive(Debug, thiserror::Error)]
pub enum RunError {
    #[error(transparent)]
    Store(#[from] store::StoreError),
    #[error("{address}: {source}")]
    Listen { address: SocketAddr, source: std::io::Error },
}

/// Why the platform can not start with these files.
#[derive(Debug, thiserror::Error)]
pub enum BasicsError {
    #[error(transparent)]
    Settings(#[from] Problems),
    #[error("{}:\n{problems}", file.display())]
    Registry { file: PathBuf, problems: registry::CsvProblems },
}

impl BasicsError {
    pub fn render(&self, lang: Lang) -> String {
        match self {
            BasicsError::Settings(problems) => problems.render(lang),
            BasicsError::Registry { file, problems } => format!("{}:\n{}", file.display(), problems.render(lang)),
        }
    }
}

/// Reads the files that the configuration names. Blocks on the disk.
pub fn basics(config: &PlatformConfig) -> Result<Basics, BasicsError> {
    let refused = |file: &Path| {
        let file = file.to_owned();
        |problems| BasicsError::Registry { file, problems }
    };
    let sites = registry::sites_from_csv(&read(&config.sites)?).map_err(refused(&config.sites))?;
    let gateways =
        registry::gateways_from_csv(&read(&config.gateways)?, &sites.rows).map_err(refused(&config.gateways))?;
    for warning in sites.warnings.iter().chain(&gateways.warnings) {
        tracing::warn!("{}", warning.render(Lang::En));
    }
    let coefficients = assess::coefficient::load(&config.coefficients)?;
    Ok(Basics { sites: sites.rows, gateways: gateways.rows, coefficients })
}

fn read(path: &Path) -> Result<Vec<u8>, Problems> {
    std::fs::read(path).map_err(|error| {
        let what = Text::new(format!("无法读取：{error}"), format!("can not be read: {error}"));
        let fix = Text::new("请检查平台配置中的路径", "check the path in the platform's configuration");
        Problems(vec![Problem::at(&path.display().to_string(), "", None, what, fix)])
    })
}

/// Runs until `stop` is cancelled or a part fails.
pub async fn run(config: PlatformConfig, basics: Basics, stop: CancellationToken) -> Result<Ended, RunError> {
    let data_dir = config.data_dir.clone();
    let store = blocking(move || store::Store::open(&data_dir)).await?;
    store.replace_registry(basics.sites, basics.gateways).await?;
    let (ingest, api) = (listen(config.ingest_listen).await?, listen(config.api_listen).await?);
    tracing::info!(ingest = %config.ingest_listen, api = %config.api_listen, "listening");

    let mut tasks = Tasks::new(stop.clone());
    let presence = ingest::Presence::default();
    tasks.spawn("ingest", ingest::serve(ingest, store.clone(), presence.clone(), stop.clone()));
    let state = api::State { store: store.clone(), presence, coefficients: Arc::new(basics.coefficients) };
    tasks.spawn("api", api::serve(api, state, stop.clone()));
    tasks.spawn("refused", retry(store.clone(), stop.clone()));
    let watched = stop.clone();
    tasks.spawn("store", async move {
        tokio::select! {
            () = store.ended() => Err("the store's writer has ended"),
            () = watched.cancelled() => Ok(()),
        }
    });
    Ok(tasks.join(STOP_DEADLINE).await)
}

/// Judges all refused records again, then those whose time has come, until `stop`.
async fn retry(store: store::Store, stop: CancellationToken) -> Result<(), Infallible> {
    let said = |taken: Result<u64, store::StoreError>| match taken {
        Ok(0) => {}
        Ok(taken) => tracing::info!(taken, "records that had been refused were taken"),
        // the records stay where they are
        Err(error) => tracing::error!(%error, "refused records could not be judged again"),
    };
    said(store.retry_refused().await);
    loop {
        tokio::select! {
            () = tokio::time::sleep(RETRY_INTERVAL) => said(store.retry_due().await),
            () = stop.cancelled() => return Ok(()),
        }
    }
}

async fn listen(address: SocketAddr) -> Result<TcpListener, RunError> {
    TcpListener::bind(address).await.map_err(|source| RunError::Listen { address, source })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shipped_configuration_names_files_that_are_there_and_right() {
        let config = config::load(Path::new("deploy/platform.toml")).unwrap();
        let basics = basics(&config).unwrap();
        assert!(!basics.sites.is_empty() && !basics.gateways.is_empty());
    }
}
