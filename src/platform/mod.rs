//! One region: from the gateways' streams to a ranking, as the code of [`run`].
//!
//! ```text
//!   gateways ══▶ ingest ─▶ store ─▶ assess ─▶ api ─▶ dashboard
//!                            ▲
//!   sites.csv ─▶ registry ───┘
//! ```

pub mod access;
pub mod api;
pub mod assess;
mod audit;
mod bridge;
pub mod command;
pub mod config;
pub mod dashboard;
pub mod dual;
pub mod emission;
pub mod evaluation;
pub mod explain;
mod export;
mod feed;
pub mod figures;
#[cfg(test)]
mod fixture;
pub mod import;
pub mod ingest;
pub mod intensity;
pub mod publication;
mod query;
pub mod quota;
pub mod registry;
pub mod store;
pub mod warning;

use crate::{
    model::{Declared, EconomicFigure, Gateway, Parcel, Profile, Site},
    runtime::{
        file,
        problem::Problems,
        task::{Ended, Tasks, blocking},
    },
};
use config::PlatformConfig;
use registry::Kind;
use std::{
    collections::BTreeMap,
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
    /// By credit code.
    pub declared: BTreeMap<String, Declared>,
    pub profiles: Vec<Profile>,
    pub parcels: Vec<Parcel>,
    pub economy: Vec<EconomicFigure>,
    /// The tables that all of this was read from.
    pub parts: Vec<import::Part>,
    pub rules: assess::Rules,
    /// `None`: nothing is reported onward.
    pub bridge: Option<bridge::Mapping>,
    /// Emission monitors that are listened to.
    pub stations: Vec<emission::Station>,
    /// Where warnings are told.
    pub channels: warning::Channels,
    /// Of the per-mu evaluation.
    pub rule_sets: Vec<evaluation::rule::RuleSet>,
    /// The files that all of this was read from.
    pub inputs: Vec<publication::Input>,
    /// What a person should look at in the registry, although it was taken.
    pub warnings: Option<Problems>,
}

