//! platform.toml → checked settings.
//!
//! # Promises
//! - Unknown keys are refused; a problem names file, line, column, what is expected and what to do, in two languages.
//! - Nothing listens beyond loopback unless `allow_remote = true` stands beside its address.
//! - Paths are relative to the folder of the file.
//!
//! # Does not
//! Open what it names: the registry and the coefficients are read by their own stages.

mod access;
mod key;
mod store;
mod warning;

pub use store::URL_VARIABLE;

pub use access::AccessConfig;

use crate::{
    energy::carbon::Scope,
    platform::store::Address,
    runtime::{
        file,
        lang::Text,
        problem::{Found, Problems, found},
        settings::{self, Section},
    },
};
pub use warning::{MailConfig, WarningConfig, WebhookConfig};

use key::warning::{WARNING, WARNING_SHAPE};
use key::{
    ACCESS, ALLOW_REMOTE, API, API_SHAPE, BOUNDARY, BRIDGE, BRIDGE_SHAPE, CALORIFIC, CARBON, CARBON_SHAPE,
    COEFFICIENTS, DATA_DIR, ECONOMY, FACTORS, GATEWAYS, GRID, HJ212, HJ212_SHAPE, INGEST, INGEST_SHAPE, LISTEN,
    MAPPING, PARCELS, PLATFORM, PLATFORM_SHAPE, PRODUCTS, PROFILES, QUERY, QUERY_SHAPE, REFLECTION, REGISTRY,
    REGISTRY_SHAPE, ROOT_SHAPE, RULES, SHAPES, SITES, STATIONS, STOCK, VIRTUAL_POINTS,
};
use std::{
    net::{IpAddr, Ipv4Addr, SocketAddr},
    path::{Path, PathBuf},
};

#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PlatformConfig {
    pub data_dir: PathBuf,
    /// `data_dir` itself, or a database.
    pub store: Address,
    /// CSV or XLSX files of the registry.
    pub sites: PathBuf,
    pub gateways: PathBuf,
    /// Files of what is declared about the sites; each may be missing.
    pub registry: RegistryFiles,
    /// Coefficient files, read as one table.
    pub coefficients: Vec<PathBuf>,
    /// Rule files of the per-mu evaluation, one set each; may be none.
    pub rules: Vec<PathBuf>,
    /// `None`: no carbon is reckoned.
    pub carbon: Option<CarbonConfig>,
    pub warning: WarningConfig,
    /// Where gateways connect (gRPC).
    pub ingest_listen: SocketAddr,
    /// Where the JSON API and the dashboard are served.
    pub api_listen: SocketAddr,
    /// Who may come in there, beside local users.
    pub access: AccessConfig,
    /// `None`: no gRPC queries are answered.
    pub query: Option<QueryConfig>,
    /// The file that says what is reported onward, and where; `None`: nothing is.
    pub bridge: Option<PathBuf>,
    /// `None`: no emission monitors are listened to.
    pub hj212: Option<Hj212Config>,
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub struct QueryConfig {
    pub listen: SocketAddr,
    /// Whether the services describe themselves to a developer's tools.
    pub reflection: bool,
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Hj212Config {
    pub listen: SocketAddr,
    /// CSV: which monitor stands at which site.
    pub stations: PathBuf,
}

#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct RegistryFiles {
    pub products: Option<PathBuf>,
    pub boundary: Option<PathBuf>,
    pub virtual_points: Option<PathBuf>,
    pub stock: Option<PathBuf>,
    pub calorific: Option<PathBuf>,
    pub profiles: Option<PathBuf>,
    pub parcels: Option<PathBuf>,
    pub economy: Option<PathBuf>,
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CarbonConfig {
    pub factors: PathBuf,
    /// Which of the grid factors is the operator's.
    pub grid: Scope,
}

const FILE_MIB_MAX: usize = 1;
/// In place of an address with which a problem was reported.
const NOWHERE: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 0);

/// Blocks on the disk.
///
/// # Errors
/// Every problem that was found.
pub fn load(path: &Path) -> Result<PlatformConfig, Problems> {
    parse(&file::read(path, FILE_MIB_MAX)?, path)
}

