//! The nouns that both halves share. No I/O, no clock, no formats.

mod boundary;
mod carrier;
pub mod credit_code;
mod doubt;
mod dual;
mod economy;
mod event;
mod gap;
mod period;
mod point;
mod profile;
pub mod region;
mod sample;
mod scale;
mod site;
mod state;
mod stock;
mod time;
pub mod unit;
mod warning;

pub use boundary::{BoundaryLine, Declared, Formula, MeterName, Operand, Origin, PointName, Term, VirtualPoint};
pub use carrier::{CARRIERS, STEAM};
pub use doubt::Doubts;
pub use dual::{LimitGrade, LimitKey, ProductLimit, Quota, Target, TargetKind};
pub use economy::{EconomicFigure, EconomicItem};
pub use event::{
    ClockSegment, ClockShift, ClockState, Entered, Event, EventKind, Proof, Register, Replaced, RunId, Tag,
};
pub use gap::{GapCause, Span};
pub use period::{Period, PeriodError};
pub use point::{Physics, PointKind, Role, Series};
pub use profile::{Parcel, Profile, Tenure};
pub use sample::{Quality, RawValue, Reading, Reason, Sample, Scan, Value};
pub use scale::{Scale, ScaleError};
pub use site::{Gateway, Site};
pub use state::{Enthalpy, GasState, StateError};
pub use stock::{CalorificValue, Limit, Product, StockEntry, StockKind};
pub use time::{CHINA_OFFSET_MS, UtcMillis};
pub use warning::{Ground, WarningKey, WarningLevel, WarningRule};
