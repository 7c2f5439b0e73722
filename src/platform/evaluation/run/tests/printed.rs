//! Each shipped set against what its source prints.

use super::*;
use crate::platform::evaluation::rule::{BandLimits, Indicator, RuleSet};

#[test]
fn the_worked_example_runs_from_the_registers_to_the_printed_digits_on_both_bases() {
    let rules = shipped("huangyan-2022.toml", &[]);
    assert_eq!(rules.basis, Basis::Equivalent);
    let site = alone(&rules, worked(Basis::Equivalent));
    assert_eq!(points(&site, 3), ["30.152", "19.967", "8.716", "8.305", "10.097", "9.561"]);
    assert_eq!((site.score, site.rank, site.grade), (Some(d("86.798")), Some(1), None));
    let values: Vec<_> = site.indicators.iter().map(|one| one.value.unwrap().round_dp(4).to_string()).collect();
    assert_eq!(values[..5], ["24.2188", "135.9375", "1.1741", "4094.1176", "18.3158"]);
    assert_eq!(site.indicators[5].value, Some(d("0.028873")));
    assert!(
        site.reasons.iter().any(|reason| reason.kind == ReasonKind::NoBands && reason.text.en.contains("no bands"))
    );

    let calorific = alone(&rules, worked(Basis::Calorific));
    assert_eq!((points(&calorific, 3)[2].as_str(), calorific.score), ("16.698", Some(d("94.779"))));
    assert_eq!(calorific.indicators[2].value.unwrap().round_dp(4), d("2.2492"));
}

#[test]
fn the_tree_of_the_worked_example_goes_down_to_registers_entries_and_rule_lines() {
    let rules = shipped("huangyan-2022.toml", &[]);
    let candidate = worked(Basis::Equivalent);
    let evaluation = evaluate(&rules, 2025, std::slice::from_ref(&candidate));
    let tree = workings(&rules, &rules.groups[0], &evaluation.groups[0], &candidate).unwrap();
    let registers: Vec<_> = tree.registers().iter().map(|term| term.name.clone()).collect();
    assert_eq!(registers.len(), 4, "{registers:?}");
    let (mut entries, mut lines, mut factors) = (0, Vec::new(), 0);
    tree.visit(&mut |term| match &term.how {
        How::Entry(origin) if origin.source == "bureau" => entries += 1,
        How::Rule(origin) if term.name == "base" => lines.push(origin.place.clone()),
        How::Factor(_) => factors += 1,
        _ => {}
    });
    assert!(entries >= 9 && factors == 4, "{entries} {factors}");
    assert_eq!(lines.len(), 6);
    assert!(lines.iter().all(|place| place.starts_with("huangyan-2022.toml:")), "{lines:?}");
}

#[test]
fn the_below_scale_check_to_the_printed_digit() {
    let small = || candidate("a", false, &[("tax_wan", "60"), ("land_mu", "4.2"), ("wan_kwh", "150")]);
    let site = alone(&shipped("huangyan-2022.toml", &[]), small());
    // 146.64648…: rounded once, of what was not rounded
    assert_eq!((points(&site, 3), site.score), (vec!["61.612".into(), "85.034".into()], Some(d("146.646"))));
    let capped = shipped("huangyan-2022.toml", &[("above_scale = false\n", "above_scale = false\ncap = \"1.2\"\n")]);
    assert_eq!(alone(&capped, small()).score, Some(d("120")));
}

fn printed(rules: &RuleSet, group: usize) -> Vec<(String, String)> {
    let shown = |number: Option<Decimal>| number.map_or("—".to_owned(), |number| number.to_string());
    rules.groups[group].indicators.iter().map(|one: &Indicator| (shown(one.weight), shown(one.base))).collect()
}

fn pairs(list: &[(&str, &str)]) -> Vec<(String, String)> {
    list.iter().map(|(a, b)| ((*a).to_owned(), (*b).to_owned())).collect()
}

