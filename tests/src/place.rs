//! Databases in files of this machine.

use std::path::{Path, PathBuf};

use tempfile::TempDir;
use terrace::{prelude::*, schema::Collections};

use crate::options;

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

/// Copies a folder with all that is in it.
///
/// # Errors
/// As [`std::fs::copy`].
pub fn copy_folder(from: &Path, to: &Path) -> std::io::Result<()> {
    std::fs::create_dir_all(to)?;
    for entry in std::fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy_folder(&entry.path(), &target)?;
        } else {
            std::fs::copy(entry.path(), target)?;
        }
    }
    Ok(())
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
