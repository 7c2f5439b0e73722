//! The audit log: who changed what.

use super::{State, list::Listed, question::Asked, refusal::Refusal};
use crate::{
    model::UtcMillis,
    platform::{
        access::{Asker, Role},
        store::{ChangeQuery, ChangeRow},
    },
};
use axum::{
    Extension, Json,
    extract::State as Shared,
    http::Uri,
    response::{IntoResponse, Response},
};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

pub(super) fn routes() -> OpenApiRouter<State> {
    OpenApiRouter::new().routes(routes!(audit_log))
}

#[derive(Serialize, ToSchema)]
struct ChangeNote {
    id: i64,
    noted_ms: UtcMillis,
    by: String,
    area: String,
    subject: String,
    action: String,
    detail: String,
}

impl From<ChangeRow> for ChangeNote {
    fn from(row: ChangeRow) -> ChangeNote {
        let ChangeRow { id, noted, by, area, subject, action, detail } = row;
        ChangeNote { id, noted_ms: noted, by, area, subject, action, detail }
    }
}

/// Who changed what, the newest first
///
/// For auditors and above. Who does not see every region sees what they changed themselves.
#[utoipa::path(get, path = "/api/v1/audit-log", params(
    ("area" = Option<String>, Query, description = "Such as registry"),
    ("by" = Option<String>, Query, description = "A user's name"),
    ("after" = Option<i64>, Query, minimum = 1, description = "The `next` of the page before"),
    ("limit" = Option<u32>, Query, minimum = 1, maximum = 200, description = "Rows of a page, 50 by default"),
), responses((status = 200, body = Listed<ChangeNote>)))]
async fn audit_log(
    Shared(state): Shared<State>,
    Extension(asker): Extension<Asker>,
    uri: Uri,
) -> Result<Response, Refusal> {
    asker.need(Role::Auditor)?;
    let asked = Asked::read(&uri, &["area", "by", "after", "limit"])?;
    let listing = asked.listing()?;
    let (area, by) = (asked.short("area")?, asked.short("by")?);
    // a change does not say in which region its subject lies
    let own = (!asker.sees_everything()).then_some(asker.name);
    if own.is_some() && by.is_some() && own != by {
        return Ok(Json(Listed::<ChangeNote>::none()).into_response());
    }
    let query = ChangeQuery { area, by: own.or(by), after: listing.after, limit: listing.limit };
    let page = state.store.changes(query).await?;
    Ok(Json(Listed::new(page, ChangeNote::from)).into_response())
}
