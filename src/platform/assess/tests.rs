use super::*;
use crate::{
    model::{
        BoundaryLine, Declared, Doubts, EconomicFigure, EconomicItem, Gateway, Origin, Physics, PointKind, PointName,
        Product, Reading, Role, Series, Site,
    },
    platform::store::{Flow, SiteLedger},
};

const STANDARD: (&str, &str) = ("gbt-2589-2020.toml", include_str!("../../../deploy/coefficients/gbt-2589-2020.toml"));
const DEMO: (&str, &str) = ("demo-equivalent.toml", include_str!("../../../deploy/coefficients/demo-equivalent.toml"));
/// The operator's own value of natural gas; it goes before the range of the standard.
const GAS: &str = r#"
[[factor]]
carrier = "natural_gas"
unit = "m3"
kgce_per_unit = "1.2143"
basis = "both"
valid_from = "2021-04-01"
province = "330000"
source = "supplier"
"#;

fn d(text: &str) -> Decimal {
    text.parse().unwrap()
}

fn site() -> Site {
    Site {
        credit_code: "91331003MA0000111Q".into(),
        name: "worked example".into(),
        city_code: "331000".into(),
        county_code: "331003".into(),
        industry_code: "C2929".into(),
        land_mu: d("25.6"),
        product_code: "crate".into(),
        product_unit: "piece".into(),
        output_value_yuan_per_unit: Some(d("142")),
    }
}

fn flow(role: Role, carrier: &str, unit: &str, amount: i64) -> Flow {
    let reading = Reading { time: UtcMillis(0), count: 0 };
    Flow {
        gateway_id: "gw-1".into(),
        series: Series {
            meter: format!("m-{carrier}"),
            point: "total".into(),
            kind: PointKind::Cumulative,
            role,
            carrier: carrier.into(),
            product: String::new(),
            unit: unit.into(),
            scale: "0.01".parse().unwrap(),
            physics: Physics::default(),
        },
        amount,
        first: Some(reading),
        last: Some(Reading { count: amount, ..reading }),
        slots_expected: 100,
        slots_received: 100,
        estimated: 0,
        breaks: 0,
        epochs: Vec::new(),
        set_aside: 0,
        doubts: Doubts::NONE,
        outputs_by_tag: Vec::new(),
    }
}

fn point(carrier: &str) -> PointName {
    PointName { gateway_id: "gw-1".into(), meter: format!("m-{carrier}"), point: "total".into() }
}

/// The boundary's line of the register that [`flow`] makes of the carrier.
pub(super) fn line(carrier: &str, counts_as: Role) -> BoundaryLine {
    BoundaryLine {
        credit_code: site().credit_code,
        point: point(carrier),
        counts_as,
        carrier: carrier.into(),
        product: String::new(),
        fed_by: None,
        raw_material: false,
        origin: Origin::Grid,
        at_conditions: None,
        enthalpy: None,
        feed_kj_per_kg: Decimal::ZERO,
        serial: String::new(),
        calibrated_until: None,
    }
}

fn silent(mut flow: Flow) -> Flow {
    (flow.amount, flow.first, flow.last, flow.slots_received) = (0, None, None, 0);
    flow
}

/// The energy of domain's example: 8,000,000 kWh, 300,000 m3 gas, 20 t diesel, 5,000 GJ heat; 1,000,000 pieces.
fn example() -> Vec<Flow> {
    vec![
        flow(Role::SiteEnergy, "electricity", "kWh", 800_000_000),
        flow(Role::SiteEnergy, "natural_gas", "m3", 30_000_000),
        flow(Role::SiteEnergy, "diesel", "t", 2_000),
        flow(Role::SiteEnergy, "heat", "GJ", 500_000),
        flow(Role::Output, "", "piece", 100_000_000),
    ]
}

/// The row's one product, as the store gives it.
fn declared(site: &Site) -> Declared {
    let product = Product {
        credit_code: site.credit_code.clone(),
        code: site.product_code.clone(),
        name: site.product_code.clone(),
        unit: site.product_unit.clone(),
        output_value_yuan_per_unit: site.output_value_yuan_per_unit,
        limit: None,
    };
    Declared { products: vec![product], ..Declared::default() }
}

