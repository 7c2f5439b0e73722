//! What the operator declared goes into the figures: boundary, virtual points, products, stock, carbon.

use super::*;
use crate::platform::store::TagShare;
use crate::{
    energy::carbon::Scope,
    model::{CalorificValue, Enthalpy, Formula, Operand, StockEntry, StockKind, Term as FormulaTerm, VirtualPoint},
};
use proptest::prelude::*;

const CARBON: &str = include_str!("../../../../deploy/coefficients/carbon.toml");

fn named(mut flow: Flow, meter: &str) -> Flow {
    flow.series.meter = format!("m-{meter}");
    flow
}

fn run_with(flows: Vec<Flow>, declare: impl FnOnce(&mut Declared)) -> SiteAssessment {
    let site = site();
    let mut declared = declared(&site);
    declare(&mut declared);
    let snapshot =
        Snapshot { as_of: UtcMillis(1), sites: vec![SiteLedger { declared, ..ledger(site, vec![], flows) }] };
    let rules = Rules {
        coal: coefficient::parse([STANDARD, ("gas.toml", GAS)]).unwrap(),
        carbon: Some(Carbon {
            factors: coefficient::carbon::parse(CARBON, "carbon.toml").unwrap(),
            scope: Scope::National,
        }),
    };
    assess(&snapshot, &rules, &"2023".parse().unwrap(), Basis::Calorific).sites.remove(0)
}

#[test]
fn the_boundary_goes_before_the_roles_of_the_gateways() {
    let flows = || {
        vec![
            named(flow(Role::None, "electricity", "kWh", 100_000), "main"),
            named(flow(Role::SiteEnergy, "electricity", "kWh", 77_700), "sub"),
            named(flow(Role::None, "electricity", "kWh", 20_000), "roof"),
            named(flow(Role::SiteEnergy, "natural_gas", "m3", 50_000), "feedstock"),
        ]
    };
    let named_line = |name: &str, carrier: &str| BoundaryLine { point: point(name), ..line(carrier, Role::SiteEnergy) };
    let got = run_with(flows(), |declared| {
        declared.boundary = vec![
            named_line("main", "electricity"),
            BoundaryLine { origin: Origin::Renewable, ..named_line("roof", "electricity") },
            BoundaryLine { raw_material: true, ..named_line("feedstock", "natural_gas") },
        ];
    });
    assert_eq!(got.kwh, Some(d("1200")));
    // 1,200 × 0.1229 + 500 × 1.2143
    assert_eq!(got.kgce, Some(d("754.63")));
    assert_eq!(got.kgce_without_raw_material, Some(d("147.48")));
    assert_eq!(got.kgce_without_renewable, Some(d("730.05")));
    // 1,000 kWh × 0.5306 kg: neither the roof nor the feedstock
    assert_eq!(got.co2_t, Some(d("0.5306")));
    let kgce = got.term(Figure::Kgce).unwrap();
    assert_eq!(kgce.registers().len(), 3);
    assert!(!kgce.registers().iter().any(|register| register.name.contains("m-sub")));
    let got = run_with(flows(), |declared| declared.boundary = vec![named_line("nowhere", "electricity")]);
    assert_eq!((got.kwh, got.kgce), (None, None));
    assert!(noted(&got, "the boundary names gw-1/m-nowhere/total, and nothing of it has ever been received"));
}

#[test]
fn steam_counts_by_its_enthalpy_and_never_by_its_mass() {
    let of = |unit: &str, counts: i64, enthalpy: Option<Enthalpy>| {
        run_with(vec![flow(Role::SiteEnergy, "steam", unit, counts)], |declared| {
            declared.boundary = vec![BoundaryLine { enthalpy, ..line("steam", Role::SiteEnergy) }];
        })
    };
    let declared = || Some(Enthalpy::Declared(d("2773")));
    let got = of("t", 1_250, declared());
    // 12.5 t × 2,773 kJ/kg = 34.6625 GJ; × 34.12 kgce/GJ
    assert_eq!((got.energy[0].carrier.as_str(), got.energy[0].amount), ("heat", d("34.6625")));
    assert_eq!(got.kgce, Some(d("1182.6845")));
    // 1 kg: 2,773 kJ × 0.03412 kgce/MJ
    assert_eq!(of("kg", 100, declared()).kgce, Some(d("0.0946")));
    let got = of("t", 1_250, None);
    assert_eq!(got.kgce, None);
    assert_eq!(got.figures["kgce"].quality, Quality::Bad);
}

