//! What both tables of the collection have to hold, told by the objects themselves: their events and their documents, each
//! value as a text that says it exactly.

use std::{collections::BTreeMap, fmt::Write as _};

use serde_json::{Value as Json, json};
use terrace::{
    cdc::{CdcEvent, Change},
    prelude::*,
    schema::{ColumnDef, Fill, Kind},
    value::{Row as _, RowBuf, ValueRef},
};

use super::things::{Thing, unscaled};

/// A row by the lasting names of the columns that its struct had.
type Row = BTreeMap<String, Option<String>>;

/// Columns of a table: what each is called now, its lasting name, and what stands in documents that are older.
pub(crate) type Columns = Vec<(String, String, Option<String>)>;

/// What is expected of one object.
#[derive(Clone, Default)]
pub(crate) struct Object {
    /// Up to which position its events are in the lake.
    pub(crate) head: u64,
    /// Its events, as rows of the changelog.
    events: Vec<Row>,
    /// Its documents by id, as they were when it was synced.
    documents: BTreeMap<String, Row>,
}

/// What is expected of the lake.
#[derive(Clone, Default)]
pub(crate) struct Oracle {
    pub(crate) objects: BTreeMap<String, Object>,
    /// The columns of the newest struct that was synced.
    pub(crate) columns: Columns,
    /// Columns that the state table has beside these.
    pub(crate) left: &'static [&'static str],
}

const CHANGELOG: [&str; 7] = ["_object", "_lineage", "_seq", "_ts", "_op", "_schema", "_parent"];
const STATE: [&str; 4] = ["_object", "_lineage", "_seq", "_ts"];

/// The columns of a struct.
pub(crate) fn columns_of<T: Thing>() -> Columns {
    let column = |column: &ColumnDef| {
        let fill = column.fill.map(|fill| match fill {
            Fill::Integer(integer) => integer.to_string(),
            Fill::Text(text) => text.to_owned(),
            Fill::Real(_) => unreachable!("no column of the test has one"),
        });
        (column.name.to_owned(), T::lasting(column.name).to_owned(), fill)
    };
    T::SCHEMA.columns.iter().map(column).collect()
}

impl Oracle {
    /// An object was synced.
    pub(crate) fn synced<T: Thing>(&mut self, db: &Db) -> Result<(), StorageError> {
        let object = self.objects.entry(db.object_id().to_owned()).or_default();
        let mut last: BTreeMap<String, Row> =
            object.documents.iter().map(|(id, row)| (id.clone(), of_event(row))).collect();
        for event in db.changes().since(object.head)? {
            let event = event?;
            object.head = event.sequence;
            let row = event_row::<T>(&event);
            if let Some(Some(id)) = row.get("id") {
                last.insert(id.clone(), of_event(&row));
            }
            object.events.push(row);
        }
        object.documents.clear();
        for document in db.all::<T>().limit(u64::MAX).all()? {
            let mut row = row_of(&document);
            let id = row["id"].clone().expect("an id is there");
            for (name, value) in last[&id].clone() {
                row.entry(name).or_insert(value);
            }
            object.documents.insert(id, row);
        }
        Ok(())
    }

    /// What the changelog table has to hold.
    pub(crate) fn changelog(&self) -> Json {
        let rows = self.objects.values().flat_map(|object| &object.events);
        let blank = self.columns.iter().map(|(name, lasting, _)| (name.clone(), lasting.clone(), None));
        table(&CHANGELOG, &blank.collect(), rows)
    }

    /// What the state table has to hold.
    pub(crate) fn state(&self) -> Json {
        let left = self.left.iter().map(|name| ((*name).to_owned(), (*name).to_owned(), None));
        let columns = self.columns.iter().cloned().chain(left).collect();
        table(&STATE, &columns, self.objects.values().flat_map(|object| object.documents.values()))
    }
}