fn ledger(site: Site, gateways: Vec<Gateway>, flows: Vec<Flow>) -> SiteLedger {
    let figure = |item, value| EconomicFigure {
        credit_code: site.credit_code.clone(),
        year: 2025,
        month: None,
        item,
        value: d(value),
        source: "bureau".into(),
    };
    let economy = vec![figure(EconomicItem::TaxWan, "620"), figure(EconomicItem::ValueAddedWan, "3480")];
    let (profile, parcels) = Default::default();
    SiteLedger { declared: declared(&site), site, gateways, flows, profile, parcels, economy }
}

fn run_as(site: Site, flows: Vec<Flow>, files: &[(&str, &str)], period: &str, basis: Basis) -> SiteAssessment {
    let gateways =
        vec![Gateway { gateway_id: "gw-1".into(), credit_code: site.credit_code.clone(), public_keys: Vec::new() }];
    let snapshot = Snapshot { as_of: UtcMillis(1), sites: vec![ledger(site, gateways, flows)] };
    let rules = coefficient::parse(files.iter().copied()).unwrap().into();
    assess(&snapshot, &rules, &period.parse().unwrap(), basis).sites.remove(0)
}

fn run(flows: Vec<Flow>) -> SiteAssessment {
    run_as(site(), flows, &[STANDARD, ("gas.toml", GAS)], "2025", Basis::Calorific)
}

/// The worked example with the demonstration's 等价 values.
pub(in crate::platform) fn worked_example(basis: Basis) -> SiteAssessment {
    run_as(site(), example(), &[STANDARD, ("gas.toml", GAS), DEMO], "2025", basis)
}

fn noted(assessment: &SiteAssessment, words: &str) -> bool {
    assessment.notes.iter().any(|note| note.en.contains(words) && !note.zh.is_empty())
}

#[test]
fn the_worked_example_comes_out_to_its_printed_digits() {
    let calorific = run(example());
    let kgce = |carrier: &str| {
        let row = calorific.energy.iter().find(|row| row.carrier == carrier).unwrap();
        row.kgce_calorific.unwrap().to_string()
    };
    assert_eq!(kgce("natural_gas"), "364290");
    assert_eq!(kgce("diesel"), "29142");
    assert_eq!(kgce("heat"), "170600");
    assert_eq!(kgce("electricity"), "983200");
    assert_eq!(calorific.kgce, Some(d("1547232")));
    assert_eq!((calorific.kgce.unwrap() / d("1000")).round_dp(2), d("1547.23"));
    assert_eq!(calorific.kwh, Some(d("8000000")));

    let got = run_as(site(), example(), &[STANDARD, ("gas.toml", GAS), DEMO], "2025", Basis::Equivalent);
    assert_eq!((got.kgce.unwrap() / d("1000")).round_dp(2), d("2964.03"));
    // tce per mu and per 10,000 yuan: 2,964.032 / 25.6, and / (1,000,000 × 142 / 10,000)
    assert_eq!(got.tce_per_mu, Some(d("115.7825")));
    assert_eq!(got.output_value_wan, Some(d("14200")));
    assert_eq!(got.tce_per_wan, Some(d("0.208735")));
    assert_eq!(got.kgce_per_product, Some(d("2.964032")));
    assert_eq!(got.output_value_wan_per_mu, Some(d("554.6875")));
    assert_eq!(got.tax_wan_per_mu, Some(d("24.21875")));
    assert_eq!(got.value_added_wan_per_mu, Some(d("135.9375")));
    assert_eq!(got.completeness, Some(Decimal::ONE));
    assert!(got.notes.is_empty(), "{:?}", got.notes);
}

#[test]
fn an_intensity_is_the_energy_over_what_was_made() {
    // 2,964,028 kgce; 5,000 pieces of 6,960 yuan are 34.8 million
    let one = GAS.replace("1.2143", "1");
    let flows =
        vec![flow(Role::SiteEnergy, "natural_gas", "m3", 296_402_800), flow(Role::Output, "", "piece", 500_000)];
    let dear = Site { output_value_yuan_per_unit: Some(d("6960")), ..site() };
    let got = run_as(dear, flows, &[("gas.toml", &one)], "2025", Basis::Calorific);
    assert_eq!((got.kgce, got.output_value_wan), (Some(d("2964028")), Some(d("3480"))));
    assert_eq!((got.kgce_per_product, got.tce_per_wan), (Some(d("592.8056")), Some(d("0.851732"))));
}