/// A candidate at exactly the base values has exactly the weights.
fn at_base(rules: &RuleSet, group: usize) {
    let group = &rules.groups[group];
    let one = candidate("a", group.condition.above_scale.unwrap_or(true), &[]);
    for indicator in &group.indicators {
        let value = |quantity: &Quantity, value: Decimal| {
            let term = Term::leaf(quantity.name(), Some(value), quantity.unit(), How::Constant);
            (*quantity, term.plus())
        };
        let mut of = one.clone();
        let n = Decimal::from(indicator.denominator.len());
        of.quantities.extend(indicator.denominator.iter().map(|quantity| value(quantity, Decimal::TEN)));
        let part = indicator.base.unwrap() * Decimal::TEN * n;
        of.quantities.extend(indicator.numerator.iter().map(|quantity| value(quantity, part)));
        // the land decides on the group
        if !indicator.denominator.contains(&Quantity::LandMu) {
            let land = if group.condition.land_below.is_some() { Decimal::ONE } else { Decimal::TEN };
            of.quantities.insert(Quantity::LandMu, value(&Quantity::LandMu, land).1);
        } else if group.condition.land_below.is_some() {
            of.quantities.insert(Quantity::LandMu, value(&Quantity::LandMu, Decimal::ONE).1);
            of.quantities.extend(indicator.numerator.iter().map(|it| value(it, indicator.base.unwrap())));
        }
        let site = alone(rules, of);
        assert_eq!(site.group.as_ref(), Some(&group.id));
        let found = site.indicators.iter().find(|scored| scored.id == indicator.id).unwrap();
        assert_eq!(found.points, indicator.weight.map(|weight| weight.normalize()), "{} {}", rules.id, indicator.id);
    }
}

#[test]
fn huangyan_has_its_weights_and_base_values() {
    let six = ["30", "20", "20", "10", "10", "10"];
    let above = |bases: [&str; 6]| six.into_iter().map(str::to_owned).zip(bases.map(str::to_owned)).collect::<Vec<_>>();
    let of_2022 = shipped("huangyan-2022.toml", &[]);
    assert_eq!(printed(&of_2022, 0), above(["24.097", "136.16", "2.694", "4929.81", "18.14", "0.0302"]));
    assert_eq!(printed(&of_2022, 1), pairs(&[("50", "11.5932"), ("50", "0.2352")]));
    let of_2021 = shipped("huangyan-2021.toml", &[]);
    assert_eq!(printed(&of_2021, 0), above(["26.01", "132.27", "2.54", "4861.08", "17.45", "0.0305"]));
    assert_eq!(printed(&of_2021, 1), pairs(&[("50", "16.601058"), ("50", "0.236565")]));
    [of_2022, of_2021].iter().for_each(|rules| (0..2).for_each(|group| at_base(rules, group)));
}

#[test]
fn linhai_has_its_weights_and_base_values_and_its_border_of_3_mu() {
    let rules = shipped("linhai-2014.toml", &[]);
    assert_eq!(
        printed(&rules, 0),
        pairs(&[("40", "15"), ("10", "300"), ("20", "3"), ("15", "500"), ("5", "0.1"), ("10", "15")])
    );
    assert_eq!(printed(&rules, 1), pairs(&[("50", "15"), ("20", "300"), ("30", "2")]));
    (0..2).for_each(|group| at_base(&rules, group));
    let group = |land: &str| alone(&rules, candidate("a", true, &[("land_mu", land)])).group.unwrap();
    assert_eq!([group("3"), group("2.9999")], ["land_from_3_mu", "land_below_3_mu"]);
    assert!(rules.holds_for(2014) && rules.holds_for(2016) && !rules.holds_for(2017));
}

