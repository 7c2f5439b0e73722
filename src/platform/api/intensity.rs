//! Energy intensity: rows by site, industry and region, months of a region or site, the tree of regions.

use super::{
    Answer, State, dual_question as ask, json,
    question::{self, Asked},
    refusal::Refusal,
};
use crate::{
    model::{Period, UtcMillis, unit},
    platform::{
        access::Asker,
        assess::{Basis, SiteAssessment},
        dual::{Dual, Pair, covers, gravest},
        intensity::{self, By, Counting, DateSpan, Per, Row, TargetLight, to_date, verdict},
    },
    runtime::clock,
};
use axum::{Extension, extract::State as Shared, http::Uri};
use std::{cmp::Ordering, collections::BTreeMap};
use utoipa_axum::{router::OpenApiRouter, routes};

/// Bytes of a product's code in a question.
const PRODUCT_BYTES_MAX: usize = 64;

mod view;

pub(super) use view::light_name;
use view::{IntensityMonth, IntensityRow, IntensityRows, IntensitySeries, LimitShown, RegionRow, RegionRows};

pub(super) fn routes() -> OpenApiRouter<State> {
    OpenApiRouter::new().routes(routes!(intensity)).routes(routes!(series)).routes(routes!(regions))
}

#[derive(Clone, Copy)]
enum Sort {
    Key,
    Tce,
    Co2,
    Denominator,
    Intensity,
    Change,
}

const SORTS: [(&str, Sort); 7] = [
    ("key", Sort::Key),
    ("name", Sort::Key),
    ("tce", Sort::Tce),
    ("co2_t", Sort::Co2),
    ("denominator", Sort::Denominator),
    ("intensity", Sort::Intensity),
    ("change_percent", Sort::Change),
];
const COUNTINGS: [(&str, Counting); 3] = [
    ("all", Counting::All),
    ("without_raw_material", Counting::WithoutRawMaterial),
    ("without_both", Counting::WithoutBoth),
];
const ORDERS: [(&str, bool); 2] = [("asc", false), ("desc", true)];

/// Energy intensity by site, industry or region
///
/// A missing site makes a sum a lower bound and stands in no ratio. Changes compare the same sites at comparable prices.
#[utoipa::path(get, path = "/api/v1/intensity", params(
    ("by" = Option<String>, Query, description = "site, industry (division), section, class, township, county (by default), city, province"),
    ("period" = Option<String>, Query, description = "2026, 2026-Q3, 2026-11, 2026-11-24, 2026-01..2026-10 or rolling:2026-11; by default this year"),
    ("per" = Option<String>, Query, description = "value_added (by default), output_value, product"),
    ("product" = Option<String>, Query, description = "The product's code; by default the one that most of the sites make alone"),
    ("unit" = Option<String>, Query, description = "The product's unit"),
    ("region" = Option<String>, Query, description = "GB/T 2260 or GB/T 10114"),
    ("industry" = Option<String>, Query, description = "GB/T 4754, or its beginning"),
    ("counting" = Option<String>, Query, description = "all (by default), without_raw_material, without_both (and without new renewable energy)"),
    ("basis" = Option<String>, Query, description = "calorific (by default) or equivalent"),
    ("sort" = Option<String>, Query, description = "key (by default), tce, co2_t, denominator, intensity, change_percent; unknown stands last"),
    ("order" = Option<String>, Query, description = "asc or desc"),
    ("offset" = Option<u32>, Query), ("limit" = Option<u32>, Query, description = "1 to 200"),
), responses((status = 200, body = IntensityRows)))]
async fn intensity(Shared(state): Shared<State>, Extension(asker): Extension<Asker>, uri: Uri) -> Answer {
    let keys = [
        "by", "period", "per", "product", "unit", "region", "industry", "counting", "basis", "sort", "order", "offset",
        "limit",
    ];
    let (asked, now) = (Asked::read(&uri, &keys)?, clock::now());
    let by = ask::one_of(&asked, "by", &By::ALL.map(|by| (by.name(), by)), By::County)?;
    let (period, basis) = (ask::period(&asked, now)?, asked.basis()?);
    let counting = ask::one_of(&asked, "counting", &COUNTINGS, Counting::All)?;
    let sort = ask::one_of(&asked, "sort", &SORTS, Sort::Key)?;
    let descending = ask::one_of(&asked, "order", &ORDERS, false)?;
    let (offset, limit) = ask::page(&asked)?;
    let region = ask::region(&asked, "region")?.map(str::to_owned);
    let industry = ask::industry(&asked)?.map(str::to_owned);
    let wished = per(&asked)?;
    let dual = state.dual();
    let pair = Pair::read(&dual, &period, basis).await?;
    let lights = if by.is_region() { lights(&dual, &period, basis, now).await? } else { BTreeMap::new() };
    let limits = state.store.limits().await?;
    json(move || {
        let members = pair.members(|site, township| {
            asker.sees(&site.county_code)
                && region.as_deref().is_none_or(|region| covers(region, site, township))
                && industry.as_deref().is_none_or(|industry| site.industry_code.starts_with(industry))
        });
        let per = wished.settled(members.iter().map(|member| member.site));
        let mut rows = intensity::rows(&members, by, &per, counting);
        let total = rows.len();
        sorted(&mut rows, sort, descending);
        let county: BTreeMap<&str, &str> =
            members.iter().map(|member| (member.site.credit_code.as_str(), member.site.county_code.as_str())).collect();
        let last_day = period.end.plus_ms(-1).civil().map(|civil| civil.date());
        let shown = rows.into_iter().skip(offset).take(limit).map(|row| {
            let limit = match (&per, by, last_day, row.intensity) {
                (Per::Product { code, unit }, By::Site, Some(on), Some(each)) => {
                    let county = county.get(row.key.as_str()).copied().unwrap_or_default();
                    verdict(&limits, (code, unit), county, on, each).map(|verdict| {
                        let shown = LimitShown {
                            kgce_per_unit: verdict.kgce_per_unit.normalize(),
                            region: verdict.limit.key.region.clone(),
                            source: verdict.limit.source.clone(),
                            reached: verdict.reached.map(|grade| grade.name()),
                        };
                        (shown, verdict.light)
                    })
                }
                _ => None,
            };
            let none = Vec::new();
            let lights = lights.get(&row.key).filter(|_| asker.sees(&row.key)).unwrap_or(&none);
            IntensityRow::new(row, lights, limit)
        });
        Ok(IntensityRows { period: period.to_string(), basis, rows: shown.collect(), total })
    })
    .await
}

