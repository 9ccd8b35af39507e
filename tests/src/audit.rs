//! A lake as its files say it is: what every snapshot of its tables holds, read without the library's own way to read tables.
//!
//! A file that a snapshot refers to and that is not there is invariant 10 broken, and panics.

#![allow(clippy::missing_panics_doc, clippy::unwrap_used)]

use std::collections::{BTreeMap, BTreeSet};

use arrow_array::{Array, Int64Array, RecordBatch, StringArray, cast::AsArray, types::Int64Type};
use bytes::Bytes;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use terrace::{
    cold::iceberg::{Content, DataFile, ManifestEntry, TableMetadata, read_list, read_manifest},
    prelude::*,
};

/// The document of the tests that fail on purpose. Of its files rows are deleted by their places where these are few, and else
/// the files are written anew.
#[derive(Collection, Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[collection(merge_on_read)]
pub struct Item {
    /// Its name in its object.
    #[id]
    pub id: i64,
    /// Changes.
    pub note: String,
}

/// A row of one of the tables.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct TableRow {
    /// The object.
    pub object: String,
    /// The lineage of the event.
    pub lineage: String,
    /// Its position.
    pub sequence: i64,
    /// What happened; empty in the state table.
    pub operation: String,
    /// The document's id, if it is of a document.
    pub id: Option<i64>,
    /// Its value.
    pub note: Option<String>,
    /// The sequence number of the file.
    pub committed: i64,
}

/// A table: its present version, and what each of its snapshots holds.
#[derive(Clone, Debug)]
pub struct Audited {
    /// The present version.
    pub metadata: TableMetadata,
    /// By the ids of the snapshots, sorted.
    pub rows: BTreeMap<i64, Vec<TableRow>>,
    /// The files that each snapshot has added.
    pub added: BTreeMap<i64, Vec<DataFile>>,
    /// The paths of all files that the snapshots refer to.
    pub referenced: BTreeSet<String>,
}

/// The files of a lake.
pub trait Files {
    /// The bytes of a file.
    fn bytes(&self, path: &str) -> Option<Bytes>;
    /// The paths of all.
    fn all(&self) -> Vec<String>;
}

impl Files for crate::faulty::FaultyStore {
    fn bytes(&self, path: &str) -> Option<Bytes> {
        self.file(path)
    }

    fn all(&self) -> Vec<String> {
        self.paths()
    }
}

/// A lake in a folder.
#[derive(Debug)]
pub struct Folder(pub std::path::PathBuf);

impl Files for Folder {
    fn bytes(&self, path: &str) -> Option<Bytes> {
        std::fs::read(self.0.join(path)).ok().map(Bytes::from)
    }

    fn all(&self) -> Vec<String> {
        let (mut found, mut folders) = (Vec::new(), vec![self.0.clone()]);
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    folders.push(path);
                } else {
                    found.push(path.strip_prefix(&self.0).unwrap().display().to_string());
                }
            }
        }
        found
    }
}

/// Reads all snapshots of a table; none when there is no such table.
#[must_use]
pub fn audit(files: &dyn Files, table: &str) -> Option<Audited> {
    let number = |path: &str| -> Option<u64> {
        let file = path.strip_prefix(table)?.strip_prefix("/metadata/v")?;
        file.strip_suffix(".metadata.json")?.parse().ok()
    };
    let present = files.all().iter().filter_map(|path| number(path)).max()?;
    let json = files.bytes(&format!("{table}/metadata/v{present}.metadata.json"))?;
    let metadata: TableMetadata = serde_json::from_slice(&json).unwrap();
    let mut reading = Reading { files, table, location: &metadata.location, read: BTreeMap::new() };
    let mut rows = BTreeMap::new();
    let (mut referenced, mut added) = (BTreeSet::new(), BTreeMap::<i64, Vec<DataFile>>::new());
    for snapshot in &metadata.snapshots {
        let mut of_files: BTreeMap<String, Vec<Option<TableRow>>> = BTreeMap::new();
        let mut deleted = Vec::new();
        let list = reading.file(&snapshot.manifest_list, &mut referenced);
        for manifest in read_list(&list).unwrap() {
            let bytes = reading.file(&manifest.manifest_path, &mut referenced);
            assert_eq!(
                i64::try_from(bytes.len()).unwrap(),
                manifest.manifest_length,
                "the length of {}",
                manifest.manifest_path
            );
            for entry in read_manifest(&bytes, &manifest).unwrap().into_iter().filter(ManifestEntry::is_live)
            {
                let committed = entry.sequence_number.unwrap_or(0);
                let path = &entry.data_file.file_path;
                let count = if entry.data_file.content == Content::Data {
                    let rows = reading.rows(path, &mut referenced).into_iter();
                    let rows = rows.map(|row| Some(TableRow { committed, ..row }));
                    of_files.entry(path.clone()).insert_entry(rows.collect()).get().len()
                } else {
                    let places = reading.places(path, &mut referenced);
                    let count = places.len();
                    deleted.extend(places);
                    count
                };
                assert_eq!(i64::try_from(count).unwrap(), entry.data_file.record_count);
                if entry.snapshot_id == Some(snapshot.snapshot_id) {
                    added.entry(snapshot.snapshot_id).or_default().push(entry.data_file.clone());
                }
            }
        }
        for (file, place) in deleted {
            let rows = of_files
                .get_mut(&file)
                .unwrap_or_else(|| panic!("rows of {file} are deleted, which is gone"));
            assert!(
                rows[usize::try_from(place).unwrap()].take().is_some(),
                "row {place} of {file} is deleted twice"
            );
        }
        let mut of_snapshot: Vec<TableRow> = of_files.into_values().flatten().flatten().collect();
        of_snapshot.sort();
        rows.insert(snapshot.snapshot_id, of_snapshot);
    }
    Some(Audited { metadata, rows, added, referenced })
}