#[test]
fn a_missing_factor_makes_the_sum_unknown_and_says_so() {
    let got = run_as(site(), example(), &[STANDARD], "2025", Basis::Equivalent);
    assert_eq!((got.kgce, got.tce_per_mu, got.tce_per_wan, got.kgce_per_product), (None, None, None, None));
    assert_eq!(got.kwh, Some(d("8000000")));
    assert!(noted(&got, "no factor: equivalent (等价) electricity per kWh of Zhejiang for 2025"), "{:?}", got.notes);
    assert!(noted(&got, "a range of 1.1000–1.3300 kgce per m3"), "{:?}", got.notes);
}

#[test]
fn a_factor_that_changes_inside_the_period_is_not_used() {
    let year = |year: &str, value: &str| {
        let electricity = DEMO.1.split("\n[[factor]]").nth(1).unwrap();
        let text =
            format!("[[factor]]{electricity}").replace("0.3000", value).replace("2021-04-01", &format!("{year}-01-01"));
        text.replace("source =", &format!("valid_until = \"{year}-12-31\"\nsource ="))
    };
    let (a, b) = (year("2024", "0.31"), year("2025", "0.30"));
    let files = [STANDARD, ("a.toml", a.as_str()), ("b.toml", b.as_str())];
    let electricity = || vec![flow(Role::SiteEnergy, "electricity", "kWh", 10_000)];
    let across = run_as(site(), electricity(), &files, "2024-12-31..2025-01-01", Basis::Equivalent);
    assert_eq!(across.kgce, None);
    assert!(noted(&across, "changes on 2025-01-01 inside the period"), "{:?}", across.notes);
    assert_eq!(run_as(site(), electricity(), &files, "2024-12", Basis::Equivalent).kgce, Some(d("31")));
    assert_eq!(run_as(site(), electricity(), &files, "2025", Basis::Equivalent).kgce, Some(d("30")));
}

#[test]
fn what_leaves_the_site_is_subtracted_and_sub_meters_are_in_no_sum() {
    let got = run(vec![
        flow(Role::SiteEnergy, "electricity", "kWh", 10_000),
        flow(Role::SiteExport, "electricity", "kWh", 2_500),
        flow(Role::None, "electricity", "kWh", 99_999),
    ]);
    assert_eq!((got.energy.len(), got.kwh), (1, Some(d("75"))));
    assert_eq!(got.kgce, Some(d("9.2175")));
}

#[test]
fn units_of_one_carrier_stay_apart_as_rows_and_meet_in_the_sums() {
    let got = run(vec![
        flow(Role::SiteEnergy, "electricity", "kWh", 10_000),
        flow(Role::SiteEnergy, "electricity", "MWh", 100),
        flow(Role::SiteEnergy, "electricity", "Wh", 500),
    ]);
    assert_eq!(got.energy.len(), 3);
    assert_eq!(got.kwh, Some(d("1100.005")));
    assert_eq!(got.kgce, Some(d("135.1906")));
}

#[test]
fn a_site_without_data_has_no_figures_not_zeros() {
    let got = run(example().into_iter().map(silent).collect());
    assert_eq!((got.kwh, got.kgce, got.output, got.output_value_wan), (None, None, None, None));
    assert!(got.energy.is_empty());
    assert_eq!(got.completeness, Some(Decimal::ZERO));
    assert!(noted(&got, "gw-1/m-electricity/total has no data") && noted(&got, "no output is known"));
    let got = run(Vec::new());
    assert_eq!((got.kgce, got.completeness), (None, None));
    assert!(noted(&got, "no point counts as the site's energy"));
}

#[test]
fn a_carrier_whose_meters_are_all_silent_makes_standard_coal_unknown() {
    let mut flows = example();
    let heat = flows.remove(3);
    flows.push(silent(heat.clone()));
    let got = run(flows.clone());
    assert_eq!((got.kgce, got.kwh), (None, Some(d("8000000"))));
    // one silent meter beside one that speaks: known, and noted
    flows.push(heat);
    let got = run(flows);
    assert_eq!(got.kgce, Some(d("1547232")));
    assert!(noted(&got, "gw-1/m-heat/total has no data"));
}

#[test]
fn an_export_without_its_import_does_not_turn_into_negative_energy() {
    let got = run(vec![
        silent(flow(Role::SiteEnergy, "electricity", "kWh", 0)),
        flow(Role::SiteExport, "electricity", "kWh", 500),
    ]);
    assert_eq!((got.kwh, got.kgce, got.energy.len()), (None, None, 0));
    assert_eq!(run(vec![flow(Role::SiteExport, "electricity", "kWh", 500)]).kgce, None);
}

