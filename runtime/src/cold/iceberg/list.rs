//! Lists of manifests: what a snapshot consists of.

use super::{
    BoundField, Content, Datum, IcebergError, ManifestEntry, ManifestMetadata, Status,
    avro::{self, Container, Record},
    error::Outcome,
    manifest_schema::list_schema,
};

/// A manifest of a snapshot.
///
/// Source: Iceberg, "Manifest Lists".
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ManifestFile {
    /// Its location, as a URL.
    pub manifest_path: String,
    /// Its size in bytes.
    pub manifest_length: i64,
    /// The number of the partition spec of its files.
    pub partition_spec_id: i32,
    /// [`Content::Data`], or [`Content::PositionDeletes`] for deletes of both kinds.
    pub content: Content,
    /// When it was added, among the changes of the table.
    pub sequence_number: i64,
    /// The least sequence number of the files in it that are in the table.
    pub min_sequence_number: i64,
    /// The snapshot that added it.
    pub added_snapshot_id: i64,
    /// How many of its files are new.
    pub added_files_count: i32,
    /// How many were there before.
    pub existing_files_count: i32,
    /// How many are not there any more.
    pub deleted_files_count: i32,
    /// The rows of the new ones.
    pub added_rows_count: i64,
    /// The rows of those that were there before.
    pub existing_rows_count: i64,
    /// The rows of those that are not there any more.
    pub deleted_rows_count: i64,
    /// What the partitions of its files have in common, for each field of the spec.
    pub partitions: Vec<FieldSummary>,
}

/// What the values of a field of many partitions have in common.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FieldSummary {
    /// Whether one of them is NULL.
    pub contains_null: bool,
    /// Whether one of them is NaN, if known.
    pub contains_nan: Option<bool>,
    /// The least, in the binary form of single values; none when all are NULL or NaN.
    pub lower_bound: Option<Vec<u8>>,
    /// The greatest.
    pub upper_bound: Option<Vec<u8>>,
}

impl ManifestFile {
    /// What the list of snapshot `snapshot_id`, which has `sequence_number`, says of a manifest that it adds.
    ///
    /// # Errors
    /// As [`PartitionSpec::bind`](super::PartitionSpec::bind); more files than the format counts.
    pub fn of(
        path: impl Into<String>,
        length: usize,
        metadata: &ManifestMetadata<'_>,
        (snapshot_id, sequence_number): (i64, i64),
        entries: &[ManifestEntry],
    ) -> Result<Self, IcebergError> {
        let fields = metadata.spec.bind(metadata.schema)?;
        let live = entries.iter().filter(|entry| entry.is_live());
        let min = live.map(|entry| entry.sequence_number.unwrap_or(sequence_number)).min();
        let partitions = fields.iter().enumerate().map(|(at, field)| FieldSummary::of(field, at, entries));
        let too_many = |_| IcebergError::unsupported("a manifest of more than 2,147,483,647 files");
        let files = |status| i32::try_from(of_status(entries, status).count()).map_err(too_many);
        let rows = |status| of_status(entries, status).map(|entry| entry.data_file.record_count).sum();
        Ok(Self {
            manifest_path: path.into(),
            manifest_length: i64::try_from(length).unwrap_or(i64::MAX), // memory ends long before that
            partition_spec_id: metadata.spec.spec_id,
            content: metadata.content,
            sequence_number,
            min_sequence_number: min.unwrap_or(sequence_number),
            added_snapshot_id: snapshot_id,
            added_files_count: files(Status::Added)?,
            existing_files_count: files(Status::Existing)?,
            deleted_files_count: files(Status::Deleted)?,
            added_rows_count: rows(Status::Added),
            existing_rows_count: rows(Status::Existing),
            deleted_rows_count: rows(Status::Deleted),
            partitions: partitions.collect(),
        })
    }

    /// Whether it has files that are in the table.
    #[must_use]
    pub fn has_live_files(&self) -> bool {
        self.added_files_count > 0 || self.existing_files_count > 0
    }
}

fn of_status(entries: &[ManifestEntry], status: Status) -> impl Iterator<Item = &ManifestEntry> {
    entries.iter().filter(move |entry| entry.status == status)
}

impl FieldSummary {
    fn of(field: &BoundField<'_>, at: usize, entries: &[ManifestEntry]) -> Self {
        let values =
            || entries.iter().map(|entry| entry.data_file.partition.get(at).and_then(Option::as_ref));
        let numbers = || values().flatten().filter(|value| !value.is_nan());
        let order = |a: &&Datum, b: &&Datum| a.compare(b).unwrap_or(std::cmp::Ordering::Equal);
        let is_float = matches!(field.kind, super::Type::Float | super::Type::Double);
        Self {
            contains_null: values().any(|value| value.is_none()),
            contains_nan: is_float.then(|| values().flatten().any(Datum::is_nan)),
            lower_bound: numbers().min_by(order).map(Datum::to_bytes),
            upper_bound: numbers().max_by(order).map(Datum::to_bytes),
        }
    }

