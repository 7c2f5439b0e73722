//! A generation's series ↔ its dictionary's entries.

use super::RecordError;
use crate::{
    model::{Physics, PointKind, Role, Scale, Series},
    wire::proto,
};

/// Bytes of a meter's, point's, carrier's, product's or unit's name.
pub const NAME_BYTES_MAX: usize = 128;

pub(super) fn message_from(id: u32, series: &Series) -> proto::Series {
    proto::Series {
        id,
        meter: series.meter.clone(),
        point: series.point.clone(),
        kind: match series.kind {
            PointKind::Gauge => proto::PointKind::Gauge,
            PointKind::Cumulative => proto::PointKind::Cumulative,
        } as i32,
        role: match series.role {
            Role::None => proto::Role::None,
            Role::SiteEnergy => proto::Role::SiteEnergy,
            Role::SiteExport => proto::Role::SiteExport,
            Role::Output => proto::Role::Output,
            Role::Scrap => proto::Role::Scrap,
        } as i32,
        carrier: series.carrier.clone(),
        product: series.product.clone(),
        unit: series.unit.clone(),
        scale_mantissa: series.scale.mantissa(),
        scale_exponent: series.scale.exponent(),
        modulus: series.physics.modulus.unwrap_or(0),
        rate_max_per_h: series.physics.rate_max_per_h.unwrap_or(0),
        backstep_max: series.physics.backstep_max,
        warm_up_s: u32::try_from(series.physics.warm_up_ms / 1000).unwrap_or(u32::MAX),
        restarts: series.physics.restarts,
    }
}

fn physics(message: &proto::Series) -> Result<Physics, RecordError> {
    let stated = |number: i64| (number != 0).then_some(number);
    if message.modulus < 0 || message.modulus == 1 || message.rate_max_per_h < 0 || message.backstep_max < 0 {
        return Err(RecordError::Content("a series whose register can not be"));
    }
    Ok(Physics {
        modulus: stated(message.modulus),
        rate_max_per_h: stated(message.rate_max_per_h),
        backstep_max: message.backstep_max,
        warm_up_ms: i64::from(message.warm_up_s) * 1000,
        restarts: message.restarts,
    })
}

pub(super) fn from_message(message: proto::Series) -> Result<(u32, Series), RecordError> {
    let kind = match message.kind() {
        proto::PointKind::Gauge => PointKind::Gauge,
        proto::PointKind::Cumulative => PointKind::Cumulative,
        proto::PointKind::Unspecified => return Err(RecordError::Content("a series without a kind")),
    };
    let role = match message.role() {
        proto::Role::None => Role::None,
        proto::Role::SiteEnergy => Role::SiteEnergy,
        proto::Role::SiteExport => Role::SiteExport,
        proto::Role::Output => Role::Output,
        proto::Role::Scrap => Role::Scrap,
        proto::Role::Unspecified => return Err(RecordError::Content("a series without a role")),
    };
    let scale = Scale::new(message.scale_mantissa, message.scale_exponent)
        .map_err(|_| RecordError::Content("a series whose scale is out of range"))?;
    let names = [&message.meter, &message.point, &message.carrier, &message.product, &message.unit];
    if names.iter().any(|name| name.len() > NAME_BYTES_MAX) {
        return Err(RecordError::Content("a series with a name of more than 128 bytes"));
    }
    let physics = physics(&message)?;
    let proto::Series { id, meter, point, carrier, product, unit, .. } = message;
    Ok((id, Series { meter, point, kind, role, carrier, product, unit, scale, physics }))
}