#[test]
fn sets_without_base_values_give_their_values_and_say_why_there_is_no_score() {
    let huaian = shipped("huaian-2024.toml", &[]);
    assert_eq!(printed(&huaian, 1), pairs(&[("45", "—"), ("35", "—"), ("20", "—")]));
    assert_eq!(
        printed(&shipped("wujin-draft.toml", &[]), 0),
        pairs(&[("40", "—"), ("20", "—"), ("10", "—"), ("10", "—"), ("10", "—"), ("10", "—")])
    );
    let anhui = shipped("anhui-city.toml", &[]);
    assert_eq!(printed(&anhui, 1), pairs(&[("45", "—"), ("20", "—"), ("15", "—"), ("15", "—"), ("5", "—")]));
    assert_eq!(printed(&anhui, 2), pairs(&[("100", "—")]));
    assert!(anhui.regions.is_empty() && !anhui.holds_in("340100"));
    let shares = |rules: &RuleSet, group: usize| {
        let to = |limits: BandLimits| match limits {
            BandLimits::Share { to, .. } => to.to_string(),
            BandLimits::Score { .. } => String::new(),
        };
        rules.groups[group].bands.iter().map(|band| format!("{}{}", band.grade, to(band.limits))).collect::<Vec<_>>()
    };
    assert_eq!(shares(&huaian, 1), ["A20", "B60", "C95", "D100"]);
    assert_eq!(
        (shares(&anhui, 1), shares(&anhui, 2)),
        (
            vec!["A25".into(), "B70".into(), "C95".into(), "D100".into()],
            vec!["A25".to_owned(), "B70".into(), "C95".into(), "D100".into()]
        )
    );

    let known = [("tax_wan", "60"), ("land_mu", "4"), ("revenue_wan", "800"), ("tce", "30")];
    let site = alone(&huaian, candidate("a", true, &known));
    assert_eq!((site.score, site.grade.clone(), site.indicators[0].value), (None, None, Some(d("15"))));
    assert!(site.reasons.iter().any(|one| one.kind == ReasonKind::NoScore && one.text.en.contains("no base values")));
    let mut utility = candidate("b", true, &known);
    utility.profile.tags.insert("utility".into());
    assert_eq!(alone(&huaian, utility).grade.as_deref(), Some("T"));
}

#[test]
fn jingde_goes_from_20_to_100_percent_of_a_weight() {
    // the county prints no weights: 100 on the first indicator shows the formula
    let text = std::fs::read_to_string("deploy/rules/jingde-2022.toml").unwrap();
    assert_eq!(
        rule::parse(&text, "j").unwrap().groups.iter().map(|group| group.indicators.len()).collect::<Vec<_>>(),
        [0, 6, 3]
    );
    let weights = ["40", "20", "10", "10", "10", "10", "60", "20", "20"];
    let mut pieces = text.split("unit = ");
    let mut weighed = pieces.next().unwrap().to_owned();
    pieces.zip(weights).for_each(|(piece, weight)| weighed += &format!("weight = \"{weight}\"\nunit = {piece}"));
    let rules = rule::parse(&weighed.replace("\"weight\", ", ""), "jingde").unwrap();
    let firm = |code: &str, tax: &str| {
        let same = [
            ("land_mu", "5"),
            ("revenue_wan", "100"),
            ("tce", tax),
            ("cod_t", tax),
            ("ammonia_nitrogen_t", "0"),
            ("so2_t", "0"),
            ("nox_t", "0"),
        ];
        candidate(code, false, &[&[("tax_wan", tax)], &same[..]].concat())
    };
    let firms = [firm("a", "10"), firm("b", "35"), firm("c", "60")];
    let evaluation = evaluate(&rules, 2022, &firms);
    held(&rules, &evaluation, &firms);
    let tax: Vec<_> = evaluation.sites.iter().map(|site| site.indicators[0].points.unwrap().to_string()).collect();
    assert_eq!(tax, ["12", "36", "60"]);
    assert_eq!(evaluation.sites[0].indicators[1].points, Some(d("20")));
    assert_eq!(evaluation.sites[0].score, Some(d("52")));
    // one alone has no place between least and most
    let single = alone(&rules, firm("a", "10"));
    assert_eq!(single.score, None);
    assert!(
        single.reasons.iter().any(|one| one.text.en.contains("no place between least and most")),
        "{:?}",
        single.reasons
    );
}
