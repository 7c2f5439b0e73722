use super::*;
use crate::model::UtcMillis;

fn change(number: u64, put: &[(&str, &str)], gone: &[&str]) -> RegisterChange {
    let version = RegisterVersion {
        kind: "stock".into(),
        number,
        by: "li".into(),
        at: UtcMillis(i64::try_from(number).unwrap()),
        file: "f.csv".into(),
        sha256: "00".into(),
        reason: String::new(),
        rows: put.len() as u64,
        added: 0,
        changed: 0,
        removed: 0,
        unchanged: 0,
    };
    let row = |(key, body): &(&str, &str)| RegisterRow {
        kind: "stock".into(),
        key: (*key).into(),
        credit_code: "A".into(),
        body: (*body).into(),
    };
    let gone = gone.iter().map(|key| (*key).to_owned()).collect();
    RegisterChange { version, put: put.iter().map(row).collect(), gone }
}

fn import(changes: Vec<RegisterChange>) -> RegisterImport {
    RegisterImport { changes, registered: None, figures: Vec::new(), figures_gone: Vec::new() }
}

#[tokio::test]
async fn of_two_changes_made_on_one_version_one_is_taken_and_no_row_is_lost() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path()).unwrap();
    assert!(store.take_import(import(vec![change(1, &[("a", "1"), ("b", "1")], &[])])).await.unwrap());
    assert!(store.take_import(import(vec![change(2, &[("a", "2")], &["b"])])).await.unwrap());
    let late = vec![
        RegisterChange {
            version: RegisterVersion { kind: "sites".into(), ..change(1, &[], &[]).version },
            ..change(1, &[], &[])
        },
        change(2, &[("c", "9")], &[]),
    ];
    assert!(!store.take_import(import(late)).await.unwrap(), "nothing of it is stored");
    let (rows, versions) = store.register_rows().await.unwrap();
    let now: Vec<_> = rows.iter().map(|row| (row.key.as_str(), row.body.as_str())).collect();
    assert_eq!((now, versions), (vec![("a", "2")], [("stock".to_owned(), 2)].into()));
    let all = store.inner.readers.read(|tx| {
        tx.rows("SELECT key, since, body FROM register_row ORDER BY key, since", &[], |row| {
            Ok((row.get::<String>(0)?, row.get::<i64>(1)?, row.get::<String>(2)?))
        })
    });
    let kept: Vec<_> = all.await.unwrap().into_iter().map(|(key, since, body)| format!("{key}{since}{body}")).collect();
    assert_eq!(kept, ["a11", "a22", "b11"]);
}
