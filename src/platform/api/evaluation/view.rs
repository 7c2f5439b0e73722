//! The shapes of the answers about evaluations.

use super::Refusal;
use crate::{
    model::UtcMillis,
    platform::{
        assess::term::{Part, Term},
        evaluation::{
            Comparison, SiteOutcome, WhatIf, Worked,
            rule::{BandLimits, Group, Indicator, RuleSet},
            stored_site,
        },
        store::{EvaluationRow, GradeCount, SiteGrade, SitePage},
    },
    runtime::lang::Text,
};
use rust_decimal::Decimal;
use serde::Serialize;
use utoipa::ToSchema;

#[derive(Serialize, ToSchema)]
pub struct RuleSets {
    rows: Vec<RuleSetRow>,
}

#[derive(Serialize, ToSchema)]
pub struct RuleSetRow {
    id: String,
    title: Text,
    authority: String,
    regions: Vec<String>,
    /// The last evaluated year; null where the source names none.
    year: Option<i16>,
    first_year: Option<i16>,
    basis: &'static str,
    basis_note: String,
    source: String,
    confidence: String,
    sha256: String,
}

#[derive(Serialize, ToSchema)]
pub struct RuleSetWhole {
    #[serde(flatten)]
    set: RuleSetRow,
    decimals: u32,
    groups: Vec<GroupRow>,
}

#[derive(Serialize, ToSchema)]
#[schema(as = RuleGroup)]
pub struct GroupRow {
    id: String,
    title: Text,
    exempt: Option<Text>,
    exempt_grade: Option<String>,
    indicators: Vec<IndicatorRow>,
    bands: Vec<BandRow>,
    vetoes: Vec<Text>,
    /// What the source leaves out, and what that means.
    not_given: Vec<Text>,
}

#[derive(Serialize, ToSchema)]
#[schema(as = RuleIndicator)]
pub struct IndicatorRow {
    name: String,
    title: Text,
    numerator: Vec<&'static str>,
    denominator: Vec<&'static str>,
    unit: String,
    #[schema(value_type = Option<String>)]
    weight: Option<Decimal>,
    #[schema(value_type = Option<String>)]
    base: Option<Decimal>,
    #[schema(value_type = Option<String>)]
    cap: Option<Decimal>,
}

/// Percent of the ranked ones, or scores.
#[derive(Serialize, ToSchema)]
#[schema(as = RuleBand)]
pub struct BandRow {
    grade: String,
    by: &'static str,
    #[schema(value_type = Option<String>)]
    from: Option<Decimal>,
    #[schema(value_type = Option<String>)]
    to: Option<Decimal>,
}

impl RuleSets {
    pub fn of(sets: &[RuleSet]) -> RuleSets {
        RuleSets { rows: sets.iter().map(RuleSetRow::of).collect() }
    }
}

impl RuleSetRow {
    fn of(set: &RuleSet) -> RuleSetRow {
        RuleSetRow {
            id: set.id.clone(),
            title: set.name.clone(),
            authority: set.authority.clone(),
            regions: set.regions.clone(),
            year: set.years.map(|(_, last)| last),
            first_year: set.years.map(|(first, _)| first),
            basis: set.basis.name(),
            basis_note: set.basis_note.clone(),
            source: set.source.clone(),
            confidence: set.confidence.clone(),
            sha256: set.digest(),
        }
    }
}

impl RuleSetWhole {
    pub fn of(set: &RuleSet) -> RuleSetWhole {
        let groups = set.groups.iter().map(GroupRow::of).collect();
        RuleSetWhole { set: RuleSetRow::of(set), decimals: set.decimals, groups }
    }
}

impl GroupRow {
    fn of(group: &Group) -> GroupRow {
        let indicator = |one: &Indicator| IndicatorRow {
            name: one.id.clone(),
            title: one.name.clone(),
            numerator: one.numerator.iter().map(|quantity| quantity.name()).collect(),
            denominator: one.denominator.iter().map(|quantity| quantity.name()).collect(),
            unit: one.unit.clone(),
            weight: one.weight,
            base: one.base,
            cap: one.cap,
        };
        let bands = group.bands.iter().map(|band| {
            let (by, from, to) = match band.limits {
                BandLimits::Share { from, to, .. } => ("percent", Some(from), Some(to)),
                BandLimits::Score { from, to } => ("score", from, to),
            };
            BandRow { grade: band.grade.clone(), by, from, to }
        });
        GroupRow {
            id: group.id.clone(),
            title: group.name.clone(),
            exempt: group.exempt.clone(),
            exempt_grade: group.exempt_grade.clone(),
            indicators: group.indicators.iter().map(indicator).collect(),
            bands: bands.collect(),
            vetoes: group.vetoes.iter().map(|veto| veto.name.clone()).collect(),
            not_given: group.not_given.iter().map(|one| one.text()).collect(),
        }
    }
}

