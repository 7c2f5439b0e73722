//! What emission monitors reported.

use super::{Answer, State, dual_question as ask, json, question::Asked, visible};
use crate::{
    platform::{access::Asker, store::Emitted},
    runtime::clock,
};
use axum::{Extension, extract::State as Shared, http::Uri};
use rust_decimal::Decimal;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

pub(super) fn routes() -> OpenApiRouter<State> {
    OpenApiRouter::new().routes(routes!(emissions))
}

#[derive(Serialize, ToSchema)]
struct EmissionRows {
    rows: Vec<EmissionRow>,
}

#[derive(Serialize, ToSchema)]
struct EmissionRow {
    credit_code: String,
    item: &'static str,
    tonnes: Decimal,
    /// Of the year, those of which there is a report. A year that lacks one stands for nothing.
    days: usize,
    days_of_year: usize,
}

impl From<Emitted> for EmissionRow {
    fn from(emitted: Emitted) -> EmissionRow {
        let Emitted { credit_code, item, tonnes, days, days_of_year } = emitted;
        EmissionRow { credit_code, item: item.name(), tonnes, days, days_of_year }
    }
}

/// A year's mass of pollutants by site, as their monitors reported it (HJ 212-2017)
#[utoipa::path(get, path = "/api/v1/emissions", params(("year" = Option<i16>, Query)),
    responses((status = 200, body = EmissionRows)))]
async fn emissions(Shared(state): Shared<State>, Extension(asker): Extension<Asker>, uri: Uri) -> Answer {
    let year = ask::year(&Asked::read(&uri, &["year"])?, clock::now())?;
    let found = state.store.emissions(year).await?;
    let found = visible::rows(&state, &asker, found, |row| &row.credit_code).await?;
    json(move || Ok(EmissionRows { rows: found.into_iter().map(EmissionRow::from).collect() })).await
}
