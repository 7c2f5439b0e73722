//! Two platforms at once: each gets everything, neither waits for the other, and nothing goes before both have it.

use super::*;
use crate::agent::spool::SpoolError;

#[tokio::test]
async fn a_dead_destination_holds_the_other_neither_and_nothing_is_deleted_before_both_have_it() {
    let (county, county_url, _county_tasks) = serve(vec![]).await;
    // it takes connections and never opens a stream
    let (city, city_url, _city_tasks) = serve(vec![Behaviour::NeverOpens]).await;
    let folder = tempfile::tempdir().unwrap();
    let spool = filled(folder.path(), &["county", "city"]);
    let (to_county, to_city) = (uplink(spool.clone(), 0, county_url), uplink(spool.clone(), 1, city_url));
    let generations = spool.generations();

    let both = async {
        tokio::select! {
            never = to_city.deliver() => match never {},
            () = to_county.run_until(|| to_county.drained() && city.sessions() == 1) => {}
        }
    };
    both.await;
    assert_all_stored(&county);
    assert!(city.stored.lock().unwrap().is_empty());
    assert_eq!(spool.generations(), generations, "the city has nothing yet");
    assert_eq!(spool.backlog(0).records, 0);
    assert_eq!(spool.backlog(1).records, generations.iter().map(|generation| generation.last_seq).sum::<u64>());

    to_city.run_until(|| to_city.drained() && spool.generations().len() < generations.len()).await;
    assert_all_stored(&city);
    assert!(spool.generations().iter().all(|generation| generations.contains(generation)));
    assert_eq!((county.repeats.load(Relaxed), city.repeats.load(Relaxed)), (0, 0));
}

#[tokio::test]
async fn each_destination_has_its_own_marks_over_a_restart() {
    let (county, county_url, _county_tasks) = serve(vec![]).await;
    let folder = tempfile::tempdir().unwrap();
    let destinations = ["county", "city"];
    let spool = filled(folder.path(), &destinations);
    let to_county = uplink(spool, 0, county_url);
    to_county.run_until(|| to_county.drained()).await;
    let sealed: u64 = to_county.spool.generations().iter().filter(|g| g.sealed).map(|g| g.last_seq).sum();
    drop(to_county);

    // the order of the file has changed meanwhile
    let swapped = destinations.map(str::to_owned);
    let swapped = [swapped[1].clone(), swapped[0].clone()];
    // a call that the uplink's end cut off may hold the spool for a moment
    let spool = loop {
        match SledSpool::open(folder.path(), vec![record("preamble")], &swapped, Limits::default()) {
            Err(SpoolError::Locked { .. }) => tokio::time::sleep(Duration::from_millis(5)).await,
            opened => break opened.unwrap(),
        }
    };
    assert!(spool.backlog(0).records > sealed, "the city has nothing");
    assert!(spool.backlog(1).records < sealed, "the county has all that was sealed");
    assert_all_stored(&county);
}