#[derive(Serialize, ToSchema)]
#[schema(as = EvaluationMade)]
pub struct Made {
    pub id: i64,
}

#[derive(Serialize, ToSchema)]
#[schema(as = Evaluations)]
pub struct Runs {
    rows: Vec<Run>,
}

/// A stored run; it never changes.
#[derive(Serialize, ToSchema)]
#[schema(as = Evaluation)]
pub struct Run {
    id: i64,
    rules: String,
    rules_sha256: String,
    inputs_sha256: String,
    regions: Vec<String>,
    year: i16,
    basis: String,
    /// trial or published
    state: &'static str,
    made_ms: UtcMillis,
    by: String,
    published_ms: Option<UtcMillis>,
    published_by: Option<String>,
    objection: Option<ObjectionRow>,
}

/// In what it differs from the version that it corrects.
#[derive(Serialize, ToSchema)]
#[schema(as = EvaluationObjection)]
pub struct ObjectionRow {
    corrects: i64,
    credit_code: String,
    item: String,
    value_before: Option<String>,
    value: String,
    evidence: String,
    reason: String,
}

impl Runs {
    pub fn of(runs: &[EvaluationRow]) -> Runs {
        Runs { rows: runs.iter().map(Run::of).collect() }
    }
}

impl Run {
    fn of(run: &EvaluationRow) -> Run {
        Run {
            id: run.id,
            rules: run.rules_id.clone(),
            rules_sha256: run.rules_sha256.clone(),
            inputs_sha256: run.inputs_sha256.clone(),
            regions: run.regions.clone(),
            year: run.year,
            basis: run.basis.clone(),
            state: state(run.published.is_some()),
            made_ms: run.made,
            by: run.author.clone(),
            published_ms: run.published.as_ref().map(|(at, _)| *at),
            published_by: run.published.as_ref().map(|(_, by)| by.clone()),
            objection: run.objection.as_ref().map(|one| ObjectionRow {
                corrects: one.corrects,
                credit_code: one.credit_code.clone(),
                item: one.item.clone(),
                value_before: one.value_before.clone(),
                value: one.value.clone(),
                evidence: one.evidence.clone(),
                reason: one.reason.clone(),
            }),
        }
    }
}

fn state(published: bool) -> &'static str {
    if published { "published" } else { "trial" }
}

#[derive(Serialize, ToSchema)]
#[schema(as = EvaluationPage)]
pub struct RunPage {
    evaluation: Run,
    totals: Vec<Total>,
    rows: Vec<Graded>,
    total: u64,
}

#[derive(Serialize, ToSchema)]
#[schema(as = GradeTotal)]
pub struct Total {
    group: Option<String>,
    grade: Option<String>,
    count: u64,
}

/// One site's result.
#[derive(Serialize, ToSchema)]
#[schema(as = GradedSite)]
pub struct Graded {
    credit_code: String,
    name: String,
    county_code: String,
    industry_code: String,
    group: Option<String>,
    #[schema(value_type = Option<String>)]
    score: Option<Decimal>,
    rank: Option<u32>,
    grade: Option<String>,
    #[schema(value_type = String)]
    bonus: Decimal,
    #[schema(value_type = String)]
    penalty: Decimal,
    indicators: Vec<Points>,
    reasons: Vec<Why>,
}

#[derive(Serialize, ToSchema)]
#[schema(as = IndicatorPoints)]
pub struct Points {
    name: String,
    #[schema(value_type = Option<String>)]
    value: Option<Decimal>,
    #[schema(value_type = Option<String>)]
    points: Option<Decimal>,
    /// zero, group_mean or left_out, where there is no value
    #[schema(value_type = Option<String>)]
    filled: Option<crate::platform::evaluation::Filled>,
}

/// Why a grade is what it is.
#[derive(Serialize, ToSchema)]
#[schema(as = GradeReason)]
pub struct Why {
    /// unplaced, exempt, landlord, missing, no_score, bonus, penalty, band, no_bands or veto
    #[schema(value_type = String)]
    kind: crate::platform::evaluation::ReasonKind,
    zh: String,
    en: String,
}

impl From<SiteOutcome> for Graded {
    fn from(site: SiteOutcome) -> Graded {
        let points = site.indicators.into_iter();
        let points =
            points.map(|one| Points { name: one.id, value: one.value, points: one.points, filled: one.filled });
        let reasons = site.reasons.into_iter();
        let reasons = reasons.map(|why| Why { kind: why.kind, zh: why.text.zh, en: why.text.en });
        Graded {
            credit_code: site.credit_code,
            name: site.name,
            county_code: site.county_code,
            industry_code: site.industry_code,
            group: site.group,
            score: site.score,
            rank: site.rank,
            grade: site.grade,
            bonus: site.bonus,
            penalty: site.penalty,
            indicators: points.collect(),
            reasons: reasons.collect(),
        }
    }
}

