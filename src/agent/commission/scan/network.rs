//! A range of a network that a person has named: hosts × units over Modbus TCP.
//!
//! # Promises
//! - Few connections at one time, and a pause between the hosts of each: no storm.

use super::{Found, Survey, order::Protocol, units};
use crate::{
    agent::{
        commission::{identity::Identity, progress::Progress},
        config::{Bus, Link},
        source::line::Endpoint,
    },
    runtime::task::Crowd,
};
use std::{
    net::Ipv4Addr,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};
use tokio_util::sync::CancellationToken;

const CONNECTIONS_MAX: usize = 8;
const PAUSE: Duration = Duration::from_millis(20);

pub struct Range {
    pub hosts: Vec<Ipv4Addr>,
    pub port: u16,
    pub units: Vec<u8>,
    pub timeout: Duration,
    pub identities: Arc<Vec<Identity>>,
}

pub async fn run(range: Range, progress: &Progress, stop: &CancellationToken) -> Survey {
    let found = Arc::new(Mutex::new(Vec::new()));
    let mut crowd = Crowd::new(CONNECTIONS_MAX);
    let mut stopped = false;
    for host in &range.hosts {
        while !crowd.has_room() {
            crowd.ended().await;
            progress.step(1);
        }
        tokio::select! {
            () = stop.cancelled() => { stopped = true; break }
            () = tokio::time::sleep(PAUSE) => {}
        }
        let address = format!("{host}:{}", range.port);
        progress.says(&address);
        let (found, asked, identities) = (found.clone(), range.units.clone(), range.identities.clone());
        let (timeout, stop) = (range.timeout, stop.clone());
        crowd.spawn(async move {
            let mut endpoint = Endpoint::new(&bus(&address, timeout));
            let seen = tokio::select! {
                () = stop.cancelled() => return,
                seen = units(&mut endpoint, &asked, &identities) => seen,
            };
            let mut found = found.lock().unwrap_or_else(PoisonError::into_inner);
            found.extend(seen.into_iter().map(|(unit, models, said)| Found {
                wire: None,
                host: Some(address.clone()),
                protocol: Protocol::Modbus,
                address: unit.to_string(),
                kind: None,
                models,
                said,
            }));
        });
    }
    crowd.all_ended().await;
    let mut found = std::mem::take(&mut *found.lock().unwrap_or_else(PoisonError::into_inner));
    let order = |one: &Found| {
        let host = one.host.as_deref().and_then(|host| host.split(':').next()?.parse::<Ipv4Addr>().ok());
        (host, one.address.parse::<u8>().ok())
    };
    found.sort_by_key(order);
    Survey { found, stopped: stopped || stop.is_cancelled(), ..Survey::default() }
}

fn bus(address: &str, timeout: Duration) -> Bus {
    let link = Link::Tcp(address.to_owned());
    Bus { name: address.to_owned(), link, timeout, poll_interval: Duration::from_secs(1), meters: Vec::new() }
}
