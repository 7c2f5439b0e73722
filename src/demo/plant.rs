//! One simulated plant: two electricity meters behind a Modbus TCP server, and a machine that reports its count.
//!
//! | unit | register | type | order | point |
//! |---|---|---|---|---|
//! | 1 main meter | 0 | u64 | ABCD | energy, 0.01 kWh |
//! | 1 | 4 | f32 | ABCD | power, kW |
//! | 2 workshop | 0 | u32 | CDAB | energy, 0.01 kWh |
//!
//! Meters may fail ([`super::mishap`]); the plant knows what really ran.

use super::county::Factory;
use std::{
    future::{Ready, ready},
    io,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    time::Duration,
};
use tokio::net::TcpListener;
use tokio_modbus::{ExceptionCode, Request, Response, SlaveRequest, server::tcp};
use tokio_util::sync::CancellationToken;

/// What the plant's counters show.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Registers {
    /// 0.01 kWh.
    pub main: u64,
    pub workshop: u64,
    pub pieces: u64,
    pub power_kw: f32,
}

/// What one register did from when it was set until it was set anew.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Track {
    pub first: u64,
    pub last: u64,
    /// What was really used or made, in counts.
    pub risen: u64,
}

/// A counter of the plant.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Counter {
    Main,
    Workshop,
    Pieces,
}

pub struct Plant {
    pub factory: Factory,
    state: Mutex<State>,
    running: AtomicBool,
}

struct State {
    registers: Registers,
    /// What has been used or made and is not yet a whole count.
    rest: [f64; 3],
    seconds: f64,
    /// By counter; the last one goes on.
    tracks: [Vec<Track>; 3],
    workshop_modulus: Option<u64>,
    /// What the main meter says instead of its register.
    main_says: Option<u64>,
    /// The workshop's meter does not answer.
    workshop_away: bool,
}

impl Plant {
    /// Meters that have served for years: their registers do not start at zero. With a modulus the workshop's register is
    /// near its end.
    pub fn new(factory: Factory, seed: u64, workshop_modulus: Option<u64>) -> Arc<Plant> {
        let registers = Registers {
            main: 4_294_960_000 + seed * 1_234_567,
            workshop: workshop_modulus.map_or(88_000_000 + seed * 765_432, |modulus| modulus - 60),
            pieces: 1_000_000 + seed * 4_321,
            power_kw: 0.0,
        };
        let state = State {
            registers,
            rest: [0.0; 3],
            seconds: seed as f64 * 37.0,
            tracks: [registers.main, registers.workshop, registers.pieces].map(|first| vec![Track::from(first)]),
            workshop_modulus,
            main_says: None,
            workshop_away: false,
        };
        Arc::new(Plant { factory, state: Mutex::new(state), running: AtomicBool::new(false) })
    }

    /// The epochs that a counter really had.
    pub fn tracks(&self, counter: Counter) -> Vec<Track> {
        let state = self.state();
        let [main, workshop, pieces] = &state.tracks;
        match counter {
            Counter::Main => main.clone(),
            Counter::Workshop => workshop.clone(),
            Counter::Pieces => pieces.clone(),
        }
    }

    /// The main meter says something else than its register, or the truth again.
    pub fn main_says(&self, count: Option<u64>) {
        self.state().main_says = count;
    }

    /// The workshop's meter answers, or it does not.
    pub fn set_workshop_away(&self, away: bool) {
        self.state().workshop_away = away;
    }

