use super::*;
use crate::{
    platform::{access::Role, registry::csv_safe},
    runtime::lang::Lang,
};

const A: &str = "91331003MA0000111Q";
const B: &str = "91331003MA000012XG";
const SITES: &str = "credit_code,name,city_code,county_code,industry_code,land_mu,product_code,product_unit,output_value_yuan_per_unit\n";

fn row(code: &str, land: &str) -> String {
    format!("{code},厂,331000,331003,C2929,{land},crate,piece,18.50\n")
}

fn part(kind: Kind, text: &str, whole: bool) -> Part {
    Part::read(kind, text.as_bytes(), "f.csv", None, whole).unwrap()
}

fn sites(rows: &[String], whole: bool) -> Part {
    part(Kind::Sites, &(SITES.to_owned() + &rows.concat()), whole)
}

fn economy(rows: &str) -> Part {
    part(Kind::Economy, &format!("credit_code,year,month,source,tax_wan,staff\n{rows}"), false)
}

async fn store() -> (tempfile::TempDir, Store) {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path()).unwrap();
    let both = sites(&[row(A, "25.6"), row(B, "18.2")], true);
    let gateways = part(Kind::Gateways, &format!("gateway_id,credit_code\ngw-1,{A}\n"), true);
    taken(at_start(&store, vec![both, gateways]).await.unwrap());
    (dir, store)
}

fn taken(imported: Imported) -> Vec<Outcome> {
    match imported {
        Imported::Taken { outcomes, .. } => outcomes,
        other => panic!("{other:?}"),
    }
}

fn refused(imported: Imported) -> String {
    match imported {
        Imported::Refused(problems) => {
            assert!(problems.render(Lang::Zh).contains("改法"));
            problems.to_string()
        }
        other => panic!("{other:?}"),
    }
}

async fn import_by(store: &Store, asker: &Asker, one: Part, dry_run: bool) -> Imported {
    import(store, vec![one], asker, "why", dry_run).await.unwrap()
}

async fn one(store: &Store, part: Part) -> Outcome {
    taken(import_by(store, &Asker::local(), part, false).await).remove(0)
}

fn counts(outcome: &Outcome) -> (u64, u64, u64, u64) {
    let Difference { added, changed, removed, unchanged, .. } = outcome.difference;
    (added, changed, removed, unchanged)
}

#[tokio::test]
async fn the_same_content_again_makes_no_version_and_says_so() {
    let (_dir, store) = store().await;
    let again = one(&store, sites(&[row(A, "25.6")], false)).await;
    assert_eq!((counts(&again), again.version), ((0, 0, 0, 1), None));
    let other = one(&store, sites(&[row(A, "26")], false)).await;
    assert_eq!((counts(&other), other.version), ((0, 1, 0, 0), Some(2)));
    assert_eq!(store.sites().await.unwrap()[0].land_mu.to_string(), "26");
    let versions = store.register_versions(Some("sites".into()), 9).await.unwrap();
    let said: Vec<_> = versions.iter().map(|one| (one.number, one.by.as_str(), one.reason.as_str())).collect();
    assert_eq!(said, [(2, "local", "why"), (1, "config", "")]);
}

#[tokio::test]
async fn rows_that_are_not_named_stay_unless_the_table_is_the_whole() {
    let (_dir, store) = store().await;
    assert_eq!(counts(&one(&store, sites(&[row(B, "18")], false)).await), (0, 1, 0, 0));
    assert_eq!(store.sites().await.unwrap().len(), 2);
    assert_eq!(counts(&one(&store, sites(&[row(A, "25.6")], true)).await), (0, 0, 1, 1));
    assert_eq!(store.sites().await.unwrap().len(), 1);
}

#[tokio::test]
async fn what_would_not_fit_what_is_registered_is_refused_and_nothing_is_stored() {
    let (_dir, store) = store().await;
    let said = refused(import_by(&store, &Asker::local(), sites(&[row(B, "18.2")], true), false).await);
    assert!(said.starts_with("registered gateways:2:6  credit_code: found"), "{said}");
    assert_eq!(store.sites().await.unwrap().len(), 2);
    assert_eq!(store.register_versions(None, 9).await.unwrap().len(), 2);
    // together with the gateway it may go
    let gateways = part(Kind::Gateways, &format!("gateway_id,credit_code\ngw-1,{B}\n"), true);
    let parts = vec![sites(&[row(B, "18.2")], true), gateways];
    assert_eq!(taken(import(&store, parts, &Asker::local(), "", false).await.unwrap()).len(), 2);
    assert_eq!(store.gateways().await.unwrap()[0].credit_code, B);
}

#[tokio::test]
async fn a_dry_run_says_all_and_writes_nothing() {
    let (_dir, store) = store().await;
    let dry = taken(import_by(&store, &Asker::local(), sites(&[row(A, "1"), row(B, "18.2")], false), true).await);
    assert_eq!((counts(&dry[0]), dry[0].version, dry[0].difference.listed.len()), ((0, 1, 0, 1), None, 1));
    assert_eq!(store.register_versions(None, 9).await.unwrap().len(), 2);
    assert_eq!(store.sites().await.unwrap()[0].land_mu.to_string(), "25.6");
}

