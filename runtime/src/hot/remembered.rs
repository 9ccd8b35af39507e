//! What an object remembers of its lakes: up to where the changelog table of each collection was, so that a table which
//! lost events, or was made anew, is noticed.

use crate::{
    cdc::Lineage,
    error::Outcome,
    value::{RowBuf, ValueRef},
};

use super::{
    Consumer, Db,
    read::{self, corrupt, integer},
};

/// A changelog table as it was after the last sync that wrote to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Remembered {
    /// Its uuid.
    pub(crate) table: [u8; 16],
    pub(crate) lineage: Lineage,
    pub(crate) sequence: u64,
}

const TABLE: &str = "CREATE TABLE IF NOT EXISTS _terrace_lake (lake TEXT NOT NULL, collection TEXT NOT NULL, \
                     changelog BLOB NOT NULL, lineage BLOB NOT NULL, sequence INTEGER NOT NULL, \
                     PRIMARY KEY (lake, collection)) STRICT, WITHOUT ROWID";

impl Db {
    /// What is remembered of a collection in a lake; nothing before the first sync.
    pub(crate) fn remembered(&self, lake: &str, collection: &str) -> Outcome<Option<Remembered>> {
        let there = "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = '_terrace_lake'";
        if read::first(&*self.backend, there, &RowBuf::new(), |_| Ok(()))?.is_none() {
            return Ok(None);
        }
        let sql =
            "SELECT changelog, lineage, sequence FROM _terrace_lake WHERE lake = ?1 AND collection = ?2";
        let parameters = [ValueRef::Text(lake), ValueRef::Text(collection)];
        read::first(&*self.backend, sql, &parameters.as_slice(), |row| {
            let name = |column| {
                let bytes = read::blob(row, column)?;
                let name = bytes.try_into();
                Outcome::Ok(name.map_err(|_| corrupt("what is remembered of a lake", "a name has 16 bytes"))?)
            };
            Ok(Remembered { table: name(0)?, lineage: Lineage(name(1)?), sequence: read::unsigned(row, 2)? })
        })
    }
}

impl Consumer<'_> {
    /// Acknowledges a position, and remembers what the tables of collections in the lake were, in one transaction.
    pub(crate) fn remember(&self, lake: &str, position: u64, tables: &[(&str, Remembered)]) -> Outcome<()> {
        let remember = || {
            if !tables.is_empty() {
                self.db.backend.execute(TABLE, &RowBuf::new())?;
            }
            for (collection, remembered) in tables {
                let sql = "INSERT OR REPLACE INTO _terrace_lake VALUES (?1, ?2, ?3, ?4, ?5)";
                let parameters = [
                    ValueRef::Text(lake),
                    ValueRef::Text(collection),
                    ValueRef::Blob(&remembered.table),
                    ValueRef::Blob(&remembered.lineage.0),
                    integer(remembered.sequence),
                ];
                self.db.backend.execute(sql, &parameters.as_slice())?;
            }
            self.acknowledge_here(position)
        };
        self.db.atomically(remember)
    }
}