#[test]
fn gas_and_steam_are_booked_as_the_boundary_says() {
    let gas = BoundaryLine { at_conditions: "15C 0.3MPa(g)".parse().ok(), ..line("natural_gas", Role::SiteEnergy) };
    let steam = BoundaryLine {
        enthalpy: "0.8MPa(g) saturated".parse().ok(),
        feed_kj_per_kg: d("83.9"),
        ..line("steam", Role::SiteEnergy)
    };
    for (line, unit, counts, booked) in [
        (gas, "m3", 123_456_789, ("natural_gas", "m3", "4974688.064761")),
        // 12.5 t and 12,345.67 kg × (2,773.1 − 83.9) kJ/kg
        (steam.clone(), "t", 1_250, ("heat", "GJ", "33.615")),
        (steam, "kg", 1_234_567, ("heat", "GJ", "33.199975764")),
    ] {
        let flow = flow(Role::None, &line.carrier, unit, counts);
        let got = run_with(vec![flow], |declared| declared.boundary = vec![line]);
        let row = &got.energy[0];
        assert_eq!((row.carrier.as_str(), row.unit.as_str(), row.amount.to_string().as_str()), booked);
        assert!(got.terms.iter().all(|(_, term)| term.holds()));
    }
}

#[test]
fn a_virtual_point_is_computed_from_its_registers_and_has_the_quality_of_the_worst() {
    let virtual_point = |second: &str| VirtualPoint {
        credit_code: site().credit_code,
        name: "workshop".into(),
        formula: Formula::Sum(vec![
            FormulaTerm { minus: false, operand: Operand::Point(point("main")) },
            FormulaTerm { minus: true, operand: Operand::Point(point(second)) },
        ]),
        counts_as: Role::SiteEnergy,
        carrier: "electricity".into(),
        product: String::new(),
        unit: "kWh".into(),
    };
    let flows = || {
        let mut lodger = named(flow(Role::None, "electricity", "Wh", 20_000_000), "lodger");
        lodger.doubts = Doubts::BACKSTEP;
        vec![named(flow(Role::None, "electricity", "kWh", 100_000), "main"), lodger]
    };
    let got = run_with(flows(), |declared| declared.virtual_points = vec![virtual_point("lodger")]);
    assert_eq!(got.kwh, Some(d("800")));
    assert_eq!((got.figures["kwh"].quality, got.figures["kwh"].doubts), (Quality::Uncertain, Doubts::BACKSTEP));
    let got = run_with(flows(), |declared| declared.virtual_points = vec![virtual_point("other")]);
    assert_eq!((got.kwh, got.kgce), (None, None));
    assert!(noted(&got, "a term of the virtual point workshop is unknown"));
}

#[test]
fn fuel_by_the_tank_comes_out_of_the_stock_book() {
    let entry = |day: &str, kind: StockKind, quantity: &str| StockEntry {
        credit_code: site().credit_code,
        carrier: "diesel".into(),
        unit: "t".into(),
        date: day.parse().unwrap(),
        kind,
        quantity: d(quantity),
        document: "sheet 7".into(),
        note: String::new(),
    };
    let book = || {
        vec![
            entry("2023-01-01", StockKind::Opening, "5"),
            entry("2023-06-01", StockKind::Delivery, "20"),
            entry("2023-12-31", StockKind::Closing, "5"),
        ]
    };
    let got = run_with(vec![], |declared| declared.stock = book());
    // 20 t × 1.4571 kgce/kg; 20 t × 3.1451 t/t
    assert_eq!((got.kgce, got.co2_t.map(|t| t.round_dp(2))), (Some(d("29142")), Some(d("62.9"))));
    let state = &got.figures["kgce"];
    assert_eq!((state.quality, &state.sources[..]), (Quality::Uncertain, &["manual"][..]));
    let metered = run_with(vec![flow(Role::SiteEnergy, "diesel", "t", 2_200)], |declared| declared.stock = book());
    assert_eq!(metered.energy[0].amount, d("22"));
    assert!(noted(&metered, "diesel: the book says 20 t, the meters 22 t, more than 5 % apart"));
    let unknown = run_with(vec![], |declared| declared.stock = book().into_iter().take(2).collect());
    assert_eq!(unknown.kgce, None);
    assert!(noted(&unknown, "the stock book of diesel"));
}

