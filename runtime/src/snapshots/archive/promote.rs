//! From the snapshots of a database to the archive.
//!
//! A chain is flattened: what is archived has every document and needs nothing else. One part of the snapshot and one file are in
//! memory at a time. The manifest is stored last and only where there is none, which is when the snapshot is there; a
//! promotion that breaks off before leaves files that nothing refers to.

use std::collections::BTreeMap;

use crate::{
    Db,
    cdc::{Checksum, Hasher, SnapshotId},
    cold::{DocumentWriter, DocumentsFile, PutMode, StoreErrorKind, refused},
    error::Outcome,
    hot::{Overlay, Word},
    schema::StoredSchema,
    snapshots::{SnapshotError, SnapshotMetadata, chain::Chain, metadata},
    value::RowBuf,
};

use super::{
    Archive, DAY, HOUR,
    key::{self, DELETING, Folder},
    manifest::{ArchivedCollection, ArchivedFile, ArchivedSnapshot, hash},
    reading::require_files,
};

impl Archive {
    pub(super) async fn promoted(&self, db: &Db, id: SnapshotId) -> Outcome<ArchivedSnapshot> {
        if db.is_in_transaction() {
            return Err(SnapshotError::InTransaction.into());
        }
        let snapshot = metadata::parse(&db.snapshots().find(id)?)?;
        let path = key::of_snapshot(&self.object_type, &snapshot.object, snapshot.timestamp, id);
        let folder = self.folder(id, &path).await?;
        if let Some(there) = self.present(&folder, &snapshot).await? {
            return Ok(there);
        }
        // else its mark would be one of what is promoted now
        self.end_deletions(&folder).await?;
        let (chain, overlay) = db.consistently(|| {
            let chain = db.snapshots().chain(id)?;
            let overlay = chain.overlay(db)?;
            Ok((chain, overlay))
        })?;
        let began = self.lake.now().micros();
        let mut promotion = Promotion {
            archive: self,
            db,
            chain: &chain,
            overlay: &overlay,
            path,
            name: self.lake.unique(),
            stored: Vec::new(),
        };
        let written = match promotion.write().await {
            // what nothing refers to is not removed for a day
            Ok(_) if self.lake.now().micros() > began.saturating_add(DAY / 2) => {
                Err(refused(&"the promotion took longer than half a day, promote it again"))
            }
            written => written,
        };
        match written {
            Ok(archived) => promotion.commit(archived, &snapshot).await,
            Err(failure) => {
                promotion.clean().await;
                Err(failure)
            }
        }
    }

    /// The snapshot, if it is archived already.
    async fn present(
        &self,
        folder: &Folder,
        snapshot: &SnapshotMetadata,
    ) -> Outcome<Option<ArchivedSnapshot>> {
        let Some(there) = self.read(&snapshot.object, folder).await? else { return Ok(None) };
        if folder.is_marked(DELETING, self.ago(HOUR)) {
            return Err(SnapshotError::Deleting { id: snapshot.id }.into());
        }
        require_files(folder, &there)?;
        Ok(Some(there))
    }
}

/// A promotion that is under way.
struct Promotion<'a> {
    archive: &'a Archive,
    db: &'a Db,
    chain: &'a Chain,
    overlay: &'a Overlay,
    /// The folder of the snapshot.
    path: String,
    /// What the names of its files end with, which those of no other promotion do.
    name: u128,
    /// The paths of the files that were stored.
    stored: Vec<String>,
}

/// A collection on its way.
struct Outbound<'a> {
    schema: &'a StoredSchema,
    words: Option<&'a BTreeMap<Vec<u8>, Word>>,
    hasher: Hasher,
    checksum: Checksum,
    writer: DocumentWriter,
    /// The files that are full.
    full: Vec<DocumentsFile>,
    files: Vec<ArchivedFile>,
}

impl Outbound<'_> {
    fn add(&mut self, row: &RowBuf) -> Outcome<()> {
        self.checksum.add(self.hasher.hash(row)?);
        self.full.extend(self.writer.add(row)?);
        Ok(())
    }
}

