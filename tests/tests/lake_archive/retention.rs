//! Which archived snapshots stay.

use std::time::Duration;

use futures_executor::block_on;
use terrace::{
    prelude::*,
    snapshots::{Keep, SnapshotError, Tiers},
};

use super::world::{NOTHING, OBJECT, archive, archived, cause, check_store, ids};

#[test]
fn the_rules_keep_what_they_name_and_the_newest_that_is_whole() -> Result<(), StorageError> {
    let (store, archived) = archived(10)?;
    let archive = archive(&store);
    let ids = ids(&archived);
    block_on(archive.hold(OBJECT, ids[1]))?;
    let error = block_on(archive.delete(OBJECT, ids[1])).unwrap_err();
    assert!(matches!(cause(error), SnapshotError::Needed { .. }));
    assert!(block_on(archive.inspect(OBJECT, ids[1]))?.held);
    let tiers = Tiers { daily: 2, weekly: 2, monthly: 1 };
    let younger_than = Some(Duration::from_hours(4 * 24));
    // 2023-11-14, a Tuesday, and the days after it; the newest is of a day ago
    let removed = block_on(archive.retain(OBJECT, Keep { newest: 1, younger_than, tiers }))?;
    let gone = [0, 2, 3, 4, 6];
    assert_eq!(removed, gone.map(|at: usize| ids[at]));
    // the newest that is whole
    store.replace(&archived[9].files().next().unwrap().path.clone(), None);
    let removed = block_on(archive.retain(OBJECT, NOTHING))?;
    assert_eq!(removed, [ids[5], ids[7], ids[9]]);
    block_on(archive.release(OBJECT, ids[1]))?;
    assert_eq!(block_on(archive.retain(OBJECT, NOTHING))?, [ids[1]]);
    check_store(&store, std::slice::from_ref(&archived[8]));
    block_on(archive.delete(OBJECT, ids[8]))?;
    let error = block_on(archive.delete(OBJECT, ids[8])).unwrap_err();
    assert!(matches!(cause(error), SnapshotError::NotArchived { .. }));
    Ok(())
}
