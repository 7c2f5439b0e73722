//! Runs over a real store of one county.

use super::*;
use crate::{
    model::{EconomicFigure, EconomicItem, Gateway, Profile, Reason, Sample, Scale, Site, Value},
    platform::{
        assess::{coefficient, term::How},
        evaluation::{ReasonKind, compare},
        fixture::energy,
    },
    wire::record::{Content, Samples, encode},
};
use tempfile::TempDir;

/// 2024-11-24T00:00:00+08:00
const BASE: i64 = 1_732_377_600_000;
pub(in crate::platform) const MILL: &str = "91331003MA0000015F";
pub(in crate::platform) const PLANT: &str = "91331003MA0000020K";
pub(in crate::platform) const FOREIGN: &str = "91331004MA0000111Q";

pub(in crate::platform) fn site(credit_code: &str, name: &str, county: &str) -> Site {
    Site {
        credit_code: credit_code.into(),
        name: name.into(),
        city_code: "331000".into(),
        county_code: county.into(),
        industry_code: "C1713".into(),
        land_mu: "10".parse().unwrap(),
        product_code: "yarn".into(),
        product_unit: "piece".into(),
        output_value_yuan_per_unit: None,
    }
}

fn figure(credit_code: &str, item: EconomicItem, value: &str) -> EconomicFigure {
    let (credit_code, source) = (credit_code.to_owned(), "tax bureau 2024-7".to_owned());
    EconomicFigure { credit_code, year: 2024, month: None, item, value: value.parse().unwrap(), source }
}

/// Huangyan's rules for these counties and any year, on 当量值, with bands; the base of energy so that a mill's is near it.
pub(in crate::platform) fn rules(regions: &str, changes: &[(&str, &str)]) -> RuleSet {
    let mut text = std::fs::read_to_string("deploy/rules/huangyan-2022.toml").unwrap();
    let share = |grade: &str, from: &str, to: &str| {
        format!("\n[[group.band]]\ngrade = \"{grade}\"\nfrom_percent = \"{from}\"\nto_percent = \"{to}\"\n")
    };
    let bands = share("A", "0", "50") + &share("D", "50", "100");
    let at = text.rfind("[[group]]").unwrap();
    text.insert_str(at, &format!("{bands}\n"));
    text += &bands;
    let own = [
        ("regions = [\"331003\"]", format!("regions = [{regions}]")),
        ("years = \"2022\"\n", String::new()),
        ("\"equivalent\"", "\"calorific\"".to_owned()),
        (", \"bands\"]", "]".to_owned()),
    ];
    let all = own.iter().map(|(old, new)| (*old, new.as_str())).chain(changes.iter().copied());
    let text = all.fold(text, |text, (old, new)| {
        assert!(text.contains(old), "{old}");
        text.replace(old, new)
    });
    rule::parse(&text, "huangyan.toml").unwrap_or_else(|problems| panic!("{problems}"))
}

