use super::*;
use crate::{
    energy::intensity::Light,
    model::{Doubts, LimitGrade, LimitKey, Period, ProductLimit, Quality, Target, TargetKind, UtcMillis},
    platform::assess::{ProductOutput, SiteAssessment},
};
use jiff::civil::date;
use rust_decimal::Decimal;

fn d(text: &str) -> Decimal {
    text.parse().unwrap()
}

/// A site of 331003 in C17 with so much standard coal, of which a tenth is raw material and a twentieth renewable.
fn site(code: &str, kgce: Option<&str>) -> SiteAssessment {
    let kgce = kgce.map(d);
    SiteAssessment {
        credit_code: code.into(),
        name: format!("Site {code}"),
        city_code: "331000".into(),
        county_code: "331003".into(),
        industry_code: "C1713".into(),
        land_mu: d("10"),
        energy: Vec::new(),
        products: vec![ProductOutput {
            product: "steel".into(),
            name: "Steel".into(),
            unit: "t".into(),
            good: Some(d("4")),
            scrap: None,
            quality: Quality::Good,
            doubts: Doubts::NONE,
        }],
        kwh: None,
        kgce,
        kgce_without_raw_material: kgce.map(|kgce| kgce * d("0.9")),
        kgce_without_renewable: kgce.map(|kgce| kgce * d("0.95")),
        co2_t: kgce.map(|kgce| kgce / d("400")),
        output: Some(d("4")),
        output_unit: "t".into(),
        output_value_wan: Some(d("50")),
        kgce_per_product: None,
        tce_per_wan: None,
        output_value_wan_per_mu: None,
        tce_per_mu: None,
        tax_wan_per_mu: None,
        value_added_wan_per_mu: None,
        completeness: Some(d("1")),
        figures: Default::default(),
        notes: Vec::new(),
        terms: Vec::new(),
    }
}

fn year<'a>(site: &'a SiteAssessment, value_added: Option<&str>) -> Year<'a> {
    Year { site, value_added: value_added.map(d), comparable: value_added.map(d) }
}

fn member<'a>(this: Year<'a>, before: Option<Year<'a>>) -> Member<'a> {
    Member { site: this.site, township: None, this, before }
}

#[test]
fn a_missing_site_makes_the_sum_a_lower_bound_and_is_in_no_ratio() {
    let (a, b, c) = (site("A", Some("2000")), site("B", None), site("C", Some("1000")));
    let members =
        [member(year(&a, Some("40")), None), member(year(&b, Some("60")), None), member(year(&c, None), None)];
    let [row] = rows(&members, By::County, &Per::ValueAdded, Counting::All).try_into().unwrap();
    assert_eq!((row.sites, row.known, row.complete, row.compared), (3, 2, 2, 1));
    assert_eq!(row.tce, Some(d("3")));
    assert!(row.is_lower_bound());
    assert_eq!(row.denominator, Some(d("100")), "over the sites that know it");
    assert_eq!(row.intensity, Some(d("0.05")), "2 tce over 40, neither over 100 nor 3 over 40");
    assert_eq!((row.missing_total, row.missing[0].credit_code.as_str()), (2, "B"));
    assert_eq!((row.missing[0].energy, row.missing[1].denominator), (true, true));
    assert!(row.notes[0].en.contains("lower bound") && row.notes[0].zh.contains("下限"));
    assert_eq!((row.co2_t, row.co2_known), (Some(d("7.5")), 2));
    assert_eq!((row.tce_raw_material, row.tce_renewable), (Some(d("0.3")), Some(d("0.15"))));
    let nothing = rows(&members[1..2], By::County, &Per::ValueAdded, Counting::All);
    assert_eq!((nothing[0].tce, nothing[0].intensity), (None, None), "and never 0");
}

#[test]
fn a_change_compares_the_same_sites_at_comparable_prices() {
    let (a, a_before, newcomer) = (site("A", Some("970")), site("A", Some("1000")), site("N", Some("5000")));
    let members =
        [member(year(&a, Some("10")), Some(year(&a_before, Some("10")))), member(year(&newcomer, Some("1")), None)];
    let row = &rows(&members, By::Province, &Per::ValueAdded, Counting::All)[0];
    assert_eq!((row.key.as_str(), row.matched), ("330000", 1));
    assert_eq!((row.reduction_percent, row.growth_percent), (Some(d("3.00")), Some(d("-3.00"))));
    assert_eq!((row.change_percent(), row.last_year), (Some(d("-3")), Some(d("0.1"))));
    // current prices are known and comparable ones are not: no change is told
    let mut inflated = members.clone();
    inflated[0].this.comparable = None;
    let row = &rows(&inflated, By::Province, &Per::ValueAdded, Counting::All)[0];
    assert_eq!((row.reduction_percent, row.matched), (None, 0));
    assert!(row.intensity.is_some());
}

