//! Every key of platform.toml.

use crate::runtime::settings::{Key, Shape, key};

pub(super) static PLATFORM: Key =
    key("platform", "一个 [platform] 表", "one table [platform]", "[platform]").required();
pub(super) static REGISTRY: Key = key("registry", "一个 [registry] 表", "one table [registry]", "[registry]");
pub(super) static CARBON: Key = key("carbon", "一个 [carbon] 表", "one table [carbon]", "[carbon]");
pub(super) static INGEST: Key = key("ingest", "一个 [ingest] 表", "one table [ingest]", "[ingest]").required();
pub(super) static API: Key = key("api", "一个 [api] 表", "one table [api]", "[api]").required();
pub(super) static ROOT_SHAPE: Shape =
    Shape { header: "", keys: &[&PLATFORM, &REGISTRY, &CARBON, &INGEST, &API, &QUERY, &BRIDGE, &HJ212] };
pub(super) static QUERY: Key = key("query", "一个 [query] 表", "one table [query]", "[query]");
pub(super) static BRIDGE: Key = key("bridge", "一个 [bridge] 表", "one table [bridge]", "[bridge]");
pub(super) static HJ212: Key = key("hj212", "一个 [hj212] 表", "one table [hj212]", "[hj212]");

pub(super) static DATA_DIR: Key =
    key("data_dir", "一个文件夹路径", "the path of a folder", r#"data_dir = "/var/lib/mujun-platform""#).required();
pub(super) static SITES: Key =
    key("sites", "一个 CSV 文件的路径", "the path of a CSV file", r#"sites = "sites.csv""#).required();
pub(super) static GATEWAYS: Key =
    key("gateways", "一个 CSV 文件的路径", "the path of a CSV file", r#"gateways = "gateways.csv""#).required();
pub(super) static COEFFICIENTS: Key = key(
    "coefficients",
    "若干系数文件路径的数组",
    "an array of the paths of coefficient files",
    r#"coefficients = ["coefficients/gbt-2589-2020.toml"]"#,
)
.required();
pub(super) static PLATFORM_SHAPE: Shape =
    Shape { header: "[platform]", keys: &[&DATA_DIR, &SITES, &GATEWAYS, &COEFFICIENTS] };

const fn csv(name: &'static str, example: &'static str) -> Key {
    key(name, "一个 CSV 文件的路径", "the path of a CSV file", example)
}
pub(super) static PRODUCTS: Key = csv("products", r#"products = "products.csv""#);
pub(super) static BOUNDARY: Key = csv("boundary", r#"boundary = "boundary.csv""#);
pub(super) static VIRTUAL_POINTS: Key = csv("virtual_points", r#"virtual_points = "virtual.csv""#);
pub(super) static STOCK: Key = csv("stock", r#"stock = "stock.csv""#);
pub(super) static CALORIFIC: Key = csv("calorific", r#"calorific = "calorific.csv""#);
pub(super) static REGISTRY_SHAPE: Shape =
    Shape { header: "[registry]", keys: &[&PRODUCTS, &BOUNDARY, &VIRTUAL_POINTS, &STOCK, &CALORIFIC] };

pub(super) static FACTORS: Key = key(
    "factors",
    "一个碳排放因子文件的路径",
    "the path of a file of carbon factors",
    r#"factors = "coefficients/carbon.toml""#,
)
.required();
pub(super) static GRID: Key = key(
    "grid",
    "电网因子的范围：national、national_residual、national_fossil、east_china，或省级代码",
    "the scope of the grid factor: national, national_residual, national_fossil, east_china, or a province's code",
    r#"grid = "national""#,
)
.required();
pub(super) static CARBON_SHAPE: Shape = Shape { header: "[carbon]", keys: &[&FACTORS, &GRID] };

pub(super) static LISTEN: Key =
    key("listen", "IP 地址:端口", "an IP address and a port", r#"listen = "127.0.0.1:7600""#).required();
pub(super) static ALLOW_REMOTE: Key = key("allow_remote", "true 或 false", "true or false", "allow_remote = true");
pub(super) static INGEST_SHAPE: Shape = Shape { header: "[ingest]", keys: &[&LISTEN, &ALLOW_REMOTE] };
pub(super) static API_SHAPE: Shape = Shape { header: "[api]", keys: &[&LISTEN, &ALLOW_REMOTE] };

pub(super) static REFLECTION: Key = key("reflection", "true 或 false", "true or false", "reflection = true");
pub(super) static QUERY_SHAPE: Shape = Shape { header: "[query]", keys: &[&LISTEN, &ALLOW_REMOTE, &REFLECTION] };
pub(super) static MAPPING: Key = key(
    "mapping",
    "一个上报映射文件的路径",
    "the path of a file that maps figures to the centres' fields",
    r#"mapping = "bridge/national.toml""#,
)
.required();
pub(super) static BRIDGE_SHAPE: Shape = Shape { header: "[bridge]", keys: &[&MAPPING] };
pub(super) static STATIONS: Key = csv("stations", r#"stations = "stations.csv""#).required();
pub(super) static HJ212_SHAPE: Shape = Shape { header: "[hj212]", keys: &[&LISTEN, &ALLOW_REMOTE, &STATIONS] };

/// To tell where a misplaced key belongs.
pub(super) static SHAPES: [&Shape; 8] = [
    &ROOT_SHAPE,
    &PLATFORM_SHAPE,
    &REGISTRY_SHAPE,
    &CARBON_SHAPE,
    &INGEST_SHAPE,
    &QUERY_SHAPE,
    &BRIDGE_SHAPE,
    &HJ212_SHAPE,
];