/// Three above-scale sites, one of them in another county; the mill's meter ran 10,000 kWh in 2024.
pub(in crate::platform) async fn county(sets: Vec<RuleSet>) -> (TempDir, Store, Runs) {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path()).unwrap();
    let sites =
        vec![site(MILL, "Mill", "331003"), site(PLANT, "<b>Plant</b>", "331003"), site(FOREIGN, "Foreign", "331004")];
    let gateways = vec![Gateway { gateway_id: "gw-1".into(), credit_code: MILL.into(), public_keys: Vec::new() }];
    store.register(sites, gateways, Default::default()).await.unwrap();
    let profile = |code: &str| Profile { credit_code: code.into(), above_scale: Some(true), ..Profile::default() };
    store.describe([MILL, PLANT, FOREIGN].map(profile).into(), Vec::new()).await.unwrap();
    let economy = [
        (MILL, EconomicItem::TaxWan, "300"),
        (MILL, EconomicItem::ValueAddedWan, "3.3"),
        (MILL, EconomicItem::CodT, "0.001"),
        (MILL, EconomicItem::AmmoniaNitrogenT, "0"),
        (MILL, EconomicItem::So2T, "0"),
        (MILL, EconomicItem::NoxT, "0"),
        (PLANT, EconomicItem::TaxWan, "200"),
        (FOREIGN, EconomicItem::TaxWan, "100"),
    ];
    let economy = economy.iter().map(|(code, item, value)| figure(code, *item, value)).collect();
    store.enter_economy(economy).await.unwrap();
    let series = energy(Scale::ONE);
    let samples = |time: i64, count: i64| Samples {
        time: UtcMillis(time),
        samples: vec![Sample { series: 0, reason: Reason::Good, value: Some(Value::Count(count)) }],
    };
    let mut records = encode(&Content::Dictionary(vec![(0, series)].into()));
    records.extend(encode(&Content::Samples(0, vec![samples(BASE, 500), samples(BASE + 7_200_000, 10_500)])));
    store.ingest("gw-1", [7; 16], 1, records, None).await.unwrap();
    let grounds = Arc::new(coefficient::load(&["deploy/coefficients/gbt-2589-2020.toml"]).unwrap().into());
    let figures = Figures::new(store.clone(), grounds);
    let runs = Runs::new(store.clone(), figures, Arc::new(sets));
    (dir, store, runs)
}

fn correction(credit_code: &str, item: Quantity, value: &str) -> Correction {
    let (evidence, reason) = ("完税证明 2024-118".to_owned(), "refund booked twice".to_owned());
    Correction { credit_code: credit_code.into(), item, value: value.parse().unwrap(), evidence, reason }
}

const TAX: Quantity = Quantity::Economic(EconomicItem::TaxWan);

#[tokio::test]
async fn a_stored_run_gives_each_score_again_down_to_the_register() {
    let set = rules("\"331003\"", &[]);
    let (_dir, store, runs) = county(vec![set.clone()]).await;
    let id = runs.try_out(&set, 2024, "li".into()).await.unwrap();
    let run = runs.run(id).await.unwrap();
    assert_eq!((run.rules_sha256, run.published, run.author.as_str()), (set.digest(), None, "li"));
    let sites = runs.sites(id, vec![String::new()]).await.unwrap();
    let graded: Vec<_> = sites.iter().map(|site| (site.name.as_str(), site.grade.as_deref())).collect();
    // the third one is in another county
    assert_eq!(graded, [("Mill", Some("A")), ("<b>Plant</b>", Some("D"))]);
    let worked = runs.workings(id, MILL).await.unwrap();
    let term = worked.term.unwrap();
    assert!(worked.holds);
    // 3.3 over 10,000 kWh × 0.1229
    assert_eq!(worked.site.indicators[2].value, Some("2.685110".parse().unwrap()));
    assert_eq!(term.registers()[0].name, "gw-1/m1/ep");
    assert!(store.evaluation_sites(id, query()).await.unwrap().total == 2);
}

fn query() -> crate::platform::store::SiteQuery {
    use crate::platform::store::{SiteQuery, SiteSort};
    let (region, sort) = (String::new(), SiteSort::Rank);
    SiteQuery {
        seen: vec![String::new()],
        region,
        group: None,
        grade: None,
        sort,
        descending: false,
        offset: 0,
        limit: 9,
    }
}