    /// From now on the workshop's register runs from here.
    pub fn set_workshop(&self, count: u64) {
        let mut state = self.state();
        state.registers.workshop = count;
        let [_, workshop, _] = &mut state.tracks;
        workshop.push(Track::from(count));
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn registers(&self) -> Registers {
        self.state().registers
    }

    /// Meters move only between start and stop, so that the first and the last reading are known.
    pub fn set_running(&self, running: bool) {
        self.running.store(running, Relaxed);
    }

    /// Lets `dt` pass: a load that swings with the shift's rhythm, pieces at the machine's cycle.
    pub fn advance(&self, dt: Duration) {
        if !self.running.load(Relaxed) {
            return;
        }
        let mut state = self.state();
        let dt = dt.as_secs_f64();
        state.seconds += dt;
        let swing = 1.0 + 0.25 * (state.seconds / 23.0).sin() + 0.06 * (state.seconds / 3.1).sin();
        let power_kw = self.factory.load_kw * swing;
        let counts = power_kw * dt / 36.0;
        let flows = [counts, counts * self.factory.workshop_share, dt / self.factory.cycle_s];
        let mut whole = [0_u64; 3];
        for ((rest, flow), whole) in state.rest.iter_mut().zip(flows).zip(&mut whole) {
            *rest += flow;
            *whole = rest.trunc() as u64;
            *rest = rest.fract();
        }
        // a meter that is taken out measures nothing
        let [main, workshop, pieces] = if state.workshop_away { [whole[0], 0, whole[2]] } else { whole };
        state.registers.main += main;
        state.registers.workshop += workshop;
        if let Some(modulus) = state.workshop_modulus {
            state.registers.workshop %= modulus;
        }
        state.registers.pieces += pieces;
        state.registers.power_kw = power_kw as f32;
        let shown = [state.registers.main, state.registers.workshop, state.registers.pieces];
        for ((track, shown), risen) in state.tracks.iter_mut().zip(shown).zip([main, workshop, pieces]) {
            if let Some(track) = track.last_mut() {
                track.last = shown;
                track.risen += risen;
            }
        }
    }

    /// Registers of a unit as they lie on the wire.
    fn words(&self, unit: u8) -> Option<Vec<u16>> {
        let state = self.state();
        let registers = state.registers;
        let word = |value: u64, shift: u32| (value >> shift & 0xffff) as u16;
        match unit {
            1 => {
                let power = u64::from(registers.power_kw.to_bits());
                let energy = state.main_says.unwrap_or(registers.main);
                Some(vec![
                    word(energy, 48),
                    word(energy, 32),
                    word(energy, 16),
                    word(energy, 0),
                    word(power, 16),
                    word(power, 0),
                ])
            }
            2 if state.workshop_away => None,
            2 => Some(vec![word(registers.workshop, 0), word(registers.workshop, 16)]),
            _ => None,
        }
    }
}

impl Track {
    fn from(first: u64) -> Track {
        Track { first, last: first, risen: 0 }
    }
}

/// The plant as tokio-modbus asks it.
struct Meters(Arc<Plant>);

impl tokio_modbus::server::Service for Meters {
    type Request = SlaveRequest<'static>;
    type Response = Response;
    type Exception = ExceptionCode;
    type Future = Ready<Result<Response, ExceptionCode>>;

    fn call(&self, request: Self::Request) -> Self::Future {
        ready(match request.request {
            Request::ReadHoldingRegisters(address, count) => {
                let from = usize::from(address);
                match self.0.words(request.slave) {
                    Some(words) => words
                        .get(from..from + usize::from(count))
                        .map(|words| Response::ReadHoldingRegisters(words.to_vec()))
                        .ok_or(ExceptionCode::IllegalDataAddress),
                    None => Err(ExceptionCode::GatewayTargetDevice),
                }
            }
            _ => Err(ExceptionCode::IllegalFunction),
        })
    }
}

/// Serves the plant's meters on `listener` until `stop`.
pub async fn serve(plant: Arc<Plant>, listener: TcpListener, stop: CancellationToken) -> io::Result<()> {
    let server = tcp::Server::new(listener);
    let connected = move |stream, address| {
        let plant = plant.clone();
        async move { tcp::accept_tcp_connection(stream, address, |_| Ok(Some(Meters(plant.clone())))) }
    };
    let failed = |error: io::Error| tracing::debug!(%error, "a Modbus connection ended");
    server.serve_until(&connected, failed, Box::pin(async move { stop.cancelled().await })).await.map(|_| ())
}

/// Lets time pass for all plants.
pub async fn run(plants: Vec<Arc<Plant>>, stop: CancellationToken) -> Result<(), std::convert::Infallible> {
    const STEP: Duration = Duration::from_millis(100);
    let mut ticks = tokio::time::interval(STEP);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    while stop.run_until_cancelled(ticks.tick()).await.is_some() {
        plants.iter().for_each(|plant| plant.advance(STEP));
    }
    Ok(())
}