#[test]
fn rows_are_by_site_industry_and_region_and_a_site_without_township_is_told() {
    let (mut a, b) = (site("A", Some("1")), site("B", Some("1")));
    a.industry_code = "C2927".into();
    let mut members = [member(year(&a, None), None), member(year(&b, None), None)];
    members[0].township = Some("331003104");
    let keys = |by| rows(&members, by, &Per::OutputValue, Counting::All).into_iter().map(|row| row.key);
    for (by, expected) in [
        (By::Site, vec!["A", "B"]),
        (By::Section, vec!["C"]),
        (By::Division, vec!["C17", "C29"]),
        (By::Class, vec!["C1713", "C2927"]),
        (By::Township, vec!["331003000", "331003104"]),
        (By::County, vec!["331003"]),
        (By::City, vec!["331000"]),
        (By::Province, vec!["330000"]),
    ] {
        assert_eq!(keys(by).collect::<Vec<_>>(), expected);
        assert_eq!(By::by_name(by.name()), Some(by));
    }
    let townships = rows(&members, By::Township, &Per::OutputValue, Counting::All);
    assert!(townships[0].name.en.contains("not registered"));
}

#[test]
fn energy_per_product_is_of_sites_that_make_it_alone_and_in_one_unit() {
    let (a, mut two) = (site("A", Some("2000")), site("B", Some("900")));
    two.products.push(two.products[0].clone());
    two.output = None;
    let members = [member(year(&a, None), None), member(year(&two, None), None)];
    let per = Per::Product { code: "steel".into(), unit: "kg".into() };
    let row = &rows(&members, By::County, &per, Counting::All)[0];
    assert_eq!((row.intensity, row.unit.as_str(), row.compared), (Some(d("0.5")), "kgce/kg", 1));
    let other = Per::Product { code: "yarn".into(), unit: "kg".into() };
    assert_eq!(rows(&members, By::County, &other, Counting::All)[0].intensity, None);
}

#[test]
fn what_does_not_count_in_dual_control_is_left_out_of_it() {
    let a = site("A", Some("1000"));
    assert_eq!(energy_of(&a, Counting::WithoutRawMaterial), Some(d("900.0")));
    assert_eq!(energy_of(&a, Counting::WithoutBoth), Some(d("850.00")));
    let mut unknown = a.clone();
    unknown.kgce_without_renewable = None;
    assert_eq!(energy_of(&unknown, Counting::WithoutBoth), None);
}

fn limit(region: &str, grade: LimitGrade, from: jiff::civil::Date, kgce: &str) -> ProductLimit {
    let key = LimitKey { product: "steel".into(), region: region.into(), grade, valid_from: from };
    ProductLimit { key, kgce_per_unit: d(kgce), unit: "t".into(), source: "standard".into(), by: "t".into() }
}

#[test]
fn the_strictest_limit_in_force_binds_and_has_no_margin() {
    let limits = [
        limit("", LimitGrade::Limit, date(2018, 1, 1), "600"),
        limit("", LimitGrade::Limit, date(2024, 1, 1), "550"),
        limit("330000", LimitGrade::Limit, date(2020, 1, 1), "560"),
        limit("320000", LimitGrade::Limit, date(2020, 1, 1), "100"),
        limit("", LimitGrade::Advanced, date(2018, 1, 1), "400"),
    ];
    let on = |day, intensity: &str| verdict(&limits, ("steel", "t"), "331003", day, d(intensity)).unwrap();
    assert_eq!(on(date(2019, 5, 1), "600").kgce_per_unit, d("600"));
    assert_eq!(on(date(2019, 5, 1), "600").light, Light::Green);
    assert_eq!(
        on(date(2021, 5, 1), "560.0001").light,
        Light::Red,
        "the province's is stricter than the country's then"
    );
    assert_eq!(on(date(2024, 5, 1), "550").kgce_per_unit, d("550"));
    assert_eq!(on(date(2024, 5, 1), "550").reached, Some(LimitGrade::Limit));
    assert_eq!(on(date(2024, 5, 1), "400").reached, Some(LimitGrade::Advanced));
    // in another unit of mass
    let by_kg = verdict(&limits, ("steel", "kg"), "331003", date(2024, 5, 1), d("0.56")).unwrap();
    assert_eq!((by_kg.kgce_per_unit, by_kg.light), (d("0.55"), Light::Red));
    assert!(verdict(&limits, ("yarn", "t"), "331003", date(2024, 5, 1), d("1")).is_none());
    assert!(verdict(&limits, ("steel", "t"), "331003", date(2010, 5, 1), d("1")).is_none());
}