#[tokio::test]
async fn an_objection_makes_a_version_and_both_stay() {
    let set = rules("\"331003\"", &[]);
    let (_dir, store, runs) = county(vec![set.clone()]).await;
    let first = runs.try_out(&set, 2024, "li".into()).await.unwrap();
    let before = runs.sites(first, vec![String::new()]).await.unwrap();
    // what comes later is in no version of this run
    store.enter_economy(vec![figure(MILL, EconomicItem::TaxWan, "1")]).await.unwrap();
    let second = runs.object(first, correction(PLANT, TAX, "800"), "wang".into()).await.unwrap();
    let third = runs.object(second, correction(MILL, TAX, "500"), "wang".into()).await.unwrap();
    let tax = |id: i64, code: &'static str| {
        let runs = runs.clone();
        async move {
            let worked = runs.workings(id, code).await.unwrap();
            assert!(worked.holds, "{id} {code}");
            let mut found = None;
            worked.term.unwrap().visit(&mut |term| {
                if let (true, How::Entry(origin)) = (term.name == "tax_wan", &term.how) {
                    found = Some((term.value.unwrap().to_string(), origin.source.clone()));
                }
            });
            found.unwrap()
        }
    };
    let bureau = || "tax bureau 2024-7".to_owned();
    let evidence = || "完税证明 2024-118; refund booked twice".to_owned();
    assert_eq!(tax(first, PLANT).await, ("200".into(), bureau()));
    assert_eq!(tax(second, PLANT).await, ("800".into(), evidence()));
    assert_eq!(
        (tax(second, MILL).await, tax(third, MILL).await),
        (("300".into(), bureau()), ("500".into(), evidence()))
    );
    assert_eq!(tax(third, PLANT).await, ("800".into(), evidence()));
    assert_eq!(runs.sites(first, vec![String::new()]).await.unwrap(), before);
    let run = runs.run(third).await.unwrap();
    let objection = run.objection.unwrap();
    assert_eq!((objection.corrects, objection.inputs_of, run.author.as_str()), (second, first, "wang"));
    assert_eq!((objection.value_before.as_deref(), objection.value.as_str()), (Some("300"), "500"));

    let after = runs.sites(second, vec![String::new()]).await.unwrap();
    let comparison = compare(&before, &after);
    let moves: Vec<_> =
        comparison.moves.iter().map(|one| (one.from.as_deref(), one.to.as_deref(), one.sites)).collect();
    assert_eq!(moves, [(Some("A"), Some("D"), 1), (Some("D"), Some("A"), 1)]);
    let plant = comparison.moved.iter().find(|moved| moved.credit_code == PLANT).unwrap();
    assert!(plant.because[0].en.starts_with("tax_per_mu 20 → 80: "), "{:?}", plant.because);
    let mill = comparison.moved.iter().find(|moved| moved.credit_code == MILL).unwrap();
    assert!(mill.because[0].en.contains("its rank went from 1 to 2"), "{:?}", mill.because);
    assert!(matches!(
        runs.object(first, correction(FOREIGN, TAX, "1"), "wang".into()).await,
        Err(RunError::NotFound(_))
    ));
}

#[tokio::test]
async fn what_if_changes_the_coal_with_the_electricity_and_stores_nothing() {
    let set = rules("\"331003\"", &[]);
    let (_dir, store, runs) = county(vec![set.clone()]).await;
    let less = Change::Factor("0.92".parse().unwrap());
    let found = runs.what_if(&set, 2024, MILL, vec![(Quantity::Kwh, less)]).await.unwrap();
    let of = |site: &SiteOutcome| site.indicators[2].value.unwrap();
    // 3.3 / (1.229 × 0.92)
    assert_eq!((of(&found.before), of(&found.after)), ("2.685110".parse().unwrap(), "2.918598".parse().unwrap()));
    assert!(found.after.score > found.before.score && found.because[0].en.starts_with("value_added_per_tce 2.68511"));
    let tree = found.workings.unwrap();
    assert!(tree.holds());
    let mut times = None;
    tree.visit(&mut |term| times = times.or(term.value.filter(|_| term.name == "times")));
    assert_eq!(times, Some("0.92".parse().unwrap()));
    // the same by its amount
    let value = Change::Value("9200".parse().unwrap());
    let by_value = runs.what_if(&set, 2024, MILL, vec![(Quantity::Kwh, value)]).await.unwrap();
    assert_eq!(of(&by_value.after), of(&found.after));
    let wan = Change::Value("0.92".parse().unwrap());
    assert_eq!(
        of(&runs.what_if(&set, 2024, MILL, vec![(Quantity::WanKwh, wan)]).await.unwrap().after),
        of(&found.after)
    );
    let unknown = runs.what_if(&set, 2024, PLANT, vec![(Quantity::Tce, less)]).await;
    assert!(
        matches!(unknown, Err(RunError::Refused(text)) if text.en.contains("energy in standard coal is not known"))
    );
    assert_eq!(store.evaluations(None).await.unwrap(), []);
}