impl RunPage {
    pub fn of(run: &EvaluationRow, grades: &[GradeCount], page: &SitePage) -> Result<RunPage, Refusal> {
        let read = page.bodies.iter().map(|body| stored_site(body).map(Graded::from));
        let total = |one: &GradeCount| Total { group: one.group.clone(), grade: one.grade.clone(), count: one.sites };
        Ok(RunPage {
            evaluation: Run::of(run),
            totals: grades.iter().map(total).collect(),
            rows: read.collect::<Result<_, _>>().map_err(|error| Refusal::failed(&error))?,
            total: page.total,
        })
    }
}

/// A site's score down to its leaves.
#[derive(Serialize, ToSchema)]
pub struct SiteWorkings {
    evaluation: Run,
    site: Graded,
    period: String,
    basis: String,
    indicators: Vec<IndicatorWorkings>,
    score: Option<Term>,
    /// Whether the tree gives the stored score again, to the last digit.
    holds: bool,
}

#[derive(Serialize, ToSchema)]
pub struct IndicatorWorkings {
    name: String,
    title: Text,
    #[schema(value_type = Option<String>)]
    weight: Option<Decimal>,
    #[schema(value_type = Option<String>)]
    base: Option<Decimal>,
    #[schema(value_type = Option<String>)]
    points: Option<Decimal>,
    term: Term,
}

impl SiteWorkings {
    pub fn of(run: &EvaluationRow, rules: &RuleSet, worked: Worked) -> SiteWorkings {
        let Worked { site, term, holds } = worked;
        let group = rules.groups.iter().find(|group| site.group.as_ref() == Some(&group.id));
        let indicators = group.into_iter().flat_map(|group| &group.indicators).filter_map(|one| {
            // the first of the name is the one with the points
            let found = find(term.as_ref()?, &one.id)?;
            Some(IndicatorWorkings {
                name: one.id.clone(),
                title: one.name.clone(),
                weight: one.weight,
                base: one.base,
                points: found.value,
                term: found.clone(),
            })
        });
        SiteWorkings {
            evaluation: Run::of(run),
            period: run.year.to_string(),
            basis: run.basis.clone(),
            indicators: indicators.collect(),
            site: site.into(),
            score: term,
            holds,
        }
    }
}

fn find<'t>(term: &'t Term, name: &str) -> Option<&'t Term> {
    if term.name == name {
        return Some(term);
    }
    term.terms.iter().find_map(|Part { term, .. }| find(term, name))
}

#[derive(Serialize, ToSchema)]
#[schema(as = WhatIf)]
pub struct WhatIfAnswer {
    before: Graded,
    after: Graded,
    because: Vec<Text>,
    workings: Option<Term>,
}

impl WhatIfAnswer {
    pub fn of(found: WhatIf) -> WhatIfAnswer {
        let WhatIf { before, after, because, workings } = found;
        WhatIfAnswer { before: before.into(), after: after.into(), because, workings }
    }
}

#[derive(Serialize, ToSchema)]
pub struct ComparedPage {
    a: Run,
    b: Run,
    /// Those in both runs.
    sites: usize,
    only_in_a: usize,
    only_in_b: usize,
    moves: Vec<crate::platform::evaluation::Move>,
    rows: Vec<crate::platform::evaluation::Moved>,
    total: usize,
}

impl ComparedPage {
    pub fn of(a: &EvaluationRow, b: &EvaluationRow, found: Comparison, offset: u64, limit: u64) -> ComparedPage {
        let Comparison { sites, only_in_a, only_in_b, moves, moved } = found;
        let number = |count: u64| usize::try_from(count).unwrap_or(usize::MAX);
        let total = moved.len();
        let rows = moved.into_iter().skip(number(offset)).take(number(limit)).collect();
        ComparedPage { a: Run::of(a), b: Run::of(b), sites, only_in_a, only_in_b, moves, rows, total }
    }
}

#[derive(Serialize, ToSchema)]
pub struct Grades {
    rows: Vec<GradeOfRun>,
}

#[derive(Serialize, ToSchema)]
pub struct GradeOfRun {
    evaluation: i64,
    rules: String,
    year: i16,
    state: &'static str,
    made_ms: UtcMillis,
    #[serde(flatten)]
    site: Graded,
}

impl Grades {
    pub fn of(rows: Vec<(SiteOutcome, SiteGrade)>) -> Grades {
        let row = |(site, run): (SiteOutcome, SiteGrade)| GradeOfRun {
            evaluation: run.evaluation,
            rules: run.rules_id,
            year: run.year,
            state: state(run.published.is_some()),
            made_ms: run.made,
            site: site.into(),
        };
        Grades { rows: rows.into_iter().map(row).collect() }
    }
}
