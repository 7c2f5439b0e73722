//! Groups, bands, vetoes, exemptions, missing values.

use super::*;
use jiff::civil::date;

/// One indicator, bands A 20 %, B to 60 %, C to 95 %, D.
const ONE: &str = r#"
[rules]
id = "test"
name = "试"
authority = "a"
regions = ["331003"]
basis = "calorific"
basis_note = "n"
source = "s"
confidence = "c"

[[group]]
id = "utility"
name = "公"
tags = ["utility"]
exempt = "不参评"
exempt_en = "not scored"
exempt_grade = "B"

[[group]]
id = "above"
name = "规上"
above_scale = true
bonus_max = "5"
new_firm_years = 2
new_land_years = 3
landlord_grade = true
landlord_except = ["small_firm_park"]

[[group.indicator]]
id = "tax_per_mu"
name = "税"
numerator = ["tax_wan"]
denominator = ["land_mu"]
unit = "10k yuan/mu"
weight = "60"
base = "10"

[[group.indicator]]
id = "productivity"
name = "劳"
numerator = ["value_added_wan"]
denominator = ["staff"]
unit = "10k yuan/persons"
weight = "40"
base = "20"
missing = "MISSING"

[[group.item]]
kind = "bonus"
tag = "listed"
points = "4"
name = "上市"
name_en = "listed"

[[group.item]]
kind = "bonus"
tag = "high_tech"
points = "3"
name = "高新"

[[group.item]]
kind = "penalty"
tag = "late_report"
points = "7.5"
name = "迟报"

[[group.veto]]
tag = "serious_accident"
effect = "last"
name = "重大事故"
name_en = "serious accident"

[[group.veto]]
tag = "case"
effect = "down"
name = "案件"

[[group.veto]]
when = "no_tax_on_own_land"
effect = "last"
name = "自有用地零税收"
name_en = "no tax on own land"

[[group.band]]
grade = "A"
from_percent = "0"
to_percent = "20"

[[group.band]]
grade = "B"
from_percent = "20"
to_percent = "60"

[[group.band]]
grade = "C"
from_percent = "60"
to_percent = "95"
round = "up"

[[group.band]]
grade = "D"
from_percent = "95"
to_percent = "100"
"#;

fn rules(changes: &[(&str, &str)]) -> rule::RuleSet {
    let text = ONE.replace("MISSING", "zero");
    let text = changes.iter().fold(text, |text, (old, new)| {
        assert!(text.contains(old), "{old}");
        text.replace(old, new)
    });
    rule::parse(&text, "test.toml").unwrap_or_else(|problems| panic!("{problems}"))
}

fn firm(code: &str, tax: &str) -> Candidate {
    candidate(code, true, &[("tax_wan", tax), ("land_mu", "10"), ("value_added_wan", "200"), ("staff", "10")])
}

fn tagged(mut firm: Candidate, tags: &[&str]) -> Candidate {
    firm.profile.tags.extend(tags.iter().map(|tag| (*tag).to_owned()));
    firm
}

fn run(rules: &rule::RuleSet, firms: &[Candidate]) -> Evaluation {
    let evaluation = evaluate(rules, 2022, firms);
    held(rules, &evaluation, firms);
    evaluation
}

/// `n` firms of which the first, `00`, is the best.
fn firms(n: u32) -> Vec<Candidate> {
    (0..n).map(|at| firm(&format!("{at:02}"), &(500 - at).to_string())).collect()
}

fn grades(evaluation: &Evaluation) -> String {
    evaluation.sites.iter().map(|site| site.grade.as_deref().unwrap_or("-")).collect()
}