#[tokio::test]
async fn figures_of_one_year_leave_those_of_others_and_go_one_by_one() {
    let (_dir, store) = store().await;
    one(&store, economy(&format!("{A},2024,,tax,600,190\n{B},2025,1,tax,20,\n"))).await;
    let next = one(&store, economy(&format!("{A},2025,,tax,620,\n{B},2025,1,tax,21,\n"))).await;
    assert_eq!((counts(&next), next.version), ((1, 1, 0, 0), Some(2)));
    assert_eq!(store.figures_between(1990, 2100).await.unwrap().len(), 4);
    let entered = |value: Option<&str>| Entered {
        year: 2024,
        month: None,
        item: EconomicItem::TaxWan,
        value: value.map(|value| value.parse().unwrap()),
        source: "call".into(),
    };
    let by = Asker::local();
    let corrected = taken(enter(&store, A, vec![entered(Some("601.50"))], &by, "slip").await.unwrap());
    assert_eq!((counts(&corrected[0]), corrected[0].version), ((0, 1, 0, 0), Some(3)));
    let removed = taken(enter(&store, A, vec![entered(None)], &by, "wrong firm").await.unwrap());
    assert_eq!((counts(&removed[0]), removed[0].version), ((0, 0, 1, 0), Some(4)));
    let nothing = taken(enter(&store, A, vec![entered(None)], &by, "again").await.unwrap());
    assert_eq!((counts(&nothing[0]), nothing[0].version), ((0, 0, 0, 0), None));
    let left: Vec<_> = store.figures_of(A).await.unwrap().into_iter().map(|one| (one.year, one.item)).collect();
    assert_eq!(left, [(2024, EconomicItem::Staff), (2025, EconomicItem::TaxWan)]);
    let versions = store.versions_of(A, 9).await.unwrap();
    assert_eq!(versions.iter().filter(|version| version.kind == "economy").count(), 4);
}

#[tokio::test]
async fn the_configurations_file_counts_when_it_is_another_one_and_not_at_every_start() {
    let (_dir, store) = store().await;
    one(&store, sites(&[row(A, "30")], false)).await;
    let again = taken(at_start(&store, vec![sites(&[row(A, "25.6"), row(B, "18.2")], true)]).await.unwrap());
    assert!(again.is_empty(), "the file of the last start does not undo what was imported since: {again:?}");
    assert_eq!(store.sites().await.unwrap()[0].land_mu.to_string(), "30");
    let other = taken(at_start(&store, vec![sites(&[row(A, "25.6"), row(B, "18")], true)]).await.unwrap());
    assert_eq!((counts(&other[0]), other[0].version), ((0, 2, 0, 0), Some(3)));
}

#[tokio::test]
async fn an_operator_of_one_county_changes_no_other() {
    let (_dir, store) = store().await;
    let asker = Asker { name: "li".into(), role: Role::Operator, regions: vec!["331002".into()] };
    for part in [sites(&[row(A, "1")], false), economy(&format!("{A},2025,,tax,1,\n"))] {
        let said = refused(import_by(&store, &asker, part, false).await);
        assert!(said.contains("expected sites of your regions"), "{said}");
    }
    let own = sites(&[row("91330100MA00000072", "5").replace("331003", "331002")], true);
    assert!(refused(import_by(&store, &asker, own, false).await).contains("the whole table was to be replaced"));
    let own = sites(&[row("91330100MA00000072", "5").replace("331003", "331002")], false);
    assert_eq!(counts(&taken(import_by(&store, &asker, own, false).await)[0]), (1, 0, 0, 0));
    assert_eq!(store.sites().await.unwrap().len(), 3);
}

#[tokio::test]
async fn hostile_names_are_kept_as_they_are_and_run_nowhere() {
    let (_dir, store) = store().await;
    let name = "=cmd|' /C calc'!A0'); DROP TABLE site;--<script>alert(1)</script>%_";
    one(&store, sites(&[row(A, "25.6").replace("厂", name)], false)).await;
    assert_eq!(store.sites().await.unwrap()[0].name, name);
    assert!(csv_safe(name).starts_with("'="));
    let find = |words: &str| crate::platform::store::SiteSearch {
        words: words.into(),
        regions: vec![String::new()],
        region: String::new(),
        industry: String::new(),
        offset: 0,
        limit: 9,
    };
    for (words, total) in [("%_", 1), ("'; DROP", 0), ("'); DROP", 1), ("", 2), ("%", 1), ("_%", 0)] {
        assert_eq!(store.site_rows(find(words)).await.unwrap().1, total, "{words}");
    }
    let nowhere = crate::platform::store::SiteSearch { regions: vec!["3310%".into()], ..find("") };
    assert_eq!(store.site_rows(nowhere).await.unwrap().1, 0);
}