impl<'a> Promotion<'a> {
    async fn write(&mut self) -> Outcome<ArchivedSnapshot> {
        let last = self.chain.last();
        let mut archived = ArchivedSnapshot::of(&self.archive.object_type, last);
        for of in &last.collections {
            let mut outbound = self.outbound(&of.name)?;
            self.documents(&of.name, &mut outbound).await?;
            if outbound.checksum != of.after {
                // gone, or not as it was when it was looked at
                self.db.snapshots().find(last.id)?;
                return Err(self.chain.wrong_checksum(&of.name).into());
            }
            archived.collections.push(ArchivedCollection {
                name: of.name.clone(),
                schema: of.schema,
                checksum: outbound.checksum,
                files: outbound.files,
            });
        }
        Ok(archived)
    }

    fn outbound(&self, collection: &str) -> Outcome<Outbound<'a>> {
        let schema = self.chain.schema(collection).ok_or_else(|| self.chain.wrong_checksum(collection))?;
        Ok(Outbound {
            schema,
            words: self.overlay.get(collection),
            hasher: Hasher::new(schema),
            checksum: Checksum::default(),
            writer: DocumentWriter::new(schema)?,
            full: Vec::new(),
            files: Vec::new(),
        })
    }

    /// Stores the documents of a collection: those of the full snapshot that nothing later is said of, then the last words.
    async fn documents(&mut self, collection: &str, to: &mut Outbound<'_>) -> Outcome<()> {
        let (number, _) = self.chain.base();
        let (mut at, mut row) = (0, RowBuf::new());
        while let Some(part) = self.db.part(*number, at)? {
            at = part.next;
            if self.chain.schemas.collection(&part.content)? != Some(collection) {
                continue;
            }
            let documents = self.chain.schemas.documents(&part.content, &part.bytes)?;
            for at in 0..documents.len() {
                documents.read(at, &mut row)?;
                let is_later = |words: &BTreeMap<Vec<u8>, Word>| -> Outcome<bool> {
                    Ok(words.contains_key(&self.chain.key(collection, &row)?))
                };
                if !to.words.map_or(Ok(false), is_later)? {
                    to.add(&row)?;
                }
            }
            self.store_full(to).await?;
        }
        for Word { row, .. } in to.words.into_iter().flat_map(BTreeMap::values) {
            if let Some(row) = row {
                to.add(row)?;
                self.store_full(to).await?;
            }
        }
        let last = to.writer.end()?;
        to.full.extend(last);
        self.store_full(to).await
    }

    async fn store_full(&mut self, to: &mut Outbound<'_>) -> Outcome<()> {
        for DocumentsFile { bytes, rows } in std::mem::take(&mut to.full) {
            let folder = key::encoded(&to.schema.name);
            let path = format!("{}/{folder}/{:05}-{:032x}.parquet", self.path, to.files.len(), self.name);
            let (length, hash) = (bytes.len() as u64, hash(&bytes));
            self.stored.push(path.clone());
            self.archive.store()?.put(&path, bytes, PutMode::Create).await?;
            to.files.push(ArchivedFile { path, rows, bytes: length, hash });
        }
        Ok(())
    }

    /// Stores the manifest. Another promotion may have been first; then its snapshot is the one that is there.
    async fn commit(
        &self,
        archived: ArchivedSnapshot,
        snapshot: &SnapshotMetadata,
    ) -> Outcome<ArchivedSnapshot> {
        let path = format!("{}/{}", self.path, key::MANIFEST);
        let bytes = archived.to_bytes(&self.path)?;
        let Err(error) = self.archive.store()?.put(&path, bytes.into(), PutMode::Create).await else {
            return Ok(archived);
        };
        let folder = self.archive.folder(snapshot.id, &self.path).await?;
        let there = self.archive.present(&folder, snapshot).await?;
        let is_ours = there.as_ref().is_some_and(|there| there.collections == archived.collections);
        if error.kind == StoreErrorKind::Exists && !is_ours {
            self.clean().await;
        }
        // where it is not there, it may come yet: then its files have to be there
        there.ok_or_else(|| error.into())
    }

    /// Removes what was stored, of which nothing is lost if it stays.
    async fn clean(&self) {
        let Ok(store) = self.archive.store() else { return };
        for path in &self.stored {
            let _ = store.delete(path).await;
        }
    }
}
