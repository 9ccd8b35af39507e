//! The mapping to SQLite: STRICT tables, one column per field, names always quoted.
//!
//! An id of one integer column is the rowid; every other id is the key of a `WITHOUT ROWID` table. So a document is
//! one row of one b-tree, and costs one row written.

use super::{ColumnDef, Index, Schema, Storage};

/// How the name of a unique index begins.
pub(super) const UNIQUE: &str = "unique ";
/// What stands before the condition in the name of a partial index.
pub(super) const WHERE: &str = " where ";

/// A name as SQL quotes it.
pub(crate) fn quote(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

impl Schema {
    /// The statement that makes the table, under the name `table`.
    pub(crate) fn create_table(&self, table: &str) -> String {
        let mut parts: Vec<String> =
            self.columns.iter().enumerate().map(|(at, column)| self.column_sql(at, column)).collect();
        if !self.is_rowid() {
            let id: Vec<String> = self.id_columns().map(|column| quote(column.name)).collect();
            parts.push(format!("PRIMARY KEY ({})", id.join(", ")));
        }
        let options = if self.is_rowid() { "STRICT" } else { "STRICT, WITHOUT ROWID" };
        format!("CREATE TABLE {} ({}) {options}", quote(table), parts.join(", "))
    }

    /// Whether the id is SQLite's rowid.
    fn is_rowid(&self) -> bool {
        let mut id = self.id_columns();
        let first = id.next().map(|column| column.kind.storage());
        first == Some(Storage::Integer) && id.next().is_none()
    }

    fn column_sql(&self, position: usize, column: &ColumnDef) -> String {
        let key = if self.is_rowid() && self.id.contains(&position) { " PRIMARY KEY" } else { "" };
        let null = if column.nullable { "" } else { " NOT NULL" };
        format!("{} {}{key}{null}", quote(column.name), column.kind.storage().column_type())
    }

    /// The name of an index: what it covers, so that a changed index has another name.
    pub(crate) fn index_name(&self, index: &Index) -> String {
        let columns: Vec<&str> = index.columns.iter().map(|&at| self.columns[at].name).collect();
        let unique = if index.unique { UNIQUE } else { "" };
        let filter = index.filter.map(|filter| format!("{WHERE}{filter}")).unwrap_or_default();
        format!("{unique}{}({}){filter}", self.name, columns.join(", "))
    }

    /// The statement that makes an index of the table of rows called `table`.
    pub(crate) fn create_index(&self, index: &Index, table: &str) -> String {
        let columns: Vec<String> = index.columns.iter().map(|&at| quote(self.columns[at].name)).collect();
        let unique = if index.unique { "UNIQUE " } else { "" };
        let filter = index.filter.map(|filter| format!(" WHERE {filter}")).unwrap_or_default();
        format!(
            "CREATE {unique}INDEX {} ON {} ({}){filter}",
            quote(&self.index_name(index)),
            quote(table),
            columns.join(", ")
        )
    }

    /// The columns' names, quoted, with commas.
    pub(crate) fn column_list(&self) -> String {
        let names: Vec<String> = self.columns.iter().map(|column| quote(column.name)).collect();
        names.join(", ")
    }

    /// `"a" = ?1 AND "b" = ?2` over the id's columns, the first parameter being number `first`.
    pub(crate) fn id_condition(&self, first: usize) -> String {
        let terms: Vec<String> = self
            .id_columns()
            .enumerate()
            .map(|(at, column)| format!("{} = ?{}", quote(column.name), first + at))
            .collect();
        terms.join(" AND ")
    }
}