    fn record(&self) -> Record {
        Record::default()
            .with(509, self.contains_null)
            .with(518, self.contains_nan)
            .with(510, self.lower_bound.clone())
            .with(511, self.upper_bound.clone())
    }

    fn read(mut record: Record) -> Outcome<Self> {
        Ok(Self {
            contains_null: record.required(509)?,
            contains_nan: record.optional(518)?,
            lower_bound: record.optional(510)?,
            upper_bound: record.optional(511)?,
        })
    }
}

/// The ids of a snapshot, which its list repeats.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ListMetadata {
    /// Its id.
    pub snapshot_id: i64,
    /// The one that it follows.
    pub parent_snapshot_id: Option<i64>,
    /// Its place among the changes of the table.
    pub sequence_number: i64,
}

/// The bytes of the list of a snapshot. The same manifests always give the same bytes.
///
/// # Errors
/// None that a list of this library can meet.
pub fn write_list(metadata: ListMetadata, manifests: &[ManifestFile]) -> Result<Vec<u8>, IcebergError> {
    let parent = metadata.parent_snapshot_id.map_or_else(|| "null".to_owned(), |id| id.to_string());
    let header = [
        ("snapshot-id", metadata.snapshot_id.to_string()),
        ("parent-snapshot-id", parent),
        ("sequence-number", metadata.sequence_number.to_string()),
        ("format-version", "2".to_owned()),
    ];
    avro::write(&list_schema(), &header, manifests.iter().map(record))
}

fn record(manifest: &ManifestFile) -> Record {
    let summaries: Vec<Record> = manifest.partitions.iter().map(FieldSummary::record).collect();
    Record::default()
        .with(500, manifest.manifest_path.clone())
        .with(501, manifest.manifest_length)
        .with(502, manifest.partition_spec_id)
        .with(517, i32::from(manifest.content != Content::Data))
        .with(515, manifest.sequence_number)
        .with(516, manifest.min_sequence_number)
        .with(503, manifest.added_snapshot_id)
        .with(504, manifest.added_files_count)
        .with(505, manifest.existing_files_count)
        .with(506, manifest.deleted_files_count)
        .with(512, manifest.added_rows_count)
        .with(513, manifest.existing_rows_count)
        .with(514, manifest.deleted_rows_count)
        .with(507, summaries)
}

/// Reads the list of a snapshot.
///
/// # Errors
/// The bytes are damaged, or need what this library does not know.
pub fn read_list(bytes: &[u8]) -> Result<Vec<ManifestFile>, IcebergError> {
    let mut manifests = Vec::new();
    Container::open(bytes)?.each(|record| {
        manifests.push(manifest(record)?);
        Ok(())
    })?;
    Ok(manifests)
}

/// A manifest of a list; what version 1 does not say is what the specification says of version 1.
fn manifest(mut record: Record) -> Outcome<ManifestFile> {
    let manifest_path: String = record.required(500)?;
    if record.optional::<Vec<u8>>(519)?.is_some() {
        return Err(IcebergError::unsupported(format!("`{manifest_path}`, which is encrypted")));
    }
    let content = match record.optional(517)?.unwrap_or(0) {
        0 => Content::Data,
        1 => Content::PositionDeletes,
        other => return Err(IcebergError::damaged(format!("the content {other} of a manifest"))),
    };
    let summaries: Vec<Record> = record.optional(507)?.unwrap_or_default();
    Ok(ManifestFile {
        manifest_path,
        manifest_length: record.required(501)?,
        partition_spec_id: record.required(502)?,
        content,
        sequence_number: record.optional(515)?.unwrap_or(0),
        min_sequence_number: record.optional(516)?.unwrap_or(0),
        added_snapshot_id: record.required(503)?,
        added_files_count: record.optional(504)?.unwrap_or(0),
        existing_files_count: record.optional(505)?.unwrap_or(0),
        deleted_files_count: record.optional(506)?.unwrap_or(0),
        added_rows_count: record.optional(512)?.unwrap_or(0),
        existing_rows_count: record.optional(513)?.unwrap_or(0),
        deleted_rows_count: record.optional(514)?.unwrap_or(0),
        partitions: summaries.into_iter().map(FieldSummary::read).collect::<Outcome<_>>()?,
    })
}
