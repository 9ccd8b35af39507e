//! A process that syncs, compacts and cleans a lake in a folder is killed, or its disk is full: what it said that the lake holds,
//! the lake holds, and the next process goes on.
//!
//! Invariants 3, 4, 5 and 10.
#![cfg(feature = "lake")]
#![allow(clippy::unwrap_used)] // the world of a test

use std::{collections::BTreeSet, path::Path, process::Command, time::Duration};

use futures_executor::block_on;
use terrace::{cold::Lake, prelude::*};
use terrace_tests::{
    Random,
    audit::{Folder, Item, audit, documents_of, folded, unreferenced},
    crash::killed,
    documents, long, seed,
};

/// Lets the writer sync some times, kills it, and gives the last position that it said the lake holds.
fn sync_and_kill(folder: &Path, lines: u64, seed: u64) -> u64 {
    let mut writer = Command::new(env!("CARGO_BIN_EXE_lake_writer"));
    let mut watermark = 0;
    killed(writer.arg(folder).arg(seed.to_string()), |count, line| {
        watermark = line.parse().unwrap();
        count == lines
    });
    watermark
}

/// What was said to be in the lake is there, nothing is there twice, and everything else follows.
fn check(folder: &Path, said: u64) {
    let files = Folder(folder.join("lake"));
    let db = Db::open(folder.join("object.db"), collections![Item]).unwrap();
    let lake = block_on(Lake::open(&files.0.display().to_string())).unwrap();
    let positions = |watermark: u64| -> Vec<i64> {
        let audited = audit(&files, "item_changes").unwrap();
        let _ = audit(&files, "item");
        let mut positions: Vec<i64> = audited.present().iter().map(|row| row.sequence).collect();
        positions.sort_unstable();
        let all: BTreeSet<i64> = positions.iter().copied().collect();
        assert_eq!(all.len(), positions.len(), "invariant 4: an event is in the lake twice");
        assert!((1..=watermark.cast_signed()).all(|at| all.contains(&at)), "invariant 5: {watermark}");
        positions
    };
    let acknowledged = db.changes().consumers().unwrap().iter().map(|(_, position)| *position).max().unwrap();
    assert!(acknowledged >= said, "invariant 5");
    positions(acknowledged);

    block_on(db.sync(&lake)).unwrap();
    block_on(lake.compact::<Item>()).unwrap();
    block_on(lake.remove_orphans("item", Duration::ZERO)).unwrap();
    let head = db.changes().head().unwrap();
    assert_eq!(positions(head).len() as u64, head, "invariant 4: each event is in the lake once");
    let (changes, state) = (audit(&files, "item_changes").unwrap(), audit(&files, "item").unwrap());
    let items = documents::<Item>(&db).unwrap();
    assert_eq!(folded(changes.present(), db.object_id()), items, "invariant 3");
    assert_eq!(documents_of(state.present(), db.object_id()), items);
    let mut found = block_on(lake.find::<Item>(|_| Filter::all()).all()).unwrap();
    found.sort();
    assert_eq!(found, items);
    for (table, audited) in [("item_changes", changes), ("item", state)] {
        // what a killed process was writing is beside the files of the store, and no file of it
        let left = unreferenced(&files, table, &audited);
        let left: Vec<&String> = left.iter().filter(|path| !path.contains('#')).collect();
        assert!(left.is_empty(), "left behind: {left:?}");
    }
}

#[test]
fn nothing_that_was_synced_is_lost_by_kill_9() {
    let seed = seed();
    println!("TERRACE_SEED={seed}");
    let mut random = Random(seed);
    let place = tempfile::tempdir().unwrap();
    for _ in 0..if long() { 50 } else { 3 } {
        let said = sync_and_kill(place.path(), 1 + random.below(12), random.bits());
        check(place.path(), said);
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_loses_nothing_and_is_over_when_there_is_room() {
    let place = tempfile::tempdir().unwrap();
    let (folder, copy) = (place.path().join("full"), place.path().join("copy"));
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::create_dir_all(&copy).unwrap();
    // A file system of 3 MB, seen by this process and its children alone; a part of it is given free when it is full.
    let writer = env!("CARGO_BIN_EXE_lake_writer");
    let (full, to) = (folder.display(), copy.display());
    let script = format!(
        "mount -t tmpfs -o size=3m tmpfs {full} && head -c 1500000 /dev/zero >{full}/ballast && \\
         {writer} {full} 1 until-full && cp -r {full}/. {to}"
    );
    let done =
        Command::new("unshare").args(["-rm", "sh", "-c", &script]).output().expect("unshare of util-linux");
    let (said, errors) = (String::from_utf8_lossy(&done.stdout), String::from_utf8_lossy(&done.stderr));
    assert!(done.status.success(), "{said}{errors}");
    assert!(said.contains("full: "), "{said}");
    let last = said.lines().filter_map(|line| line.parse().ok()).next_back().unwrap();
    check(&copy, last);
}