fn target(kind: TargetKind, value: &str) -> Target {
    Target { region: "331003".into(), year: 2026, kind, value: d(value), source: "t".into(), by: "t".into() }
}

#[test]
fn the_lights_of_the_notice_are_compared_before_any_rounding() {
    let span = |from, until| DateSpan { start: from, end: until };
    let (judged, whole) = (span(date(2026, 1, 1), date(2026, 11, 1)), span(date(2026, 1, 1), date(2027, 1, 1)));
    let light = |kind, value: &str, this: &str, last: &str| {
        let (a, before) = (site("A", Some(this)), site("A", Some(last)));
        let row = &rows(
            &[member(year(&a, Some("1")), Some(year(&before, Some("1"))))],
            By::County,
            &Per::ValueAdded,
            Counting::All,
        )[0];
        lights(&[&target(kind, value)], row, row, judged, whole)[0].light
    };
    for (this, expected) in [
        ("97", Light::Green),
        ("97.01", Light::Yellow),
        ("97.3", Light::Yellow),
        ("97.3001", Light::Red),
        ("101", Light::Red),
    ] {
        assert_eq!(light(TargetKind::Intensity, "3.0", this, "100"), Some(expected), "{this}");
        assert_eq!(light(TargetKind::CarbonIntensity, "3.0", this, "100"), Some(expected), "{this}");
    }
    for (this, expected) in [("102", Light::Green), ("102.2", Light::Yellow), ("102.2001", Light::Red)] {
        assert_eq!(light(TargetKind::Total, "2", this, "100"), Some(expected), "{this}");
    }
    assert_eq!(light(TargetKind::Intensity, "0", "97", "100"), Some(Light::NoTarget));
    // 304 of 365 days: 0.365 tce in the year are 0.304 by then
    assert_eq!(light(TargetKind::TotalTce, "0.365", "304", "1"), Some(Light::Green));
    assert_eq!(light(TargetKind::TotalTce, "0.365", "304.1", "1"), Some(Light::Yellow));
}

#[test]
fn a_lower_bound_can_break_a_ceiling_and_not_keep_it() {
    let (a, unknown) = (site("A", Some("500")), site("B", None));
    let members = [member(year(&a, None), None), member(year(&unknown, None), None)];
    let row = &rows(&members, By::County, &Per::ValueAdded, Counting::All)[0];
    let whole = DateSpan { start: date(2026, 1, 1), end: date(2027, 1, 1) };
    let light = |value: &str| lights(&[&target(TargetKind::TotalTce, value)], row, row, whole, whole)[0].light;
    assert_eq!((light("1"), light("0.4")), (None, Some(Light::Red)));
}

#[test]
fn stretches_of_the_year_and_the_same_a_year_before() {
    let shown = |period: Option<Period>| period.map(|period| period.to_string());
    let before = |text: &str| shown(last_year(&span(text).unwrap()));
    assert_eq!(before("2026"), Some("2025-01-01..2025-12-31".into()));
    assert_eq!(before("2024-02"), Some("2023-02-01..2023-02-28".into()));
    for day in ["2024-02-28", "2024-02-29"] {
        assert_eq!(before(day), Some("2023-02-28".into()));
    }
    assert_eq!(before("2025-02"), Some("2024-02-01..2024-02-29".into()));
    assert_eq!(shown(span("2026-Q3")), Some("2026-07..2026-09".into()));
    assert_eq!(shown(span("rolling:2026-11")), Some("2025-12-01..2026-11-30".into()));
    for wrong in ["2026-Q5", "2026-Q", "rolling:2026", "rolling:", "Q1", "x-Q1"] {
        assert!(span(wrong).is_none(), "{wrong}");
    }
    // 2026-11-24 12:00 +08:00
    let now = UtcMillis(1_795_492_800_000);
    let year = |text: &str| shown(to_date(&text.parse().unwrap(), now));
    assert_eq!(year("2026"), Some("2026-01-01..2026-10-31".into()));
    assert_eq!(year("2025"), Some("2025".into()));
    assert_eq!(year("2026-11"), None);
    assert_eq!(year("2027"), None);
}

#[test]
fn a_region_covers_the_codes_below_it() {
    for (region, code, covered) in [
        ("330000", "331003", true),
        ("331000", "331003104", true),
        ("331003", "331003104", true),
        ("331003104", "331003104", true),
        ("331003100", "331003104", false),
        ("331000", "330106", false),
        ("", "331003", true),
        ("320000", "331003", false),
    ] {
        assert_eq!(region_covers(region, code), covered, "{region} {code}");
    }
}
