//! What a snapshot says of itself.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{
    Cause, Timestamp,
    cdc::{Checksum, Lineage, SnapshotId},
    hot::{Digest, StoredSnapshot},
    schema::StoredSchema,
};

use super::SnapshotError;

/// How a snapshot holds its documents.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SnapshotKind {
    /// All of them.
    Full,
    /// What happened since the snapshot that it builds on.
    Incremental,
}

/// What a snapshot is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SnapshotMetadata {
    /// Its name.
    #[serde(with = "text")]
    pub id: SnapshotId,
    /// How it holds its documents.
    pub kind: SnapshotKind,
    /// The one that it builds on.
    #[serde(with = "optional")]
    pub parent: Option<SnapshotId>,
    /// The object that it is of.
    pub object: String,
    /// The lineage that the object had.
    #[serde(with = "text")]
    pub lineage: Lineage,
    /// The position of the last event that it holds; 0 of one that was made from a lake, as its lineage is none.
    pub sequence: u64,
    /// When it was taken.
    pub timestamp: Timestamp,
    /// The version of this crate that took it.
    pub version: String,
    /// Its collections.
    pub collections: Vec<SnapshotCollection>,
    /// How many bytes its parts have.
    pub bytes: u64,
    /// Whether [`Db::maintain`](crate::Db::maintain) took it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub automatic: bool,
    /// Whether it is held.
    #[serde(skip)]
    pub held: bool,
    #[serde(flatten)]
    pub(super) parts: Parts,
    /// The schemas that its documents and events were written under, by their numbers.
    pub(super) schemas: BTreeMap<u64, StoredSchema>,
}

/// A collection of a snapshot.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SnapshotCollection {
    /// Its name.
    pub name: String,
    /// The number of its schema in the object.
    pub schema: u64,
    /// Its checksum in the snapshot that this one builds on; of a full one, that of nothing.
    #[serde(with = "text")]
    pub before: Checksum,
    /// Its checksum in this one, with the number of its documents.
    #[serde(with = "text")]
    pub after: Checksum,
    /// Of the documents that were rows.
    #[serde(with = "text")]
    pub(super) rows: Checksum,
}

impl SnapshotCollection {
    /// One whose documents are all in parts of the snapshot itself.
    pub(crate) fn of_documents(name: &str, schema: u64, documents: Checksum) -> Self {
        Self { name: name.to_owned(), schema, before: Checksum::default(), after: documents, rows: documents }
    }
}

/// What the parts are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Parts {
    /// In how many rows they are.
    rows: u64,
    /// Over all of them in their order.
    #[serde(with = "text")]
    hash: Hash,
}

/// A hash over parts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Hash(u128);

impl std::fmt::Display for Hash {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:032x}", self.0)
    }
}

impl std::str::FromStr for Hash {
    type Err = std::num::ParseIntError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        u128::from_str_radix(text, 16).map(Self)
    }
}

impl SnapshotMetadata {
    /// What it says of its parts.
    pub(super) fn digest(&self) -> Digest {
        Digest { rows: self.parts.rows, bytes: self.bytes, hash: self.parts.hash.0 }
    }

    /// With what is known of its parts.
    pub(super) fn with_parts(self, digest: Digest) -> Self {
        let parts = Parts { rows: digest.rows, hash: Hash(digest.hash) };
        Self { bytes: digest.bytes, parts, ..self }
    }

    /// How many documents it holds.
    #[must_use]
    pub fn documents(&self) -> u64 {
        self.collections.iter().map(|of| of.after.documents).sum()
    }

    /// Its collection of this name.
    #[must_use]
    pub fn collection(&self, name: &str) -> Option<&SnapshotCollection> {
        self.collections.iter().find(|of| of.name == name)
    }
}

/// As it is stored.
pub(super) fn text(metadata: &SnapshotMetadata) -> Result<String, Cause> {
    serde_json::to_string(metadata).map_err(|error| Cause::Schema(error.to_string()))
}

/// The metadata of a stored snapshot.
pub(super) fn parse(stored: &StoredSnapshot) -> Result<SnapshotMetadata, SnapshotError> {
    let damaged = |problem: String| SnapshotError::Damaged { id: stored.id, problem };
    if !stored.is_sealed {
        return Err(damaged("its metadata is not as it was written".to_owned()));
    }
    let parsed: Result<SnapshotMetadata, _> = serde_json::from_str(&stored.metadata);
    let metadata = parsed.map_err(|error| damaged(error.to_string()))?;
    if metadata.id != stored.id {
        return Err(damaged(format!("its metadata is that of {}", metadata.id)));
    }
    if let Some(of) =
        metadata.collections.iter().find(|of| newest(&metadata.schemas, &of.name) != Some(of.schema))
    {
        return Err(damaged(format!("it lacks the schema of `{}`", of.name)));
    }
    Ok(SnapshotMetadata { held: stored.held, ..metadata })
}

/// The number of the newest schema of a collection, which its documents are read as.
pub(super) fn newest(schemas: &BTreeMap<u64, StoredSchema>, collection: &str) -> Option<u64> {
    schemas.iter().rev().find(|(_, schema)| schema.name == collection).map(|(&number, _)| number)
}

/// Values that have a text.
pub(super) mod text {
    use std::{fmt::Display, str::FromStr};

    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    pub(in crate::snapshots) fn serialize<S: Serializer>(
        value: &impl Display,
        to: S,
    ) -> Result<S::Ok, S::Error> {
        to.collect_str(value)
    }

    pub(in crate::snapshots) fn deserialize<'de, D: Deserializer<'de>, V: FromStr<Err: Display>>(
        from: D,
    ) -> Result<V, D::Error> {
        String::deserialize(from)?.parse().map_err(Error::custom)
    }
}

/// Values that have a text, or are not there.
mod optional {
    use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error};

    use crate::cdc::SnapshotId;

    #[allow(clippy::ref_option)] // serde's signature
    pub(super) fn serialize<S: Serializer>(value: &Option<SnapshotId>, to: S) -> Result<S::Ok, S::Error> {
        value.map(|value| value.to_string()).serialize(to)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Option<SnapshotId>, D::Error> {
        let text = Option::<String>::deserialize(from)?;
        text.map(|text| text.parse().map_err(Error::custom)).transpose()
    }
}
