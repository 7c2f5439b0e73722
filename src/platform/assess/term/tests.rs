use super::*;
use proptest::prelude::*;

fn leaf(mantissa: i64, scale: u32) -> Term {
    Term::leaf("x", Some(Decimal::new(mantissa, scale)), "", How::Constant)
}

/// Any tree over small leaves.
fn tree() -> impl Strategy<Value = Term> {
    let leaves = (-1_000_000_i64..1_000_000, 0_u32..6).prop_map(|(mantissa, scale)| leaf(mantissa, scale));
    leaves.prop_recursive(4, 40, 4, |inner| {
        (prop::collection::vec((any::<bool>(), inner), 1..5), 0..7).prop_map(|(parts, how)| {
            let parts: Vec<_> = parts.into_iter().map(|(minus, term)| Part { minus, term: Arc::new(term) }).collect();
            let (how, parts) = match (how, parts.len()) {
                (0, _) => (How::Product, parts),
                (1, 2) => (How::Quotient, parts),
                (2, 1) => (How::Rounded { decimals: 4 }, parts),
                (3, 3 | 4) => (How::ToBase, parts),
                (4, 4) => (How::MinMax, parts),
                (5, _) => (How::Least, parts),
                _ => (How::Sum, parts),
            };
            Term::of("x", "", how, parts)
        })
    })
}

proptest! {
    #[test]
    fn a_tree_recomputes_to_the_same_bits_also_out_of_json(term in tree()) {
        prop_assert!(term.holds());
        let stored: Term = serde_json::from_str(&serde_json::to_string(&term).unwrap()).unwrap();
        prop_assert!(stored.holds());
        prop_assert_eq!(stored, term);
    }

    #[test]
    fn a_value_that_was_changed_is_found(term in tree(), by in 1_i64..9) {
        prop_assume!(!term.terms.is_empty());
        let changed = Term { value: Some(term.value.unwrap_or_default() + Decimal::new(by, 0)), ..term };
        prop_assert!(!changed.holds());
    }
}

#[test]
fn quality_is_the_worst_and_doubts_are_all_of_the_terms() {
    let sum = |parts: Vec<Term>| Term::of("s", "", How::Sum, parts.into_iter().map(Term::plus).collect());
    let one = || leaf(1, 0);
    let both = sum(vec![one().judged(Doubts::ROLLOVER), one().judged(Doubts::EPOCH)]);
    assert_eq!((both.quality, both.doubts), (Quality::Uncertain, Doubts::ROLLOVER | Doubts::EPOCH));
    assert_eq!(sum(vec![one().judged(Doubts::ROLLOVER)]).quality, Quality::Good);
    assert_eq!(sum(vec![one().weakened(Text::new("注", "note"))]).quality, Quality::Uncertain);
    let unknown = Term::leaf("u", None, "", How::Constant);
    assert_eq!((unknown.quality, sum(vec![one(), unknown.clone()]).value), (Quality::Bad, None));
    assert_eq!(sum(vec![one(), unknown]).quality, Quality::Bad);
    let zero = Term::of("q", "", How::Quotient, vec![one().plus(), leaf(0, 0).plus()]);
    assert_eq!((zero.value, zero.quality), (None, Quality::Bad));
}
