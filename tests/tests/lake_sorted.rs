//! Sort orders of the lake: each file's rows are in the order that the file names, and the table's order follows the struct.
//!
//! The files are read by the crate `parquet` alone, and compared by the table's metadata.
#![cfg(feature = "lake")]
#![allow(clippy::unwrap_used)] // the world of a test

use std::{cmp::Ordering, fs, path::Path};

use arrow_array::{
    Array, RecordBatch,
    cast::AsArray,
    types::{Float64Type, Int64Type, TimestampMicrosecondType},
};
use bytes::Bytes;
use futures_executor::block_on;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use serde_json::json;
use terrace::{
    cold::{
        DataFile, Lake,
        iceberg::{
            Content, Requirement, SortField, SortOrder, Status, TableMetadata, Update, read_list,
            read_manifest,
        },
    },
    hot::Options,
    prelude::*,
};
use terrace_tests::{Random, seed};

/// Without a sort order.
#[derive(Collection, Clone, Debug, PartialEq)]
#[collection(name = "order", partition(bucket(2, object)))]
struct Plain {
    #[id]
    id: i64,
    status: Option<String>,
    placed: Option<Timestamp>,
    weight: f64,
}

/// With one: nullable columns, ascending and descending.
#[derive(Collection, Clone, Debug, PartialEq)]
#[collection(name = "order", partition(bucket(2, object)), sort(status, -placed, -object))]
struct Sorted {
    #[id]
    id: i64,
    status: Option<String>,
    placed: Option<Timestamp>,
    weight: f64,
}

/// The same order by a column that is renamed; another column is new.
#[derive(Collection, Clone, Debug, PartialEq)]
#[collection(name = "order", partition(bucket(2, object)), sort(state, -placed, -object))]
struct Renamed {
    #[id]
    id: i64,
    #[was("status")]
    state: Option<String>,
    placed: Option<Timestamp>,
    weight: f64,
    note: Option<String>,
}

/// Another order; a column of the one before is gone.
#[derive(Collection, Clone, Debug, PartialEq)]
#[collection(name = "order", partition(bucket(2, object)), sort(-weight, id))]
struct Dropped {
    #[id]
    id: i64,
    #[was("status")]
    state: Option<String>,
    weight: f64,
}

/// The first order again, in another struct.
#[derive(Collection, Clone, Debug, PartialEq)]
#[collection(name = "order", partition(bucket(2, object)), sort(object, id))]
struct Back {
    #[id]
    id: i64,
    weight: f64,
    #[column(fill = 1)]
    count: i64,
}

/// A document of random values.
trait Made: terrace::hot::Document {
    fn made(random: &mut Random, id: i64) -> Self;
}

macro_rules! made {
    ($($type:ident { $($field:ident),* })*) => {$(
        impl Made for $type {
            fn made(random: &mut Random, id: i64) -> Self {
                Self { id, $($field: $field(random)),* }
            }
        }
    )*};
}

made! {
    Plain { status, placed, weight }
    Sorted { status, placed, weight }
    Renamed { state, placed, weight, note }
    Dropped { state, weight }
    Back { weight, count }
}

fn status(random: &mut Random) -> Option<String> {
    ["", "open", "paid", "Paid", "ünder way"]
        .get(usize::try_from(random.below(6)).unwrap())
        .map(|text| (*text).to_owned())
}

fn state(random: &mut Random) -> Option<String> {
    status(random)
}

fn note(random: &mut Random) -> Option<String> {
    status(random)
}

fn placed(random: &mut Random) -> Option<Timestamp> {
    let micros = random.below(20).cast_signed() - 10;
    (micros < 8).then(|| Timestamp::from_micros(micros))
}

fn weight(random: &mut Random) -> f64 {
    [0.0, -0.0, 1.5, -1e300, f64::INFINITY, f64::NEG_INFINITY][usize::try_from(random.below(6)).unwrap()]
}

fn count(random: &mut Random) -> i64 {
    random.bits().cast_signed()
}

/// A lake in a folder, and its objects.
struct World {
    folder: tempfile::TempDir,
    lake: Lake,
    random: Random,
}

impl World {
    fn new() -> Self {
        let seed = seed();
        println!("TERRACE_SEED={seed}");
        let folder = tempfile::tempdir().unwrap();
        let lake = block_on(Lake::open(folder.path().join("lake").to_str().unwrap())).unwrap();
        Self { folder, lake, random: Random(seed) }
    }

    /// Objects get documents of a struct and are synced, in so many rounds; then the lake is compacted.
    fn round<T: Made>(&mut self, rounds: usize) -> TableMetadata {
        for _ in 0..rounds {
            for object in ["a", "b", "c"] {
                let options = Options::new().object(object);
                let db = options.open(self.folder.path().join(object), collections![T]).unwrap();
                for _ in 0..60 {
                    let id = self.random.below(200).cast_signed();
                    db.upsert(&T::made(&mut self.random, id)).unwrap();
                }
                block_on(db.sync(&self.lake)).unwrap();
            }
        }
        block_on(self.lake.compact::<T>()).unwrap();
        let found = block_on(self.lake.find::<T>(|_| Filter::all()).count()).unwrap();
        assert!(found <= self.check("order"), "all documents are in files of the state table");
        self.check("order_changes");
        self.metadata("order")
    }

