//! From the archive among the snapshots of a database.
//!
//! One file is in memory at a time. Nothing of it is to be seen in the database before all of it was compared with the hashes of
//! files and the checksums of documents.

use crate::{
    Cause, Db,
    cdc::{Checksum, Hasher, SnapshotId},
    cold::{DocumentsFile, StoreErrorKind, each_document},
    error::{Failure, Outcome},
    hot::Arriving,
    snapshots::{SnapshotError, SnapshotMetadata, metadata},
    value::Row,
};

use super::{
    Archive,
    manifest::{ArchivedFile, ArchivedSnapshot, hash},
};

impl Archive {
    pub(super) async fn fetched(&self, db: &Db, object: &str, id: SnapshotId) -> Outcome<SnapshotMetadata> {
        if db.is_in_transaction() {
            return Err(SnapshotError::InTransaction.into());
        }
        if let Some(there) = db.consistently(|| db.snapshots().sound(id))? {
            return Ok(there.last().clone());
        }
        self.reading(object, id, async |snapshot| self.receive(db, &snapshot).await).await
    }

    async fn receive(&self, db: &Db, snapshot: &ArchivedSnapshot) -> Outcome<SnapshotMetadata> {
        let mut arriving = db.begin_arriving(snapshot.id)?;
        match self.documents(snapshot, Some(&mut arriving)).await {
            Ok(()) => seal(db, snapshot, arriving),
            Err(failure) => {
                arriving.abandon()?;
                Err(failure)
            }
        }
    }

    /// Reads every document, compares what it reads, and gives it to the database where there is one.
    pub(super) async fn documents(
        &self,
        snapshot: &ArchivedSnapshot,
        mut to: Option<&mut Arriving<'_>>,
    ) -> Outcome<()> {
        for of in &snapshot.collections {
            let schema = snapshot.schema(of)?;
            if let Some(arriving) = &mut to {
                arriving.begin_collection(of.schema, schema)?;
            }
            let (mut hasher, mut checksum) = (Hasher::new(schema), Checksum::default());
            for file in &of.files {
                let mut each = |row: &dyn Row| {
                    checksum.add(hasher.hash(row)?);
                    to.as_mut().map_or(Ok(()), |arriving| arriving.add(row))
                };
                let read = each_document(schema, self.file(snapshot, file).await?, &mut each).await;
                read.map_err(|failure| of_file(failure, snapshot, file))?;
            }
            if checksum != of.checksum {
                let problem = format!("the documents of `{}` have another checksum", of.name);
                return Err(SnapshotError::Damaged { id: snapshot.id, problem }.into());
            }
        }
        Ok(())
    }

    /// The bytes of a file, which are those that were stored.
    async fn file(&self, snapshot: &ArchivedSnapshot, file: &ArchivedFile) -> Outcome<DocumentsFile> {
        let bytes = match self.store()?.get(&file.path, None).await {
            Err(error) if error.kind == StoreErrorKind::NotFound => {
                return Err(snapshot.damaged(&file.path, &"it is missing").into());
            }
            got => got?,
        };
        if bytes.len() as u64 != file.bytes || hash(&bytes) != file.hash {
            return Err(snapshot.damaged(&file.path, &"it is not as it was stored").into());
        }
        Ok(DocumentsFile { bytes, rows: file.rows })
    }
}

fn seal(db: &Db, snapshot: &ArchivedSnapshot, mut arriving: Arriving<'_>) -> Outcome<SnapshotMetadata> {
    let fetched = snapshot.fetched(arriving.digest()?);
    db.atomically(|| {
        if let Some(there) = db.snapshots().sound(snapshot.id)? {
            arriving.abandon()?;
            return Ok(there.last().clone());
        }
        arriving.seal(&metadata::text(&fetched)?)?;
        Ok(metadata::parse(&db.snapshots().find(snapshot.id)?)?)
    })
}

/// What cannot be made of a file is damage of it; all else is what it is.
fn of_file(failure: Failure, snapshot: &ArchivedSnapshot, file: &ArchivedFile) -> Failure {
    match &failure.cause {
        Cause::File(_) | Cause::Lake(_) | Cause::Value(_) | Cause::Vrtx(_) => {
            snapshot.damaged(&file.path, &failure.cause).into()
        }
        _ => failure,
    }
}