#[test]
fn measured_calorific_values_and_calibrations_are_told() {
    let value = CalorificValue {
        credit_code: site().credit_code,
        carrier: "raw_coal".into(),
        date: "2023-03-01".parse().unwrap(),
        ncv_kj_per_unit: d("29307.6"),
        unit: "kg".into(),
        quantity: d("1000"),
        source: "report 12".into(),
    };
    let got = run_with(vec![flow(Role::SiteEnergy, "raw_coal", "kg", 10_000)], |declared| {
        declared.calorific = vec![value];
        let until = Some("2023-06-30".parse().unwrap());
        declared.boundary = vec![BoundaryLine { calibrated_until: until, ..line("raw_coal", Role::SiteEnergy) }];
    });
    assert_eq!(got.kgce, Some(d("100")));
    assert_eq!(got.energy[0].factor_calorific.as_ref().unwrap().source, "report 12");
    assert_eq!(got.figures["kgce"].quality, Quality::Uncertain);
    assert!(noted(&got, "the calibration of gw-1/m-raw_coal/total ended on 2023-06-30"));
}

#[test]
fn several_products_are_told_apart_and_energy_is_allocated_to_none() {
    let made = |product: &str, unit: &str, role: Role, amount: i64| {
        let mut flow = named(flow(role, "", unit, amount), product);
        flow.series.product = product.into();
        flow
    };
    let mut flows = vec![flow(Role::SiteEnergy, "electricity", "kWh", 10_000)];
    flows.extend([
        made("crate", "piece", Role::Output, 5_000),
        made("lid", "piece", Role::Output, 10_000),
        made("lid", "piece", Role::Scrap, 700),
    ]);
    let got = run_with(flows, |declared| {
        let mut lid = declared.products[0].clone();
        (lid.code, lid.output_value_yuan_per_unit) = ("lid".into(), Some(d("10")));
        declared.products.push(lid);
    });
    assert_eq!((got.output, got.kgce_per_product), (None, None));
    // 50 × 142 + 100 × 10 yuan
    assert_eq!(got.output_value_wan, Some(d("0.81")));
    let rows: Vec<_> = got.products.iter().map(|row| (row.product.as_str(), row.good, row.scrap)).collect();
    assert_eq!(rows, [("crate", Some(d("50")), None), ("lid", Some(d("100")), Some(d("7")))]);
    assert!(noted(&got, "energy is allocated to them by no rule"));
}

#[test]
fn tags_give_the_parts_of_one_counter_to_its_products() {
    let share = |value: &str, amount: i64| TagShare { name: "product".into(), value: value.into(), amount };
    let mut counter = flow(Role::Output, "", "piece", 1_000);
    counter.outputs_by_tag = vec![share("crate", 600), share("lid", 400)];
    let two = |declared: &mut Declared| {
        let mut lid = declared.products[0].clone();
        lid.code = "lid".into();
        declared.products.push(lid);
    };
    let got = run_with(vec![counter.clone()], two);
    let rows: Vec<_> = got.products.iter().map(|row| (row.product.as_str(), row.good)).collect();
    assert_eq!(rows, [("crate", Some(d("6"))), ("lid", Some(d("4")))]);
    // 10 pieces of 142 yuan
    assert_eq!(got.output_value_wan, Some(d("0.142")));
    counter.outputs_by_tag.push(share("", 0));
    assert_eq!(run_with(vec![counter.clone()], two).output_value_wan, Some(d("0.142")));
    // before the first tag something was made of which nobody said what
    counter.outputs_by_tag[2].amount = 1;
    assert_eq!(run_with(vec![counter], two).output_value_wan, None);
}

