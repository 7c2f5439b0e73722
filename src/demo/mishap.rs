//! What goes wrong with meters: each kind at a meter of its own, again and again while the county runs.
//!
//! | fault | meter | what the ledger must make of it |
//! |---|---|---|
//! | says 0 for two seconds | main of plastic-1 | nothing: the reading is set aside |
//! | says far too much for two seconds | main of plastic-2 | nothing |
//! | is set to 0 and goes on | workshop of mould-1 | an epoch ends; what ran between two readings is missing, and dated |
//! | passes its end | workshop of mould-2 | the modulus is added |
//! | is replaced, as `meter replace` declares | workshop of parts-1 | an epoch ends; nothing is missing |

use super::plant::Plant;
use rust_decimal::Decimal;
use serde::Serialize;
use std::{
    io,
    path::{Path, PathBuf},
    process::Stdio,
    sync::Arc,
};
use tokio::process::Command;

/// One round of all faults.
const ROUND_S: u64 = 600;
/// 0.01 kWh; the workshop of mould-2 reaches it after some seconds.
const MODULUS: u64 = 1_000_000;
const SPIKE: u64 = 1 << 50;
/// What the new meter shows when it is put in.
const NEW_METER: u64 = 12_345;

/// How often each fault was made.
#[derive(Clone, Copy, Default, Debug, Serialize)]
pub struct Made {
    pub zeros: u32,
    pub spikes: u32,
    pub resets: u32,
    pub replacements: u32,
}

pub struct Mishaps {
    pub made: Made,
    plants: Vec<Arc<Plant>>,
    folder: PathBuf,
    done_s: u64,
}

/// The modulus of a factory's workshop register, where it is to pass its end.
pub fn workshop_modulus(key: &str) -> Option<u64> {
    (key == "mould-2").then_some(MODULUS)
}

impl Mishaps {
    /// `folder` holds the agents' files.
    pub fn new(plants: &[Arc<Plant>], folder: &Path) -> Mishaps {
        Mishaps { made: Made::default(), plants: plants.to_vec(), folder: folder.to_owned(), done_s: 0 }
    }

    /// Makes what is due until `elapsed_s` after the start of the meters.
    pub async fn until(&mut self, elapsed_s: u64) -> io::Result<()> {
        while self.done_s < elapsed_s {
            self.done_s += 1;
            self.second(self.done_s % ROUND_S).await?;
        }
        Ok(())
    }

    /// Every meter says the truth again.
    pub fn mend(&self) {
        for plant in &self.plants {
            plant.main_says(None);
            plant.set_workshop_away(false);
        }
    }

    async fn second(&mut self, second: u64) -> io::Result<()> {
        match second {
            3 => {
                self.at("plastic-1", |plant| plant.main_says(Some(0)));
                self.made.zeros += 1;
            }
            4 => {
                self.at("plastic-2", |plant| plant.main_says(Some(SPIKE)));
                self.made.spikes += 1;
            }
            5 => self.at("plastic-1", |plant| plant.main_says(None)),
            6 => {
                self.at("plastic-2", |plant| plant.main_says(None));
                self.at("mould-1", |plant| plant.set_workshop(0));
                self.made.resets += 1;
            }
            7 => self.at("parts-1", |plant| plant.set_workshop_away(true)),
            9 => self.replace("parts-1").await?,
            _ => {}
        }
        Ok(())
    }

    fn at(&self, key: &str, change: impl Fn(&Plant)) {
        self.plants.iter().filter(|plant| plant.factory.key == key).for_each(|plant| change(plant));
    }

    /// As the person with the screwdriver does: says it at the gateway, then switches the new meter on.
    async fn replace(&mut self, key: &str) -> io::Result<()> {
        let Some(plant) = self.plants.iter().find(|plant| plant.factory.key == key) else { return Ok(()) };
        let kwh = |count: u64| format!("energy={}", Decimal::from(count) / Decimal::ONE_HUNDRED);
        let serial = |number: u32| format!("DEMO-{number:04}");
        let said = Command::new(std::env::current_exe()?)
            .args(["agent", "--config"])
            .arg(self.folder.join(format!("{key}.toml")))
            .args(["meter", "replace", "workshop", "--by", "demo", "--note", "calibration"])
            .args(["--final", &kwh(plant.registers().workshop), "--initial", &kwh(NEW_METER)])
            .args(["--serial-old", &serial(self.made.replacements)])
            .args(["--serial-new", &serial(self.made.replacements + 1)])
            .stdin(Stdio::null())
            .output()
            .await?;
        if !said.status.success() {
            return Err(io::Error::other(format!("meter replace: {}", String::from_utf8_lossy(&said.stderr))));
        }
        plant.set_workshop(NEW_METER);
        plant.set_workshop_away(false);
        self.made.replacements += 1;
        Ok(())
    }
}