#[test]
fn breaks_and_gaps_are_noted() {
    let mut flows = example();
    flows[0].breaks = 2;
    flows[1].slots_received = 0;
    let got = run(flows);
    assert_eq!(got.completeness, Some(d("0.8")));
    assert!(noted(&got, "the register of gw-1/m-electricity/total was replaced, reset or jumped 2 times"));
    assert!(noted(&got, "completeness is 80 %, below the 90 %"));
}

#[test]
fn output_in_another_unit_or_of_another_product_is_unknown() {
    let mut flows = example();
    flows[4].series.unit = "kg".into();
    assert!(noted(&run(flows.clone()), "in kg, the registry has `crate` in piece"));
    flows[4].series.unit = "piece".into();
    flows[4].series.product = "lid".into();
    let got = run(flows.clone());
    assert_eq!(got.output, None);
    flows[4].series.product = "crate".into();
    assert_eq!(run(flows).output, Some(d("1000000")));
}

#[test]
fn nothing_is_divided_by_zero() {
    let mut flows = example();
    flows[4].amount = 0;
    let got = run(flows);
    assert_eq!((got.output, got.output_value_wan), (Some(Decimal::ZERO), Some(Decimal::ZERO)));
    assert_eq!((got.kgce_per_product, got.tce_per_wan), (None, None));
    assert!(noted(&got, "the output is zero"));
    let poor = Site { output_value_yuan_per_unit: None, ..site() };
    let got = run_as(poor, example(), &[STANDARD, ("gas.toml", GAS)], "2025", Basis::Calorific);
    assert_eq!((got.output, got.output_value_wan, got.tce_per_wan), (Some(d("1000000")), None, None));
    assert!(noted(&got, "no value of one unit"));
}

#[test]
fn results_are_rounded_half_to_even_and_only_at_the_end() {
    let mut one = flow(Role::SiteEnergy, "electricity", "kWh", 5);
    one.series.scale = "0.1".parse().unwrap();
    // 0.5 kWh × 0.1229 = 0.06145 kgce → 0.0614
    assert_eq!(run(vec![one]).kgce, Some(d("0.0614")));
}

#[test]
fn json_has_decimals_as_strings_and_unknown_as_null() {
    let json = serde_json::to_value(run(example().into_iter().take(4).collect())).unwrap();
    assert_eq!(json["kgce"], "1547232");
    assert_eq!(json["output"], serde_json::Value::Null);
    for figure in Figure::ALL {
        assert!(json.get(figure.name()).is_some(), "{figure}");
        assert_eq!(figure.name().parse(), Ok(figure));
    }
    assert!("rank".parse::<Figure>().unwrap_err().to_string().contains("tce_per_mu"));
}

fn ranked(figures: &[(&str, Option<&str>)], descending: bool) -> Vec<(Option<u32>, String)> {
    let one = run(example());
    let sites = figures.iter().map(|(code, figure)| SiteAssessment {
        credit_code: (*code).into(),
        tce_per_mu: figure.map(d),
        ..one.clone()
    });
    let start = UtcMillis(0);
    let (start_ms, end_ms, as_of_ms) = (start, start, start);
    let sites = sites.collect();
    let all = Assessment { period: "2025".into(), start_ms, end_ms, as_of_ms, basis: Basis::Calorific, sites };
    let query = RankingQuery { sort: Figure::TcePerMu, descending, county: None, industry: Some("C29".into()) };
    let none = RankingQuery { county: Some("331002".into()), ..query.clone() };
    assert!(ranking(&all, &none).rows.is_empty());
    assert!(ranking(&all, &RankingQuery { industry: Some("C30".into()), ..query.clone() }).rows.is_empty());
    ranking(&all, &query).rows.into_iter().map(|(rank, at)| (rank, all.sites[at].credit_code.clone())).collect()
}

#[test]
fn equal_figures_share_a_rank_and_unknown_ones_stand_last_in_either_order() {
    let figures = [("e", Some("3")), ("d", None), ("c", Some("2.0")), ("b", Some("2")), ("a", Some("1")), ("0", None)];
    let list = |descending| {
        let row = |(rank, code): (Option<u32>, String)| format!("{}{code}", rank.map_or("-".into(), |r| r.to_string()));
        ranked(&figures, descending).into_iter().map(row).collect::<Vec<_>>().join(" ")
    };
    assert_eq!(list(false), "1a 2b 2c 4e -0 -d");
    assert_eq!(list(true), "1e 2b 2c 4a -0 -d");
    assert!(!Figure::TcePerMu.higher_is_better() && Figure::OutputValueWanPerMu.higher_is_better());
}

mod declared;
