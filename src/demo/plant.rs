//! One simulated plant: two electricity meters behind a Modbus TCP server, and a machine that reports its count.
//!
//! | unit | register | type | order | point |
//! |---|---|---|---|---|
//! | 1 main meter | 0 | u64 | ABCD | energy, 0.01 kWh |
//! | 1 | 4 | f32 | ABCD | power, kW |
//! | 2 workshop | 0 | u32 | CDAB | energy, 0.01 kWh |

use super::county::Factory;
use std::{
    future::{Ready, ready},
    io,
    sync::{
        Arc, Mutex, PoisonError,
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
}

impl Plant {
    /// Meters that have served for years: their registers do not start at zero.
    pub fn new(factory: Factory, seed: u64) -> Arc<Plant> {
        let registers = Registers {
            main: 4_294_960_000 + seed * 1_234_567,
            workshop: 88_000_000 + seed * 765_432,
            pieces: 1_000_000 + seed * 4_321,
            power_kw: 0.0,
        };
        let state = Mutex::new(State { registers, rest: [0.0; 3], seconds: seed as f64 * 37.0 });
        Arc::new(Plant { factory, state, running: AtomicBool::new(false) })
    }

    pub fn registers(&self) -> Registers {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).registers
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
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
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
        let [main, workshop, pieces] = whole;
        state.registers.main += main;
        state.registers.workshop += workshop;
        state.registers.pieces += pieces;
        state.registers.power_kw = power_kw as f32;
    }

    /// Registers of a unit as they lie on the wire.
    fn words(&self, unit: u8) -> Option<Vec<u16>> {
        let registers = self.registers();
        let word = |value: u64, shift: u32| (value >> shift & 0xffff) as u16;
        match unit {
            1 => {
                let power = u64::from(registers.power_kw.to_bits());
                let energy = registers.main;
                Some(vec![
                    word(energy, 48),
                    word(energy, 32),
                    word(energy, 16),
                    word(energy, 0),
                    word(power, 16),
                    word(power, 0),
                ])
            }
            2 => Some(vec![word(registers.workshop, 0), word(registers.workshop, 16)]),
            _ => None,
        }
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