/// What a question says of the denominator, before the sites are known.
enum Wished {
    Per(Per),
    Product { code: Option<String>, unit: Option<String> },
}

fn per(asked: &Asked) -> Result<Wished, Refusal> {
    let text = |key: &str| {
        let value = asked.value(key).map(str::to_owned);
        let wrong = || {
            Refusal::bad(
                format!("{key} 最多 {PRODUCT_BYTES_MAX} 字节"),
                format!("{key} has at most {PRODUCT_BYTES_MAX} bytes"),
            )
        };
        if value.as_ref().is_some_and(|value| value.len() > PRODUCT_BYTES_MAX) { Err(wrong()) } else { Ok(value) }
    };
    let (code, unit) = (text("product")?, text("unit")?);
    let known = [("value_added", 0_u8), ("output_value", 1), ("product", 2)];
    Ok(match ask::one_of(asked, "per", &known, 0)? {
        0 => Wished::Per(Per::ValueAdded),
        1 => Wished::Per(Per::OutputValue),
        _ => Wished::Product { code, unit },
    })
}

impl Wished {
    fn settled<'a>(self, sites: impl Iterator<Item = &'a SiteAssessment>) -> Per {
        let (code, wanted) = match self {
            Wished::Per(per) => return per,
            Wished::Product { code, unit } => (code, unit),
        };
        let mut made: BTreeMap<(&str, &str), usize> = BTreeMap::new();
        for site in sites {
            if let [only] = site.products.as_slice()
                && code.as_deref().is_none_or(|code| code == only.product)
            {
                *made.entry((&only.product, &only.unit)).or_default() += 1;
            }
        }
        // the first of those that most sites make
        let common = made.into_iter().rev().max_by_key(|(_, sites)| *sites).map(|((code, unit), _)| (code, unit));
        let (found, own) = common.unwrap_or_default();
        let unit = wanted.filter(|wanted| unit::ratio(own, wanted).is_some()).unwrap_or_else(|| own.to_owned());
        Per::Product { code: code.unwrap_or_else(|| found.to_owned()), unit }
    }
}

fn sorted(rows: &mut [Row], sort: Sort, descending: bool) {
    let of = |row: &Row| match sort {
        Sort::Key => None,
        Sort::Tce => row.tce,
        Sort::Co2 => row.co2_t,
        Sort::Denominator => row.denominator,
        Sort::Intensity => row.intensity,
        Sort::Change => row.change_percent(),
    };
    rows.sort_by(|a, b| {
        let figures = match (of(a), of(b)) {
            (Some(a), Some(b)) if descending => b.cmp(&a),
            (Some(a), Some(b)) => a.cmp(&b),
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (None, None) => Ordering::Equal,
        };
        let keys = a.key.cmp(&b.key);
        figures.then(if descending && matches!(sort, Sort::Key) { keys.reverse() } else { keys })
    });
}

/// The lights of the year that holds the period's last day, to date, by region.
async fn lights(
    dual: &Dual,
    period: &Period,
    basis: Basis,
    now: UtcMillis,
) -> Result<BTreeMap<String, Vec<TargetLight>>, Refusal> {
    let Some(year) = period.end.plus_ms(-1).civil().map(|civil| civil.year()) else { return Ok(BTreeMap::new()) };
    let targets = dual.store.targets(year).await?;
    let whole: Option<Period> = format!("{year:04}").parse().ok();
    let Some(((whole, judged), false)) =
        whole.and_then(|whole| Some((whole.clone(), to_date(&whole, now)?))).map(|both| (both, targets.is_empty()))
    else {
        return Ok(BTreeMap::new());
    };
    let Some((judged_span, year_span)) = DateSpan::of(&judged).zip(DateSpan::of(&whole)) else {
        return Ok(BTreeMap::new());
    };
    let pair = Pair::read(dual, &judged, basis).await?;
    let found = pair.lights(&targets, judged_span, year_span).into_iter();
    Ok(found.map(|(region, _, lights)| (region.to_owned(), lights)).collect())
}