struct Reading<'f> {
    files: &'f dyn Files,
    table: &'f str,
    location: &'f str,
    read: BTreeMap<String, Vec<TableRow>>,
}

impl Reading<'_> {
    fn path(&self, location: &str) -> String {
        let path = location.strip_prefix(self.location).unwrap();
        format!("{}{path}", self.table)
    }

    fn file(&self, location: &str, referenced: &mut BTreeSet<String>) -> Bytes {
        let path = self.path(location);
        let bytes = self.files.bytes(&path);
        let bytes = bytes
            .unwrap_or_else(|| panic!("invariant 10: a snapshot refers to `{path}`, which is not there"));
        referenced.insert(path);
        bytes
    }

    /// Which rows of which files a file of position deletes names.
    fn places(&mut self, location: &str, referenced: &mut BTreeSet<String>) -> Vec<(String, i64)> {
        let bytes = self.file(location, referenced);
        places_of_file(bytes)
    }

    fn rows(&mut self, location: &str, referenced: &mut BTreeSet<String>) -> Vec<TableRow> {
        let bytes = self.file(location, referenced);
        if let Some(rows) = self.read.get(location) {
            return rows.clone();
        }
        let rows = rows_of_file(bytes);
        self.read.insert(location.to_owned(), rows.clone());
        rows
    }
}

/// The rows of a data file.
pub(crate) fn rows_of_file(bytes: Bytes) -> Vec<TableRow> {
    let reader = ParquetRecordBatchReaderBuilder::try_new(bytes).unwrap().build().unwrap();
    reader.flat_map(|batch| rows_of(&batch.unwrap())).collect()
}

/// The rows that a file of position deletes names.
pub(crate) fn places_of_file(bytes: Bytes) -> Vec<(String, i64)> {
    let reader = ParquetRecordBatchReaderBuilder::try_new(bytes).unwrap().build().unwrap();
    reader.flat_map(|batch| places_of(&batch.unwrap())).collect()
}

fn places_of(batch: &RecordBatch) -> Vec<(String, i64)> {
    let (files, places) = (batch.column(0).as_string::<i32>(), batch.column(1).as_primitive::<Int64Type>());
    files.iter().zip(places).map(|(file, place)| (file.unwrap().to_owned(), place.unwrap())).collect()
}

fn rows_of(batch: &RecordBatch) -> Vec<TableRow> {
    let text = |name: &str| batch.column_by_name(name).map(AsArray::as_string::<i32>);
    let long = |name: &str| batch.column_by_name(name).map(AsArray::as_primitive::<Int64Type>);
    let string = |column: Option<&StringArray>, row| {
        column.filter(|column| column.is_valid(row)).map(|column| column.value(row).to_owned())
    };
    let number = |column: Option<&Int64Array>, row| {
        column.filter(|column| column.is_valid(row)).map(|column| column.value(row))
    };
    let row = |row| TableRow {
        object: string(text("_object"), row).unwrap(),
        lineage: string(text("_lineage"), row).unwrap(),
        sequence: number(long("_seq"), row).unwrap(),
        operation: string(text("_op"), row).unwrap_or_default(),
        id: number(long("id"), row),
        note: string(text("note"), row),
        committed: 0,
    };
    (0..batch.num_rows()).map(row).collect()
}

impl Audited {
    /// What the present snapshot holds.
    #[must_use]
    pub fn present(&self) -> &[TableRow] {
        self.metadata.current_snapshot_id.map_or(&[], |id| &self.rows[&id])
    }
}

/// The documents of an object that rows of a changelog come to, where no lineage goes back behind another.
#[must_use]
pub fn folded(rows: &[TableRow], object: &str) -> Vec<Item> {
    let mut events: Vec<&TableRow> =
        rows.iter().filter(|row| row.object == object && row.id.is_some()).collect();
    events.sort_by_key(|row| row.sequence);
    let mut items = BTreeMap::new();
    for event in events {
        let id = event.id.unwrap();
        match event.operation.as_str() {
            "DELETE" => drop(items.remove(&id)),
            _ => drop(items.insert(id, event.note.clone().unwrap_or_default())),
        }
    }
    items.into_iter().map(|(id, note)| Item { id, note }).collect()
}

/// The documents of an object in a state table.
#[must_use]
pub fn documents_of(rows: &[TableRow], object: &str) -> Vec<Item> {
    let rows = rows.iter().filter(|row| row.object == object);
    let mut items: Vec<Item> =
        rows.map(|row| Item { id: row.id.unwrap(), note: row.note.clone().unwrap_or_default() }).collect();
    items.sort();
    items
}

/// Of a table's files, those that nothing refers to.
#[must_use]
pub fn unreferenced(files: &dyn Files, table: &str, audited: &Audited) -> Vec<String> {
    let is_version = |path: &str| path.ends_with(".metadata.json") || path.ends_with("/version-hint.text");
    let mut all = files.all();
    all.retain(|path| {
        path.strip_prefix(table).is_some_and(|rest| rest.starts_with('/'))
            && !is_version(path)
            && !audited.referenced.contains(path)
    });
    all
}
