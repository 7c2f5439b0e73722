//! The bad link between a gateway and its platform. Bytes are late, few, or end; they never change their order.

use crate::dice::Dice;
use std::{
    io::{ErrorKind, Read, Write},
    net::{Shutdown, TcpListener, TcpStream},
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU8, AtomicU64, Ordering::SeqCst},
    },
    thread,
    time::Duration,
};

/// What the link does now. Each lasts a fraction of a second.
#[derive(Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
enum Weather {
    Fair,
    Delay,
    Throttle,
    /// Nothing passes, and nobody is told.
    BlackHole,
    /// The platform's side is gone, the gateway's side stays open.
    HalfOpen,
}

const WEATHERS: [Weather; 5] =
    [Weather::Fair, Weather::Delay, Weather::Throttle, Weather::BlackHole, Weather::HalfOpen];

#[derive(Clone)]
pub struct Proxy {
    pub port: u16,
    target: u16,
    weather: Arc<AtomicU8>,
    /// Connections begun before the last cut end.
    cuts: Arc<AtomicU64>,
    calm: Arc<AtomicBool>,
}

impl Proxy {
    pub fn start(target: u16, seed: u64) -> Proxy {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let proxy = Proxy { port, target, weather: Arc::default(), cuts: Arc::default(), calm: Arc::default() };
        let (server, sky) = (proxy.clone(), proxy.clone());
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let proxy = server.clone();
                thread::spawn(move || proxy.carry(&stream));
            }
        });
        thread::spawn(move || sky.change(&mut Dice::new(seed)));
        proxy
    }

    /// Fair from now on, for good.
    pub fn calm(&self) {
        self.calm.store(true, SeqCst);
        self.weather.store(Weather::Fair as u8, SeqCst);
        self.cuts.fetch_add(1, SeqCst);
    }

    fn change(&self, dice: &mut Dice) {
        while !self.calm.load(SeqCst) {
            thread::sleep(Duration::from_millis(50 + dice.below(600)));
            let next = if dice.percent(60) { 0 } else { dice.below(WEATHERS.len() as u64) };
            if !self.calm.load(SeqCst) {
                self.weather.store(u8::try_from(next).unwrap(), SeqCst);
            }
            if dice.percent(25) {
                self.cuts.fetch_add(1, SeqCst);
            }
        }
    }

    fn weather(&self) -> Weather {
        WEATHERS[usize::from(self.weather.load(SeqCst))]
    }

    fn carry(&self, gateway: &TcpStream) -> Option<()> {
        let cuts = self.cuts.load(SeqCst);
        while matches!(self.weather(), Weather::BlackHole | Weather::HalfOpen) {
            // accepted, and no more
            thread::sleep(Duration::from_millis(20));
            if self.cuts.load(SeqCst) != cuts {
                return None;
            }
        }
        let platform = TcpStream::connect(("127.0.0.1", self.target)).ok()?;
        let (from, to) = (gateway.try_clone().ok()?, platform.try_clone().ok()?);
        let proxy = self.clone();
        let up = thread::spawn(move || proxy.pump(&from, &to, cuts, true));
        self.pump(&platform, gateway, cuts, false);
        up.join().ok()
    }

    /// One direction, until an end or a cut.
    fn pump(&self, mut from: &TcpStream, mut to: &TcpStream, cuts: u64, upwards: bool) {
        let mut chunk = [0; 16 * 1024];
        let _ = from.set_read_timeout(Some(Duration::from_millis(20)));
        let _ = to.set_write_timeout(Some(Duration::from_secs(2)));
        while self.cuts.load(SeqCst) == cuts {
            let size = match self.weather() {
                Weather::BlackHole => {
                    thread::sleep(Duration::from_millis(10));
                    continue;
                }
                Weather::HalfOpen => {
                    // the platform sees an end, the gateway nothing until the next cut
                    let platform = if upwards { to } else { from };
                    let _ = platform.shutdown(Shutdown::Both);
                    thread::sleep(Duration::from_millis(20));
                    continue;
                }
                Weather::Throttle => 64,
                Weather::Fair | Weather::Delay => chunk.len(),
            };
            match from.read(&mut chunk[..size]) {
                Ok(0) => break,
                Ok(read) => {
                    match self.weather() {
                        Weather::Delay => thread::sleep(Duration::from_millis(30)),
                        Weather::Throttle => thread::sleep(Duration::from_millis(2)),
                        _ => {}
                    }
                    if to.write_all(&chunk[..read]).is_err() {
                        break;
                    }
                }
                Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {}
                Err(_) => break,
            }
        }
        let _ = from.shutdown(Shutdown::Both);
        let _ = to.shutdown(Shutdown::Both);
    }
}
