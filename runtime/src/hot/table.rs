//! One collection of an open database: its schema, its statements, and how its events are written.

use std::{any::TypeId, cell::RefCell, collections::HashMap, sync::Arc};

use crate::{
    cdc::{Hasher, frame::Layout},
    error::{Cause, Outcome},
    schema::{Registered, Schema, Storage, StoredSchema, quote},
    value::{Row, RowBuf, ValueRef},
};

use super::{
    at_once,
    backend::{Backend, Insert, select_list},
};

/// One collection.
#[derive(Debug)]
pub(super) struct Table {
    pub(super) type_id: TypeId,
    pub(super) schema: &'static Schema,
    /// The number of the collection: that of its first stored schema.
    pub(super) collection: u64,
    pub(super) layout: Layout,
    pub(super) hasher: RefCell<Hasher>,
    /// The memory of the last row that was inserted, for the next one.
    pub(super) row: RefCell<RowBuf>,
    pub(super) insert: Insert,
    /// The statement that inserts a row with its event, where the collection has it.
    pub(super) insert_at_once: Option<String>,
    pub(super) select: String,
    pub(super) delete: String,
    /// Every column as a statement selects it, with commas.
    pub(super) columns: String,
    pub(super) storages: Vec<Storage>,
    /// The id's columns as a statement selects them, with commas.
    pub(super) id_columns: String,
    pub(super) id_storages: Vec<Storage>,
    updates: RefCell<HashMap<u128, Arc<str>>>,
}

impl Table {
    pub(super) fn new(
        backend: &dyn Backend,
        registered: Registered,
        collection: u64,
        layout: Layout,
        stored: &StoredSchema,
    ) -> Self {
        let schema = registered.schema;
        let name = quote(schema.name);
        let columns = select_list(backend, schema.columns.iter());
        let condition = schema.id_condition(1);
        Self {
            type_id: registered.type_id,
            schema,
            collection,
            layout,
            hasher: RefCell::new(Hasher::new(stored)),
            row: RefCell::default(),
            insert: insert(schema),
            insert_at_once: at_once::insert(schema),
            select: format!("SELECT {columns} FROM {name} WHERE {condition}"),
            delete: format!("DELETE FROM {name} WHERE {condition}"),
            columns,
            storages: schema.columns.iter().map(|column| column.kind.storage()).collect(),
            id_columns: select_list(backend, schema.id_columns()),
            id_storages: schema.id_columns().map(|column| column.kind.storage()).collect(),
            updates: RefCell::default(),
        }
    }

    /// The statement that sets the `changed` columns of one document.
    pub(super) fn update(&self, changed: u128) -> Arc<str> {
        self.updates.borrow_mut().entry(changed).or_insert_with(|| self.update_sql(changed)).clone()
    }

    fn update_sql(&self, changed: u128) -> Arc<str> {
        let sets: Vec<String> = positions(changed)
            .enumerate()
            .map(|(at, column)| format!("{} = ?{}", quote(self.schema.columns[column].name), at + 1))
            .collect();
        let condition = self.schema.id_condition(sets.len() + 1);
        format!("UPDATE {} SET {} WHERE {condition}", quote(self.schema.name), sets.join(", ")).into()
    }

    /// The document with this id.
    pub(super) fn read(&self, backend: &dyn Backend, id: &dyn Row) -> Outcome<Option<RowBuf>> {
        self.first(backend, id, |row| Ok(RowBuf::copy(row)?))
    }

    /// As [`Table::read`], read by `read`.
    pub(super) fn first<R>(
        &self,
        backend: &dyn Backend,
        id: &dyn Row,
        read: impl Fn(&dyn Row) -> Outcome<R>,
    ) -> Outcome<Option<R>> {
        super::read::first_of(backend, &self.select, &self.storages, id, read)
    }

    /// The id's columns of a document.
    pub(super) fn id_of(&self, row: &dyn Row) -> Outcome<RowBuf> {
        let mut id = RowBuf::new();
        for &column in self.schema.id {
            id.push(row.value(column)?)?;
        }
        Ok(id)
    }

    /// The version of a document, if the collection counts versions.
    pub(super) fn version_of(&self, row: &dyn Row) -> Outcome<Option<i64>> {
        let Some(column) = self.schema.version else { return Ok(None) };
        match row.value(column)? {
            ValueRef::Integer(version) => Ok(Some(version)),
            _ => Err(Cause::Schema("the version column holds no integer".to_owned()).into()),
        }
    }
}

/// How many parameters a statement has at most: the limit of a Durable Object.
const MAX_PARAMETERS: usize = 100;

/// The statements that insert rows.
///
/// The one of several rows does not take back the rows before one that it refuses: the transaction or savepoint that
/// it runs in does, so SQLite need not keep a journal of each statement.
fn insert(schema: &Schema) -> Insert {
    let width = schema.columns.len();
    let rows = (MAX_PARAMETERS / width).max(1);
    let sql = |verb: &str, rows: usize| {
        let row = |at: usize| {
            let marks: Vec<String> = (1..=width).map(|column| format!("?{}", at * width + column)).collect();
            format!("({})", marks.join(", "))
        };
        let rows: Vec<String> = (0..rows).map(row).collect();
        format!("{verb} INTO {} ({}) VALUES {}", quote(schema.name), schema.column_list(), rows.join(", "))
    };
    Insert { one: sql("INSERT", 1), many: sql("INSERT OR FAIL", rows), rows }
}

/// The positions of the bits that are set.
pub(super) fn positions(bits: u128) -> impl Iterator<Item = usize> {
    std::iter::successors(Some(bits), |bits| Some(bits & bits.wrapping_sub(1)))
        .take_while(|bits| *bits != 0)
        .map(|bits| bits.trailing_zeros() as usize)
}

/// An id as text, for errors.
pub(super) fn describe(id: &dyn Row) -> String {
    let values: Vec<String> = (0..id.len())
        .map(|column| match id.value(column) {
            Ok(ValueRef::Text(text)) => format!("`{text}`"),
            Ok(ValueRef::Integer(integer)) => integer.to_string(),
            Ok(ValueRef::Blob(bytes)) => match uuid::Uuid::from_slice(bytes) {
                Ok(uuid) => uuid.to_string(),
                Err(_) => crate::value::hex(bytes),
            },
            _ => "?".to_owned(),
        })
        .collect();
    values.join(", ")
}
