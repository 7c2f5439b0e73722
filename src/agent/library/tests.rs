//! What is taken from files, and what a meter of a model becomes.

use super::{Library, read};
use crate::{
    agent::config::{self, Address, Config, Parity, Points, Station},
    runtime::problem::cases,
};
use std::{borrow::Cow, fs};

const OWN: &str = r#"
make = "Own"
model = "O-1"
measures = "electricity"
protocol = "modbus"
confidence = "one source"
values = "secondary"
[[source]]
title = "manual"
where = "page 1"
[factory]
baud = 19200
format = "8E1"
unit_id = 7
[limits]
registers_max = 20
gap_max = 4
holes = [[50, 60]]
[[point]]
name = "energy_import"
register = 0
type = "u32"
word_order = "ABCD"
kind = "cumulative"
scale = "0.01"
digits = 8
unit = "kWh"
carrier = "electricity"
ratio = "ct*pt"
[[point]]
name = "power"
register = 2
type = "f32"
word_order = "CDAB"
scale = "0.001"
unit = "kW"
ratio = "ct"
no_value = ["0x7FC00000"]
multiplier = { register = 10, type = "u16" }
[[point]]
name = "frequency"
register = 4
type = "u16"
scale = "0.01"
unit = "Hz"
[[frame]]
request = "07 03 00 04 00 01 C5 AD"
reply = "07 03 02 13 88 3D 12"
origin = "computed by hand"
expect = { frequency = "50" }
"#;

/// A configuration with one meter on a serial line, and a folder with the model `own`.
fn configured(meter: &str) -> Result<Config, String> {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("meters")).unwrap();
    fs::write(folder.path().join("meters/own.toml"), OWN).unwrap();
    let path = folder.path().join("agent.toml");
    let bus = "[[bus]]\nname = \"a\"\nlink = \"serial\"\nport = \"/dev/ttyS1\"\n";
    let text = format!(
        "[agent]\ngateway_id = \"g\"\nmeter_dir = \"meters\"\n{bus}[[bus.meter]]\nname = \"m\"\nmodel = \"own\"\n{meter}"
    );
    fs::write(&path, text).unwrap();
    config::load(&path).map_err(|problems| problems.to_string())
}

fn shown(config: &Config) -> Vec<String> {
    config.points.iter().map(|point| format!("{} {}", point.series.point, point.series.scale)).collect()
}

#[test]
fn a_meter_with_a_model_has_all_its_points_limits_and_its_line() {
    let config = configured("ct = \"150/5\"\npt = \"100\"\n").unwrap();
    assert_eq!(shown(&config), ["energy_import 30", "power 0.03", "frequency 0.01"]);
    let energy = &config.points[0].series;
    assert_eq!((energy.meter.as_str(), energy.unit.as_str(), energy.physics.modulus), ("m", "kWh", Some(100_000_000)));
    assert_eq!(energy.physics.rate_max_per_h, Some(3_334), "100 MW by the primary count, rounded up");
    let meter = &config.buses[0].meters[0];
    assert_eq!(meter.model.as_deref(), Some("own"));
    let Station::Modbus { unit_id, limits, points } = &meter.station else { panic!("{meter:?}") };
    assert_eq!((*unit_id, limits.registers_max, limits.gap_max, &limits.holes[..]), (7, 20, 4, &[(50, 60)][..]));
    assert_eq!(points.iter().map(|point| point.series).collect::<Vec<_>>(), [0, 1, 2]);
    assert_eq!((points[1].no_value.as_slice(), points[1].multiplier.unwrap().register), (&[0x7FC0_0000][..], 10));
    let wire = config.buses[0].link.wire().unwrap();
    assert_eq!((wire.baud, wire.parity, wire.stop_bits), (19_200, Parity::Even, 1));
}

