//! What goes wrong in the county: kills and cuts, one after another, each kind in turn.

use super::{link::Switch, process::Process};
use crate::runtime::random;
use std::{io, time::Duration};
use tokio::time::sleep;

/// How often each fault was made.
#[derive(Clone, Copy, Default, Debug, serde::Serialize)]
pub struct Faults {
    pub agent_kills: u32,
    pub platform_kills: u32,
    pub link_cuts: u32,
}

pub struct Chaos {
    pub faults: Faults,
    turn: u32,
}

impl Chaos {
    pub fn new() -> Chaos {
        Chaos { faults: Faults::default(), turn: 0 }
    }

    /// One fault, and its repair. Leaves everything running.
    pub async fn strike(&mut self, agents: &mut [Process], platform: &mut Process, link: &Switch) -> io::Result<()> {
        let pause = Duration::from_millis(300 + random::up_to(1_700));
        self.turn += 1;
        match self.turn % 3 {
            1 => {
                // two at once: a power cut in one corner of the county
                let first = usize::try_from(random::up_to(agents.len() as u64 - 1)).unwrap_or(0);
                for agent in [first, (first + 1) % agents.len()] {
                    agents[agent].kill().await?;
                    self.faults.agent_kills += 1;
                }
                sleep(pause).await;
                agents[first].restart()?;
                agents[(first + 1) % agents.len()].restart()?;
            }
            2 => {
                platform.kill().await?;
                self.faults.platform_kills += 1;
                sleep(pause).await;
                platform.restart()?;
            }
            _ => {
                link.set(false);
                self.faults.link_cuts += 1;
                sleep(pause).await;
                link.set(true);
            }
        }
        Ok(())
    }
}