    fn metadata(&self, table: &str) -> TableMetadata {
        block_on(self.lake.metadata(table)).unwrap().unwrap()
    }

    /// The rows of each present file are in the order that it names. Gives how many they are.
    fn check(&self, table: &str) -> u64 {
        let metadata = self.metadata(table);
        let mut rows = 0;
        for (file, number) in files(&metadata) {
            let order = file.sort_order_id.unwrap_or_else(|| panic!("{} names no order", file.file_path));
            let order = metadata.sort_orders.iter().find(|known| known.order_id == order).unwrap();
            let batch = read(&file.file_path);
            let cells = cells(&metadata, &batch, order);
            let unsorted = cells.windows(2).position(|pair| compare(&pair[0], &pair[1], order).is_gt());
            assert_eq!(
                unsorted, None,
                "{table}, file of commit {number}, sorted by {:?}: {cells:#?}",
                order.fields
            );
            rows += batch.num_rows() as u64;
        }
        rows
    }
}

/// The data files of the present snapshot, with the numbers of their commits.
fn files(metadata: &TableMetadata) -> Vec<(DataFile, i64)> {
    let list = read_list(&bytes(&metadata.snapshot().unwrap().manifest_list)).unwrap();
    let entries =
        list.iter().flat_map(|manifest| read_manifest(&bytes(&manifest.manifest_path), manifest).unwrap());
    let live =
        entries.filter(|entry| entry.status != Status::Deleted && entry.data_file.content == Content::Data);
    live.map(|entry| (entry.data_file, entry.sequence_number.unwrap())).collect()
}

fn bytes(url: &str) -> Bytes {
    fs::read(Path::new(url.strip_prefix("file://").unwrap())).unwrap().into()
}

fn read(url: &str) -> RecordBatch {
    let reader = ParquetRecordBatchReaderBuilder::try_new(bytes(url)).unwrap().with_batch_size(1 << 20);
    let mut batches = reader.build().unwrap();
    batches.next().unwrap().unwrap()
}

#[derive(Debug, PartialEq)]
enum Cell {
    Null,
    Integer(i64),
    Real(f64),
    Text(String),
}

/// The values of each row in the columns of an order; a column that a file does not have is all `NULL`.
fn cells(metadata: &TableMetadata, batch: &RecordBatch, order: &SortOrder) -> Vec<Vec<Cell>> {
    let names: Vec<&str> = order.fields.iter().map(|field| name_of(metadata, batch, field)).collect();
    let row = |row: usize| names.iter().map(|name| cell(batch, name, row)).collect();
    (0..batch.num_rows()).map(row).collect()
}

/// What a file calls a column: the last name of it that it has.
fn name_of<'m>(metadata: &'m TableMetadata, batch: &RecordBatch, field: &SortField) -> &'m str {
    let fields = metadata.schemas.iter().rev().filter_map(|schema| schema.field_by_id(field.source_id));
    let mut names = fields.map(|field| field.name.as_str());
    names.find(|name| batch.column_by_name(name).is_some()).unwrap_or("")
}

fn cell(batch: &RecordBatch, name: &str, row: usize) -> Cell {
    let Some(column) = batch.column_by_name(name).filter(|column| column.is_valid(row)) else {
        return Cell::Null;
    };
    if let Some(texts) = column.as_string_opt::<i32>() {
        Cell::Text(texts.value(row).to_owned())
    } else if let Some(reals) = column.as_primitive_opt::<Float64Type>() {
        Cell::Real(reals.value(row))
    } else if let Some(times) = column.as_primitive_opt::<TimestampMicrosecondType>() {
        Cell::Integer(times.value(row))
    } else {
        Cell::Integer(column.as_primitive::<Int64Type>().value(row))
    }
}

fn compare(a: &[Cell], b: &[Cell], order: &SortOrder) -> Ordering {
    let fields = order.fields.iter().zip(a.iter().zip(b));
    fields
        .map(|(field, (a, b))| compare_cells(a, b, field))
        .find(|order| order.is_ne())
        .unwrap_or(Ordering::Equal)
}

fn compare_cells(a: &Cell, b: &Cell, field: &SortField) -> Ordering {
    let nulls_first = field.null_order == "nulls-first";
    let ascending = match (a, b) {
        (Cell::Null, Cell::Null) => return Ordering::Equal,
        (Cell::Null, _) => return if nulls_first { Ordering::Less } else { Ordering::Greater },
        (_, Cell::Null) => return if nulls_first { Ordering::Greater } else { Ordering::Less },
        (Cell::Integer(a), Cell::Integer(b)) => a.cmp(b),
        (Cell::Real(a), Cell::Real(b)) => a.total_cmp(b),
        (Cell::Text(a), Cell::Text(b)) => a.as_bytes().cmp(b.as_bytes()),
        other => panic!("values of two types: {other:?}"),
    };
    if field.direction == "desc" { ascending.reverse() } else { ascending }
}