#[test]
fn a_share_becomes_places_by_the_bands_rounding() {
    // 20 % of 9 is 1.8 and down 1; 60 % 5.4 and 5; 95 % 8.55 and up 9
    assert_eq!(grades(&run(&rules(&[]), &firms(9))), "ABBBBCCCC");
    let down = rules(&[("round = \"up\"\n", "")]);
    assert_eq!(grades(&run(&down, &firms(9))), "ABBBBCCCD");
    assert_eq!(grades(&run(&down, &firms(20))), "AAAABBBBBBBBCCCCCCCD");
    assert_eq!(grades(&run(&rules(&[]), &firms(1))), "C");
    let evaluation = run(&down, &firms(9));
    assert_eq!(evaluation.groups[1].grades.values().copied().collect::<Vec<_>>(), [1, 4, 3, 1]);
    assert!(evaluation.sites[0].reasons[0].text.en.contains("rank 1 of 9"), "{:?}", evaluation.sites[0].reasons);
}

#[test]
fn equals_share_a_rank_and_at_a_border_the_better_grade() {
    let mut all = firms(10);
    for (at, one) in all.iter_mut().enumerate().take(4).skip(1) {
        *one = firm(&format!("{at:02}"), "499");
    }
    let evaluation = run(&rules(&[]), &all);
    // two places for A; the three with rank 2 all get it
    assert_eq!(grades(&evaluation), "AAAABBCCCC");
    assert_eq!(
        evaluation.sites.iter().filter_map(|site| site.rank).collect::<Vec<_>>(),
        [1, 2, 2, 2, 5, 6, 7, 8, 9, 10]
    );
}

#[test]
fn bands_by_score_have_their_lower_end_in_them() {
    let text = ONE.replace("MISSING", "zero");
    let (head, _) = text.split_once("[[group.band]]").unwrap();
    let text = format!(
        "{head}[[group.band]]\ngrade = \"A\"\nfrom_score = \"100\"\n\n[[group.band]]\ngrade = \"B\"\nfrom_score = \"70\"\nbelow_score = \"100\"\n\n[[group.band]]\ngrade = \"C\"\nbelow_score = \"70\"\n"
    );
    let rules = rule::parse(&text, "t").unwrap_or_else(|problems| panic!("{problems}"));
    // productivity at its base gives 40; 6 points for each unit of tax per mu
    let all = [firm("a", "100"), firm("b", "99.999"), firm("c", "50"), firm("d", "49.999")];
    assert_eq!(grades(&run(&rules, &all)), "ABBC");
}

#[test]
fn vetoes_lower_a_grade_and_no_rank() {
    let mut all = firms(20);
    all[0] = tagged(all[0].clone(), &["serious_accident"]);
    all[1] = tagged(all[1].clone(), &["case"]);
    all[19] = firm("19", "0");
    let evaluation = run(&rules(&[]), &all);
    assert_eq!(grades(&evaluation), "DBAABBBBBBBBCCCCCCCD");
    assert_eq!(evaluation.sites[0].rank, Some(1));
    assert!(evaluation.sites[0].reasons.iter().any(|one| one.text.en == "serious accident: straight to D"));
    assert!(
        evaluation.sites[19]
            .reasons
            .iter()
            .any(|one| one.kind == ReasonKind::Veto && one.text.en.contains("no tax on own land"))
    );
    all[19].owns_land = false;
    assert!(!run(&rules(&[]), &all).sites[19].reasons.iter().any(|one| one.kind == ReasonKind::Veto));
}

#[test]
fn new_firms_and_new_land_are_scored_and_not_ranked() {
    let mut all = firms(4);
    all[0].profile.registered_on = Some(date(2021, 1, 2));
    all[1].profile.registered_on = Some(date(2021, 1, 1));
    all[2].profile.land_granted_on = Some(date(2020, 6, 1));
    let evaluation = run(&rules(&[]), &all);
    assert_eq!(evaluation.sites.iter().map(|site| site.rank).collect::<Vec<_>>(), [None, Some(1), None, Some(2)]);
    assert!(evaluation.sites[0].score.is_some() && evaluation.groups[1].ranked == 2);
    assert!(evaluation.sites[0].reasons[0].text.en.contains("registered on 2021-01-02, less than 2 years"));
}

