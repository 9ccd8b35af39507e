//! Snapshots: what was taken comes back, bit for bit, within the limits of an object.

use terrace::{
    hot::Maintenance,
    prelude::*,
    snapshots::SnapshotKind::{Full, Incremental},
};

use super::{
    Checked, Home,
    columnar::{Item, columns, item},
    holds, named, same,
};
use crate::documents;

named![
    "snapshots":
    documents_come_back_from_a_full_snapshot_and_from_a_chain,
    documents_near_the_limit_of_a_row_come_back,
];

fn documents_come_back_from_a_full_snapshot_and_from_a_chain(home: &dyn Home) -> Checked {
    let db = columns(home)?;
    let full = db.snapshots().create(Full)?;
    let before: Vec<Item> = documents(&db)?;
    db.find::<Item>(|i| i.id.lt(100)).delete()?;
    db.insert_all(&(1_000..1_050).map(item).collect::<Vec<_>>())?;
    db.update::<Item>(300, |item| item.rank = -7)?;
    let next = db.snapshots().create(Incremental)?;
    same!((next.kind, next.parent), (Incremental, Some(full.id)));
    let after: Vec<Item> = documents(&db)?;
    db.maintain(Maintenance::default())?;
    for (snapshot, expected) in [(&full, &before), (&next, &after), (&full, &before)] {
        let lineage = db.lineage()?;
        db.snapshots().verify(snapshot.id)?;
        db.snapshots().restore(snapshot.id)?;
        same!(&documents::<Item>(&db)?, expected);
        holds!(db.lineage()? != lineage, "invariant 6");
        db.insert(&item(5_000))?;
        db.delete::<Item>(5_000)?;
    }
    Ok(())
}

#[derive(Collection, Clone, Debug, PartialEq)]
struct Large {
    #[id]
    id: i64,
    bytes: Vec<u8>,
}

fn documents_near_the_limit_of_a_row_come_back(home: &dyn Home) -> Checked {
    let db = home.open(collections![Large])?;
    let mut random = crate::Random(3);
    let large = (0..4).map(|id| {
        let bytes = (0..1_990_000 - id * 500_000).map(|_| random.bits().to_le_bytes()[0]);
        Large { id, bytes: bytes.collect() }
    });
    let large: Vec<Large> = large.collect();
    for document in &large {
        db.insert(document)?;
    }
    let snapshot = db.snapshots().create(Full)?;
    db.all::<Large>().delete()?;
    db.snapshots().restore(snapshot.id)?;
    holds!(documents::<Large>(&db)? == large, "invariant 7");
    Ok(())
}
