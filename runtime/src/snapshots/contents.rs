//! Reading the documents of a snapshot where they are.

use crate::{
    Db,
    cdc::{Checksum, Hasher, SnapshotId},
    error::Outcome,
    hot::{Overlay, Word, Words, apply, whole_key},
    value::{Row, RowBuf},
};

use super::{SnapshotError, Snapshots, chain::Chain};

impl Chain {
    /// Runs `each` over every document of a collection, as the snapshot's schema has it.
    pub(super) fn each_document(
        &self,
        db: &Db,
        collection: &str,
        overlay: &Overlay,
        each: &mut dyn FnMut(&RowBuf) -> Outcome<()>,
    ) -> Outcome<()> {
        let nothing = Words::new();
        let words = overlay.get(collection).unwrap_or(&nothing);
        let mut row = RowBuf::new();
        db.each_part(self.base().0, &mut |content, bytes| {
            if self.schemas.collection(content)? != Some(collection) {
                return Ok(());
            }
            let documents = self.schemas.documents(content, &bytes)?;
            for at in 0..documents.len() {
                documents.read(at, &mut row)?;
                if words.is_empty() || !words.contains_key(&self.key(collection, &row)?) {
                    each(&row)?;
                }
            }
            Ok(())
        })?;
        words.values().filter_map(|Word { row, .. }| row.as_ref()).try_for_each(each)
    }

    /// The key of a document among the last words.
    pub(super) fn key(&self, collection: &str, row: &RowBuf) -> Outcome<Vec<u8>> {
        key(self.schema(collection).map_or(&[], |schema| &schema.id), row)
    }

    /// The schema that a collection has in the snapshot.
    pub(super) fn schema(&self, collection: &str) -> Option<&crate::schema::StoredSchema> {
        let of = self.last().collection(collection)?;
        self.last().schemas.get(&of.schema)
    }

    /// Refuses documents that are not those whose checksums the snapshot has.
    pub(super) fn check_documents(&self, db: &Db) -> Outcome<()> {
        let overlay = self.overlay(db)?;
        for of in &self.last().collections {
            let Some(schema) = self.schema(&of.name) else { continue };
            let mut hasher = Hasher::new(schema);
            let mut checksum = Checksum::default();
            self.each_document(db, &of.name, &overlay, &mut |row| {
                checksum.add(hasher.hash(row)?);
                Ok(())
            })?;
            if checksum != of.after {
                return Err(self.wrong_checksum(&of.name).into());
            }
        }
        Ok(())
    }

    pub(super) fn wrong_checksum(&self, collection: &str) -> SnapshotError {
        let problem = format!("the documents of `{collection}` have another checksum");
        SnapshotError::Damaged { id: self.last().id, problem }
    }
}

/// The key of a document among the last words, by the positions of its id's columns.
pub(super) fn key(id: &[usize], row: &RowBuf) -> Outcome<Vec<u8>> {
    let mut values = RowBuf::new();
    id.iter().try_for_each(|&at| values.push(row.value(at)?))?;
    whole_key(&values)
}

/// A chain, with the last word of its log on each document.
pub(super) struct Contents<'db> {
    pub(super) chain: Chain,
    pub(super) overlay: Overlay,
    /// Where it is stored.
    pub(super) db: &'db Db,
}

impl<'db> Contents<'db> {
    fn of(db: &'db Db, chain: Chain) -> Outcome<Self> {
        Ok(Self { overlay: chain.overlay(db)?, chain, db })
    }

    /// Runs `each` over the documents of a collection, as the snapshot's schema has it.
    pub(super) fn each_document(
        &self,
        collection: &str,
        each: &mut dyn FnMut(&RowBuf) -> Outcome<()>,
    ) -> Outcome<()> {
        self.chain.each_document(self.db, collection, &self.overlay, each)
    }

    /// Runs `each` over the documents of a collection, as the present schema of this database has it.
    pub(super) fn each_present(
        &self,
        collection: &str,
        each: &mut dyn FnMut(&RowBuf) -> Outcome<()>,
    ) -> Outcome<()> {
        let last = self.chain.last();
        let Some(of) = last.collection(collection) else { return Ok(()) };
        let is_own = last.object == self.db.object_id();
        let lens = self.db.present_lens(&self.chain.schemas, of.schema, is_own)?;
        let mut present = RowBuf::new();
        self.each_document(collection, &mut |row| {
            present.clear();
            apply(&lens, row, &mut present)?;
            each(&present)
        })
    }
}

impl<'db> Snapshots<'db> {
    /// A snapshot, whose parts were looked at.
    pub(super) fn contents(self, id: SnapshotId) -> Outcome<Contents<'db>> {
        Contents::of(self.db, self.chain(id)?)
    }

    /// As [`Snapshots::contents`]; none of a snapshot that is missing or damaged.
    pub(super) fn sound_contents(self, id: SnapshotId) -> Outcome<Option<Contents<'db>>> {
        self.sound(id)?.map(|chain| Contents::of(self.db, chain)).transpose()
    }

    /// Runs `each` over the documents that a collection was restored to, as its present schema has them; false, and nothing,
    /// where the snapshot is no longer there.
    #[cfg(feature = "lake")]
    pub(crate) fn each_restored(
        self,
        id: SnapshotId,
        collection: &str,
        each: &mut dyn FnMut(Option<&RowBuf>) -> Outcome<()>,
    ) -> Outcome<bool> {
        let Some(contents) = self.sound_contents(id)? else { return Ok(false) };
        each(None)?;
        contents.each_present(collection, &mut |row| each(Some(row)))?;
        Ok(true)
    }
}
