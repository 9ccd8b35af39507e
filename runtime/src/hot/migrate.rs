//! Bringing a table from a stored schema to the struct's present one.
//!
//! What SQLite can do in place is done in place: renaming a column, adding one. Everything else builds the table anew
//! and copies the rows. What would lose data is refused. It does to rows what [`Lens`] does to events (invariant 3).

use std::ops::ControlFlow;

use crate::{
    cdc::{Checksum, Hasher, Lens},
    error::{Cause, Outcome},
    schema::{Kind, Schema, Storage, StoredColumn, StoredSchema, quote},
    value::{RowBuf, Value, ValueRef},
};

use super::{
    at_once,
    backend::{Backend, select_list},
    columnar::{self, Source},
    tail,
};

/// The name of a table while it is built anew.
const NEW_TABLE: &str = "_terrace_new";

/// A step from one schema of a collection to the next.
#[derive(Debug)]
pub(super) struct Migration<'a> {
    pub(super) earlier: &'a StoredSchema,
    pub(super) later: &'a StoredSchema,
    pub(super) schema: &'static Schema,
    pub(super) collection: u64,
    /// The name of the table of rows.
    pub(super) rows: String,
}

/// Makes the table and the indexes of a new collection.
pub(super) fn create(backend: &dyn Backend, schema: &Schema) -> Outcome<()> {
    backend.execute(&schema.create_table(schema.name), &RowBuf::new())?;
    create_indexes(backend, schema, schema.name, &[])?;
    at_once::create(backend, schema, None)
}

/// Makes the indexes that are not among those that are there.
fn create_indexes(backend: &dyn Backend, schema: &Schema, table: &str, there: &[&str]) -> Outcome<()> {
    for index in schema.indexes {
        if !there.contains(&&*schema.index_name(index)) {
            backend.execute(&schema.create_index(index, table), &RowBuf::new())?;
        }
    }
    Ok(())
}

