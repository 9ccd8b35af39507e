//! Going back to a snapshot.

use crate::{
    Cause, Db,
    cdc::{Checksum, Lineage, SnapshotId},
    error::{During, Failure, Operation, Outcome, StorageError},
    hot::Incoming,
    schema::Collection,
};

use super::{SnapshotCollection, SnapshotError, Snapshots, chain::Chain, contents::Contents};

/// What a restore did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Restored {
    /// The lineage that begins.
    pub lineage: Lineage,
    /// How many documents there are in what was restored.
    pub documents: u64,
}

impl Snapshots<'_> {
    /// Takes the whole object back to a snapshot: every collection has its documents again, and one that it does not know
    /// has none. Documents of an earlier schema are migrated.
    ///
    /// It is one transaction: all of it happens or nothing. A new lineage begins, whose first events say that the collections
    /// were restored (`RESTORE`); whoever follows the log reads the documents anew then, as a sync to a lake does by itself.
    ///
    /// # Errors
    /// [`SnapshotError`], before anything is touched: the snapshot, or one that it builds on, is missing or damaged.
    /// [`Cause::Migration`]: its documents do not fit the present schema. The database was not
    /// opened with one of its collections.
    pub fn restore(self, id: SnapshotId) -> Result<Restored, StorageError> {
        self.put(id, self.db, None).during_no_collection(Operation::Snapshot)
    }

    /// Gives another database what a snapshot holds: every collection of it has those documents then, as after a
    /// [`Snapshots::restore`] there. The other one keeps its name, and may have later structs.
    ///
    /// # Errors
    /// As [`Snapshots::restore`]; the other database was not opened with a collection of the snapshot that has documents.
    ///
    /// ```
    /// # use terrace::{prelude::*, snapshots::SnapshotKind::Full};
    /// # #[derive(Collection)]
    /// # struct City { #[id] name: String, people: i64 }
    /// # let (db, copy) = (Db::open_in_memory(collections![City])?, Db::open_in_memory(collections![City])?);
    /// db.insert(&City { name: "Bonn".into(), people: 330_000 })?;
    /// let snapshot = db.snapshots().create(Full)?;
    /// db.snapshots().restore_into(snapshot.id, &copy)?;
    /// assert_eq!(copy.checksum::<City>()?, db.checksum::<City>()?);
    /// # Ok::<(), StorageError>(())
    /// ```
    pub fn restore_into(self, id: SnapshotId, to: &Db) -> Result<Restored, StorageError> {
        self.put(id, to, None).during_no_collection(Operation::Snapshot)
    }

    /// Takes one collection back to a snapshot; the others stay as they are.
    ///
    /// # Errors
    /// As [`Snapshots::restore`]; the snapshot does not have the collection.
    pub fn restore_collection<T: Collection>(self, id: SnapshotId) -> Result<Restored, StorageError> {
        self.put(id, self.db, Some(T::SCHEMA.name)).during(Operation::Snapshot, T::SCHEMA.name)
    }

    /// As [`Snapshots::restore_collection`], by the collection's name: for tools.
    ///
    /// # Errors
    /// As there.
    pub fn restore_collection_named(self, id: SnapshotId, name: &str) -> Result<Restored, StorageError> {
        self.put(id, self.db, Some(name)).during_no_collection(Operation::Snapshot)
    }

    fn put(self, id: SnapshotId, to: &Db, only: Option<&str>) -> Outcome<Restored> {
        self.require_outside()?;
        to.snapshots().require_outside()?;
        to.replacing(|| self.db.consistently(|| Putting { contents: &self.contents(id)?, to }.run(only)))
    }

    /// Refuses to be called inside of a transaction.
    pub(super) fn require_outside(self) -> Outcome<()> {
        if self.db.is_in_transaction() { Err(SnapshotError::InTransaction.into()) } else { Ok(()) }
    }
}

/// The documents of a snapshot on their way to the place of what is there. Inside of a transaction.
pub(super) struct Putting<'a> {
    pub(super) contents: &'a Contents<'a>,
    pub(super) to: &'a Db,
}

impl Putting<'_> {
    pub(super) fn run(&self, only: Option<&str>) -> Outcome<Restored> {
        let last = self.contents.chain.last();
        let id = last.id;
        if let Some(name) = only.filter(|name| last.collection(name).is_none()) {
            return Err(SnapshotError::NoCollection { id, collection: name.to_owned() }.into());
        }
        let here = self.to.collections_now()?;
        let needed = |of: &&SnapshotCollection| only.map_or(of.after.documents > 0, |only| of.name == only);
        let unknown = |of: &&SnapshotCollection| here.iter().all(|(name, _)| *name != of.name);
        let missing = last.collections.iter().filter(needed).find(unknown);
        missing.map_or(Ok(()), |of| Err(Failure::from(Cause::NotOpened).of(&of.name)))?;
        let lineage = self.to.begin_lineage()?;
        let mut documents = 0;
        for (name, _) in here {
            if only.is_some_and(|only| only != name) {
                continue;
            }
            documents += match last.collection(name) {
                Some(of) => self.collection(of)?,
                None => self.to.empty(name, id).map(|()| 0)?,
            };
        }
        Ok(Restored { lineage, documents })
    }

    fn collection(&self, of: &SnapshotCollection) -> Outcome<u64> {
        let Contents { chain, overlay, db } = self.contents;
        let name = &*of.name;
        let (number, base) = chain.base();
        let is_own = base.object == self.to.object_id();
        let mut incoming = self.to.empty_for(name, &chain.schemas, of.schema, is_own)?;
        db.each_part(*number, &mut |content, bytes| {
            if chain.schemas.collection(content)? == Some(name) {
                incoming.put(content, &bytes)
            } else {
                Ok(())
            }
        })?;
        incoming.settle()?;
        let words = || overlay.get(name).into_iter().flat_map(|words| words.values());
        // all of them first: a unique value may have gone from one document to another
        words().try_for_each(|word| incoming.take_away(word))?;
        words().try_for_each(|word| incoming.say(word))?;
        let checksum = chain.check(of, &incoming)?;
        incoming.end(checksum, chain.last().id)
    }
}

impl Chain {
    /// The checksum of what was put, if it is what it has to be.
    fn check(&self, of: &SnapshotCollection, incoming: &Incoming<'_>) -> Outcome<Checksum> {
        let base = self.base().1.collection(&of.name);
        let (before, rows) = base.map(|of| (of.after, of.rows)).unwrap_or_default();
        let checksum = before.after(incoming.change);
        let wrong = incoming.is_present && checksum != of.after;
        if rows != incoming.rows || wrong {
            return Err(self.wrong_checksum(&of.name).into());
        }
        Ok(checksum)
    }
}
