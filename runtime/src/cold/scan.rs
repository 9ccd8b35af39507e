//! Reading the files of a table: those that may match, one after the other, a batch of rows at a time.

use std::{
    collections::{BTreeMap, VecDeque},
    ops::Range,
    sync::Arc,
};

use arrow_array::RecordBatch;

use crate::{error::Failure, filter::Predicate, value::Value};

use super::{
    error::{LakeError, Result},
    iceberg::{Content, ManifestEntry, Schema, Snapshot},
    parquet::{BoundPredicate, Counters, FileError, FileReader, Scan as FileScan},
    prune::Pruner,
    table::Table,
};

/// What was read of a lake, and what was not because it cannot match.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ScanStat {
    /// Manifests that were read.
    pub manifests: u64,
    /// Manifests that were not.
    pub manifests_skipped: u64,
    /// Files that were read.
    pub files: u64,
    /// Files that were not.
    pub files_skipped: u64,
    /// What was read of the files.
    pub rows: Counters,
}

impl std::ops::AddAssign for ScanStat {
    fn add_assign(&mut self, more: Self) {
        self.manifests += more.manifests;
        self.manifests_skipped += more.manifests_skipped;
        self.files += more.files;
        self.files_skipped += more.files_skipped;
        self.rows += more.rows;
    }
}

/// Which rows of a table are read, and which columns.
#[derive(Clone, Debug)]
pub(crate) struct Wanted {
    /// The columns: the ids are the table's, the names are those of the predicate.
    pub(crate) projection: Schema,
    /// What stands in columns that a file lacks, by their ids.
    pub(crate) fills: BTreeMap<i32, Value>,
    pub(crate) predicate: Predicate,
}

/// Rows of a file.
pub(crate) struct Scanned {
    pub(crate) batch: RecordBatch,
    /// The data sequence number of the file.
    pub(crate) committed: i64,
    /// Where they are in it, where that was asked for.
    pub(crate) positions: Vec<Range<u64>>,
}

/// A table that is being read.
#[derive(Debug)]
pub(crate) struct Scan<'l> {
    table: Table<'l>,
    wanted: Arc<FileScan>,
    files: VecDeque<ManifestEntry>,
    deletes: Vec<ManifestEntry>,
    reader: Option<(FileReader, i64, String)>,
    pub(crate) stat: ScanStat,
}

impl<'l> Scan<'l> {
    /// Reads the rows of a snapshot.
    pub(crate) async fn of(table: &Table<'l>, snapshot: Option<&Snapshot>, wanted: Wanted) -> Result<Self> {
        let mut stat = ScanStat::default();
        let files = files(table, snapshot, &wanted, i64::MIN, &mut stat).await?;
        Ok(Self::over(table, files, wanted, stat))
    }

    /// Reads the rows of files.
    pub(crate) fn over(table: &Table<'l>, files: Vec<ManifestEntry>, wanted: Wanted, stat: ScanStat) -> Self {
        let (files, deletes) = files.into_iter().partition(|entry| entry.data_file.content == Content::Data);
        let bound = BoundPredicate::new(&wanted.predicate, &wanted.projection);
        let wanted = Arc::new(FileScan { fills: wanted.fills, ..FileScan::new(wanted.projection, bound) });
        Self { table: table.clone(), wanted, files: Vec::into(files), deletes, reader: None, stat }
    }

    /// Gives the places of the rows as well.
    pub(crate) fn with_positions(mut self) -> Self {
        Arc::make_mut(&mut self.wanted).positions = true;
        self
    }

    /// The next rows.
    pub(crate) async fn next(&mut self) -> Result<Option<Scanned>> {
        loop {
            if let Some((reader, committed, path)) = &mut self.reader {
                if let Some(batch) = reader.next().await.map_err(|error| of_file(path, error))? {
                    let (batch, positions) = (batch.rows, batch.positions);
                    return Ok(Some(Scanned { batch, committed: *committed, positions }));
                }
                self.stat.rows += reader.counters();
                self.reader = None;
            }
            let Some(entry) = self.files.pop_front() else { return Ok(None) };
            self.stat.files += 1;
            let reader = open(&self.table, self.wanted.clone(), &self.deletes, &entry).await?;
            self.reader = Some((reader, entry.sequence_number.unwrap_or(0), entry.data_file.file_path));
        }
    }
}

// Not of a `Scan`: its reader can be sent to another thread, and cannot be shared with it.
async fn open(
    table: &Table<'_>,
    wanted: Arc<FileScan>,
    deletes: &[ManifestEntry],
    entry: &ManifestEntry,
) -> Result<FileReader> {
    let file = &entry.data_file;
    let gone = deleted(table, deletes, entry).await?;
    let path = table.path(&file.file_path)?;
    let reader = FileReader::open(table.store().clone(), path, file, wanted, gone).await;
    reader.map_err(|error| of_file(&file.file_path, error))
}

/// The places of a file's rows that position deletes name.
pub(crate) async fn deleted(
    table: &Table<'_>,
    deletes: &[ManifestEntry],
    entry: &ManifestEntry,
) -> Result<Vec<u64>> {
    let mut places = Vec::new();
    for delete in deletes.iter().filter(|delete| concerns(delete, entry)) {
        places.extend(super::deletes::read(table, delete, &entry.data_file.file_path).await?);
    }
    places.sort_unstable();
    places.dedup();
    Ok(places)
}

/// An error of a file, with its name.
fn of_file(path: &str, error: FileError) -> Failure {
    match error {
        FileError::Store(error) => error.into(),
        error => LakeError::Damaged { file: path.to_owned(), problem: error.to_string() }.into(),
    }
}

/// Whether position deletes may be about a file.
fn concerns(delete: &ManifestEntry, entry: &ManifestEntry) -> bool {
    let (of, file) = (&delete.data_file, &entry.data_file);
    let named = of.referenced_data_file.as_ref().is_none_or(|path| *path == file.file_path);
    named
        && of.spec_id == file.spec_id
        && of.partition == file.partition
        && delete.sequence_number >= entry.sequence_number
}

/// The files of a snapshot that may match and were committed after a sequence number, with the deletes that concern them.
pub(crate) async fn files(
    table: &Table<'_>,
    snapshot: Option<&Snapshot>,
    wanted: &Wanted,
    after: i64,
    stat: &mut ScanStat,
) -> Result<Vec<ManifestEntry>> {
    let pruner = Pruner::new(&wanted.predicate, &wanted.projection);
    let mut files = Vec::new();
    for manifest in table.manifests(snapshot).await? {
        let (schema, spec) = table.spec(manifest.partition_spec_id)?;
        let partition = spec.bind(schema).map_err(|error| super::error::refused(&error))?;
        let is_data = manifest.content == Content::Data;
        if manifest.sequence_number <= after || is_data && !pruner.manifest(&manifest, &partition) {
            stat.manifests_skipped += 1;
            continue;
        }
        stat.manifests += 1;
        for entry in table.entries(&manifest).await? {
            let is_new = entry.sequence_number.is_none_or(|number| number > after);
            let file = &entry.data_file;
            if is_new && (file.content != Content::Data || pruner.file(file, &partition)) {
                files.push(entry);
            } else {
                stat.files_skipped += 1;
            }
        }
    }
    Ok(files)
}
