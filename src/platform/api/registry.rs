//! What is registered: finding sites, a site's profile, imports and their versions, figures entered by hand.
//!
//! # Promises
//! - An import is answered with every problem, its row and column, and with what it changes; where there is an error, or
//!   in a dry run, nothing is stored.

use super::{
    Answer, State,
    body::Posted,
    json,
    question::{self, Asked},
    refusal::{Refusal, quoted},
    visible,
};
use crate::{
    model::{EconomicFigure, EconomicItem, Parcel, Profile, Tenure, UtcMillis},
    platform::{
        access::{Asker, Role},
        import::{self, Entered, Imported, Part},
        registry::{self, Kind},
        store::{FoundSite, RegisterVersion, SiteSearch},
    },
    runtime::{
        lang::Text,
        problem::{self, Problem, Problems},
        task,
    },
};
use axum::{
    Extension,
    body::Bytes,
    extract::{Path, State as Shared, rejection::PathRejection},
    http::{StatusCode, Uri},
};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

type Code = Result<Path<String>, PathRejection>;

/// Versions that are listed.
const VERSIONS_MAX: u32 = 200;
/// Figures that a person enters at once.
const ENTERED_MAX: usize = 1000;
/// Characters of a search, of a file's name, of a reason.
const WORDS_CHARS_MAX: usize = 200;

pub(super) fn routes() -> OpenApiRouter<State> {
    OpenApiRouter::new()
        .routes(routes!(sites))
        .routes(routes!(profile))
        .routes(routes!(imports))
        .routes(routes!(versions))
        .routes(routes!(enter))
}

#[derive(Serialize, ToSchema)]
#[schema(as = SiteRows)]
struct Sites {
    rows: Vec<SiteLine>,
    total: u64,
}

#[derive(Serialize, ToSchema)]
struct SiteLine {
    credit_code: String,
    name: String,
    county_code: String,
    township_code: Option<String>,
    industry_code: String,
    #[schema(value_type = String)]
    land_mu: Decimal,
    above_scale: Option<bool>,
}

impl From<FoundSite> for SiteLine {
    fn from(row: FoundSite) -> SiteLine {
        SiteLine {
            credit_code: row.credit_code,
            name: row.name,
            county_code: row.county_code,
            township_code: row.profile.township_code,
            industry_code: row.industry_code,
            land_mu: row.land_mu,
            above_scale: row.profile.above_scale,
        }
    }
}

/// Registered sites
///
/// By credit code; those in the asker's regions.
#[utoipa::path(get, path = "/api/v1/sites", params(
    ("query" = Option<String>, Query, description = "Part of the name or of the credit code"),
    ("region" = Option<String>, Query, description = "Beginning of a county's code, GB/T 2260"),
    ("industry" = Option<String>, Query, description = "Beginning of a code of GB/T 4754, such as C17"),
    ("offset" = Option<u32>, Query),
    ("limit" = Option<u32>, Query, description = "1 to 200, by default 50"),
), responses((status = 200, body = Sites)))]
async fn sites(Shared(state): Shared<State>, Extension(asker): Extension<Asker>, uri: Uri) -> Answer {
    let asked = Asked::read(&uri, &["query", "region", "industry", "offset", "limit"])?;
    let text = |key| short(key, asked.value(key));
    let query = SiteSearch {
        words: text("query")?,
        regions: asker.regions.clone(),
        region: text("region")?,
        industry: text("industry")?,
        offset: number(&asked, "offset", 0, 0, 10_000_000)?,
        limit: number(&asked, "limit", 50, 1, 200)?,
    };
    let (rows, total) = state.store.site_rows(query).await?;
    json(move || Ok(Sites { rows: rows.into_iter().map(SiteLine::from).collect(), total })).await
}

#[derive(Serialize, ToSchema)]
struct SiteProfile {
    profile: Standing,
    parcels: Vec<Land>,
    /// By year, month and item.
    economy: Vec<Figure>,
    gateways: Vec<OwnGateway>,
    /// The lines of the site's boundary.
    meters: Vec<OwnMeter>,
    /// Versions of the register that changed something of the site, the newest first.
    versions: Vec<Version>,
}