/// The months of a region or a site
#[utoipa::path(get, path = "/api/v1/intensity/series", params(
    ("region" = Option<String>, Query, description = "GB/T 2260 or GB/T 10114; by default all that the asker sees"),
    ("site" = Option<String>, Query, description = "A credit code"),
    ("year" = Option<i16>, Query), ("per" = Option<String>, Query), ("product" = Option<String>, Query),
    ("unit" = Option<String>, Query), ("basis" = Option<String>, Query),
), responses((status = 200, body = IntensitySeries)))]
async fn series(Shared(state): Shared<State>, Extension(asker): Extension<Asker>, uri: Uri) -> Answer {
    let (asked, now) =
        (Asked::read(&uri, &["region", "site", "year", "per", "product", "unit", "basis"])?, clock::now());
    let (year, basis) = (ask::year(&asked, now)?, asked.basis()?);
    let region = ask::region(&asked, "region")?;
    let site = asked.value("site").map(question::credit_code).transpose()?;
    let dual = state.dual();
    let (mut months, mut unit, mut seen) = (Vec::new(), String::new(), false);
    for month in 1..=12_i8 {
        let Some(period) = format!("{year:04}-{month:02}").parse::<Period>().ok().filter(|period| period.start < now)
        else {
            break;
        };
        let pair = Pair::read(&dual, &period, basis).await?;
        let members = pair.members(|one, township| {
            asker.sees(&one.county_code)
                && region.is_none_or(|region| covers(region, one, township))
                && site.is_none_or(|site| site == one.credit_code)
        });
        seen |= !members.is_empty();
        let per = per(&asked)?.settled(members.iter().map(|member| member.site));
        let row = intensity::whole(&members, &per, Counting::All);
        let before: Vec<_> = members.iter().filter_map(|member| member.before).collect();
        let before = intensity::tce(before.iter().map(|year| year.site));
        let Some(row) = row else { continue };
        unit.clone_from(&row.unit);
        months.push(IntensityMonth {
            month,
            lower_bound: row.is_lower_bound(),
            tce: row.tce,
            co2_t: row.co2_t,
            denominator: row.denominator,
            intensity: row.intensity,
            last_year: before,
        });
    }
    if site.is_some() && !seen {
        return Err(Refusal::no_such_site());
    }
    json(move || Ok(IntensitySeries { rows: months, unit })).await
}

/// The regions below one, or the provinces
#[utoipa::path(get, path = "/api/v1/regions", params(
    ("parent" = Option<String>, Query, description = "GB/T 2260; by default the provinces"),
    ("year" = Option<i16>, Query), ("basis" = Option<String>, Query),
), responses((status = 200, body = RegionRows)))]
async fn regions(Shared(state): Shared<State>, Extension(asker): Extension<Asker>, uri: Uri) -> Answer {
    let (asked, now) = (Asked::read(&uri, &["parent", "year", "basis"])?, clock::now());
    let (year, basis) = (ask::year(&asked, now)?, asked.basis()?);
    let parent = ask::region(&asked, "parent")?.map(str::to_owned);
    let by = match parent.as_deref().map(By::of_region) {
        None => By::Province,
        Some(By::Province) => By::City,
        Some(By::City) => By::County,
        Some(_) => By::Township,
    };
    let dual = state.dual();
    let period: Period = format!("{year:04}").parse().map_err(|error| Refusal::failed(&error))?;
    let pair = Pair::read(&dual, &period, basis).await?;
    let lights = lights(&dual, &period, basis, now).await?;
    json(move || {
        let members = pair.members(|site, township| {
            asker.sees(&site.county_code) && parent.as_deref().is_none_or(|parent| covers(parent, site, township))
        });
        let rows = intensity::rows(&members, by, &Per::ValueAdded, Counting::All).into_iter();
        let rows = rows.map(|row| RegionRow {
            sites: row.sites,
            tce: row.tce,
            lower_bound: row.is_lower_bound(),
            light: lights
                .get(&row.key)
                .filter(|_| asker.sees(&row.key))
                .and_then(|lights| gravest(lights))
                .map(light_name),
            children: by != By::Township
                && (by != By::County
                    || members.iter().any(|one| one.township.is_some() && one.site.county_code == row.key)),
            code: row.key,
            name: row.name.zh.clone(),
            title: row.name,
        });
        Ok(RegionRows {
            rows: if parent.as_deref().is_some_and(|code| code.len() > 6) { Vec::new() } else { rows.collect() },
        })
    })
    .await
}
