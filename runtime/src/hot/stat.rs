//! What a database file holds, told without the structs of its collections.

use std::path::Path;

use crate::{
    cdc::Lineage,
    error::{Cause, During, Operation, Outcome, StorageError},
    schema::quote,
    value::{RowBuf, ValueRef},
};

use super::{
    backend::Backend,
    backends::native::Native,
    columnar::{self, Group},
    lineage,
    open::Catalog,
    read::{self, corrupt},
    tail,
};

/// What a database file holds, and how many bytes each part of it takes.
///
/// ```
/// use terrace::{hot::Stat, prelude::*};
///
/// #[derive(Collection)]
/// struct Note { #[id] id: i64, text: String }
///
/// # let folder = std::env::temp_dir().join(format!("terrace-stat-{}", std::process::id()));
/// # std::fs::create_dir_all(&folder)?;
/// # let path = folder.join("notes.db");
/// let db = Db::open(&path, collections![Note])?;
/// db.insert(&Note { id: 1, text: "buy bread".into() })?;
/// let stat = Stat::of_file(&path)?;
/// assert_eq!((stat.collections[0].name.as_str(), stat.collections[0].rows), ("note", 1));
/// assert_eq!(stat.log.events, 1);
/// # drop(db);
/// # std::fs::remove_dir_all(&folder)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct Stat {
    /// The object's id.
    pub object: String,
    /// Its present lineage.
    pub lineage: Lineage,
    /// The size of the database, in bytes; what is only in the write-ahead log included.
    pub bytes: u64,
    /// The collections that it ever had, by name.
    pub collections: Vec<CollectionStat>,
    /// The change log.
    pub log: LogStat,
    /// The snapshots.
    pub snapshots: SnapshotStat,
}

/// What the snapshots take.
#[derive(Clone, Copy, Debug, Default)]
pub struct SnapshotStat {
    /// How many there are.
    pub snapshots: u64,
    /// The bytes of the rows that hold them, unused ones of their pages included.
    pub bytes: u64,
}

/// What a collection takes.
#[derive(Clone, Debug)]
pub struct CollectionStat {
    /// Its name.
    pub name: String,
    /// How many schemas it had.
    pub schemas: usize,
    /// How many documents are rows.
    pub rows: u64,
    /// The bytes of the rows, unused ones of their pages included.
    pub row_bytes: u64,
    /// The bytes of the indexes, by their names.
    pub indexes: Vec<(String, u64)>,
    /// What is in segments.
    pub segments: SegmentStat,
}

/// What the segments of a collection take.
#[derive(Clone, Copy, Debug, Default)]
pub struct SegmentStat {
    /// How many documents are in them.
    pub documents: u64,
    /// How many row groups there are.
    pub groups: u64,
    /// Their bytes.
    pub bytes: u64,
}

/// What the change log takes.
#[derive(Clone, Debug)]
pub struct LogStat {
    /// The number of the first event that it still has.
    pub first: u64,
    /// How many events it holds.
    pub events: u64,
    /// How many rows they are in.
    pub rows: u64,
    /// The bytes of the rows, unused ones of their pages included.
    pub bytes: u64,
    /// The consumers, each with how many events it has not acknowledged.
    pub consumers: Vec<(String, u64)>,
}

impl Stat {
    /// Reads it, without changing the file.
    ///
    /// # Errors
    /// There is no such file, it is no database of SQLite, or terrace did not make it.
    pub fn of_file(path: impl AsRef<Path>) -> Result<Self, StorageError> {
        let stat = || Self::read(&Native::open_to_read(path.as_ref())?);
        stat().during_no_collection(Operation::Open)
    }

    fn read(backend: &dyn Backend) -> Outcome<Self> {
        let catalog = Catalog::read(backend)?.ok_or(Cause::NotTerrace)?;
        let lineage = lineage::present(backend)?;
        let names: std::collections::BTreeSet<&str> =
            catalog.schemas.values().map(|schema| &*schema.name).collect();
        let collections = names.into_iter().map(|name| {
            let versions = catalog.schemas.iter().filter(|(_, schema)| schema.name == name);
            let numbers: Vec<u64> = versions.map(|(number, _)| *number).collect();
            CollectionStat::read(backend, name, &numbers, catalog.is_columnar(name))
        });
        Ok(Self {
            lineage,
            bytes: number(backend, "SELECT sum(pgsize) FROM dbstat WHERE aggregate = 1", &[])?,
            collections: collections.collect::<Outcome<_>>()?,
            log: LogStat::read(backend)?,
            snapshots: SnapshotStat::read(backend)?,
            object: catalog.object,
        })
    }
}

