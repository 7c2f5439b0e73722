//! The names that points of a model may have, and the units in which each is given: one word for one quantity, whatever
//! the make.

const ENERGY: &[&str] = &["kWh"];
const REACTIVE_ENERGY: &[&str] = &["kvarh"];
const POWER: &[&str] = &["kW"];
const REACTIVE_POWER: &[&str] = &["kvar"];
const APPARENT_POWER: &[&str] = &["kVA"];
const HEAT: &[&str] = &["kWh", "MWh", "GJ"];
const TEMPERATURE: &[&str] = &["°C"];

/// What may stand behind a name: phases, the tariffs sharp, peak, flat and valley (尖峰平谷).
const PHASES: &[&str] = &["", "_l1", "_l2", "_l3"];
const TARIFFS: &[&str] = &["", "_t1", "_t2", "_t3", "_t4"];

/// Name, endings, units, cumulative.
const WORDS: [(&str, &[&str], &[&str], bool); 29] = [
    ("energy_import", TARIFFS, ENERGY, true),
    ("energy_export", TARIFFS, ENERGY, true),
    ("energy_total", TARIFFS, ENERGY, true),
    // import minus export: it may fall
    ("energy_net", &[""], ENERGY, false),
    ("reactive_energy_import", &[""], REACTIVE_ENERGY, true),
    ("reactive_energy_export", &[""], REACTIVE_ENERGY, true),
    ("power", PHASES, POWER, false),
    ("reactive_power", PHASES, REACTIVE_POWER, false),
    ("apparent_power", PHASES, APPARENT_POWER, false),
    ("power_factor", PHASES, &[""], false),
    ("voltage", &["_l1", "_l2", "_l3", "_l12", "_l23", "_l31"], &["V"], false),
    ("current", &["_l1", "_l2", "_l3", "_n"], &["A"], false),
    ("frequency", &[""], &["Hz"], false),
    ("demand_max", &[""], POWER, false),
    ("volume", &[""], &["m3"], true),
    ("volume_reverse", &[""], &["m3"], true),
    ("flow", &[""], &["m3/h"], false),
    ("mass", &[""], &["t", "kg"], true),
    ("mass_flow", &[""], &["t/h", "kg/h"], false),
    ("heat_energy", &[""], HEAT, true),
    ("cooling_energy", &[""], HEAT, true),
    ("heat_power", &[""], &["kW", "MW", "GJ/h"], false),
    ("cooling_power", &[""], &["kW", "MW", "GJ/h"], false),
    ("temperature_supply", &[""], TEMPERATURE, false),
    ("temperature_return", &[""], TEMPERATURE, false),
    ("temperature", &[""], TEMPERATURE, false),
    ("pressure", &[""], &["kPa", "MPa"], false),
    ("density", &[""], &["kg/m3"], false),
    ("running_hours", &[""], &["h"], true),
];

/// What a name stands for.
pub struct Word {
    pub units: &'static [&'static str],
    /// It may count up; where it does not, it never does.
    pub cumulative: bool,
}

pub fn word(name: &str) -> Option<Word> {
    let known = |(stem, endings, ..): &&(&str, &[&str], &[&str], bool)| {
        name.strip_prefix(stem).is_some_and(|ending| endings.contains(&ending))
    };
    WORDS.iter().find(known).map(|(_, _, units, cumulative)| Word { units, cumulative: *cumulative })
}

pub fn names() -> impl Iterator<Item = String> {
    WORDS.iter().flat_map(|(stem, endings, ..)| endings.iter().map(move |ending| format!("{stem}{ending}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_is_one_word() {
        let names: Vec<String> = names().collect();
        let mut once = names.clone();
        once.sort();
        once.dedup();
        assert_eq!(once.len(), names.len());
        for name in ["energy_import_t4", "voltage_l31", "current_n", "power_factor_l2", "heat_energy", "running_hours"]
        {
            assert!(names.iter().any(|known| known == name) && word(name).is_some(), "{name}");
        }
        for name in ["energy", "energy_import_t5", "voltage", "power_l4", "power_l1_l2", "Power", ""] {
            assert!(word(name).is_none(), "{name}");
        }
        assert!(!word("power_factor").is_some_and(|word| word.cumulative || word.units != [""]));
    }
}
