//! The tables of snapshots.
//!
//! A snapshot is a row that says what it is, sealed by a hash, and rows that hold its parts, each below the 2 MB that a
//! row may have. The seal covers a hash over all parts in their order: what is missing, damaged or in another place is found
//! by reading them.

use xxhash_rust::xxh3::{Xxh3, xxh3_128};

use crate::{
    cdc::SnapshotId,
    error::{Failure, Outcome},
    hot::{
        Db,
        backend::Backend,
        read::{self, corrupt, integer},
    },
    value::{Row, RowBuf, ValueRef},
};

use super::Content;

/// `restored` is the position of the last event that says that a collection was restored from it; `id` of a part its
/// snapshot's number and its place. The head of a part stands in the first of its rows. Without a seal a snapshot is unfinished.
const TABLES: [&str; 2] = [
    "CREATE TABLE IF NOT EXISTS _terrace_snapshot (number INTEGER PRIMARY KEY AUTOINCREMENT, \
     id BLOB NOT NULL UNIQUE, metadata TEXT NOT NULL, seal BLOB NOT NULL, held INTEGER NOT NULL, \
     restored INTEGER NOT NULL) STRICT",
    "CREATE TABLE IF NOT EXISTS _terrace_snapshot_part (id INTEGER PRIMARY KEY, head TEXT NOT NULL, \
     bytes BLOB NOT NULL) STRICT",
];

/// How many bytes of a part a row holds.
const PIECE: usize = 1_450_000;
/// How many rows of parts a snapshot may have.
const PLACES: u64 = 1 << 20;

const COLUMNS: &str = "number, id, metadata, seal, held, restored";

/// A snapshot as it is stored.
#[derive(Clone, Debug)]
pub(crate) struct StoredSnapshot {
    /// Increasing; never used again.
    pub(crate) number: u64,
    pub(crate) id: SnapshotId,
    pub(crate) metadata: String,
    /// Whether the metadata is as it was written.
    pub(crate) is_sealed: bool,
    pub(crate) held: bool,
    /// The position of the last event that restored it; 0 without one.
    pub(crate) restored: u64,
}

impl StoredSnapshot {
    fn read(row: &dyn Row) -> Outcome<Self> {
        let id = read::blob(row, 1)?.try_into();
        let metadata = read::text(row, 2)?.to_owned();
        Ok(Self {
            number: read::unsigned(row, 0)?,
            id: SnapshotId(id.map_err(|_| corrupt("a snapshot", "its id has not 16 bytes"))?),
            is_sealed: read::blob(row, 3)? == seal(&metadata),
            metadata,
            held: read::unsigned(row, 4)? != 0,
            restored: read::unsigned(row, 5)?,
        })
    }
}

fn seal(metadata: &str) -> [u8; 16] {
    xxh3_128(metadata.as_bytes()).to_le_bytes()
}

/// What the metadata says of the parts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Digest {
    /// The rows that hold them.
    pub(crate) rows: u64,
    pub(crate) bytes: u64,
    /// Over all of them in their order.
    pub(crate) hash: u128,
}

/// A part of a snapshot.
#[derive(Debug)]
pub(crate) struct Part {
    pub(crate) content: Content,
    pub(crate) bytes: Vec<u8>,
    /// The place after it.
    pub(crate) next: u64,
}

/// A running [`Digest`].
#[derive(Default)]
struct Running {
    rows: u64,
    bytes: u64,
    hash: Xxh3,
}

impl Running {
    fn add(&mut self, head: &str, bytes: &[u8]) {
        self.rows += 1;
        self.bytes += (head.len() + bytes.len()) as u64;
        for part in [head.as_bytes(), bytes] {
            self.hash.update(&(part.len() as u64).to_le_bytes());
            self.hash.update(part);
        }
    }

    fn end(&self) -> Digest {
        Digest { rows: self.rows, bytes: self.bytes, hash: self.hash.digest128() }
    }
}

/// Writes the parts of a snapshot.
pub(crate) struct ArchiveWriter<'db> {
    backend: &'db dyn Backend,
    number: u64,
    hash: Running,
}

impl std::fmt::Debug for ArchiveWriter<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ArchiveWriter").field("number", &self.number).finish_non_exhaustive()
    }
}

impl ArchiveWriter<'_> {
    /// Adds a part.
    pub(crate) fn push(&mut self, content: &Content, bytes: &[u8]) -> Outcome<()> {
        let mut head = content.to_text()?;
        let mut pieces = bytes.chunks(PIECE);
        self.push_row(&head, pieces.next().unwrap_or_default())?;
        head.clear();
        pieces.try_for_each(|piece| self.push_row(&head, piece))
    }

    /// Adds a row of a part.
    pub(crate) fn push_row(&mut self, head: &str, bytes: &[u8]) -> Outcome<()> {
        if self.hash.rows == PLACES {
            return Err(corrupt("a snapshot", "it has too many parts").into());
        }
        let sql = "INSERT INTO _terrace_snapshot_part (id, head, bytes) VALUES (?1, ?2, ?3)";
        let parameters = [place(self.number, self.hash.rows), ValueRef::Text(head), ValueRef::Blob(bytes)];
        self.backend.execute(sql, &parameters.as_slice())?;
        self.hash.add(head, bytes);
        Ok(())
    }

    /// The snapshot's number in this database.
    pub(crate) fn number(&self) -> u64 {
        self.number
    }

    /// What the metadata has to say of the parts.
    pub(crate) fn digest(&self) -> Digest {
        self.hash.end()
    }

    /// Ends the snapshot with its metadata.
    pub(crate) fn finish(self, metadata: &str) -> Outcome<()> {
        let sql = "UPDATE _terrace_snapshot SET metadata = ?2, seal = ?3 WHERE number = ?1";
        let seal = seal(metadata);
        let parameters = [integer(self.number), ValueRef::Text(metadata), ValueRef::Blob(&seal)];
        self.backend.execute(sql, &parameters.as_slice()).map(drop)
    }
}

