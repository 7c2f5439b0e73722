//! The boundary of a site as its operator declares it: which meters count, as what, behind which other meter.

use super::{Enthalpy, GasState, Role};
use jiff::civil::Date;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use std::fmt;

/// What the operator declared about a site beside its row. Where it has boundary lines, they replace the roles that
/// the gateways give their points.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct Declared {
    pub products: Vec<super::Product>,
    pub boundary: Vec<BoundaryLine>,
    pub virtual_points: Vec<VirtualPoint>,
    pub stock: Vec<super::StockEntry>,
    pub calorific: Vec<super::CalorificValue>,
}

/// A meter among those of all gateways.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug, Hash, Serialize, Deserialize)]
pub struct MeterName {
    pub gateway_id: String,
    pub meter: String,
}

/// A point among those of all gateways; written `gateway/meter/point`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug, Hash, Serialize, Deserialize)]
pub struct PointName {
    pub gateway_id: String,
    pub meter: String,
    pub point: String,
}

impl PointName {
    pub fn meter_name(&self) -> MeterName {
        MeterName { gateway_id: self.gateway_id.clone(), meter: self.meter.clone() }
    }
}

impl fmt::Display for PointName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}/{}", self.gateway_id, self.meter, self.point)
    }
}

impl fmt::Display for MeterName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.gateway_id, self.meter)
    }
}

/// One point of the boundary.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct BoundaryLine {
    pub credit_code: String,
    pub point: PointName,
    pub counts_as: Role,
    /// Energy carrier; empty where the point counts a product or nothing.
    pub carrier: String,
    /// Product code; empty where the point counts energy or nothing.
    pub product: String,
    /// The meter upstream, of the same carrier; `None` at the top.
    pub fed_by: Option<MeterName>,
    /// 原料用能: consumed as a raw material, not as energy. A term of its own.
    pub raw_material: bool,
    pub origin: Origin,
    /// The state at which a gas volume is counted; `None`: it is already at [`GasState::STANDARD`].
    pub at_conditions: Option<GasState>,
    pub enthalpy: Option<Enthalpy>,
    /// Enthalpy of the water that the steam was made of, kJ/kg; 0 where nothing is said: as water of 0 °C.
    pub feed_kj_per_kg: Decimal,
    /// The meter's serial number, as on its plate; may be empty.
    pub serial: String,
    /// The last day for which the calibration certificate holds.
    pub calibrated_until: Option<Date>,
}

/// Where the energy comes from, for the shares that are told apart.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Default, Hash, Serialize, Deserialize)]
pub enum Origin {
    /// Bought, from a public net or a supplier.
    #[default]
    Grid,
    /// New renewable energy made on the site.
    Renewable,
    /// Recovered from waste heat, waste gas or pressure.
    Waste,
}

/// A point that is computed from others.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct VirtualPoint {
    pub credit_code: String,
    /// Unique within its site, without a slash.
    pub name: String,
    pub formula: Formula,
    pub counts_as: Role,
    /// Energy carrier; empty where it is none.
    pub carrier: String,
    /// Product code; empty where it is none.
    pub product: String,
    pub unit: String,
}

#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum Formula {
    Sum(Vec<Term>),
    /// The first over the second; unknown where the second is 0.
    Ratio(Operand, Operand),
}

impl Formula {
    pub fn operands(&self) -> Vec<&Operand> {
        match self {
            Formula::Sum(terms) => terms.iter().map(|term| &term.operand).collect(),
            Formula::Ratio(part, whole) => vec![part, whole],
        }
    }
}

#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Term {
    pub minus: bool,
    pub operand: Operand,
}

#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug, Hash, Serialize, Deserialize)]
pub enum Operand {
    Point(PointName),
    /// Another virtual point of the site, by its name.
    Virtual(String),
}

impl fmt::Display for Operand {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Operand::Point(point) => point.fmt(f),
            Operand::Virtual(name) => f.write_str(name),
        }
    }
}