/// What the state table has of the event that wrote a row: terrace's own columns, and one that only older structs have.
fn of_event(row: &Row) -> Row {
    let names = STATE.iter().copied().chain(["byte"]);
    names.filter_map(|name| Some((name.to_owned(), row.get(name)?.clone()))).collect()
}

fn table<'r>(own: &[&str], columns: &Columns, rows: impl Iterator<Item = &'r Row>) -> Json {
    let names = own.iter().copied().chain(columns.iter().map(|(name, ..)| name.as_str()));
    let rows = rows.map(|row| {
        let values = columns.iter().map(|(_, lasting, fill)| row.get(lasting).unwrap_or(fill));
        own.iter().map(|name| &row[*name]).chain(values).collect::<Vec<_>>()
    });
    json!({ "columns": names.collect::<Vec<_>>(), "rows": rows.collect::<Vec<_>>() })
}

fn event_row<T: Thing>(event: &CdcEvent) -> Row {
    let mut row = match event.change::<T>().expect("documents of the struct") {
        Some(Change::Inserted { after } | Change::Updated { after, .. }) => row_of(&after),
        Some(Change::Deleted { before }) => row_of(&before.expect("events are captured in full")),
        Some(Change::Touched | Change::Restored { .. }) | None => Row::new(),
    };
    let mut put = |name: &str, value: Option<String>| drop(row.insert(name.to_owned(), value));
    put("_object", Some(event.object.to_string()));
    put("_lineage", Some(event.lineage.to_string()));
    put("_seq", Some(event.sequence.to_string()));
    put("_ts", Some(event.timestamp.micros().to_string()));
    put("_op", Some(event.operation.name().to_owned()));
    put("_schema", event.schema_version().map(|version| version.to_string()));
    put("_parent", event.previous_lineage.map(|lineage| lineage.to_string()));
    row
}

/// What a plain file of documents has to hold.
pub(crate) fn documents<T: Thing>(documents: &[T]) -> Json {
    let rows: Vec<Row> = documents.iter().map(row_of).collect();
    table(&[], &columns_of::<T>(), rows.iter())
}

fn row_of<T: Thing>(document: &T) -> Row {
    let mut buffer = RowBuf::new();
    document.write(&mut buffer).expect("a document that was stored");
    let values = T::SCHEMA.columns.iter().enumerate().map(|(at, column)| {
        let value = buffer.value(at).expect("a value that was written");
        (T::lasting(column.name).to_owned(), exact(column.kind, value))
    });
    values.collect()
}

/// A value as a text: integers in digits, floats as the bits of a double, bytes in hexadecimal.
fn exact(kind: Kind, value: ValueRef<'_>) -> Option<String> {
    Some(match (kind, value) {
        (_, ValueRef::Null) => return None,
        (Kind::Bool, ValueRef::Integer(truth)) => (truth == 1).to_string(),
        (Kind::Decimal { scale, .. }, ValueRef::Integer(number)) => decimal(number.into(), scale.into()),
        (Kind::Decimal { scale, .. }, ValueRef::Text(text)) => decimal(unscaled(text), scale.into()),
        (_, ValueRef::Integer(number)) => number.to_string(),
        (_, ValueRef::Real(number)) => format!("{:016x}", number.to_bits()),
        (_, ValueRef::Text(text)) => text.to_owned(),
        (_, ValueRef::Blob(bytes)) => hex(bytes),
    })
}

/// Bytes in hexadecimal.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        write!(text, "{byte:02x}").expect("a text takes all");
        text
    })
}

fn decimal(unscaled: i128, scale: usize) -> String {
    let sign = if unscaled < 0 { "-" } else { "" };
    let digits = format!("{:0width$}", unscaled.unsigned_abs(), width = scale + 1);
    let (whole, part) = digits.split_at(digits.len() - scale);
    if scale == 0 { format!("{sign}{whole}") } else { format!("{sign}{whole}.{part}") }
}
