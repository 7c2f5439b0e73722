//! Warnings: the list, the messages that went out, and who has taken note.

use super::{Answer, State, body::Posted, dual_question as ask, json, question::Asked, refusal::Refusal};
use crate::{
    model::{Ground, UtcMillis, WarningLevel},
    platform::{
        access::{Asker, Role},
        store::{self, Delivery, DeliveryState, WarningRow, WarningsAsked},
        warning::rule_text,
    },
    runtime::lang::Text,
};
use axum::{
    Extension,
    extract::{Path, State as Shared, rejection::PathRejection},
    http::{StatusCode, Uri},
    response::IntoResponse,
};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

/// Signs of a note.
const NOTE_MAX: usize = 1000;

pub(super) fn routes() -> OpenApiRouter<State> {
    OpenApiRouter::new().routes(routes!(warnings)).routes(routes!(warning)).routes(routes!(acknowledge))
}

#[derive(Serialize, ToSchema)]
struct WarningRows {
    rows: Vec<WarningShown>,
    next: Option<i64>,
}

#[derive(Serialize, ToSchema)]
struct WarningShown {
    id: i64,
    raised_ms: UtcMillis,
    /// When it was last seen to be so.
    seen_ms: UtcMillis,
    cleared_ms: Option<UtcMillis>,
    level: &'static str,
    region: String,
    /// `None`: of a region.
    credit_code: Option<String>,
    name: String,
    /// A meter, a product, a kind of target; empty: the place itself.
    object: String,
    text: Text,
    rule: Text,
    rule_name: &'static str,
    /// The figures that raised it.
    grounds: Vec<GroundShown>,
    /// open, acknowledged, cleared.
    state: &'static str,
    acknowledged: Option<AcknowledgedShown>,
}

#[derive(Serialize, ToSchema)]
struct GroundShown {
    name: String,
    value: Option<Decimal>,
    unit: String,
}

#[derive(Serialize, ToSchema)]
struct AcknowledgedShown {
    by: String,
    at_ms: UtcMillis,
    note: String,
}

#[derive(Serialize, ToSchema)]
struct WarningWhole {
    #[serde(flatten)]
    warning: WarningShown,
    deliveries: Vec<DeliveryShown>,
}

#[derive(Serialize, ToSchema)]
struct DeliveryShown {
    channel: &'static str,
    /// The id that its receiver sees, the same in each try.
    key: String,
    made_ms: UtcMillis,
    tries: u32,
    /// waiting, delivered, given_up.
    state: &'static str,
    failure: String,
}

impl From<WarningRow> for WarningShown {
    fn from(row: WarningRow) -> WarningShown {
        let state = match (row.cleared, &row.acknowledged) {
            (Some(_), _) => "cleared",
            (None, Some(_)) => "acknowledged",
            (None, None) => "open",
        };
        let ground = |Ground { name, value, unit }: Ground| GroundShown { name, value, unit };
        WarningShown {
            id: row.id,
            raised_ms: row.raised,
            seen_ms: row.seen,
            cleared_ms: row.cleared,
            level: row.level.name(),
            region: row.region,
            credit_code: Some(row.key.place).filter(|_| row.is_site),
            name: row.name,
            object: row.key.object,
            text: row.text,
            rule: rule_text(row.key.rule),
            rule_name: row.key.rule.name(),
            grounds: row.grounds.into_iter().map(ground).collect(),
            state,
            acknowledged: row.acknowledged.map(|store::Acknowledged { at, by, note }| AcknowledgedShown {
                by,
                at_ms: at,
                note,
            }),
        }
    }
}

impl From<Delivery> for DeliveryShown {
    fn from(delivery: Delivery) -> DeliveryShown {
        DeliveryShown {
            channel: delivery.channel.name(),
            key: delivery.key,
            made_ms: delivery.made,
            tries: delivery.tries,
            state: match delivery.state {
                DeliveryState::Waiting => "waiting",
                DeliveryState::Delivered => "delivered",
                DeliveryState::GivenUp => "given_up",
            },
            failure: delivery.failure,
        }
    }
}

/// What the parameter `state` asks for: open or cleared, acknowledged or not.
type StateAsked = (Option<bool>, Option<bool>);
/// `closed` is another word for `cleared`.
const STATES: [(&str, StateAsked); 4] = [
    ("open", (Some(true), Some(false))),
    ("acknowledged", (Some(true), Some(true))),
    ("cleared", (Some(false), None)),
    ("closed", (Some(false), None)),
];
const LEVELS: [(&str, Option<WarningLevel>); 2] =
    [("red", Some(WarningLevel::Red)), ("yellow", Some(WarningLevel::Yellow))];

