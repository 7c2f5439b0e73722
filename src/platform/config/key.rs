//! Every key of platform.toml.

pub(super) mod warning;

use crate::runtime::settings::{Key, Shape, key};
use warning::{MAIL_SHAPE, WARNING, WARNING_SHAPE, WEBHOOK_SHAPE};

pub(super) static PLATFORM: Key =
    key("platform", "一个 [platform] 表", "one table [platform]", "[platform]").required();
pub(super) static REGISTRY: Key = key("registry", "一个 [registry] 表", "one table [registry]", "[registry]");
pub(super) static CARBON: Key = key("carbon", "一个 [carbon] 表", "one table [carbon]", "[carbon]");
pub(super) static INGEST: Key = key("ingest", "一个 [ingest] 表", "one table [ingest]", "[ingest]").required();
pub(super) static API: Key = key("api", "一个 [api] 表", "one table [api]", "[api]").required();
pub(super) static QUERY: Key = key("query", "一个 [query] 表", "one table [query]", "[query]");
pub(super) static BRIDGE: Key = key("bridge", "一个 [bridge] 表", "one table [bridge]", "[bridge]");
pub(super) static HJ212: Key = key("hj212", "一个 [hj212] 表", "one table [hj212]", "[hj212]");
pub(super) static STORE: Key = key("store", "一个 [store] 表", "one table [store]", "[store]");
pub(super) static ACCESS: Key = key("access", "一个 [access] 表", "one table [access]", "[access]");
pub(super) static ROOT_SHAPE: Shape = Shape {
    header: "",
    keys: &[&PLATFORM, &STORE, &REGISTRY, &CARBON, &WARNING, &INGEST, &API, &ACCESS, &QUERY, &BRIDGE, &HJ212],
};

pub(super) static KIND: Key = key(
    "kind",
    "embedded（单机，数据在 data_dir）或 postgres（多机）",
    "embedded (one machine, in data_dir) or postgres (several machines)",
    r#"kind = "embedded""#,
);
pub(super) static URL: Key = key(
    "url",
    "PostgreSQL 数据库的地址",
    "the URL of a PostgreSQL database",
    r#"url = "postgresql://mujun@db.internal/mujun""#,
);
pub(super) static STORE_SHAPE: Shape = Shape { header: "[store]", keys: &[&KIND, &URL] };