#[derive(Serialize, ToSchema)]
#[schema(as = SiteStanding)]
struct Standing {
    township_code: Option<String>,
    legal_person: Option<String>,
    above_scale: Option<bool>,
    registered_on: Option<String>,
    land_granted_on: Option<String>,
    landlord: Option<String>,
    tags: Vec<String>,
}

#[derive(Serialize, ToSchema)]
#[schema(as = LandParcel)]
struct Land {
    parcel: String,
    /// own, leased_in or leased_out
    tenure: &'static str,
    #[schema(value_type = String)]
    mu: Decimal,
    from: String,
    until: Option<String>,
    other_site: Option<String>,
    document: String,
}

#[derive(Serialize, ToSchema)]
#[schema(as = StatedFigure)]
struct Figure {
    year: i16,
    month: Option<u8>,
    item: &'static str,
    #[schema(value_type = String)]
    value: Decimal,
    unit: &'static str,
    source: String,
}

#[derive(Serialize, ToSchema)]
struct OwnGateway {
    gateway_id: String,
}

#[derive(Serialize, ToSchema)]
struct OwnMeter {
    gateway_id: String,
    meter: String,
    point: String,
    counts_as: &'static str,
    carrier: String,
    product: String,
    serial: String,
    calibrated_until: Option<String>,
}

impl From<Profile> for Standing {
    fn from(profile: Profile) -> Standing {
        Standing {
            township_code: profile.township_code,
            legal_person: profile.legal_person,
            above_scale: profile.above_scale,
            registered_on: profile.registered_on.map(|day| day.to_string()),
            land_granted_on: profile.land_granted_on.map(|day| day.to_string()),
            landlord: profile.landlord,
            tags: profile.tags.into_iter().collect(),
        }
    }
}

impl From<Parcel> for Land {
    fn from(parcel: Parcel) -> Land {
        Land {
            parcel: parcel.parcel,
            tenure: match parcel.tenure {
                Tenure::Own => "own",
                Tenure::LeasedIn => "leased_in",
                Tenure::LeasedOut => "leased_out",
            },
            mu: parcel.mu,
            from: parcel.from.to_string(),
            until: parcel.until.map(|day| day.to_string()),
            other_site: parcel.other_site,
            document: parcel.document,
        }
    }
}

impl From<EconomicFigure> for Figure {
    fn from(figure: EconomicFigure) -> Figure {
        let EconomicFigure { year, month, item, value, source, .. } = figure;
        Figure { year, month, item: item.name(), value, unit: item.unit(), source }
    }
}

/// What is registered of a site
#[utoipa::path(get, path = "/api/v1/sites/{credit_code}/profile",
    params(("credit_code" = String, Path)), responses((status = 200, body = SiteProfile)))]
async fn profile(Shared(state): Shared<State>, Extension(asker): Extension<Asker>, path: Code, uri: Uri) -> Answer {
    let code = credit_code(path)?;
    Asked::read(&uri, &[])?;
    visible::site(&state, &asker, &code).await?;
    let store = &state.store;
    let (profile, parcels) = store.standing_of(&code).await?;
    let (economy, versions) = (store.figures_of(&code).await?, store.versions_of(&code, VERSIONS_MAX).await?);
    let (gateways, boundary) = (store.gateways().await?, store.boundary_of(&code).await?);
    json(move || {
        let own = gateways.into_iter().filter(|gateway| gateway.credit_code == code);
        let meters = boundary.into_iter().map(|line| OwnMeter {
            counts_as: crate::platform::assess::role_name(line.counts_as),
            gateway_id: line.point.gateway_id,
            meter: line.point.meter,
            point: line.point.point,
            carrier: line.carrier,
            product: line.product,
            serial: line.serial,
            calibrated_until: line.calibrated_until.map(|day| day.to_string()),
        });
        Ok(SiteProfile {
            profile: profile.into(),
            parcels: parcels.into_iter().map(Land::from).collect(),
            economy: economy.into_iter().map(Figure::from).collect(),
            gateways: own.map(|gateway| OwnGateway { gateway_id: gateway.gateway_id }).collect(),
            meters: meters.collect(),
            versions: versions.into_iter().map(Version::from).collect(),
        })
    })
    .await
}

