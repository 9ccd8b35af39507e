//! One collection of an open database: its schema, its statements, and how its events are written.

use std::{
    any::TypeId,
    cell::{Cell, RefCell},
    collections::HashMap,
    sync::Arc,
};

use crate::{
    cdc::{Hasher, frame::Layout},
    error::{Cause, Outcome},
    schema::{Registered, Schema, Storage, StoredSchema, quote},
    value::{Row, RowBuf, ValueRef},
};

use super::{
    at_once,
    backend::{Backend, Insert, select_list},
    columnar,
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
    /// Every column as a statement selects it, with commas.
    pub(super) columns: String,
    pub(super) storages: Vec<Storage>,
    /// The id's columns as a statement selects them, with commas.
    pub(super) id_columns: String,
    pub(super) id_storages: Vec<Storage>,
    /// The statements as long as every document is a row, and those after some have moved into segments.
    statements: [Statements; 2],
    columnar: Cell<bool>,
}

/// The statements over the table of a collection's rows.
#[derive(Debug)]
pub(super) struct Statements {
    /// The name of the table, quoted.
    pub(super) rows: String,
    pub(super) insert: Insert,
    /// The statement that inserts a row with its event, where the collection has it.
    pub(super) insert_at_once: Option<String>,
    pub(super) select: String,
    pub(super) delete: String,
    /// Reads nothing, and finds out whether the table is there.
    pub(super) meet: String,
    updates: RefCell<HashMap<u128, Arc<str>>>,
}

impl Statements {
    fn new(schema: &Schema, columns: &str, columnar: bool) -> Self {
        let rows = columnar::rows_table(schema.name, columnar);
        let name = quote(&rows);
        let condition = schema.id_condition(1);
        Self {
            insert: insert(schema, &name),
            insert_at_once: at_once::insert(schema, columnar),
            select: format!("SELECT {columns} FROM {name} WHERE {condition}"),
            meet: format!("SELECT 1 FROM {name} LIMIT 0"),
            delete: format!("DELETE FROM {name} WHERE {condition}"),
            rows: name,
            updates: RefCell::default(),
        }
    }

    /// The statement that sets the `changed` columns of one document.
    pub(super) fn update(&self, schema: &Schema, changed: u128) -> Arc<str> {
        let make = || self.update_sql(schema, changed);
        self.updates.borrow_mut().entry(changed).or_insert_with(make).clone()
    }

    fn update_sql(&self, schema: &Schema, changed: u128) -> Arc<str> {
        let sets: Vec<String> = positions(changed)
            .enumerate()
            .map(|(at, column)| format!("{} = ?{}", quote(schema.columns[column].name), at + 1))
            .collect();
        let condition = schema.id_condition(sets.len() + 1);
        format!("UPDATE {} SET {} WHERE {condition}", self.rows, sets.join(", ")).into()
    }
}

impl Table {
    pub(super) fn new(
        backend: &dyn Backend,
        registered: Registered,
        collection: u64,
        layout: Layout,
        stored: &StoredSchema,
        columnar: bool,
    ) -> Self {
        let schema = registered.schema;
        let columns = select_list(backend, schema.columns.iter());
        Self {
            type_id: registered.type_id,
            schema,
            collection,
            layout,
            hasher: RefCell::new(Hasher::new(stored)),
            row: RefCell::default(),
            storages: schema.columns.iter().map(|column| column.kind.storage()).collect(),
            id_columns: select_list(backend, schema.id_columns()),
            id_storages: schema.id_columns().map(|column| column.kind.storage()).collect(),
            statements: [false, true].map(|columnar| Statements::new(schema, &columns, columnar)),
            columns,
            columnar: Cell::new(columnar),
        }
    }

    /// The statements over the rows.
    pub(super) fn sql(&self) -> &Statements {
        &self.statements[usize::from(self.columnar.get())]
    }

    /// Whether documents may live in segments, as far as is known here: a statement of [`Table::sql`] finds no table
    /// when it is not so.
    pub(super) fn is_columnar(&self) -> bool {
        self.columnar.get()
    }

    pub(super) fn set_columnar(&self, columnar: bool) {
        self.columnar.set(columnar);
    }

    /// The document with this id, if it is a row, read by `read`.
    pub(super) fn first<R>(
        &self,
        backend: &dyn Backend,
        id: &dyn Row,
        read: impl Fn(&dyn Row) -> Outcome<R>,
    ) -> Outcome<Option<R>> {
        super::read::first_of(backend, &self.sql().select, &self.storages, id, read)
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
fn insert(schema: &Schema, table: &str) -> Insert {
    insert_into(table, &schema.column_list(), schema.columns.len())
}

/// As [`insert`], of columns whose names are given with commas.
pub(super) fn insert_into(table: &str, columns: &str, width: usize) -> Insert {
    let rows = (MAX_PARAMETERS / width).max(1);
    let sql = |verb: &str, rows: usize| {
        let row = |at: usize| {
            let marks: Vec<String> = (1..=width).map(|column| format!("?{}", at * width + column)).collect();
            format!("({})", marks.join(", "))
        };
        let rows: Vec<String> = (0..rows).map(row).collect();
        format!("{verb} INTO {table} ({columns}) VALUES {}", rows.join(", "))
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