/// An order as text: the names of its columns in the present schema, `-` for descending.
fn told(metadata: &TableMetadata, order_id: i32) -> Vec<String> {
    let order = metadata.sort_orders.iter().find(|order| order.order_id == order_id).unwrap();
    let field = |field: &SortField| {
        let sign = match (field.direction.as_str(), field.null_order.as_str(), field.transform.as_str()) {
            ("asc", "nulls-first", "identity") => "",
            ("desc", "nulls-last", "identity") => "-",
            other => panic!("{other:?}"),
        };
        format!("{sign}{}", metadata.schema().unwrap().field_by_id(field.source_id).unwrap().name)
    };
    order.fields.iter().map(field).collect()
}

#[test]
fn files_are_sorted_as_the_struct_says_through_folds_and_merges() {
    let mut world = World::new();
    for round in 0..4 {
        let table = world.round::<Sorted>(1);
        assert_eq!((table.default_sort_order_id, table.sort_orders.len()), (1, 1), "round {round}");
        assert_eq!(told(&table, 1), ["status", "-placed", "-_object"]);
        assert!(files(&table).iter().all(|(file, _)| file.sort_order_id == Some(1)), "round {round}");
    }
    let table = world.round::<Sorted>(7);
    let merged = world
        .metadata("order_changes")
        .snapshots
        .iter()
        .any(|snapshot| snapshot.summary["operation"] == "replace");
    assert!(merged, "files of the changelog were merged");
    assert_eq!(told(&table, 1), ["status", "-placed", "-_object"]);
}

#[test]
fn without_a_word_files_are_sorted_by_object_and_id() {
    let mut world = World::new();
    let table = world.round::<Plain>(7);
    assert_eq!(told(&table, table.default_sort_order_id), ["_object", "id"]);
    let changes = world.metadata("order_changes");
    assert_eq!(told(&changes, changes.default_sort_order_id), ["_object", "_seq"]);
}

#[test]
fn the_order_of_a_table_follows_the_struct() {
    let mut world = World::new();
    let plain = world.round::<Plain>(1);
    let sorted = world.round::<Sorted>(1);
    assert_eq!((sorted.default_sort_order_id, sorted.sort_orders.len()), (2, 2));
    assert_eq!(sorted.sort_orders[0], plain.sort_orders[0], "the order of before stays");
    assert_eq!(told(&sorted, 2), ["status", "-placed", "-_object"]);

    let renamed = world.round::<Renamed>(1);
    assert_eq!(renamed.sort_orders, sorted.sort_orders, "a name is no part of an order");
    assert_eq!(
        (renamed.default_sort_order_id, told(&renamed, 2)),
        (2, ["state", "-placed", "-_object"].map(String::from).to_vec())
    );

    let dropped = world.round::<Dropped>(1);
    assert_eq!(
        (dropped.default_sort_order_id, told(&dropped, 3)),
        (3, ["-weight", "id"].map(String::from).to_vec())
    );
    assert_eq!(
        told(&dropped, 2),
        ["state", "-placed", "-_object"],
        "a column by which files are sorted stays"
    );

    let back = world.round::<Back>(1);
    assert_eq!(
        (back.default_sort_order_id, back.sort_orders.len()),
        (1, 3),
        "an order that is back has its number again"
    );
}

/// Nothing is folded: the order changes all the same, and files keep the one that they have.
#[test]
fn an_order_changes_without_a_file() {
    let mut world = World::new();
    world.round::<Plain>(1);
    let options = Options::new().object("a");
    let db = options.open(world.folder.path().join("a"), collections![Sorted]).unwrap();
    block_on(db.sync(&world.lake)).unwrap();
    let done = block_on(world.lake.compact::<Sorted>()).unwrap();
    assert_eq!((done.events, done.files_written), (0, 0));
    let table = world.metadata("order");
    assert_eq!(table.default_sort_order_id, 2);
    assert!(files(&table).iter().all(|(file, _)| file.sort_order_id == Some(1)));
    world.check("order");
}

#[test]
fn updates_are_as_the_specification_of_rest_catalogs_has_them() {
    let field = SortField {
        transform: "identity".into(),
        source_id: 5,
        direction: "desc".into(),
        null_order: "nulls-last".into(),
    };
    let add = Update::AddSortOrder { sort_order: SortOrder { order_id: 2, fields: vec![field] } };
    let fields =
        json!([{"transform": "identity", "source-id": 5, "direction": "desc", "null-order": "nulls-last"}]);
    assert_eq!(
        serde_json::to_value(add).unwrap(),
        json!({"action": "add-sort-order", "sort-order": {"order-id": 2, "fields": fields}})
    );
    assert_eq!(
        serde_json::to_value(Update::SetDefaultSortOrder { sort_order_id: 2 }).unwrap(),
        json!({"action": "set-default-sort-order", "sort-order-id": 2})
    );
    assert_eq!(
        serde_json::to_value(Requirement::AssertDefaultSortOrderId { default_sort_order_id: 1 }).unwrap(),
        json!({"type": "assert-default-sort-order-id", "default-sort-order-id": 1})
    );
}
