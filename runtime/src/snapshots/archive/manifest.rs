//! What an archived snapshot says of itself: `manifest.json`, sealed by a hash over all that stands before the seal.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use xxhash_rust::xxh3::xxh3_128;

use crate::{
    Cause, Timestamp,
    cdc::{Checksum, Lineage, SnapshotId},
    hot::Digest,
    schema::StoredSchema,
    snapshots::{
        SnapshotCollection, SnapshotError, SnapshotKind, SnapshotMetadata,
        metadata::{Parts, newest, text},
    },
};

/// The format that is written, and the newest that is read.
const FORMAT: u32 = 1;

/// What stands before the seal, and its length with that and the end.
const BEFORE_SEAL: &str = ",\"seal\":\"";
const SEAL_LENGTH: usize = BEFORE_SEAL.len() + 32 + 2;

/// A snapshot in an archive. It stands alone: it holds every document.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ArchivedSnapshot {
    /// The type of its object.
    #[serde(rename = "doType")]
    pub object_type: String,
    /// The object that it is of.
    #[serde(rename = "doId")]
    pub object: String,
    /// When it was taken.
    pub timestamp: Timestamp,
    /// The version of this crate that took it.
    pub version: String,
    format: u32,
    /// Its name.
    #[serde(with = "text")]
    pub id: SnapshotId,
    /// The lineage that the object had.
    #[serde(with = "text")]
    pub lineage: Lineage,
    /// The position of the last event that it holds.
    pub sequence: u64,
    /// Its collections.
    pub collections: Vec<ArchivedCollection>,
    /// Whether it is held.
    #[serde(skip)]
    pub held: bool,
    /// The schemas of its object, by their numbers there.
    schemas: BTreeMap<u64, StoredSchema>,
}

/// A collection of an archived snapshot.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ArchivedCollection {
    /// Its name.
    pub name: String,
    /// The number of its schema in the object.
    pub schema: u64,
    /// The checksum of its documents, with their number.
    #[serde(with = "text")]
    pub checksum: Checksum,
    /// The files with its documents.
    pub files: Vec<ArchivedFile>,
}

/// A file of Parquet with documents of an archived snapshot.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ArchivedFile {
    /// Its path below the lake's root. In the manifest, below the manifest's folder.
    pub path: String,
    /// How many documents it has.
    pub rows: u64,
    /// How many bytes it has.
    pub bytes: u64,
    /// XXH3-128 of its bytes, in hexadecimal.
    pub hash: String,
}

impl ArchivedSnapshot {
    /// What a snapshot becomes in an archive; its files are still to come.
    pub(super) fn of(object_type: &str, snapshot: &SnapshotMetadata) -> Self {
        Self {
            object_type: object_type.to_owned(),
            object: snapshot.object.clone(),
            timestamp: snapshot.timestamp,
            version: snapshot.version.clone(),
            format: FORMAT,
            id: snapshot.id,
            lineage: snapshot.lineage,
            sequence: snapshot.sequence,
            collections: Vec::new(),
            held: false,
            schemas: snapshot.schemas.clone(),
        }
    }

    /// How many documents it holds.
    #[must_use]
    pub fn documents(&self) -> u64 {
        self.collections.iter().map(|of| of.checksum.documents).sum()
    }