/// Warnings, the newest first
#[utoipa::path(get, path = "/api/v1/warnings", params(
    ("state" = Option<String>, Query, description = "open (not acknowledged), acknowledged, cleared; by default all"),
    ("level" = Option<String>, Query, description = "red or yellow"),
    ("region" = Option<String>, Query, description = "GB/T 2260"),
    ("site" = Option<String>, Query, description = "A credit code"),
    ("after" = Option<i64>, Query, description = "The `next` of the page before"),
    ("limit" = Option<u32>, Query, description = "1 to 200"),
), responses((status = 200, body = WarningRows)))]
async fn warnings(Shared(state): Shared<State>, Extension(asker): Extension<Asker>, uri: Uri) -> Answer {
    let asked = Asked::read(&uri, &["state", "level", "region", "site", "after", "limit"])?;
    let (open, acknowledged) = ask::one_of(&asked, "state", &STATES, (None, None))?;
    let level = ask::one_of(&asked, "level", &LEVELS, None)?;
    let region = ask::region(&asked, "region")?.map(head);
    let listing = asked.listing()?;
    let regions = match region {
        // what the asker sees of the region: the narrower of the two
        Some(region) if asker.sees(&region) => vec![region],
        Some(region) => asker.regions.iter().filter(|own| own.starts_with(&region)).cloned().collect(),
        None => asker.regions.clone(),
    };
    if regions.is_empty() {
        return json(|| Ok(WarningRows { rows: Vec::new(), next: None })).await;
    }
    let (after, limit) = (listing.after, listing.limit);
    let asked = WarningsAsked { open, acknowledged, level, place: listing.credit_code, regions, after, limit };
    let page = state.store.warnings(asked).await?;
    json(move || Ok(WarningRows { next: page.next, rows: page.rows.into_iter().map(WarningShown::from).collect() }))
        .await
}

/// What the codes of a region and of all below it begin with.
fn head(region: &str) -> String {
    let mut head = region;
    while head.len() <= 6 && head.len() > 2 && head.ends_with("00") {
        head = head.get(..head.len() - 2).unwrap_or_default();
    }
    head.to_owned()
}

/// A warning with its messages
#[utoipa::path(get, path = "/api/v1/warnings/{id}", params(("id" = i64, Path)), responses((status = 200, body = WarningWhole)))]
async fn warning(
    Shared(state): Shared<State>,
    Extension(asker): Extension<Asker>,
    path: Result<Path<i64>, PathRejection>,
    uri: Uri,
) -> Answer {
    Asked::read(&uri, &[])?;
    let row = seen(&state, &asker, path).await?;
    let deliveries = state.store.deliveries(row.id).await?;
    json(move || {
        let deliveries = deliveries.into_iter().map(DeliveryShown::from).collect();
        Ok(WarningWhole { warning: row.into(), deliveries })
    })
    .await
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Acknowledgement {
    /// What was done.
    note: String,
}

/// Says that a person has taken note
#[utoipa::path(post, path = "/api/v1/warnings/{id}/acknowledge", params(("id" = i64, Path)),
    request_body = Acknowledgement, responses((status = 204)))]
async fn acknowledge(
    Shared(state): Shared<State>,
    Extension(asker): Extension<Asker>,
    path: Result<Path<i64>, PathRejection>,
    Posted(Acknowledgement { note }): Posted<Acknowledgement>,
) -> Answer {
    asker.need(Role::Operator)?;
    let signs = note.chars().count();
    if note.trim().is_empty() || signs > NOTE_MAX {
        return Err(Refusal::bad(
            format!("note 应写明处理情况，最多 {NOTE_MAX} 字"),
            format!("note says what was done, in at most {NOTE_MAX} signs"),
        ));
    }
    let row = seen(&state, &asker, path).await?;
    if state.store.acknowledge(row.id, asker.name, note).await? {
        return Ok(StatusCode::NO_CONTENT.into_response());
    }
    let text = Text::new("该预警已经解除", "the warning is cleared already");
    Err(Refusal { status: StatusCode::CONFLICT, text })
}

async fn seen(state: &State, asker: &Asker, path: Result<Path<i64>, PathRejection>) -> Result<WarningRow, Refusal> {
    let none =
        || Refusal { status: StatusCode::NOT_FOUND, text: Text::new("没有这条预警", "there is no such warning") };
    let Path(id) = path.map_err(|_| none())?;
    state.store.warning(id).await?.filter(|row| asker.sees(&row.region)).ok_or_else(none)
}
