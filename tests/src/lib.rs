//! What the integration tests share: documents, files, fixed clocks, random numbers from a seed.

pub mod crash;

use std::{
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
};

use tempfile::TempDir;
use terrace::{Options, Timestamp, hot::Document, prelude::*, schema::Collections};

/// Whether the long tests were asked for: `cargo xtask test --long`.
#[must_use]
pub fn long() -> bool {
    std::env::var_os("TERRACE_LONG").is_some()
}

/// The seed of a random test: `TERRACE_SEED`, else another one each time. A failure prints it.
#[must_use]
pub fn seed() -> u64 {
    let given = std::env::var("TERRACE_SEED").ok().and_then(|seed| seed.parse().ok());
    given.unwrap_or_else(|| Timestamp::now().micros().cast_unsigned())
}

/// Random numbers that follow from a seed.
///
/// Source: Sebastiano Vigna, "`SplitMix64`".
#[derive(Clone, Debug)]
pub struct Random(pub u64);

impl Random {
    /// The next 64 bits.
    pub fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut bits = self.0;
        bits = (bits ^ bits >> 30).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        bits = (bits ^ bits >> 27).wrapping_mul(0x94D0_49BB_1331_11EB);
        bits ^ bits >> 31
    }

    /// A number below `end`.
    pub fn below(&mut self, end: u64) -> u64 {
        self.bits() % end
    }
}

/// A folder of its own for a test, and a database in it.
#[derive(Debug)]
pub struct Place {
    folder: TempDir,
}

impl Default for Place {
    fn default() -> Self {
        Self::new()
    }
}

impl Place {
    /// A new, empty folder.
    #[must_use]
    pub fn new() -> Self {
        Self { folder: TempDir::new().expect("a folder for temporary files") }
    }

    /// The path of the database.
    #[must_use]
    pub fn path(&self) -> PathBuf {
        self.folder.path().join("object.db")
    }

    /// Opens the database.
    ///
    /// # Errors
    /// As [`Db::open`].
    pub fn open(&self, collections: Collections) -> Result<Db, StorageError> {
        options(1).open(self.path(), collections)
    }

    /// A connection beside terrace, to look at the file and to damage it.
    #[must_use]
    pub fn sqlite(&self) -> rusqlite::Connection {
        rusqlite::Connection::open(self.path()).expect("SQLite opens the file")
    }
}

/// Options with a clock that counts microseconds, and random numbers that follow from a seed.
#[must_use]
pub fn options(seed: u64) -> Options {
    let time = Arc::new(AtomicI64::new(1_000_000));
    let mut random = Random(seed);
    Options::new()
        .clock(move || Timestamp::from_micros(time.fetch_add(1, Ordering::Relaxed)))
        .random(move || (u128::from(random.bits()) << 64 | u128::from(random.bits())).to_le_bytes())
}

/// Every document of a collection, by id.
///
/// # Errors
/// The database cannot be read.
pub fn documents<T: Document>(db: &Db) -> Result<Vec<T>, StorageError> {
    db.all::<T>().limit(u64::MAX).all()
}

/// Replays the log of `db` into an empty database of the same collections.
///
/// # Errors
/// As [`Db::replay`].
pub fn replayed(db: &Db, collections: Collections) -> Result<Db, StorageError> {
    let copy = options(2).open_in_memory(collections)?;
    copy.replay(db.changes().since(0)?)?;
    Ok(copy)
}
