//! Manifests: which files a snapshot added, kept and deleted.

use super::{
    BoundField, Content, DataFile, IcebergError, ManifestFile, PartitionSpec, Schema, Type,
    avro::{self, Container, Record},
    data_file_record::{data_file, record},
    error::Outcome,
    manifest_schema::entry_schema,
};

/// What became of a file in the snapshot of a manifest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// It was there before.
    Existing = 0,
    /// It is new.
    Added = 1,
    /// It is not there any more.
    Deleted = 2,
}

/// A file of a manifest.
///
/// Source: Iceberg, "Manifest Entry Fields".
#[derive(Clone, Debug, PartialEq)]
pub struct ManifestEntry {
    /// What became of it.
    pub status: Status,
    /// The snapshot that added or deleted it; none is that of the manifest.
    pub snapshot_id: Option<i64>,
    /// The place of its rows among the changes of the table; none is that of the manifest, for an added file.
    pub sequence_number: Option<i64>,
    /// The place of the file among the changes of the table; none is that of the manifest, for an added file.
    pub file_sequence_number: Option<i64>,
    /// The file.
    pub data_file: DataFile,
}

/// What all files of a manifest have in common.
#[derive(Clone, Copy, Debug)]
pub struct ManifestMetadata<'a> {
    /// The schema of the table.
    pub schema: &'a Schema,
    /// The partition of its files.
    pub spec: &'a PartitionSpec,
    /// [`Content::Data`], or [`Content::PositionDeletes`] for deletes of both kinds.
    pub content: Content,
}

impl ManifestEntry {
    /// A file that a snapshot adds: its numbers are those that the commit gives to its manifest.
    #[must_use]
    pub fn added(data_file: DataFile) -> Self {
        Self {
            status: Status::Added,
            snapshot_id: None,
            sequence_number: None,
            file_sequence_number: None,
            data_file,
        }
    }

    /// Whether the file is in the table.
    #[must_use]
    pub fn is_live(&self) -> bool {
        self.status != Status::Deleted
    }
}

/// The bytes of a manifest. The same entries always give the same bytes.
///
/// # Errors
/// A partition that does not fit its spec, a transform that is not known, or a file that was not added and has no
/// sequence number.
pub fn write_manifest(
    metadata: &ManifestMetadata<'_>,
    entries: &[ManifestEntry],
) -> Result<Vec<u8>, IcebergError> {
    let fields = metadata.spec.bind(metadata.schema)?;
    let records: Vec<Record> =
        entries.iter().map(|entry| entry_record(entry, &fields)).collect::<Outcome<_>>()?;
    avro::write(&entry_schema(&fields)?, &header(metadata)?, records)
}

fn header(metadata: &ManifestMetadata<'_>) -> Outcome<[(&'static str, String); 6]> {
    Ok([
        ("schema", json(metadata.schema)?),
        ("schema-id", metadata.schema.schema_id.to_string()),
        ("partition-spec", json(&metadata.spec.fields)?),
        ("partition-spec-id", metadata.spec.spec_id.to_string()),
        ("format-version", "2".to_owned()),
        ("content", if metadata.content == Content::Data { "data" } else { "deletes" }.to_owned()),
    ])
}

fn json(value: &impl serde::Serialize) -> Outcome<String> {
    serde_json::to_string(value).map_err(|error| IcebergError::unsupported(error.to_string()))
}

fn entry_record(entry: &ManifestEntry, fields: &[BoundField<'_>]) -> Outcome<Record> {
    if entry.status != Status::Added && entry.sequence_number.is_none() {
        let path = &entry.data_file.file_path;
        return Err(IcebergError::unsupported(format!(
            "`{path}`, an earlier file without a sequence number"
        )));
    }
    Ok(Record::default()
        .with(0, entry.status as i32)
        .with(1, entry.snapshot_id)
        .with(3, entry.sequence_number)
        .with(4, entry.file_sequence_number)
        .with(2, record(&entry.data_file, fields)?))
}

/// Reads a manifest. What it leaves to its place in a list, sequence numbers and snapshots, comes from `listed`.
///
/// Partitions have the order and the types of the spec in the manifest's own header.
///
/// # Errors
/// The bytes are damaged, or need what this library does not know.
pub fn read_manifest(bytes: &[u8], listed: &ManifestFile) -> Result<Vec<ManifestEntry>, IcebergError> {
    let container = Container::open(bytes)?;
    let kinds = partition_kinds(&container);
    let mut entries = Vec::new();
    container.each(|record| {
        entries.push(entry(record, listed, kinds.as_deref())?);
        Ok(())
    })?;
    Ok(entries)
}

/// The ids and types of the partition's fields, in order, as the header says. None when it does not, or has transforms
/// that are not known: then the partition is as it was written.
fn partition_kinds(container: &Container<'_>) -> Option<Vec<(i32, Option<Type>)>> {
    let schema: Option<Schema> = serde_json::from_slice(container.metadata("schema")?).ok();
    let fields = serde_json::from_slice(container.metadata("partition-spec")?).ok()?;
    let spec = PartitionSpec { spec_id: 0, fields };
    let kind = |at: usize| {
        let one = PartitionSpec { spec_id: 0, fields: vec![spec.fields[at].clone()] };
        one.bind(schema.as_ref()?).ok()?.pop().map(|field| field.kind)
    };
    Some(spec.fields.iter().enumerate().map(|(at, field)| (field.field_id, kind(at))).collect())
}

fn entry(
    mut record: Record,
    listed: &ManifestFile,
    kinds: Option<&[(i32, Option<Type>)]>,
) -> Outcome<ManifestEntry> {
    let status = match record.required::<i32>(0)? {
        0 => Status::Existing,
        1 => Status::Added,
        2 => Status::Deleted,
        other => return Err(IcebergError::damaged(format!("the status {other} of a manifest's file"))),
    };
    // a file that was there before the table had sequence numbers has 0, as its manifest has
    let inherits = status == Status::Added || listed.sequence_number == 0;
    let inherited = inherits.then_some(listed.sequence_number);
    let sequence_number = record.optional(3)?.or(inherited);
    if status == Status::Existing && sequence_number.is_none() {
        return Err(IcebergError::damaged("a file that was there before has no sequence number"));
    }
    Ok(ManifestEntry {
        status,
        snapshot_id: record.optional(1)?.or(Some(listed.added_snapshot_id)),
        sequence_number,
        file_sequence_number: record.optional(4)?.or(inherited),
        data_file: data_file(record.required(2)?, listed.partition_spec_id, kinds)?,
    })
}
