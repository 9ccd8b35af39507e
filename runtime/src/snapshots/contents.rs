//! Reading the documents of a snapshot where they are.

use std::collections::BTreeMap;

use crate::{
    Db,
    cdc::{Checksum, Hasher},
    error::Outcome,
    hot::{Overlay, Word, whole_key},
    value::{Row, RowBuf},
};

use super::{SnapshotError, chain::Chain};

impl Chain {
    /// Runs `each` over every document of a collection, as the snapshot's schema has it.
    pub(super) fn each_document(
        &self,
        db: &Db,
        collection: &str,
        overlay: &Overlay,
        each: &mut dyn FnMut(&RowBuf) -> Outcome<()>,
    ) -> Outcome<()> {
        let nothing = BTreeMap::new();
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
        let mut id = RowBuf::new();
        if let Some(schema) = self.schema(collection) {
            schema.id.iter().try_for_each(|&at| id.push(row.value(at)?))?;
        }
        whole_key(&id)
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

impl super::Snapshots<'_> {
    /// Runs `each` over the documents that a collection was restored to, as its present schema has them; false, and nothing,
    /// where the snapshot is no longer there.
    #[cfg(feature = "lake")]
    pub(crate) fn each_restored(
        self,
        id: crate::cdc::SnapshotId,
        collection: &str,
        each: &mut dyn FnMut(Option<&RowBuf>) -> Outcome<()>,
    ) -> Outcome<bool> {
        let Ok(chain) = self.chain(id) else { return Ok(false) };
        each(None)?;
        let Some(of) = chain.last().collection(collection) else { return Ok(true) };
        let is_own = chain.last().object == self.db.object_id();
        let lens = self.db.present_lens(&chain.schemas, of.schema, is_own)?;
        let mut present = RowBuf::new();
        chain.each_document(self.db, collection, &chain.overlay(self.db)?, &mut |row| {
            present.clear();
            crate::hot::apply(&lens, row, &mut present)?;
            each(Some(&present))
        })?;
        Ok(true)
    }
}
