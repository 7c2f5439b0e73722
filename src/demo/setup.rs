//! The files of the county's platform and agents, and their ports.

use super::{
    broker,
    county::{CITY_CODE, COUNTY_CODE, FACTORIES, Factory},
};
use crate::runtime::clock;
use std::{
    io,
    path::{Path, PathBuf},
};

pub struct Ports {
    pub ingest: u16,
    pub api: u16,
    pub mqtt: u16,
}

impl Ports {
    /// Free ones. They are asked for and given back, so another process could take one in between: then the process
    /// that needs it says so.
    pub fn choose(api: Option<u16>) -> io::Result<Ports> {
        let free = |port: u16| std::net::TcpListener::bind(("127.0.0.1", port));
        let api = match api {
            Some(port) => free(port)?,
            None => free(7601).or_else(|_| free(0))?,
        };
        let (ingest, mqtt) = (free(0)?, free(0)?);
        let port = |listener: &std::net::TcpListener| listener.local_addr().map(|address| address.port());
        Ok(Ports { ingest: port(&ingest)?, api: port(&api)?, mqtt: port(&mqtt)? })
    }
}

const COEFFICIENTS: [(&str, &str); 2] = [
    ("gbt-2589-2020.toml", include_str!("../../deploy/coefficients/gbt-2589-2020.toml")),
    ("demo-equivalent.toml", include_str!("../../deploy/coefficients/demo-equivalent.toml")),
];

/// Of the per-mu evaluation.
const RULES: &str = include_str!("rules.toml");

pub fn write_platform(folder: &Path, ports: &Ports) -> io::Result<PathBuf> {
    let mut sites = String::from(
        "credit_code,name,city_code,county_code,industry_code,land_mu,product_code,product_unit,\
         output_value_yuan_per_unit\n",
    );
    // the demo's clock is the real one: figures of this year and of the last
    let this_year = clock::now().civil().map_or(0, |now| now.year());
    let years = [this_year - 1, this_year];
    let mut economy = String::from("credit_code,year,staff,value_added_wan,tax_wan,source\n");
    let mut gateways = String::from("gateway_id,credit_code\n");
    for f in FACTORIES {
        sites += &format!(
            "{},{},{CITY_CODE},{COUNTY_CODE},{},{},{},piece,{}\n",
            f.credit_code, f.name, f.industry_code, f.land_mu, f.product_code, f.output_value_yuan_per_unit
        );
        for year in years {
            economy += &format!("{},{year},{},{},{},demo\n", f.credit_code, f.headcount, f.value_added_wan, f.tax_wan);
        }
        gateways += &format!("{},{}\n", f.key, f.credit_code);
    }
    std::fs::write(folder.join("sites.csv"), sites)?;
    std::fs::write(folder.join("gateways.csv"), gateways)?;
    std::fs::write(folder.join("economy.csv"), economy)?;
    std::fs::write(folder.join("rules.toml"), RULES)?;
    for (name, text) in COEFFICIENTS {
        std::fs::write(folder.join(name), text)?;
    }
    let config = format!(
        "[platform]\ndata_dir = \"platform\"\nsites = \"sites.csv\"\ngateways = \"gateways.csv\"\n\
         coefficients = [\"{}\", \"{}\"]\nrules = [\"rules.toml\"]\n\n[registry]\neconomy = \"economy.csv\"\n\n[ingest]\nlisten = \"127.0.0.1:{}\"\n\n[api]\nlisten = \"127.0.0.1:{}\"\n",
        COEFFICIENTS[0].0, COEFFICIENTS[1].0, ports.ingest, ports.api
    );
    let path = folder.join("platform.toml");
    std::fs::write(&path, config)?;
    Ok(path)
}

pub fn write_agent(
    folder: &Path,
    factory: Factory,
    modulus: Option<u64>,
    modbus: u16,
    mqtt: u16,
    platform: u16,
) -> io::Result<PathBuf> {
    let Factory { key, product_code, .. } = factory;
    let topic = broker::topic(key);
    // as the manual of the meter says it: in kWh
    let modulus = modulus.map_or(String::new(), |modulus| format!("modulus = \"{}\"\n", modulus / 100));
    let config = format!(
        r#"[agent]
gateway_id = "{key}"
trust_clock = true

[spool]
dir = "spool-{key}"
commit_interval_ms = 1000

[[uplink]]
name = "county"
platform_url = "http://127.0.0.1:{platform}"
start_spread_s = 0

[[bus]]
name = "line-1"
address = "127.0.0.1:{modbus}"

[[bus.meter]]
name = "main"
unit_id = 1

[[bus.meter.point]]
name = "energy"
register = 0
type = "u64"
word_order = "ABCD"
kind = "cumulative"
scale = "0.01"
unit = "kWh"
carrier = "electricity"
rate_max = "20000"
counts_as = "site_energy"

[[bus.meter.point]]
name = "power"
register = 4
type = "f32"
word_order = "ABCD"
unit = "kW"

[[bus.meter]]
name = "workshop"
unit_id = 2

[[bus.meter.point]]
name = "energy"
register = 0
type = "u32"
word_order = "CDAB"
kind = "cumulative"
scale = "0.01"
unit = "kWh"
carrier = "electricity"
rate_max = "20000"
{modulus}
[[mqtt]]
name = "machines"
url = "mqtt://127.0.0.1:{mqtt}"

[[mqtt.topic]]
topic = "{topic}"
meter = "press"
time = {{ pointer = "/ts", format = "unix_ms" }}

[[mqtt.topic.point]]
name = "pieces"
pointer = "/count"
kind = "cumulative"
resolution = "1"
unit = "piece"
product = "{product_code}"
counts_as = "output"
"#
    );
    let path = folder.join(format!("{key}.toml"));
    std::fs::write(&path, config)?;
    Ok(path)
}
