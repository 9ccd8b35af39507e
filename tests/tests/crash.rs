//! `kill -9` in the middle of a stream of transactions: invariants 1, 2 and 3 hold after every one, and nothing that
//! was acknowledged is lost.

use std::process::Command;

use terrace::prelude::*;
use terrace_tests::{
    Place, Random,
    crash::{Entry, killed},
    documents, replayed, seed,
};

const KILLS: usize = 200;
/// After so many kills a new database begins, so that the check stays short.
const KILLS_A_DATABASE: usize = 10;

/// Lets the writer acknowledge `lines` transactions, kills it, and gives the last acknowledgement: the head of the
/// log, and the next id.
fn write_and_kill(place: &Place, lines: u64, seed: u64) -> (u64, i64) {
    let mut writer = Command::new(env!("CARGO_BIN_EXE_crash_writer"));
    let mut acknowledged = (0, 0);
    killed(writer.arg(place.path()).arg(seed.to_string()), |count, line| {
        let mut numbers = line.split(' ');
        let mut number = || numbers.next().and_then(|number| number.parse().ok()).expect("two numbers");
        acknowledged = (u64::try_from(number()).expect("a position"), number());
        count == lines
    });
    acknowledged
}

fn check(place: &Place, (head, next): (u64, i64)) -> Result<(), StorageError> {
    let db = Db::open(place.path(), collections![Entry])?;
    let mut expected = 1;
    for event in db.changes().since(0)? {
        assert_eq!(event?.sequence, expected, "invariant 2: the log has a hole");
        expected += 1;
    }
    assert!(expected > head, "acknowledged event {head} is lost: the log ends with {}", expected - 1);
    let stored = db.all::<Entry>().order_by(|e| e.id.desc()).first()?.map_or(0, |entry| entry.id + 1);
    assert!(stored >= next, "acknowledged entry {} is lost", next - 1);

    let copy = replayed(&db, collections![Entry])?;
    assert_eq!(documents::<Entry>(&copy)?, documents::<Entry>(&db)?, "invariants 1 and 3");
    assert_eq!(copy.checksum::<Entry>()?, db.checksum::<Entry>()?);
    Ok(())
}

#[test]
fn nothing_acknowledged_is_lost_by_kill_9() -> Result<(), StorageError> {
    let seed = seed();
    println!("TERRACE_SEED={seed}");
    let mut random = Random(seed);
    let mut place = Place::new();
    for kill in 0..KILLS {
        if kill % KILLS_A_DATABASE == 0 {
            place = Place::new();
        }
        let acknowledged = write_and_kill(&place, 1 + random.below(40), random.bits());
        check(&place, acknowledged)?;
    }
    Ok(())
}