impl CollectionStat {
    /// `schemas` are the numbers of those it had, the first of which is that of the collection.
    fn read(backend: &dyn Backend, name: &str, schemas: &[u64], columnar: bool) -> Outcome<Self> {
        let table = columnar::rows_table(name, columnar);
        let sql = "SELECT name FROM sqlite_master WHERE type = 'index' AND tbl_name = ?1 AND sql IS NOT NULL";
        let mut names = Vec::new();
        read::each(backend, sql, &[ValueRef::Text(&table)].as_slice(), |row| {
            names.push(read::text(row, 0)?.to_owned());
            Ok(())
        })?;
        let indexes = names.into_iter().map(|index| {
            let bytes = bytes(backend, &index)?;
            Ok((index, bytes))
        });
        let segments = match schemas.first() {
            Some(&collection) if columnar => SegmentStat::read(backend, collection)?,
            _ => SegmentStat::default(),
        };
        Ok(Self {
            name: name.to_owned(),
            schemas: schemas.len(),
            rows: number(backend, &format!("SELECT count(*) FROM {}", quote(&table)), &[])?,
            row_bytes: bytes(backend, &table)?,
            indexes: indexes.collect::<Outcome<_>>()?,
            segments,
        })
    }
}

impl SegmentStat {
    fn read(backend: &dyn Backend, collection: u64) -> Outcome<Self> {
        let groups = Group::all(backend, collection)?;
        Ok(Self {
            documents: groups.iter().map(Group::live).sum::<usize>() as u64,
            groups: groups.len() as u64,
            bytes: groups.iter().map(|group| group.bytes(backend)).sum::<Outcome<_>>()?,
        })
    }
}

impl LogStat {
    fn read(backend: &dyn Backend) -> Outcome<Self> {
        let head = tail::head(backend)?;
        let mut consumers = Vec::new();
        let sql = "SELECT name, acknowledged FROM _terrace_consumer ORDER BY name";
        read::each(backend, sql, &RowBuf::new(), |row| {
            consumers.push((read::text(row, 0)?.to_owned(), head.saturating_sub(read::unsigned(row, 1)?)));
            Ok(())
        })?;
        Ok(Self {
            first: number(backend, "SELECT coalesce(min(first_seq), 1) FROM _terrace_log", &[])?,
            events: number(backend, "SELECT coalesce(sum(count), 0) FROM _terrace_log", &[])?,
            rows: number(backend, "SELECT count(*) FROM _terrace_log", &[])?,
            bytes: bytes(backend, "_terrace_log")? + bytes(backend, "_terrace_log_part")?,
            consumers,
        })
    }
}

impl SnapshotStat {
    fn read(backend: &dyn Backend) -> Outcome<Self> {
        let there = "SELECT count(*) FROM sqlite_master WHERE type = 'table' AND name = '_terrace_snapshot'";
        if number(backend, there, &[])? == 0 {
            return Ok(Self::default());
        }
        Ok(Self {
            snapshots: number(backend, "SELECT count(*) FROM _terrace_snapshot WHERE seal <> x''", &[])?,
            bytes: bytes(backend, "_terrace_snapshot")? + bytes(backend, "_terrace_snapshot_part")?,
        })
    }
}

/// The bytes of a table or an index.
fn bytes(backend: &dyn Backend, name: &str) -> Outcome<u64> {
    let sql = "SELECT coalesce(sum(pgsize), 0) FROM dbstat WHERE aggregate = 1 AND name = ?1";
    number(backend, sql, &[ValueRef::Text(name)])
}

fn number(backend: &dyn Backend, sql: &str, parameters: &[ValueRef<'_>]) -> Outcome<u64> {
    let number = read::first(backend, sql, &parameters, |row| read::unsigned(row, 0))?;
    number.ok_or_else(|| corrupt("a count", "there is none").into())
}
