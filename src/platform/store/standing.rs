//! What dual control asks of all sites beside their figures: townships, the bureaus' figures, meters and when they spoke.

use super::{Store, StoreError, register, registry, renew::ALWAYS, row::row_before, snapshot, sql::Tx};
use crate::model::{EconomicFigure, Period, PointName, Role, UtcMillis};
use jiff::civil::Date;
use std::collections::BTreeMap;

/// Of one site.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Standing {
    pub township_code: Option<String>,
    /// Of the years that were asked for.
    pub economy: Vec<EconomicFigure>,
}

/// A cumulative point that counts for its site.
#[derive(Clone, PartialEq, Debug)]
pub struct PointSeen {
    pub credit_code: String,
    pub site: String,
    pub county_code: String,
    pub point: PointName,
    /// Its last reading; `None`: there was none yet.
    pub last: Option<UtcMillis>,
    pub calibrated_until: Option<Date>,
}

impl Store {
    /// By credit code, for the years that the period touches.
    pub async fn standings(&self, period: &Period) -> Result<BTreeMap<String, Standing>, StoreError> {
        let period = period.clone();
        let read = self.inner.readers.read(move |tx| {
            let mut found: BTreeMap<String, Standing> = BTreeMap::new();
            for (code, (profile, _)) in register::standings(tx)? {
                found.entry(code).or_default().township_code = profile.township_code;
            }
            for (code, economy) in register::economy_of(tx, &period)? {
                found.entry(code).or_default().economy = economy;
            }
            Ok(found)
        });
        read.await
    }

    /// By site, gateway, meter and point.
    pub async fn points_seen(&self) -> Result<Vec<PointSeen>, StoreError> {
        self.inner.readers.read(points_seen).await
    }
}

fn points_seen(tx: Tx<'_>) -> Result<Vec<PointSeen>, StoreError> {
    let mut gateways = registry::gateways(tx)?;
    let mut seen = Vec::new();
    for site in registry::sites(tx)? {
        let boundary = registry::declared(tx, &site)?.boundary;
        for gateway in gateways.extract_if(.., |gateway| gateway.credit_code == site.credit_code) {
            for (id, series) in snapshot::cumulative_series(tx, &gateway.gateway_id)? {
                let point =
                    PointName { gateway_id: gateway.gateway_id.clone(), meter: series.meter, point: series.point };
                let line = boundary.iter().find(|line| line.point == point);
                let role =
                    if boundary.is_empty() { series.role } else { line.map_or(Role::None, |line| line.counts_as) };
                if role == Role::None {
                    continue;
                }
                seen.push(PointSeen {
                    credit_code: site.credit_code.clone(),
                    site: site.name.clone(),
                    county_code: site.county_code.clone(),
                    point,
                    last: row_before(tx, id, ALWAYS.end)?.map(|row| row.cell.last.time),
                    calibrated_until: line.and_then(|line| line.calibrated_until),
                });
            }
        }
    }
    Ok(seen)
}