#[derive(Serialize, ToSchema)]
#[schema(as = RegistryVersions)]
struct Versions {
    rows: Vec<Version>,
}

/// Who changed a table, when, by what, and what it changed.
#[derive(Serialize, ToSchema)]
#[schema(as = RegistryVersion)]
struct Version {
    kind: String,
    version: u64,
    by: String,
    at_ms: UtcMillis,
    /// Empty for what was entered by hand.
    file: String,
    sha256: String,
    reason: String,
    rows: u64,
    added: u64,
    changed: u64,
    removed: u64,
    unchanged: u64,
}

impl From<RegisterVersion> for Version {
    fn from(version: RegisterVersion) -> Version {
        let RegisterVersion { kind, number, by, at, file, sha256, reason, rows, added, changed, removed, unchanged } =
            version;
        Version { kind, version: number, by, at_ms: at, file, sha256, reason, rows, added, changed, removed, unchanged }
    }
}

/// Versions of the registered tables
///
/// The newest first. Who does not see all regions sees those that they made.
#[utoipa::path(get, path = "/api/v1/registry/versions", params(
    ("kind" = Option<String>, Query, description = "Such as sites or economy"),
    ("limit" = Option<u32>, Query, description = "1 to 200, by default 50"),
), responses((status = 200, body = Versions)))]
async fn versions(Shared(state): Shared<State>, Extension(asker): Extension<Asker>, uri: Uri) -> Answer {
    let asked = Asked::read(&uri, &["kind", "limit"])?;
    let kind = asked.value("kind").map(kind_of).transpose()?;
    let limit = number(&asked, "limit", 50, 1, VERSIONS_MAX)?;
    let mut rows = state.store.register_versions(kind.map(|kind| kind.name().to_owned()), limit).await?;
    rows.retain(|version| asker.sees_everything() || version.by == asker.name);
    json(move || Ok(Versions { rows: rows.into_iter().map(Version::from).collect() })).await
}

/// What a file changes, and what is wrong with it.
#[derive(Serialize, ToSchema)]
#[schema(as = RegistryImport)]
struct Import {
    kind: &'static str,
    /// Rows that the file names.
    rows: u64,
    added: u64,
    changed: u64,
    removed: u64,
    unchanged: u64,
    /// Of the level `error` any one keeps all rows out.
    problems: Vec<Wrong>,
    /// Problems beyond those that are listed.
    problems_unlisted: usize,
    /// The first changed rows.
    changes: Vec<Change>,
    /// The version that was made; null where nothing was stored.
    version: Option<u64>,
}

#[derive(Serialize, ToSchema)]
#[schema(as = ImportProblem)]
struct Wrong {
    /// The table that it is in: the file, or what is registered already and does not fit it.
    file: String,
    row: Option<usize>,
    /// The column's name, or its letter.
    column: Option<String>,
    /// error or warning
    level: &'static str,
    found: Text,
    expected: Text,
    fix: Text,
}

/// A row's fields before and after; null where it was not there.
#[derive(Serialize, ToSchema)]
#[schema(as = RowChange)]
struct Change {
    before: Option<Vec<String>>,
    after: Option<Vec<String>>,
}