#[derive(Debug, thiserror::Error)]
pub enum RunError {
    #[error(transparent)]
    Store(#[from] store::StoreError),
    #[error("{0}")]
    Registry(Problems),
    #[error(transparent)]
    Start(#[from] access::StartError),
    #[error(transparent)]
    Oidc(#[from] access::oidc::OidcError),
    #[error("{address}: {source}")]
    Listen { address: SocketAddr, source: std::io::Error },
}

/// Reads the files that the configuration names. Blocks on the disk.
pub fn basics(config: &PlatformConfig) -> Result<Basics, Problems> {
    let (mut whole, mut wrong, mut parts) = (registry::Whole::default(), Vec::new(), Vec::new());
    let files = registered(config);
    for (kind, path) in &files {
        let part = part(*kind, path).and_then(|part| whole.read(*kind, &part.sheet).map(|()| part));
        match part {
            Ok(part) => parts.push(part),
            // nothing can be said of what speaks of them
            Err(problems) if matches!(kind, Kind::Sites | Kind::Gateways) => return Err(problems),
            Err(problems) => wrong.push(problems),
        }
    }
    if let Some(problems) = Problems::gathered(wrong) {
        return Err(problems);
    }
    let coal = assess::coefficient::load(&config.coefficients)?;
    let carbon = match &config.carbon {
        Some(carbon) => {
            let factors = assess::coefficient::carbon::load(&carbon.factors)?;
            Some(assess::Carbon { factors, scope: carbon.grid.clone() })
        }
        None => None,
    };
    let rules = assess::Rules { coal, carbon };
    let stations = match &config.hj212 {
        Some(hj212) => {
            let path = &hj212.stations;
            emission::stations_from_csv(
                &file::read(path, registry::FILE_MIB_MAX)?,
                &path.display().to_string(),
                &whole.sites,
            )?
        }
        None => Vec::new(),
    };
    let bridge = config.bridge.as_deref().map(bridge::load).transpose()?;
    let channels = warning::channels(&config.warning)?;
    let rule_sets = evaluation::rule::load_all(&config.rules)?;
    let inputs = files.iter().map(|(_, path)| *path).chain(config.coefficients.iter().map(PathBuf::as_path));
    let inputs = inputs.chain(config.rules.iter().map(PathBuf::as_path));
    let inputs = inputs.chain(config.carbon.iter().map(|carbon| carbon.factors.as_path()));
    let inputs = inputs.map(publication::input).collect();
    let (declared, warnings) = (whole.declared(), Problems::gathered(whole.warnings));
    let registry::Whole { sites, gateways, profiles, parcels, economy, .. } = whole;
    Ok(Basics {
        sites,
        gateways,
        declared,
        profiles,
        parcels,
        economy,
        parts,
        rules,
        channels,
        rule_sets,
        bridge,
        stations,
        inputs,
        warnings,
    })
}

/// The registry's files, in the order in which they are read.
fn registered(config: &PlatformConfig) -> Vec<(Kind, &Path)> {
    let files = &config.registry;
    let declared = [
        (Kind::Products, &files.products),
        (Kind::Boundary, &files.boundary),
        (Kind::VirtualPoints, &files.virtual_points),
        (Kind::Stock, &files.stock),
        (Kind::Calorific, &files.calorific),
        (Kind::Profiles, &files.profiles),
        (Kind::Parcels, &files.parcels),
        (Kind::Economy, &files.economy),
    ];
    let declared = declared.into_iter().filter_map(|(kind, path)| Some((kind, path.as_deref()?)));
    [(Kind::Sites, config.sites.as_path()), (Kind::Gateways, &config.gateways)].into_iter().chain(declared).collect()
}

/// The whole of its kind, but for figures.
fn part(kind: Kind, path: &Path) -> Result<import::Part, Problems> {
    let bytes = file::bytes(path, registry::FILE_MIB_MAX)?;
    import::Part::read(kind, &bytes, &path.display().to_string(), None, kind != Kind::Economy)
}

/// Runs until `stop` is cancelled or a part fails.
pub async fn run(config: PlatformConfig, basics: Basics, stop: CancellationToken) -> Result<Ended, RunError> {
    let address = config.store.clone();
    let store = blocking(move || store::Store::at(&address)).await?;
    match import::at_start(&store, basics.parts).await? {
        import::Imported::Refused(problems) => return Err(RunError::Registry(problems)),
        import::Imported::Overtaken => return Err(store::StoreError::Overtaken.into()),
        import::Imported::Taken { outcomes, .. } => {
            for (kind, version) in outcomes.iter().filter_map(|outcome| Some((outcome.kind.name(), outcome.version?))) {
                tracing::info!(kind, version, "the configuration's table is registered");
            }
        }
    }
    let access = door(&config).await?;
    access.may_start(&store).await?;
    let (ingest, api) = (listen(config.ingest_listen).await?, listen(config.api_listen).await?);
    tracing::info!(ingest = %config.ingest_listen, api = %config.api_listen, "listening");

    let mut tasks = Tasks::new(stop.clone());
    let presence = ingest::Presence::default();
    tasks.spawn("ingest", ingest::serve(ingest, store.clone(), presence.clone(), stop.clone()));
    let rules = Arc::new(basics.rules);
    let grounds = publication::Grounds { rules: Arc::clone(&rules), inputs: Arc::new(basics.inputs) };
    tasks.spawn("publication", publication::keep(store.clone(), grounds, stop.clone()));
    let figures = figures::Figures::new(store.clone(), Arc::clone(&rules));
    let dual = dual::Dual { store: store.clone(), figures: figures.clone() };
    let config::WarningConfig { basis, calendar, .. } = config.warning;
    let judged = warning::watch(
        dual,
        basis.unwrap_or(assess::Basis::Calorific),
        calendar,
        basics.channels.clone(),
        stop.clone(),
    );
    tasks.spawn("warning", judged);
    tasks.spawn("delivery", warning::deliver(store.clone(), basics.channels, stop.clone()));
    let runs = evaluation::Runs::new(store.clone(), figures.clone(), Arc::new(basics.rule_sets));
    let state =
        api::State { store: store.clone(), presence, rules, figures: figures.clone(), runs, access: access.clone() };
    tasks.spawn("api", api::serve(api, state, stop.clone()));
    let (changed, heard) = tokio::sync::watch::channel(0);
    if config.query.is_some() || basics.bridge.is_some() {
        tasks.spawn("feed", feed::keep(store.clone(), changed, stop.clone()));
    }
    if let Some(mapping) = basics.bridge.map(Arc::new) {
        for place in 0..mapping.centres.len() {
            let about = (store.clone(), figures.clone());
            tasks.spawn("bridge", bridge::keep(Arc::clone(&mapping), place, about, stop.clone()));
        }
    }
    if let Some(query) = &config.query {
        let listener = listen(query.listen).await?;
        tracing::info!(query = %query.listen, reflection = query.reflection, "listening");
        let about = (store.clone(), figures.clone(), access.clone());
        tasks.spawn("query", query::serve(listener, about, heard, query.reflection, stop.clone()));
    }
    if let Some(hj212) = &config.hj212 {
        let listener = listen(hj212.listen).await?;
        tracing::info!(hj212 = %hj212.listen, stations = basics.stations.len(), "listening");
        store.register_stations(basics.stations).await?;
        tasks.spawn("hj212", emission::serve(listener, store.clone(), stop.clone()));
    }
    tasks.spawn("refused", retry(store.clone(), stop.clone()));
    tasks.spawn("rollup", settle(store.clone(), stop.clone()));
    let watched = stop.clone();
    tasks.spawn("store", async move {
        tokio::select! {
            () = store.ended() => Err("the store's writer has ended"),
            () = watched.cancelled() => Ok(()),
        }
    });
    Ok(tasks.join(STOP_DEADLINE).await)
}

/// Who may come in. Behind a relay it is not this machine alone that asks.
async fn door(config: &PlatformConfig) -> Result<access::Access, RunError> {
    let config::AccessConfig { origin, oidc } = config.access.clone();
    let remote = !config.api_listen.ip().is_loopback() || origin.is_some();
    let oidc = match (oidc, origin.clone()) {
        (Some(oidc), Some(origin)) => Some(blocking(move || access::oidc::Provider::open(oidc, &origin)).await?),
        _ => None,
    };
    Ok(access::Access::new(access::Settings { remote, origin, oidc }))
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

/// How often what changed is summed up.
const SETTLE_INTERVAL: Duration = Duration::from_secs(10);
/// Days of series in one job of the writer: some milliseconds, so that no gateway waits long for its answer.
const SETTLED_MAX: usize = 200;

/// Sums up the days that changed, until `stop`.
async fn settle(store: store::Store, stop: CancellationToken) -> Result<(), Infallible> {
    let mut wait = Duration::ZERO;
    loop {
        tokio::select! {
            () = tokio::time::sleep(wait) => {}
            () = stop.cancelled() => return Ok(()),
        }
        wait = match store.settle(SETTLED_MAX).await {
            Ok(SETTLED_MAX) => Duration::ZERO,
            Ok(_) => SETTLE_INTERVAL,
            // the days stay due, and are read from their rows
            Err(error) => {
                tracing::error!(%error, "days could not be summed up");
                SETTLE_INTERVAL
            }
        };
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
        let config = config::load("deploy/platform.toml".as_ref()).unwrap();
        let basics = basics(&config).unwrap();
        assert!(!basics.sites.is_empty() && !basics.gateways.is_empty() && !basics.declared.is_empty());
        assert_eq!(basics.warnings, None);
    }
}
