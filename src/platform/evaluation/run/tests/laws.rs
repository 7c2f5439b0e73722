//! What holds whatever the candidates are.

use super::*;
use proptest::prelude::*;

fn some_firm() -> impl Strategy<Value = Candidate> {
    let amount = || prop::option::weighted(0.9, -50_i64..5_000);
    let numbers = (amount(), amount(), amount(), amount(), -1_i64..40);
    (numbers, prop::option::weighted(0.95, any::<bool>()), prop::option::weighted(0.2, 0_u32..30)).prop_map(
        |((tax, added, tce, staff, land), above_scale, landlord)| {
            let known = [
                ("tax_wan", tax),
                ("value_added_wan", added),
                ("tce", tce),
                ("staff", staff),
                ("wan_kwh", tce),
                ("cod_t", staff),
                ("land_mu", Some(land)),
            ];
            let texts: Vec<(&str, String)> =
                known.iter().filter_map(|(name, value)| Some((*name, (*value)?.to_string()))).collect();
            let known: Vec<(&str, &str)> = texts.iter().map(|(name, value)| (*name, value.as_str())).collect();
            let mut one = candidate("", true, &known);
            one.profile.above_scale = above_scale;
            one.profile.landlord = landlord.map(|at| format!("{at:03}"));
            one
        },
    )
}

fn some_firms() -> impl Strategy<Value = Vec<Candidate>> {
    prop::collection::vec(some_firm(), 1..30).prop_map(|mut firms| {
        for (at, firm) in firms.iter_mut().enumerate() {
            firm.credit_code = format!("{at:03}");
        }
        firms
    })
}

/// Huangyan with bands, lessees and a cap.
fn rules() -> rule::RuleSet {
    let bands = "not_given = [\"missing\"]\ncap = \"1.5\"\nlandlord_grade = true\n";
    let mut text = std::fs::read_to_string("deploy/rules/huangyan-2022.toml")
        .unwrap()
        .replace("not_given = [\"cap\", \"missing\", \"bands\"]\n", bands);
    let shares = [("A", "0", "20"), ("B", "20", "60"), ("C", "60", "95"), ("D", "95", "100")];
    let shares: String = shares
        .iter()
        .map(|(grade, from, to)| {
            format!("\n[[group.band]]\ngrade = \"{grade}\"\nfrom_percent = \"{from}\"\nto_percent = \"{to}\"\n")
        })
        .collect();
    let (first, second) = text.split_at(text.rfind("[[group]]").unwrap());
    text = format!("{first}{shares}\n{second}{shares}");
    rule::parse(&text, "huangyan").unwrap_or_else(|problems| panic!("{problems}"))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn the_order_of_candidates_changes_nothing(firms in some_firms(), by in 0_usize..30) {
        let rules = rules();
        let first = evaluate(&rules, 2022, &firms);
        let mut turned = firms.clone();
        turned.reverse();
        let by = by % turned.len();
        turned.rotate_left(by);
        prop_assert_eq!(&evaluate(&rules, 2022, &turned), &first);
        held(&rules, &first, &firms);
    }

    #[test]
    fn a_better_value_never_has_a_lower_score_rank_or_grade(firms in some_firms(), at in 0_usize..30, more in 1_i64..3_000) {
        let rules = rules();
        let at = at % firms.len();
        let tax = Quantity::Economic(EconomicItem::TaxWan);
        prop_assume!(firms[at].value(tax).is_some());
        let before = evaluate(&rules, 2022, &firms);
        let mut better = firms.clone();
        let raised = firms[at].value(tax).unwrap() + Decimal::from(more);
        better[at].quantities.insert(tax, Term::leaf("tax_wan", Some(raised), "", How::Constant).plus());
        let after = evaluate(&rules, 2022, &better);
        let (a, b) = (&before.sites[at], &after.sites[at]);
        prop_assert!(b.score >= a.score);
        prop_assert_eq!(a.rank.is_some(), b.rank.is_some());
        prop_assert!(b.rank <= a.rank);
        if a.rank.is_some() {
            prop_assert!(b.grade <= a.grade, "{:?} {:?}", a.grade, b.grade);
        }
    }
}