/// Import a table
///
/// CSV (UTF-8 or GBK) or XLSX as the body. All or nothing; rows that it does not name stay, unless `replace` says that it is
/// the whole. The answer lists every problem; `version` is null where nothing was stored.
#[utoipa::path(post, path = "/api/v1/registry/imports", params(
    ("kind" = String, Query, description = "sites, gateways, products, boundary, virtual_points, stock, calorific, profiles, parcels or economy"),
    ("dry_run" = Option<bool>, Query, description = "Say what it would do, and do nothing"),
    ("replace" = Option<bool>, Query, description = "Remove the rows that the file does not name; not of economy"),
    ("sheet" = Option<String>, Query, description = "Of a workbook; by default the first that is shown"),
    ("file" = Option<String>, Query, description = "Its name, for messages and the version"),
    ("reason" = Option<String>, Query, description = "Why"),
), request_body(content = Vec<u8>, content_type = "application/octet-stream"), responses((status = 200, body = Import)))]
async fn imports(Shared(state): Shared<State>, Extension(asker): Extension<Asker>, uri: Uri, bytes: Bytes) -> Answer {
    asker.need(Role::Operator)?;
    let asked = Asked::read(&uri, &["kind", "dry_run", "replace", "sheet", "file", "reason"])?;
    let kind = kind_of(asked.value("kind").unwrap_or_default())?;
    let (dry_run, replace) = (truth(&asked, "dry_run")?, truth(&asked, "replace")?);
    if replace && kind == Kind::Economy {
        return Err(Refusal::bad(
            "经济数据不能整表替换：逐项删除",
            "figures are not replaced as a whole: remove them one by one",
        ));
    }
    let (file, reason) = (short("file", asked.value("file"))?, short("reason", asked.value("reason"))?);
    let file = if file.is_empty() { kind.name().to_owned() } else { file };
    let sheet = asked.value("sheet").map(str::to_owned);
    let read = task::blocking(move || Part::read(kind, &bytes, &file, sheet.as_deref(), replace)).await;
    let imported = match read {
        Ok(part) => import::import(&state.store, vec![part], &asker, &reason, dry_run).await?,
        Err(problems) => Imported::Refused(problems),
    };
    let answer = answer_of(kind, imported)?;
    json(move || Ok(answer)).await
}

fn answer_of(kind: Kind, imported: Imported) -> Result<Import, Refusal> {
    let mut answer = Import {
        kind: kind.name(),
        rows: 0,
        added: 0,
        changed: 0,
        removed: 0,
        unchanged: 0,
        problems: Vec::new(),
        problems_unlisted: 0,
        changes: Vec::new(),
        version: None,
    };
    let mut list = |problems: &Problems, level| {
        answer.problems.extend(problems.listed().iter().map(|problem| wrong(problem, level)));
        answer.problems_unlisted += problems.count() - problems.listed().len();
    };
    match imported {
        Imported::Overtaken => {
            let text = Text::new("同时有另一次导入，请重试", "there was another import meanwhile: try again");
            return Err(Refusal { status: StatusCode::CONFLICT, text });
        }
        Imported::Refused(problems) => list(&problems, "error"),
        Imported::Taken { outcomes, warnings } => {
            warnings.iter().for_each(|warnings| list(warnings, "warning"));
            for outcome in outcomes {
                let (rows, difference) = (outcome.rows, outcome.difference);
                answer = Import {
                    rows,
                    added: difference.added,
                    changed: difference.changed,
                    removed: difference.removed,
                    unchanged: difference.unchanged,
                    version: outcome.version,
                    ..answer
                };
                let fields = |entry: Option<registry::Entry>| entry.map(|entry| entry.fields);
                let changes = difference.listed.into_iter();
                let changes = changes.map(|(before, after)| Change { before: fields(before), after: fields(after) });
                answer.changes.extend(changes);
            }
        }
    }
    Ok(answer)
}

fn wrong(problem: &Problem, level: &'static str) -> Wrong {
    let Problem { file, position, key, found, expected, fix, .. } = problem;
    let letters = position.filter(|_| problem.cells).map(|position| problem::letters(position.column));
    Wrong {
        file: file.clone(),
        row: position.map(|position| position.line),
        column: Some(key.clone()).filter(|key| !key.is_empty()).or(letters),
        level,
        found: found.clone(),
        expected: expected.clone(),
        fix: fix.clone(),
    }
}

/// Figures of one site.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct EnteredFigures {
    figures: Vec<EnteredFigure>,
    /// Why, in words; it stands in the version.
    reason: String,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct EnteredFigure {
    year: i16,
    /// 1 to 12; null: of the whole year.
    month: Option<u8>,
    /// Such as tax_wan.
    item: String,
    /// A decimal; null removes the figure.
    value: Option<String>,
    source: String,
}

/// Enter figures by hand
#[utoipa::path(put, path = "/api/v1/sites/{credit_code}/economy", params(("credit_code" = String, Path)),
    request_body = EnteredFigures, responses((status = 200, body = Import)))]