#[test]
fn a_lessee_takes_the_landlords_grade_through_others_and_never_round_in_a_circle() {
    let mut all = firms(10);
    let landlord = |all: &mut Vec<Candidate>, of: usize, is: usize| {
        all[of].profile.landlord = Some(format!("{is:02}"));
    };
    landlord(&mut all, 9, 8);
    landlord(&mut all, 8, 0);
    landlord(&mut all, 6, 7);
    landlord(&mut all, 7, 6);
    landlord(&mut all, 5, 44);
    let evaluation = run(&rules(&[]), &all);
    // five are ranked: A 1, B 3 (60 % of 5), C 5; 08 and 09 stand on 00's land
    assert_eq!(grades(&evaluation), "ABBCC---AA");
    assert_eq!(evaluation.sites[9].rank, None);
    assert!(
        evaluation.sites[9].reasons.iter().any(|one| one.text.en.contains("land of firm 00 and takes its grade A"))
    );
    assert!(evaluation.sites[5].reasons.iter().any(|one| one.text.en.contains("44, which is not in this evaluation")));
    all[9] = tagged(all[9].clone(), &["small_firm_park"]);
    assert!(run(&rules(&[]), &all).sites[9].rank.is_some());
}

#[test]
fn the_first_group_that_fits_wins_and_one_that_can_not_be_decided_is_not_passed_over() {
    let mut unknown = firm("b", "10");
    unknown.profile.above_scale = None;
    let mut small = firm("c", "10");
    small.profile.above_scale = Some(false);
    let evaluation = run(&rules(&[]), &[tagged(firm("a", "10"), &["utility"]), unknown, small]);
    assert_eq!((evaluation.sites[0].grade.as_deref(), evaluation.sites[0].score), (Some("B"), None));
    assert_eq!(evaluation.sites[1].group, None);
    assert!(evaluation.sites[1].reasons[0].text.en.contains("whether it is above scale is not known"));
    assert!(evaluation.sites[2].reasons[0].text.en.contains("in no group"));
}

#[test]
fn a_missing_value_gives_what_the_rule_says_and_its_reason() {
    let mut all = vec![firm("a", "100"), firm("b", "100"), firm("c", "100")];
    all[0].quantities.remove(&Quantity::Economic(EconomicItem::Staff));
    let more = Term::leaf("value_added_wan", Some(d("400")), "", How::Constant).plus();
    all[1].quantities.insert(Quantity::Economic(EconomicItem::ValueAddedWan), more);
    let score =
        |policy: &str| {
            let evaluation = run(&rules(&[("missing = \"zero\"", &format!("missing = \"{policy}\""))]), &all);
            let site = &evaluation.sites[0];
            assert!(
                site.reasons.iter().any(|one| one.kind == ReasonKind::Missing
                    && one.text.en.contains("mean staff of the year is not known"))
            );
            site.score.unwrap().to_string()
        };
    // 60 for the tax; the others have 80 and 40
    assert_eq!([score("zero"), score("group_mean"), score("left_out")], ["60", "120", "100"]);
}

#[test]
fn a_division_by_zero_land_is_a_missing_value_with_its_reason() {
    for land in ["0", "-3"] {
        let mut one = firm("a", "100");
        let term = Term::leaf("land_mu", Some(d(land)), "mu", How::Constant).plus();
        one.quantities.insert(Quantity::LandMu, term);
        let evaluation = run(&rules(&[]), &[one]);
        let site = &evaluation.sites[0];
        assert_eq!((site.score, site.indicators[0].value), (Some(d("40")), None));
        assert!(site.reasons.iter().any(|reason| {
            reason.text.en.contains(&format!("land in use is {land}, and nothing can be divided by it"))
        }));
    }
}

#[test]
fn bonus_is_capped_and_a_penalty_is_subtracted() {
    let score = |tags: &[&str]| run(&rules(&[]), &[tagged(firm("a", "100"), tags)]).sites[0].score.unwrap().to_string();
    assert_eq!([score(&[]), score(&["listed"]), score(&["listed", "high_tech"])], ["100", "104", "105"]);
    assert_eq!(score(&["late_report", "listed"]), "96.5");
}