    /// How many bytes its files have.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.files().map(|file| file.bytes).sum()
    }

    /// All of its files.
    pub fn files(&self) -> impl Iterator<Item = &ArchivedFile> {
        self.collections.iter().flat_map(|of| &of.files)
    }

    /// Its collection of this name.
    #[must_use]
    pub fn collection(&self, name: &str) -> Option<&ArchivedCollection> {
        self.collections.iter().find(|of| of.name == name)
    }

    /// The schema of a collection.
    pub(super) fn schema(&self, of: &ArchivedCollection) -> Result<&StoredSchema, SnapshotError> {
        let is_newest = newest(&self.schemas, &of.name) == Some(of.schema);
        let found = self.schemas.get(&of.schema).filter(|_| is_newest);
        found.ok_or_else(|| self.damaged("manifest.json", &format!("it lacks the schema of `{}`", of.name)))
    }

    /// That a file is not as it was stored.
    pub(super) fn damaged(&self, file: &str, problem: &dyn std::fmt::Display) -> SnapshotError {
        damaged(self.id, file, problem)
    }

    /// As it is among the snapshots of a database, where its documents have come to this.
    pub(super) fn fetched(&self, digest: Digest) -> SnapshotMetadata {
        let collection =
            |of: &ArchivedCollection| SnapshotCollection::of_documents(&of.name, of.schema, of.checksum);
        let fetched = SnapshotMetadata {
            id: self.id,
            kind: SnapshotKind::Full,
            parent: None,
            object: self.object.clone(),
            lineage: self.lineage,
            sequence: self.sequence,
            timestamp: self.timestamp,
            version: self.version.clone(),
            collections: self.collections.iter().map(collection).collect(),
            bytes: 0,
            automatic: false,
            held: false,
            parts: Parts::default(),
            schemas: self.schemas.clone(),
        };
        fetched.with_parts(digest)
    }

    /// The bytes of the manifest of a snapshot in `folder`.
    pub(super) fn to_bytes(&self, folder: &str) -> Result<Vec<u8>, Cause> {
        let mut relative = self.clone();
        for file in relative.collections.iter_mut().flat_map(|of| &mut of.files) {
            file.path = file.path[folder.len() + 1..].to_owned();
        }
        let mut json = serde_json::to_string(&relative).map_err(|error| Cause::Schema(error.to_string()))?;
        json.pop();
        let seal = hash(json.as_bytes());
        json.push_str(BEFORE_SEAL);
        json.push_str(&seal);
        json.push_str("\"}");
        Ok(json.into_bytes())
    }

    /// Reads the manifest of the snapshot `id` in `folder`.
    pub(super) fn parse(
        bytes: &[u8],
        (object_type, object): (&str, &str),
        id: SnapshotId,
        folder: &str,
    ) -> Result<Self, SnapshotError> {
        let problem =
            |problem: &dyn std::fmt::Display| damaged(id, &format!("{folder}/manifest.json"), problem);
        let sealed = opened(bytes).ok_or_else(|| problem(&"it is not as it was stored"))?;
        let Version { format } = serde_json::from_str(&sealed).map_err(|error| problem(&error))?;
        if format > FORMAT {
            return Err(SnapshotError::NewerFormat { id, format });
        }
        let mut parsed: Self = serde_json::from_str(&sealed).map_err(|error| problem(&error))?;
        if (parsed.id, &*parsed.object, &*parsed.object_type) != (id, object, object_type) {
            let of = format!("it is that of {} of `{}/{}`", parsed.id, parsed.object_type, parsed.object);
            return Err(problem(&of));
        }
        for of in &parsed.collections {
            parsed.schema(of)?;
        }
        for file in parsed.collections.iter_mut().flat_map(|of| &mut of.files) {
            if !is_below(&file.path) {
                return Err(problem(&format!("the file `{}` is not of this snapshot", file.path)));
            }
            file.path = format!("{folder}/{}", file.path);
        }
        Ok(parsed)
    }
}

/// Whether a path stays below the folder that it begins in.
pub(super) fn is_below(path: &str) -> bool {
    path.split('/').all(|part| !matches!(part, "" | "." | ".."))
}

#[derive(Deserialize)]
struct Version {
    format: u32,
}

/// The hash of a file.
pub(super) fn hash(bytes: &[u8]) -> String {
    format!("{:032x}", xxh3_128(bytes))
}

/// What is sealed, if it is as it was when it was sealed.
fn opened(bytes: &[u8]) -> Option<String> {
    let (sealed, seal) = bytes.split_at_checked(bytes.len().checked_sub(SEAL_LENGTH)?)?;
    let expected = format!("{BEFORE_SEAL}{}\"}}", hash(sealed));
    if seal != expected.as_bytes() {
        return None;
    }
    Some(format!("{}}}", std::str::from_utf8(sealed).ok()?))
}

fn damaged(id: SnapshotId, file: &str, problem: &dyn std::fmt::Display) -> SnapshotError {
    SnapshotError::Damaged { id, problem: format!("`{file}`: {problem}") }
}