/// `path` is for messages, and its folder is where relative paths begin.
///
/// # Errors
/// As [`load`].
pub fn parse(text: &str, path: &Path) -> Result<PlatformConfig, Problems> {
    let folder = path.parent().unwrap_or(Path::new(""));
    settings::read(text, &path.display().to_string(), &ROOT_SHAPE, &SHAPES, |root| config(root, folder))
}

fn config(root: &Section, folder: &Path) -> PlatformConfig {
    let platform = root.table(&PLATFORM, &PLATFORM_SHAPE);
    let ingest =
        root.table(&INGEST, &INGEST_SHAPE).and_then(|ingest| settings::listen(&ingest, &LISTEN, &ALLOW_REMOTE));
    let api = root.table(&API, &API_SHAPE).and_then(|api| settings::listen(&api, &LISTEN, &ALLOW_REMOTE));
    if let (Some(ingest), Some(api)) = (&ingest, &api)
        && ingest.value == api.value
        && api.value.port() != 0
    {
        root.doc.report(
            &api.at,
            found(&format!("{}", api.value)),
            Text::new("与 ingest.listen 不同的端口", "another port than that of ingest.listen"),
            Text::new("改用其他端口", "use another port"),
        );
    }
    let file = |key| {
        let path = platform.as_ref().and_then(|platform| platform.parse(key, settings::path));
        path.map_or_else(PathBuf::new, |path| folder.join(path.value))
    };
    let coefficients = platform.as_ref().and_then(|platform| platform.parse_each(&COEFFICIENTS, settings::path));
    let rules = platform.as_ref().and_then(|platform| platform.parse_each(&RULES, settings::path));
    let registry = root.table(&REGISTRY, &REGISTRY_SHAPE);
    let declared = |key| {
        let path = registry.as_ref().and_then(|registry| registry.parse(key, settings::path));
        path.map(|path| folder.join(path.value))
    };
    let carbon = root.table(&CARBON, &CARBON_SHAPE).and_then(|carbon| {
        let factors = carbon.parse(&FACTORS, settings::path);
        let grid = carbon.parse(&GRID, |text| text.parse().map_err(|_| settings::such_as(&GRID)));
        Some(CarbonConfig { factors: folder.join(factors?.value), grid: grid?.value })
    });
    let query = root.table(&QUERY, &QUERY_SHAPE).and_then(|query| {
        let reflection = query.boolean(&REFLECTION).is_some_and(|reflection| reflection.value);
        Some(QueryConfig { listen: settings::listen(&query, &LISTEN, &ALLOW_REMOTE)?.value, reflection })
    });
    let bridge = root.table(&BRIDGE, &BRIDGE_SHAPE).and_then(|bridge| bridge.parse(&MAPPING, settings::path));
    let hj212 = root.table(&HJ212, &HJ212_SHAPE).and_then(|hj212| {
        let (listen, stations) =
            (settings::listen(&hj212, &LISTEN, &ALLOW_REMOTE), hj212.parse(&STATIONS, settings::path));
        Some(Hj212Config { listen: listen?.value, stations: folder.join(stations?.value) })
    });
    let warning = root.table(&WARNING, &WARNING_SHAPE).map(|table| warning::read(&table, folder));
    let address = |listen: Option<Found<SocketAddr>>| listen.map_or(NOWHERE, |listen| listen.value);
    let data_dir = file(&DATA_DIR);
    PlatformConfig {
        store: store::address(root, &data_dir),
        data_dir,
        sites: file(&SITES),
        gateways: file(&GATEWAYS),
        registry: RegistryFiles {
            products: declared(&PRODUCTS),
            boundary: declared(&BOUNDARY),
            virtual_points: declared(&VIRTUAL_POINTS),
            stock: declared(&STOCK),
            calorific: declared(&CALORIFIC),
            profiles: declared(&PROFILES),
            parcels: declared(&PARCELS),
            economy: declared(&ECONOMY),
        },
        coefficients: coefficients.unwrap_or_default().into_iter().map(|path| folder.join(path)).collect(),
        rules: rules.unwrap_or_default().into_iter().map(|path| folder.join(path)).collect(),
        carbon,
        warning: warning.unwrap_or_default(),
        ingest_listen: address(ingest),
        api_listen: address(api),
        query,
        bridge: bridge.map(|path| folder.join(path.value)),
        hj212,
        access: access::access(root, &ACCESS, folder),
    }
}

#[cfg(test)]
mod tests;
