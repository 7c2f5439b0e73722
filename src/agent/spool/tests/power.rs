//! Power cuts, as far as a test can make them: at each step, the folder with nothing but what was fsynced.

use super::{double::Skip, *};

/// Commits, rotates, delivers and restarts, then opens what a cut at each step would have left. Gives the number of
/// images, and of those the ones that lost, changed or doubled a committed record or did not open.
fn cut_at_each_step(skip: Skip) -> (usize, Vec<String>) {
    let folder = tempfile::tempdir().unwrap();
    let disk = Double::new(folder.path(), skip);
    let limits = Limits { generation_bytes_max: 1000, ..small() };
    let (mut committed, mut delivered) = (0, 0);
    for _run in 0..2 {
        let spool = open_on(disk.clone(), folder.path(), preamble(), limits).unwrap();
        for commit in 0..9 {
            spool.commit(&records(committed + 1..=committed + 4), None).unwrap();
            committed += 4;
            if commit == 5 {
                let oldest = spool.generations()[0];
                delivered += oldest.last_seq - 1;
                disk.note((delivered, committed));
                spool.acked(0, &oldest.gen_id, oldest.last_seq, true).unwrap();
            }
            disk.note((delivered, committed));
        }
    }
    let images = disk.images();
    let failures = images.iter().enumerate().filter_map(|(step, image)| {
        let cut = tempfile::tempdir().unwrap();
        image.write(folder.path(), cut.path());
        let (delivered, committed) = image.note;
        let found = match open_with(cut.path(), preamble(), limits) {
            Ok(spool) if unreadable(&spool).is_empty() && spool.quarantined() == 0 => {
                spool.commit(&records(1000..=1000), None).unwrap();
                numbers(&spool)
            }
            Ok(_) => return Some(format!("step {step}: a generation was damaged")),
            Err(error) => return Some(format!("step {step}: {error}")),
        };
        let Some((&1000, found)) = found.split_last() else {
            return Some(format!("step {step}: {found:?} does not end with what was committed last"));
        };
        let (first, last) = (found.first().copied().unwrap_or(1), found.last().copied().unwrap_or(0));
        let kept = first <= delivered + 1 && last >= committed && found.iter().copied().eq(first..=last);
        (!kept).then(|| format!("step {step}: {committed} were committed, {delivered} delivered, {found:?} found"))
    });
    (images.len(), failures.collect())
}

#[test]
fn a_power_cut_loses_nothing_that_was_committed() {
    let (images, failures) = cut_at_each_step(Skip::Nothing);
    println!("{images} images, {} failures", failures.len());
    assert!(images > 100, "{images} images");
    assert!(failures.is_empty(), "{} of {images}: {failures:#?}", failures.len());
}

#[test]
fn control_a_power_cut_without_our_fsync_loses_records() {
    let (images, failures) = cut_at_each_step(Skip::CommitSync);
    println!("{} of {images} images are caught, such as {:?}", failures.len(), failures.first());
    assert!(!failures.is_empty());
}

#[test]
fn control_a_power_cut_without_the_folders_fsync_loses_records() {
    let (images, failures) = cut_at_each_step(Skip::FolderSync);
    println!("{} of {images} images are caught, such as {:?}", failures.len(), failures.first());
    assert!(!failures.is_empty());
}