impl Migration<'_> {
    /// Whether every column of the earlier schema lives on, and none gets narrower.
    pub(super) fn is_lossless(&self) -> bool {
        self.check().is_ok() && self.dropped().next().is_none()
    }

    /// Changes the table, its indexes and its checksum.
    pub(super) fn run(&self, backend: &dyn Backend) -> Outcome<()> {
        self.check()?;
        at_once::remove(backend, &self.later.name, self.is_columnar())?;
        let kept: Vec<&str> = self
            .earlier
            .indexes
            .iter()
            .filter(|index| self.later.indexes.contains(index))
            .map(|index| index.name.as_str())
            .collect();
        for index in self.earlier.indexes.iter().filter(|index| !kept.contains(&&*index.name)) {
            backend.execute(&format!("DROP INDEX {}", quote(&index.name)), &RowBuf::new())?;
        }
        if self.must_rebuild() {
            self.rebuild(backend)?;
            create_indexes(backend, self.schema, &self.rows, &[])?;
        } else {
            self.alter(backend)?;
            create_indexes(backend, self.schema, &self.rows, &kept)?;
        }
        at_once::create(backend, self.schema, self.is_columnar().then_some(self.collection))
    }

    /// Does what has to see every document, once the later schema is stored: its checksum, and its unique values where
    /// documents live in row groups.
    pub(super) fn finish(&self, source: Source<'_>) -> Outcome<()> {
        if self.is_columnar() && self.changes_unique() {
            columnar::index_again(source, self.collection, self.schema, &self.rows)?;
        }
        if self.changes_checksum() { self.count_again(source) } else { Ok(()) }
    }

    fn is_columnar(&self) -> bool {
        self.rows != self.later.name
    }

    /// Whether a document may have another key in a unique index, though nothing was written to it.
    fn changes_unique(&self) -> bool {
        let changed: Vec<bool> = self
            .pairs()
            .map(|(earlier, later)| earlier.is_none_or(|earlier| earlier.nullable && !later.nullable))
            .collect();
        self.schema.indexes.iter().filter(|index| index.unique).any(|index| {
            let name = self.schema.index_name(index);
            let is_new = !self.earlier.indexes.iter().any(|known| known.name == name);
            is_new || index.columns.iter().any(|&at| changed[at]) || index.filter.is_some()
        })
    }

    /// The columns of the later schema, each with the one that it continues.
    fn pairs(&self) -> impl Iterator<Item = (Option<&StoredColumn>, &StoredColumn)> {
        self.later.columns.iter().map(|column| {
            let earlier = self.earlier.predecessor(column, self.later);
            (earlier.map(|at| &self.earlier.columns[at]), column)
        })
    }

    fn dropped(&self) -> impl Iterator<Item = &StoredColumn> {
        let continued: Vec<usize> = self
            .later
            .columns
            .iter()
            .filter_map(|column| self.earlier.predecessor(column, self.later))
            .collect();
        self.earlier
            .columns
            .iter()
            .enumerate()
            .filter(move |(at, _)| !continued.contains(at))
            .map(|(_, column)| column)
    }

    /// Refuses what would lose data.
    pub(super) fn check(&self) -> Result<(), Cause> {
        let id: Vec<Option<usize>> = self
            .later
            .id
            .iter()
            .map(|&at| self.earlier.predecessor(&self.later.columns[at], self.later))
            .collect();
        if id != self.earlier.id.iter().map(|&at| Some(at)).collect::<Vec<_>>() {
            let column = self.later.id.first().map_or("", |&at| &self.later.columns[at].name);
            return Err(migration(
                column,
                "the id of a collection cannot change; make a new collection and copy the documents into it"
                    .to_owned(),
            ));
        }
        self.pairs().try_for_each(|(earlier, later)| match earlier {
            Some(earlier) => check_column(earlier, later),
            None if later.nullable || later.fill.is_some() => Ok(()),
            None => Err(migration(&later.name, format!(
                "it is new and required (`{0}`), and older documents have no value for it; make it `Option<{0}>`, or add `#[column(fill = …)]`",
                describe(later.kind)
            ))),
        })
    }

    /// Whether the table has to be copied: a column is dropped, or is required where it was optional or the other way
    /// round, or is filled with something that SQL text cannot say exactly.
    fn must_rebuild(&self) -> bool {
        let copied = |(earlier, later): (Option<&StoredColumn>, &StoredColumn)| match earlier {
            Some(earlier) => earlier.nullable != later.nullable,
            None => later.fill.as_ref().is_some_and(|fill| literal(fill).is_none()),
        };
        self.dropped().next().is_some() || self.pairs().any(copied)
    }

    fn alter(&self, backend: &dyn Backend) -> Outcome<()> {
        let table = quote(&self.rows);
        for (earlier, later) in self.pairs() {
            let name = quote(&later.name);
            let change = match earlier {
                Some(earlier) if earlier.name == later.name => continue,
                Some(earlier) => format!("RENAME COLUMN {} TO {name}", quote(&earlier.name)),
                None => {
                    format!("ADD COLUMN {name} {}{}", later.kind.storage().column_type(), constraints(later))
                }
            };
            backend.execute(&format!("ALTER TABLE {table} {change}"), &RowBuf::new())?;
        }
        Ok(())
    }

    fn rebuild(&self, backend: &dyn Backend) -> Outcome<()> {
        let table = quote(&self.rows);
        let mut fills: Vec<ValueRef<'_>> = Vec::new();
        let lens = Lens::between(self.earlier, self.later);
        let mut columns = Vec::new();
        for source in lens.sources() {
            let earlier = source.earlier.map(|at| quote(&self.earlier.columns[at].name));
            let fill = source.null_fill().or((earlier.is_none()).then(|| source.new_fill()));
            let mark = fill.map(|fill| {
                fills.push(fill.as_ref());
                format!("?{}", fills.len())
            });
            columns.push(match (earlier, mark) {
                (Some(earlier), Some(mark)) => format!("coalesce({earlier}, {mark})"),
                (Some(earlier), None) => earlier,
                (None, mark) => mark.unwrap_or_else(|| "NULL".to_owned()),
            });
        }
        backend.execute(&self.schema.create_table(NEW_TABLE), &RowBuf::new())?;
        let (new, names) = (quote(NEW_TABLE), self.schema.column_list());
        let copy = format!("INSERT INTO {new} ({names}) SELECT {} FROM {table}", columns.join(", "));
        backend.execute(&copy, &fills.as_slice())?;
        backend.execute(&format!("DROP TABLE {table}"), &RowBuf::new())?;
        backend.execute(&format!("ALTER TABLE {new} RENAME TO {table}"), &RowBuf::new())?;
        Ok(())
    }

    /// Whether a document has another hash under the later schema, though nothing was written to it.
    fn changes_checksum(&self) -> bool {
        let changed = |(earlier, later): (Option<&StoredColumn>, &StoredColumn)| match earlier {
            Some(earlier) => {
                earlier.name != later.name
                    || earlier.fill != later.fill
                    || earlier.nullable && !later.nullable
            }
            None => false,
        };
        self.dropped().next().is_some() || self.pairs().any(changed)
    }

    fn count_again(&self, source: Source<'_>) -> Outcome<()> {
        let backend = source.backend;
        let mut hasher = Hasher::new(self.later);
        let mut checksum = Checksum::default();
        let columns = select_list(backend, self.schema.columns.iter());
        let storages: Vec<Storage> = self.schema.columns.iter().map(|column| column.kind.storage()).collect();
        let sql = format!("SELECT {columns} FROM {}", quote(&self.rows));
        backend.query(&sql, &storages, &RowBuf::new(), &mut |row| {
            checksum.add(hasher.hash(row)?);
            Ok(ControlFlow::Continue(()))
        })?;
        if self.is_columnar() {
            columnar::each_document(source, self.collection, &mut |row| {
                checksum.add(hasher.hash(row)?);
                Ok(ControlFlow::Continue(()))
            })?;
        }
        tail::set_checksum(backend, self.collection, checksum)
    }
}