#[test]
fn what_is_written_beside_a_model_is_chosen_and_stands_over_it() {
    let points = "ct = \"2\"\npt = \"1\"\nunit_id = 9\ngap_max = 0\n\
        [[bus.meter.point]]\nname = \"power\"\n\
        [[bus.meter.point]]\nname = \"energy_import\"\ncounts_as = \"site_energy\"\nmodulus = \"2^32\"\nrate_max = \"10\"\n\
        [[bus.meter.point]]\nname = \"own\"\nregister = 40\ntype = \"bit:2\"\n";
    let config = configured(points).unwrap();
    assert_eq!(shown(&config), ["power 0.002", "energy_import 0.02", "own 1"]);
    let physics = config.points[1].series.physics;
    assert_eq!((physics.modulus, physics.rate_max_per_h), (Some(1 << 32), Some(500)), "its digits are left out");
    let Station::Modbus { unit_id, limits, points } = &config.buses[0].meters[0].station else { panic!() };
    assert_eq!((*unit_id, limits.gap_max, points.len()), (9, 0, 3));

    let chosen = configured("[[bus.meter.point]]\nname = \"frequency\"\n").unwrap();
    assert_eq!(shown(&chosen), ["frequency 0.01"], "without ct, since nothing is multiplied by it");
    let again = "ct = \"1\"\npt = \"1\"\n[[bus.meter.point]]\nname = \"power\"\ntype = \"i16\"\nregister = 30\n";
    assert_eq!(shown(&configured(again).unwrap()), ["power 0.001"], "another type has no word order and no pattern");
    assert!(configured("ct = \"1\"\n").unwrap_err().contains("bus[0].meter[0].pt: missing"));
}

#[test]
fn a_station_of_a_model_is_what_the_configuration_makes_of_it() {
    let own = read::model(Cow::Borrowed(OWN), "own", "own.toml", false).unwrap();
    let (ct, pt) = ("30".parse().unwrap(), "100".parse().unwrap());
    let (station, points) = own.station(Address::Modbus { unit_id: 7 }, ct, pt).unwrap();
    let config = configured("ct = \"30\"\npt = \"100\"\n").unwrap();
    assert_eq!(station, config.buses[0].meters[0].station);
    let scales = |points: &[config::Point]| points.iter().map(|point| point.series.scale).collect::<Vec<_>>();
    assert_eq!(scales(&points), scales(&config.points));
    let far = "999999999999".parse().unwrap();
    assert!(own.station(Address::Modbus { unit_id: 7 }, far, far).is_none());
}

#[test]
fn a_file_of_the_folder_stands_for_the_shipped_one_and_a_wrong_one_is_named() {
    let shipped = Library::load(None).unwrap();
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("chint-dtsu666.toml"), OWN).unwrap();
    fs::write(folder.path().join("own.toml"), OWN).unwrap();
    fs::write(folder.path().join("notes.txt"), "no model").unwrap();
    let library = Library::load(Some(folder.path())).unwrap();
    assert_eq!(library.models().count(), shipped.models().count() + 1);
    assert_eq!(library.replaced(), ["chint-dtsu666"]);
    let (own, theirs) = (library.find("chint-dtsu666").unwrap(), shipped.find("chint-dtsu666").unwrap());
    assert_eq!((own.make.as_str(), own.shipped, theirs.shipped), ("Own", false, true));

    fs::write(folder.path().join("own.toml"), OWN.replace("\"u32\"", "\"u33\"")).unwrap();
    fs::write(folder.path().join("more.toml"), "make = 5").unwrap();
    let problems = Library::load(Some(folder.path())).unwrap_err().to_string();
    assert!(problems.contains("own.toml:22:8  point[0].type: found \"u33\""), "{problems}");
    assert!(problems.contains("more.toml:1:8  make: found the integer 5"), "{problems}");
}

#[test]
fn a_folder_of_too_many_files_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    (0..=super::FILES_MAX).for_each(|i| fs::write(folder.path().join(format!("{i}.toml")), "").unwrap());
    assert!(Library::load(Some(folder.path())).unwrap_err().to_string().contains("more than 1000 .toml files"));
}

#[test]
fn a_name_that_is_none_is_told_by_its_label_or_its_spelling() {
    let library = Library::load(None).unwrap();
    for written in ["chint-dtsu66", "DTSU666", "dtsu666", "dtsu666-ct"] {
        assert_eq!(library.suggest(written).en, "did you mean \"chint-dtsu666\"?", "{written}");
    }
    assert!(library.suggest("something else").en.contains("mujun-agent models"));
}

#[test]
fn shipped_models_are_founded_and_electricity_counts_once() {
    let library = Library::load(None).unwrap();
    for model in library.models() {
        let Points::Modbus(points) = &model.points else { continue };
        assert!(points.iter().all(|point| usize::try_from(point.series).is_ok()), "{}", model.id);
        let bare = model.sources.iter().filter(|source| source.location.len() < 8).count();
        assert_eq!(bare, 0, "{}: a source without a place", model.id);
        assert!(
            model.confidence != super::Confidence::TwoSources || model.sources.len() >= 2,
            "{}: two sources are needed",
            model.id
        );
    }
}

#[test]
fn the_messages_of_every_case_are_as_recorded() {
    cases::hold("meter_model", "toml", |name, text| {
        read::model(Cow::Owned(text.to_owned()), name.trim_end_matches(".toml"), name, false).map(|_| None)
    });
}
