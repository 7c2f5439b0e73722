use super::*;
use jiff::civil::date;

fn factor(unit: &str, value: &str, province: Option<&str>, from: i16, until: Option<i16>) -> Factor {
    Factor {
        carrier: "electricity".into(),
        unit: unit.into(),
        worth: Worth::One(value.parse().unwrap()),
        covers: Covers::Equivalent,
        valid_from: date(from, 1, 1),
        valid_until: until.map(|year| date(year, 12, 31)),
        province: province.map(str::to_owned),
        source: String::new(),
        confidence: String::new(),
        place: String::new(),
    }
}

fn ask(factors: &Factors, unit: &str, province: &str, first: i16, last: i16) -> Result<String, Lookup<'static>> {
    let basis = Basis::Equivalent;
    let (first, last) = (date(first, 1, 1), date(last, 12, 31));
    match factors.look_up(Question { carrier: "electricity", unit, basis, province, first, last }) {
        Lookup::Found { kgce_per_unit, .. } => Ok(kgce_per_unit.to_string()),
        Lookup::Changes(day) => Err(Lookup::Changes(day)),
        _ => Err(Lookup::Missing),
    }
}

#[test]
fn the_province_goes_before_the_country_and_units_are_converted_exactly() {
    let factors =
        Factors::new(vec![factor("kWh", "0.30", None, 2020, None), factor("kWh", "0.29", Some("330000"), 2020, None)]);
    assert_eq!(ask(&factors, "kWh", "330000", 2026, 2026), Ok("0.29".into()));
    assert_eq!(ask(&factors, "MWh", "320000", 2026, 2026), Ok("300".into()));
    assert_eq!(ask(&factors, "MJ", "330000", 2026, 2026), Err(Lookup::Missing));
    assert_eq!(ask(&factors, "kWh", "330000", 2018, 2018), Err(Lookup::Missing));
}

#[test]
fn a_factor_that_changes_inside_of_the_days_is_not_used() {
    let factors = Factors::new(vec![
        factor("kWh", "0.31", None, 2024, Some(2024)),
        factor("kWh", "0.30", None, 2025, Some(2025)),
    ]);
    assert_eq!(ask(&factors, "kWh", "330000", 2024, 2024), Ok("0.31".into()));
    assert_eq!(ask(&factors, "kWh", "330000", 2024, 2025), Err(Lookup::Changes(date(2025, 1, 1))));
    assert_eq!(ask(&factors, "kWh", "330000", 2025, 2026), Err(Lookup::Changes(date(2026, 1, 1))));
    assert_eq!(ask(&factors, "kWh", "330000", 2023, 2024), Err(Lookup::Changes(date(2024, 1, 1))));
}

#[test]
fn overlap_needs_a_common_day_and_a_common_basis() {
    let a = factor("kWh", "0.31", None, 2024, Some(2024));
    let next = factor("kWh", "0.30", None, 2025, None);
    assert!(!a.overlaps(&next) && !next.overlaps(&a));
    assert!(a.overlaps(&a));
    assert!(a.overlaps(&Factor { covers: Covers::Both, ..a.clone() }));
    assert!(!a.overlaps(&Factor { covers: Covers::Calorific, ..a.clone() }));
    assert!(!a.overlaps(&Factor { province: Some("330000".into()), ..a.clone() }));
}

fn found(factors: &Factors, unit: &str, year: i16) -> Option<(String, Option<(String, String)>)> {
    let basis = Basis::Equivalent;
    let (first, last) = (date(year, 1, 1), date(year, 12, 31));
    match factors.look_up(Question { carrier: "electricity", unit, basis, province: "330000", first, last }) {
        Lookup::Found { kgce_per_unit, chosen_from_range, .. } => {
            Some((kgce_per_unit.to_string(), chosen_from_range.map(|(low, high)| (low.to_string(), high.to_string()))))
        }
        _ => None,
    }
}

#[test]
fn a_choice_is_told_with_the_range_it_was_made_from_and_ends_with_its_days() {
    let open = |low: &str, high: &str| Factor {
        worth: Worth::Range(low.parse().unwrap(), high.parse().unwrap()),
        ..factor("m3", "1", None, 2021, None)
    };
    let range = open("1.1000", "1.3300");
    let choice = factor("m3", "1.2143", None, 2024, Some(2024));
    assert!(!choice.overlaps(&range) && !range.overlaps(&choice) && range.overlaps(&range));
    assert_eq!(choice.outside(&range), None);
    let low = factor("m3", "1.0999", Some("330000"), 2024, None);
    assert!(low.outside(&range).is_some());
    assert_eq!(low.outside(&Factor { valid_until: Some(date(2023, 12, 31)), ..range.clone() }), None, "another time");

    let factors = Factors::new(vec![range.clone(), choice]);
    let chosen = Some(("1.1".to_owned(), "1.33".to_owned()));
    assert_eq!(found(&factors, "m3", 2024), Some(("1.2143".into(), chosen)));
    assert_eq!(found(&factors, "m3", 2025), None, "the choice has ended: the range is open again");
    assert_eq!(found(&Factors::new(vec![factor("m3", "1.2143", None, 2024, None)]), "m3", 2024).unwrap().1, None);
}

#[test]
fn a_range_is_told_per_the_unit_that_was_asked_for() {
    let range = Factor {
        worth: Worth::Range("0.2857".parse().unwrap(), "0.4286".parse().unwrap()),
        ..factor("kg", "1", None, 2021, None)
    };
    let choice = factor("t", "300", Some("330000"), 2021, None);
    assert_eq!(choice.outside(&range), None);
    let factors = Factors::new(vec![range, choice]);
    let chosen = Some(("0.2857".to_owned(), "0.4286".to_owned()));
    assert_eq!(found(&factors, "kg", 2024), Some(("0.3".into(), chosen)));
}

#[test]
fn what_the_site_measured_goes_before_every_factor() {
    let factors = Factors::new(vec![factor("m3", "1.2143", None, 2021, None)]);
    let value = CalorificValue {
        credit_code: String::new(),
        carrier: "electricity".into(),
        date: date(2024, 5, 1),
        ncv_kj_per_unit: "35169.12".parse().unwrap(),
        unit: "m3".into(),
        quantity: Decimal::ONE,
        source: String::new(),
    };
    let ask = |year: i16| Question {
        carrier: "electricity",
        unit: "m3",
        basis: Basis::Equivalent,
        province: "330000",
        first: date(year, 1, 1),
        last: date(year, 12, 31),
    };
    let values = [value];
    let Lookup::Measured(measured) = factors.look_up_at(&values, ask(2024)) else { panic!("not measured") };
    assert_eq!((measured.kgce_per_unit.to_string().as_str(), measured.measurements), ("1.2", 1));
    assert!(matches!(factors.look_up_at(&values, ask(2025)), Lookup::Found { .. }));
}
