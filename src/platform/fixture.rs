//! What the tests of several areas begin with.

use crate::model::{Physics, PointKind, Role, Scale, Series};

/// Electricity that a site takes in, kWh: point `ep` of meter `m1`.
pub fn energy(scale: Scale) -> Series {
    Series {
        meter: "m1".into(),
        point: "ep".into(),
        kind: PointKind::Cumulative,
        role: Role::SiteEnergy,
        carrier: "electricity".into(),
        product: String::new(),
        unit: "kWh".into(),
        scale,
        physics: Physics::default(),
    }
}