/// The id of the row of a part.
fn place(number: u64, at: u64) -> ValueRef<'static> {
    integer(number.wrapping_mul(PLACES).wrapping_add(at))
}

impl Db {
    /// Every finished snapshot, in the order in which they came.
    pub(crate) fn stored_snapshots(&self) -> Outcome<Vec<StoredSnapshot>> {
        let mut all = Vec::new();
        if self.has_snapshots()? {
            let sql = format!("SELECT {COLUMNS} FROM _terrace_snapshot WHERE seal <> x'' ORDER BY number");
            read::each(&*self.backend, &sql, &RowBuf::new(), |row| {
                all.push(StoredSnapshot::read(row)?);
                Ok(())
            })?;
        }
        Ok(all)
    }

    /// Whether there ever was one.
    pub(super) fn has_snapshots(&self) -> Outcome<bool> {
        let there = "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = '_terrace_snapshot'";
        Ok(read::first(&*self.backend, there, &RowBuf::new(), |_| Ok(()))?.is_some())
    }

    /// Begins a snapshot.
    pub(crate) fn begin_snapshot(&self, id: SnapshotId) -> Outcome<ArchiveWriter<'_>> {
        for sql in TABLES {
            self.backend.execute(sql, &RowBuf::new())?;
        }
        let sql =
            "INSERT INTO _terrace_snapshot (id, metadata, seal, held, restored) VALUES (?1, '', x'', 0, 0)";
        self.backend.execute(sql, &[ValueRef::Blob(&id.0)].as_slice())?;
        let newest = "SELECT max(number) FROM _terrace_snapshot";
        let number = read::first(&*self.backend, newest, &RowBuf::new(), |row| read::unsigned(row, 0))?;
        Ok(ArchiveWriter { backend: &*self.backend, number: number.unwrap_or(0), hash: Running::default() })
    }

    /// A name that no snapshot has.
    pub(crate) fn new_snapshot_id(&self) -> SnapshotId {
        SnapshotId((self.random.borrow_mut())())
    }

    /// Removes a snapshot with its parts.
    pub(crate) fn remove_snapshot(&self, number: u64) -> Outcome<()> {
        let parts = "DELETE FROM _terrace_snapshot_part WHERE id BETWEEN ?1 AND ?2";
        let ends = [place(number, 0), place(number, PLACES - 1)];
        self.backend.execute(parts, &ends.as_slice())?;
        let snapshot = "DELETE FROM _terrace_snapshot WHERE number = ?1";
        self.backend.execute(snapshot, &[integer(number)].as_slice()).map(drop)
    }

    /// Keeps a snapshot from being deleted, or no longer.
    pub(crate) fn set_held(&self, number: u64, held: bool) -> Outcome<()> {
        let sql = "UPDATE _terrace_snapshot SET held = ?2 WHERE number = ?1";
        self.backend.execute(sql, &[integer(number), integer(u64::from(held))].as_slice()).map(drop)
    }

    /// Remembers that event `sequence` says that a collection was restored from a snapshot, if it is one of this database.
    pub(super) fn set_restored(&self, id: SnapshotId, sequence: u64) -> Outcome<()> {
        if !self.has_snapshots()? {
            return Ok(());
        }
        let sql = "UPDATE _terrace_snapshot SET restored = ?2 WHERE id = ?1";
        self.backend.execute(sql, &[ValueRef::Blob(&id.0), integer(sequence)].as_slice()).map(drop)
    }

    /// Reads every row of parts, and says what they are.
    pub(crate) fn digest_of(&self, number: u64) -> Outcome<Digest> {
        let mut hash = Running::default();
        let mut at = 0;
        while let Some((head, bytes)) = self.snapshot_row(number, at)? {
            hash.add(&head, &bytes);
            at += 1;
        }
        Ok(hash.end())
    }

    /// A row of a part: its head and its bytes.
    pub(crate) fn snapshot_row(&self, number: u64, at: u64) -> Outcome<Option<(String, Vec<u8>)>> {
        let sql = "SELECT head, bytes FROM _terrace_snapshot_part WHERE id = ?1";
        read::first(&*self.backend, sql, &[place(number, at)].as_slice(), |row| {
            Ok((read::text(row, 0)?.to_owned(), read::blob(row, 1)?.to_vec()))
        })
    }

    /// Runs `each` over the parts of a snapshot, in their order.
    pub(crate) fn each_part(
        &self,
        number: u64,
        each: &mut dyn FnMut(&Content, Vec<u8>) -> Outcome<()>,
    ) -> Outcome<()> {
        let mut at = 0;
        while let Some(part) = self.part(number, at)? {
            at = part.next;
            each(&part.content, part.bytes)?;
        }
        Ok(())
    }

    /// The part that begins at a place.
    pub(crate) fn part(&self, number: u64, at: u64) -> Outcome<Option<Part>> {
        let Some((head, mut bytes)) = self.snapshot_row(number, at)? else { return Ok(None) };
        let mut next = at + 1;
        while let Some((_, piece)) = self.snapshot_row(number, next)?.filter(|(head, _)| head.is_empty()) {
            bytes.extend(piece);
            next += 1;
        }
        let content = Content::from_text(&head).map_err(Failure::from)?;
        Ok(Some(Part { content, bytes, next }))
    }
}