pub(super) static DATA_DIR: Key =
    key("data_dir", "一个文件夹路径", "the path of a folder", r#"data_dir = "/var/lib/mujun-platform""#).required();
pub(super) static SITES: Key =
    key("sites", "一个 CSV 或 XLSX 文件的路径", "the path of a CSV or XLSX file", r#"sites = "sites.csv""#).required();
pub(super) static GATEWAYS: Key =
    key("gateways", "一个 CSV 或 XLSX 文件的路径", "the path of a CSV or XLSX file", r#"gateways = "gateways.csv""#)
        .required();
pub(super) static COEFFICIENTS: Key = key(
    "coefficients",
    "若干系数文件路径的数组",
    "an array of the paths of coefficient files",
    r#"coefficients = ["coefficients/gbt-2589-2020.toml"]"#,
)
.required();
pub(super) static RULES: Key = key(
    "rules",
    "若干评价规则文件路径的数组",
    "an array of the paths of rule files",
    r#"rules = ["rules/huangyan-2022.toml"]"#,
);
pub(super) static PLATFORM_SHAPE: Shape =
    Shape { header: "[platform]", keys: &[&DATA_DIR, &SITES, &GATEWAYS, &COEFFICIENTS, &RULES] };

const fn csv(name: &'static str, example: &'static str) -> Key {
    key(name, "一个 CSV 或 XLSX 文件的路径", "the path of a CSV or XLSX file", example)
}
pub(super) static PRODUCTS: Key = csv("products", r#"products = "products.csv""#);
pub(super) static BOUNDARY: Key = csv("boundary", r#"boundary = "boundary.csv""#);
pub(super) static VIRTUAL_POINTS: Key = csv("virtual_points", r#"virtual_points = "virtual.csv""#);
pub(super) static STOCK: Key = csv("stock", r#"stock = "stock.csv""#);
pub(super) static CALORIFIC: Key = csv("calorific", r#"calorific = "calorific.csv""#);
pub(super) static PROFILES: Key = csv("profiles", r#"profiles = "profiles.csv""#);
pub(super) static PARCELS: Key = csv("parcels", r#"parcels = "parcels.csv""#);
pub(super) static ECONOMY: Key = csv("economy", r#"economy = "economy.xlsx""#);
pub(super) static REGISTRY_SHAPE: Shape = Shape {
    header: "[registry]",
    keys: &[&PRODUCTS, &BOUNDARY, &VIRTUAL_POINTS, &STOCK, &CALORIFIC, &PROFILES, &PARCELS, &ECONOMY],
};

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

pub(super) static ORIGIN: Key = key(
    "origin",
    "浏览器看到的网址，协议和主机名，没有路径",
    "the address that browsers see: scheme and host, without a path",
    r#"origin = "https://mujun.example.gov.cn""#,
);
pub(super) static OIDC: Key = key("oidc", "一个 [access.oidc] 表", "one table [access.oidc]", "[access.oidc]");
pub(super) static ACCESS_SHAPE: Shape = Shape { header: "[access]", keys: &[&ORIGIN, &OIDC] };

pub(super) static ISSUER: Key = key(
    "issuer",
    "身份提供方的 https 网址",
    "the identity provider's https address",
    r#"issuer = "https://id.example.gov.cn/realms/county""#,
)
.required();
pub(super) static CLIENT_ID: Key = key(
    "client_id",
    "在身份提供方登记的客户端编号",
    "the client's id, as it is registered with the provider",
    r#"client_id = "mujun""#,
)
.required();
pub(super) static CLIENT_SECRET_FILE: Key = key(
    "client_secret_file",
    "一个文件的路径，首行是客户端密钥",
    "the path of a file whose first line is the client's secret",
    r#"client_secret_file = "oidc.secret""#,
);
pub(super) static CA_FILE: Key =
    key("ca_file", "一个 PEM 证书文件的路径", "the path of a file of certificates, PEM", r#"ca_file = "ca.pem""#);
pub(super) static SCOPES: Key =
    key("scopes", "若干 scope 的数组", "an array of scopes", r#"scopes = ["profile", "groups"]"#);
pub(super) static NAME_CLAIM: Key = key(
    "name_claim",
    "审计日志中用作姓名的声明",
    "the claim by which somebody is called in the audit log",
    r#"name_claim = "preferred_username""#,
);
pub(super) static GRANT: Key = key(
    "grant",
    "至少一个 [[access.oidc.grant]] 表",
    "at least one table [[access.oidc.grant]]",
    "[[access.oidc.grant]]",
)
.required();
pub(super) static OIDC_SHAPE: Shape = Shape {
    header: "[access.oidc]",
    keys: &[&ISSUER, &CLIENT_ID, &CLIENT_SECRET_FILE, &CA_FILE, &SCOPES, &NAME_CLAIM, &GRANT],
};

pub(super) static CLAIM: Key = key("claim", "声明的名称", "the name of a claim", r#"claim = "groups""#).required();
pub(super) static VALUE: Key = key(
    "value",
    "声明的值，或其列出的值之一",
    "what the claim says, or one of what it lists",
    r#"value = "mujun-331003""#,
)
.required();
pub(super) static ROLE: Key = key(
    "role",
    "viewer、auditor、operator 或 administrator",
    "viewer, auditor, operator or administrator",
    r#"role = "operator""#,
)
.required();
pub(super) static REGIONS: Key = key(
    "regions",
    "行政区划代码的数组，六位或九位，全部为 \"*\"",
    "an array of the codes of regions, six or nine digits, or \"*\" for all",
    r#"regions = ["331003"]"#,
)
.required();
pub(super) static GRANT_SHAPE: Shape =
    Shape { header: "[[access.oidc.grant]]", keys: &[&CLAIM, &VALUE, &ROLE, &REGIONS] };

/// To tell where a misplaced key belongs.
pub(super) static SHAPES: [&Shape; 15] = [
    &ROOT_SHAPE,
    &PLATFORM_SHAPE,
    &STORE_SHAPE,
    &REGISTRY_SHAPE,
    &CARBON_SHAPE,
    &WARNING_SHAPE,
    &MAIL_SHAPE,
    &WEBHOOK_SHAPE,
    &INGEST_SHAPE,
    &ACCESS_SHAPE,
    &OIDC_SHAPE,
    &GRANT_SHAPE,
    &QUERY_SHAPE,
    &BRIDGE_SHAPE,
    &HJ212_SHAPE,
];
