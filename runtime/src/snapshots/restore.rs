//! Going back to a snapshot.

use crate::{
    Cause, Db,
    cdc::{Checksum, Lineage, SnapshotId},
    error::{During, Failure, Operation, Outcome, StorageError},
    hot::{Incoming, Overlay},
    schema::Collection,
};

use super::{SnapshotCollection, SnapshotError, Snapshots, chain::Chain};

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
    /// [`Cause::Migration`](crate::Cause::Migration): its documents do not fit the present schema. The database was not
    /// opened with one of its collections.
    pub fn restore(self, id: SnapshotId) -> Result<Restored, StorageError> {
        self.go_back(id, None).during_no_collection(Operation::Snapshot)
    }

    /// Takes one collection back to a snapshot; the others stay as they are.
    ///
    /// # Errors
    /// As [`Snapshots::restore`]; the snapshot does not have the collection.
    pub fn restore_collection<T: Collection>(self, id: SnapshotId) -> Result<Restored, StorageError> {
        self.go_back(id, Some(T::SCHEMA.name)).during(Operation::Snapshot, T::SCHEMA.name)
    }

    fn go_back(self, id: SnapshotId, only: Option<&str>) -> Outcome<Restored> {
        if self.db.is_in_transaction() {
            return Err(SnapshotError::InTransaction.into());
        }
        self.db.replacing(|| {
            let chain = self.chain(id)?;
            let overlay = chain.overlay(self.db)?;
            chain.put(self.db, &overlay, only)
        })
    }
}

impl Chain {
    /// Puts the documents of a chain in the place of what is there. Inside of a
    /// transaction.
    fn put(&self, db: &Db, overlay: &Overlay, only: Option<&str>) -> Outcome<Restored> {
        let id = self.last().id;
        if let Some(name) = only.filter(|name| self.last().collection(name).is_none()) {
            return Err(SnapshotError::NoCollection { id, collection: name.to_owned() }.into());
        }
        let here = db.collections_now()?;
        if only.is_none() {
            let unknown = |of: &&SnapshotCollection| here.iter().all(|(name, _)| *name != of.name);
            let lost = self.last().collections.iter().filter(|of| of.after.documents > 0).find(unknown);
            lost.map_or(Ok(()), |of| Err(Failure::from(Cause::NotOpened).of(&of.name)))?;
        }
        let lineage = db.begin_lineage()?;
        let mut documents = 0;
        for (name, _) in here {
            if only.is_some_and(|only| only != name) {
                continue;
            }
            documents += match self.last().collection(name) {
                Some(_) => self.put_collection(db, name, overlay)?,
                None => db.empty(name, id).map(|()| 0)?,
            };
        }
        Ok(Restored { lineage, documents })
    }

    fn put_collection(&self, db: &Db, name: &str, overlay: &Overlay) -> Outcome<u64> {
        let (number, base) = self.base();
        let last = self.last().collection(name).map(|of| (of.schema, of.after));
        let (schema, after) = last.unwrap_or_default();
        let is_own = base.object == db.object_id();
        let mut incoming = db.empty_for(name, &self.schemas, schema, is_own)?;
        db.each_part(*number, &mut |content, bytes| {
            if self.schemas.collection(content)? == Some(name) {
                incoming.put(content, &bytes)
            } else {
                Ok(())
            }
        })?;
        incoming.settle()?;
        for word in overlay.get(name).into_iter().flat_map(|words| words.values()) {
            incoming.say(word)?;
        }
        let checksum = self.check(name, &incoming, after)?;
        incoming.end(checksum, self.last().id)
    }

    /// The checksum of what was put, if it is what it has to be.
    fn check(&self, name: &str, incoming: &Incoming<'_>, after: Checksum) -> Outcome<Checksum> {
        let base = self.base().1.collection(name);
        let (before, rows) = base.map(|of| (of.after, of.rows)).unwrap_or_default();
        let checksum = before.after(incoming.change);
        let wrong = incoming.is_present && checksum != after;
        if rows != incoming.rows || wrong {
            return Err(self.wrong_checksum(name).into());
        }
        Ok(checksum)
    }
}
