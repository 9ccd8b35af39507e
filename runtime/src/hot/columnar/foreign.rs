//! SQL of the user's own over a collection with row groups: it knows of a table of this name, and there is none.
//!
//! So there is one for as long as the statement runs: in a transaction that is rolled back, the table of rows gets its name
//! back and the documents of the groups become rows. That is exact, and slow.

use crate::{
    error::{Cause, Outcome},
    hot::{Db, backend::EachRow},
    schema::quote,
    value::{Row, RowBuf},
};

use super::{
    collections, is_missing,
    migrate::{put_into, tentatively},
    rows_table,
};

impl Db {
    /// Runs SQL of the user's own over whole collections.
    pub(in crate::hot) fn query_both(
        &self,
        sql: &str,
        parameters: &dyn Row,
        each: EachRow<'_>,
    ) -> Outcome<()> {
        let known = self.tables.iter().filter(|table| table.is_columnar()).map(|table| table.schema.name);
        let mut names: Vec<String> = known.filter(|name| mentions(sql, name)).map(str::to_owned).collect();
        if names.is_empty() {
            let failure = match self.backend.query_foreign(sql, parameters, each) {
                Err(failure) if is_missing(&failure) => failure,
                other => return other,
            };
            names = collections(&*self.backend)?.unwrap_or_default();
            names.retain(|name| mentions(sql, name));
            if names.is_empty() {
                return Err(failure);
            }
        }
        if self.reading.get() > 0 {
            return Err(Cause::Reading.into());
        }
        tentatively(&*self.backend, &mut || {
            names.iter().try_for_each(|name| self.make_rows(name))?;
            self.backend.query_foreign(sql, parameters, each)
        })
    }

    /// Makes one table of a collection.
    fn make_rows(&self, name: &str) -> Outcome<()> {
        let first = self.schemas.iter().find(|(_, schema)| schema.stored.name == name);
        let (collection, schema) = first.ok_or(Cause::Migrated)?;
        let rows = quote(&rows_table(name, true));
        let sql = format!("ALTER TABLE {rows} RENAME TO {}", quote(name));
        self.backend.execute(&sql, &RowBuf::new())?;
        put_into(self.groups(), *collection, &schema.current, name)
    }
}

/// Whether a statement may name a table: SQLite does not tell `a` from `A`.
fn mentions(sql: &str, name: &str) -> bool {
    let sql = sql.to_ascii_lowercase();
    sql.contains(&name.to_ascii_lowercase()) || name.contains(['"', '`', ']', '\''])
}