#[tokio::test]
async fn only_a_year_that_is_over_is_published_and_once() {
    let set = rules("\"331003\"", &[]);
    let (_dir, _store, runs) = county(vec![set.clone()]).await;
    let id = runs.try_out(&set, 2024, "li".into()).await.unwrap();
    runs.publish(id, "chen".into()).await.unwrap();
    assert_eq!(runs.run(id).await.unwrap().published.unwrap().1, "chen");
    assert!(matches!(runs.publish(id, "chen".into()).await, Err(RunError::Refused(_))));
    let future = runs.try_out(&set, 2199, "li".into()).await.unwrap();
    assert!(
        matches!(runs.publish(future, "chen".into()).await, Err(RunError::Refused(text)) if text.en.contains("not over"))
    );
    assert!(matches!(runs.publish(99, "chen".into()).await, Err(RunError::NotFound(_))));
}

#[tokio::test]
async fn rules_are_run_where_and_when_they_hold() {
    let (_dir, _store, runs) = county(Vec::new()).await;
    let shipped = rule::load("deploy/rules/huangyan-2022.toml".as_ref()).unwrap();
    let refused = |found: Result<i64, RunError>| match found {
        Err(RunError::Refused(text)) => text.en,
        other => panic!("{other:?}"),
    };
    assert!(refused(runs.try_out(&shipped, 2024, "li".into()).await).contains("hold for 2022 to 2022"));
    assert!(refused(runs.try_out(&rules("", &[]), 2024, "li".into()).await).contains("name no region"));
    let id = runs.try_out(&rules("\"331000\"", &[]), 2024, "li".into()).await.unwrap();
    assert_eq!(runs.sites(id, vec![String::new()]).await.unwrap().len(), 3);
    assert_eq!(runs.sites(id, vec!["331004".into()]).await.unwrap().len(), 1);
    let nobody = runs.sites(id, Vec::new()).await.unwrap();
    assert!(nobody.is_empty() && runs.sites(id, vec!["%".into(), "33' OR '1".into()]).await.unwrap().len() == 3);
}

#[tokio::test]
async fn a_site_without_figures_has_its_reasons() {
    let set = rules("\"331003\"", &[]);
    let (_dir, _store, runs) = county(vec![set.clone()]).await;
    let id = runs.try_out(&set, 2024, "li".into()).await.unwrap();
    let plant = runs.workings(id, PLANT).await.unwrap();
    let missing = plant.site.reasons.iter().filter(|reason| reason.kind == ReasonKind::Missing).count();
    assert!(plant.holds && missing == 5, "{:?}", plant.site.reasons);
}

#[tokio::test]
async fn every_run_objection_and_publication_is_in_the_audit_log() {
    let set = rules("\"331003\"", &[]);
    let (_dir, store, runs) = county(vec![set.clone()]).await;
    let id = runs.try_out(&set, 2024, "li".into()).await.unwrap();
    runs.object(id, correction(PLANT, TAX, "800"), "wang".into()).await.unwrap();
    runs.publish(id, "chen".into()).await.unwrap();
    let query = crate::platform::store::ChangeQuery { limit: 9, ..Default::default() };
    let rows = store.changes(query).await.unwrap().rows;
    let noted: Vec<_> = rows.iter().map(|row| (row.by.as_str(), row.action.as_str(), row.subject.clone())).collect();
    let (first, second) = (id.to_string(), (id + 1).to_string());
    assert_eq!(noted, [("chen", "publish", first.clone()), ("wang", "object", second), ("li", "try_out", first)]);
    assert!(rows[1].detail.contains("200 -> 800; 完税证明 2024-118"), "{}", rows[1].detail);
}