/// Refuses a column whose values may not all fit the later one.
fn check_column(earlier: &StoredColumn, later: &StoredColumn) -> Result<(), Cause> {
    if let Some(label) =
        earlier.labels.iter().find(|label| later.kind == Kind::Enum && !later.labels.contains(label))
    {
        let problem =
            format!("its label `{label}` is gone, and older documents may hold it; keep the variant");
        return Err(migration(&later.name, problem));
    }
    if !widens(earlier.kind, later.kind) {
        let (was, is) = (describe(earlier.kind), describe(later.kind));
        let problem = format!(
            "it was `{was}`, and older documents may not fit `{is}`; keep the type, or add a new column beside it"
        );
        return Err(migration(&later.name, problem));
    }
    if earlier.nullable && !later.nullable && later.fill.is_none() {
        let is = describe(later.kind);
        let problem = format!(
            "it was `Option<{is}>`, and older documents may have no value; keep the `Option`, or add `#[column(fill = …)]`"
        );
        return Err(migration(&later.name, problem));
    }
    Ok(())
}

/// Whether every value of `earlier` is one of `later`, and is stored in the same way.
fn widens(earlier: Kind, later: Kind) -> bool {
    let integers = [Kind::I8, Kind::I16, Kind::I32, Kind::I64, Kind::U8, Kind::U16, Kind::U32];
    match (earlier, later) {
        (Kind::F32, Kind::F64) | (Kind::Enum, Kind::Text) => true,
        (Kind::Decimal { precision: p, scale: s }, Kind::Decimal { precision, scale }) => {
            s == scale && (p == precision || p < precision && precision <= 18)
        }
        (earlier, later) if integers.contains(&earlier) && integers.contains(&later) => {
            match (earlier.integer_range(), later.integer_range()) {
                (Some((low, high)), Some((lower, higher))) => lower <= low && high <= higher,
                _ => false,
            }
        }
        (earlier, later) => earlier == later,
    }
}

fn migration(column: &str, problem: String) -> Cause {
    Cause::Migration { column: column.to_owned(), problem }
}

/// The type of a column, as Rust code says it.
fn describe(kind: Kind) -> String {
    match kind {
        Kind::Text => "String".to_owned(),
        Kind::Bytes => "Vec<u8>".to_owned(),
        Kind::Fixed(length) => format!("[u8; {length}]"),
        Kind::Decimal { precision, scale } => format!("Decimal<{precision}, {scale}>"),
        Kind::Enum => "an enum".to_owned(),
        Kind::Json => "a JSON field".to_owned(),
        Kind::Uuid | Kind::Timestamp | Kind::Date => format!("{kind:?}"),
        other => format!("{other:?}").to_lowercase(),
    }
}

/// What follows the type of a column that is added.
fn constraints(column: &StoredColumn) -> String {
    let null = if column.nullable { "" } else { " NOT NULL" };
    let fill = column.fill.as_ref().and_then(literal).map(|fill| format!(" DEFAULT {fill}"));
    format!("{null}{}", fill.unwrap_or_default())
}

/// A value as SQL text, where that is exact.
fn literal(value: &Value) -> Option<String> {
    match value {
        Value::Integer(integer) => Some(integer.to_string()),
        Value::Text(text) if !text.contains('\0') => Some(format!("'{}'", text.replace('\'', "''"))),
        _ => None,
    }
}