#[test]
fn a_figure_of_incomplete_registers_says_so_and_no_other_does() {
    let mut flows = example();
    flows[4].slots_received = 89;
    let got = run(flows);
    for (figure, incomplete) in [("output", true), ("kgce_per_product", true), ("tce_per_wan", true), ("kwh", false)] {
        assert_eq!(got.figures[figure].incomplete, incomplete, "{figure}");
    }
    assert_eq!(got.figures["output"].quality, Quality::Uncertain);
    assert_eq!(got.figures["output"].completeness, Some(d("0.89")));
    assert_eq!(got.figures["kwh"].quality, Quality::Good);
}

#[test]
fn days_that_do_not_add_up_to_the_first_and_last_reading_are_told() {
    let mut flows = example();
    let reading = |count: i64| Some(Reading { time: UtcMillis(0), count });
    (flows[0].first, flows[0].last) = (reading(0), reading(750_000_000));
    let got = run(flows.clone());
    assert!(noted(&got, "the sum of its intervals is 8000000, its first and last reading give 7500000"));
    flows[0].breaks = 1;
    assert!(!noted(&run(flows), "its first and last reading give"));
}

/// A site whose every register has another doubt: the assessment and the tree of one figure, as JSON.
#[test]
fn a_site_with_every_doubt_is_as_recorded() {
    let flows = Doubts::ALL.into_iter().zip(1_i64..).map(|((doubts, name), n)| {
        let mut flow = named(flow(Role::SiteEnergy, "electricity", "kWh", n * 1_000), name);
        flow.doubts = doubts;
        if doubts == Doubts::ESTIMATED_SHAPE {
            flow.estimated = 250;
        }
        flow
    });
    let flows: Vec<_> = flows.chain([flow(Role::Output, "", "piece", 100_000)]).collect();
    let got = run(flows);
    let term: &Term = got.term(Figure::KgcePerProduct).unwrap();
    assert!(term.holds());
    let json = serde_json::json!({ "site": got, "kgce_per_product": term });
    let text = serde_json::to_string_pretty(&json).unwrap() + "\n";
    let recorded = std::fs::read_to_string("tests/golden/assessment.json").unwrap_or_default();
    if text != recorded {
        std::fs::write("target/assessment.json", &text).unwrap();
        panic!("the assessment is not as recorded: compare target/assessment.json with tests/golden/assessment.json");
    }
}

proptest! {
    #[test]
    fn every_figure_is_recomputed_from_its_leaves_and_registers_add_up(
        amounts in prop::collection::vec((0..3_usize, 0_i64..1_000_000_000_000, 0..3_usize), 1..12),
    ) {
        let flows: Vec<_> = amounts.iter().enumerate().map(|(at, (role, amount, unit))| {
            let role = [Role::SiteEnergy, Role::SiteExport, Role::Output][*role];
            let (carrier, unit) = match role {
                Role::Output => ("", "piece"),
                _ => ("electricity", ["kWh", "MWh", "Wh"][*unit]),
            };
            named(flow(role, carrier, unit, *amount), &at.to_string())
        }).collect();
        let got = run(flows.clone());
        for (figure, term) in &got.terms {
            prop_assert!(term.holds(), "{}", figure);
            prop_assert_eq!(term.value.map(|value| value.normalize()), figure.of(&got));
            let stored: Term = serde_json::from_str(&serde_json::to_string(&**term).unwrap()).unwrap();
            prop_assert_eq!(&stored, &**term);
        }
        if let Some(kwh) = got.term(Figure::Kwh).filter(|kwh| kwh.value.is_some()) {
            let exact = &kwh.terms[0].term;
            let each = |flow: &Flow| {
                let kwh = flow.series.scale.value_from_count(flow.amount).unwrap()
                    * crate::model::unit::ratio(&flow.series.unit, "kWh").unwrap();
                if flow.series.role == Role::SiteExport { -kwh } else { kwh }
            };
            let sum: Decimal = flows.iter().filter(|flow| flow.series.role != Role::Output).map(each).sum();
            prop_assert_eq!(exact.value.unwrap(), sum);
        }
    }
}