async fn enter(
    Shared(state): Shared<State>,
    Extension(asker): Extension<Asker>,
    path: Code,
    uri: Uri,
    Posted(entered): Posted<EnteredFigures>,
) -> Answer {
    asker.need(Role::Operator)?;
    let code = credit_code(path)?;
    Asked::read(&uri, &[])?;
    visible::site(&state, &asker, &code).await?;
    if entered.reason.trim().is_empty() {
        return Err(Refusal::bad("reason 应写明原因", "reason says why"));
    }
    let reason = short("reason", Some(&entered.reason))?;
    if !(1..=ENTERED_MAX).contains(&entered.figures.len()) {
        return Err(Refusal::bad(
            format!("figures 应有 1 到 {ENTERED_MAX} 项"),
            format!("figures are 1 to {ENTERED_MAX}"),
        ));
    }
    let mut figures: Vec<Entered> = Vec::new();
    for figure in entered.figures {
        let figure = figure_of(figure)?;
        let same = |other: &Entered| (other.year, other.month, other.item) == (figure.year, figure.month, figure.item);
        if figures.iter().any(same) {
            return Err(Refusal::bad("同一数据出现两次", "a figure is given twice"));
        }
        figures.push(figure);
    }
    let imported = import::enter(&state.store, &code, figures, &asker, &reason).await?;
    let answer = answer_of(Kind::Economy, imported)?;
    json(move || Ok(answer)).await
}

fn figure_of(figure: EnteredFigure) -> Result<Entered, Refusal> {
    let item = EconomicItem::by_name(&figure.item).ok_or_else(|| {
        let (item, known) = (quoted(&figure.item), EconomicItem::ALL.map(EconomicItem::name).join(", "));
        Refusal::bad(format!("未知指标 {item}；可用：{known}"), format!("unknown item {item}; known are {known}"))
    })?;
    let month = figure.month.map_or(String::new(), |month| month.to_string());
    let checked = registry::figure(item, &figure.year.to_string(), &month, figure.value.as_deref(), &figure.source);
    let (year, month, value, source) = checked.map_err(|(expected, fix)| {
        Refusal::bad(
            format!("{}：应为{}；{}", item.name(), expected.zh, fix.zh),
            format!("{}: expected {}; {}", item.name(), expected.en, fix.en),
        )
    })?;
    Ok(Entered { year, month, item, value, source })
}

fn credit_code(path: Code) -> Result<String, Refusal> {
    let text = path.map(|Path(text)| text).unwrap_or_default();
    question::credit_code(&text).map(str::to_owned)
}

fn kind_of(name: &str) -> Result<Kind, Refusal> {
    Kind::by_name(name).ok_or_else(|| {
        let (name, known) = (quoted(name), Kind::ALL.map(Kind::name).join(", "));
        Refusal::bad(format!("kind 为 {name}；可用：{known}"), format!("kind is {name}; known are {known}"))
    })
}

fn short(key: &str, text: Option<&str>) -> Result<String, Refusal> {
    let text = text.unwrap_or_default();
    if text.chars().count() > WORDS_CHARS_MAX || text.chars().any(char::is_control) {
        return Err(Refusal::bad(
            format!("{key} 至多 {WORDS_CHARS_MAX} 个字符，不含控制字符"),
            format!("{key} has at most {WORDS_CHARS_MAX} characters, and no control characters"),
        ));
    }
    Ok(text.to_owned())
}

fn truth(asked: &Asked, key: &str) -> Result<bool, Refusal> {
    match asked.value(key) {
        None | Some("false") => Ok(false),
        Some("true") => Ok(true),
        Some(_) => Err(Refusal::bad(format!("{key} 应为 true 或 false"), format!("{key} is true or false"))),
    }
}

fn number(asked: &Asked, key: &str, default: u32, first: u32, last: u32) -> Result<u32, Refusal> {
    let Some(text) = asked.value(key) else { return Ok(default) };
    text.parse().ok().filter(|number| (first..=last).contains(number)).ok_or_else(|| {
        Refusal::bad(format!("{key} 应为 {first} 到 {last}"), format!("{key} is a number from {first} to {last}"))
    })
}
