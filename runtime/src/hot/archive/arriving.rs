//! A snapshot that comes from elsewhere, document by document.
//!
//! It may be far larger than what fits into memory or into one transaction: so its parts are stored in many, under a row
//! without a seal, which nobody sees, and the last one seals it. What a crash leaves of one is removed by whoever fetches or
//! cleans up next; until it is sealed, the metadata of the row is the time at which something was stored last.

use crate::{
    cdc::SnapshotId,
    error::{Cause, Outcome},
    hot::{
        Db,
        read::{self, integer},
    },
    schema::StoredSchema,
    value::{Row, RowBuf, ValueRef},
    vortex::{Column, DataType, MAX_ROWS, Profile, encode},
};

use super::{ArchiveWriter, Content, Digest, take::BATCH_BYTES};

/// After how many microseconds without a new part a snapshot counts as left behind.
const LEFT_AFTER: i64 = 3_600_000_000;

/// The snapshot.
pub(crate) struct Arriving<'db> {
    db: &'db Db,
    writer: ArchiveWriter<'db>,
    id: SnapshotId,
    /// The number of the schema of the documents that come.
    schema: u64,
    gathered: Vec<Column>,
    /// About how many bytes the gathered values have.
    bytes: usize,
}

impl std::fmt::Debug for Arriving<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Arriving").field("id", &self.id).finish_non_exhaustive()
    }
}

impl Db {
    /// Begins to store the snapshot `id`. What others have begun and not ended is removed.
    pub(crate) fn begin_arriving(&self, id: SnapshotId) -> Outcome<Arriving<'_>> {
        let writer = self.atomically(|| {
            self.remove_unfinished(None)?;
            let writer = self.begin_snapshot(self.new_snapshot_id())?;
            touch(self, writer.number())?;
            Ok(writer)
        })?;
        Ok(Arriving { db: self, writer, id, schema: 0, gathered: Vec::new(), bytes: 0 })
    }

    /// Removes what was left behind of snapshots that did not arrive.
    pub(crate) fn remove_left_behind(&self) -> Outcome<()> {
        self.remove_unfinished(Some(self.now().micros().saturating_sub(LEFT_AFTER)))
    }

    fn remove_unfinished(&self, unless_after: Option<i64>) -> Outcome<()> {
        if !self.has_snapshots()? {
            return Ok(());
        }
        let mut unfinished = Vec::new();
        let sql = "SELECT number, metadata FROM _terrace_snapshot WHERE seal = x''";
        read::each(&*self.backend, sql, &RowBuf::new(), |row| {
            unfinished.push((read::unsigned(row, 0)?, read::text(row, 1)?.parse().unwrap_or(i64::MIN)));
            Ok(())
        })?;
        let is_left = |&&(_, time): &&(u64, i64)| unless_after.is_none_or(|since| time <= since);
        unfinished.iter().filter(is_left).try_for_each(|&(number, _)| self.remove_snapshot(number))
    }
}

impl Arriving<'_> {
    /// The documents that come next are of this schema, which has the number `number` in the snapshot.
    pub(crate) fn begin_collection(&mut self, number: u64, schema: &StoredSchema) -> Outcome<()> {
        self.flush()?;
        let columns = schema.columns.iter();
        self.gathered =
            columns.map(|column| Column::new(DataType::of(column.kind), column.nullable)).collect();
        self.schema = number;
        Ok(())
    }

    /// The snapshot's name.
    pub(crate) fn id(&self) -> SnapshotId {
        self.id
    }

    /// Adds a document.
    pub(crate) fn add(&mut self, row: &dyn Row) -> Outcome<()> {
        for (at, column) in self.gathered.iter_mut().enumerate() {
            let value = row.value(at)?;
            self.bytes += match value {
                ValueRef::Text(text) => text.len(),
                ValueRef::Blob(bytes) => bytes.len(),
                _ => 8,
            };
            column.push(value)?;
        }
        let is_full = self.rows() == MAX_ROWS || self.bytes > BATCH_BYTES;
        if is_full { self.flush() } else { Ok(()) }
    }

    fn rows(&self) -> usize {
        self.gathered.first().map_or(0, Column::len)
    }

    /// Stores what was gathered, in a transaction.
    fn flush(&mut self) -> Outcome<()> {
        if self.rows() == 0 {
            return Ok(());
        }
        let segments = self.gathered.iter().map(|column| encode(column, Profile::Fast));
        let segments: Vec<Vec<u8>> = segments.collect::<Result<_, _>>()?;
        let lengths = segments.iter().map(Vec::len).collect();
        let content = Content::Rows { schema: self.schema, rows: self.rows(), segments: lengths };
        let Self { db, writer, .. } = self;
        db.atomically(|| {
            touch(db, writer.number())?;
            writer.push(&content, &segments.concat())
        })?;
        for column in &mut self.gathered {
            *column = Column::new(column.data_type(), column.is_nullable());
        }
        self.bytes = 0;
        Ok(())
    }

    /// Ends the documents; says what the metadata has to say of them.
    pub(crate) fn digest(&mut self) -> Outcome<Digest> {
        self.flush()?;
        Ok(self.writer.digest())
    }

    /// Makes it a snapshot, in the place of one of the same name if there is one. Inside of a transaction.
    pub(crate) fn seal(self, metadata: &str) -> Outcome<()> {
        let Self { db, writer, id, .. } = self;
        let number = writer.number();
        touch(db, number)?;
        let earlier = db.stored_snapshots()?.into_iter().find(|stored| stored.id == id);
        if let Some(earlier) = &earlier {
            db.remove_snapshot(earlier.number)?;
        }
        writer.finish(metadata)?;
        let (held, restored) = earlier.map_or((false, 0), |earlier| (earlier.held, earlier.restored));
        let sql = "UPDATE _terrace_snapshot SET id = ?2, held = ?3, restored = ?4 WHERE number = ?1";
        let held = integer(u64::from(held));
        let parameters = [integer(number), ValueRef::Blob(&id.0), held, integer(restored)];
        db.backend.execute(sql, &parameters.as_slice()).map(drop)
    }

    /// Takes away what was stored.
    pub(crate) fn abandon(self) -> Outcome<()> {
        self.db.atomically(|| self.db.remove_snapshot(self.writer.number()))
    }
}

/// Writes down that the snapshot is still on its way, if it is.
fn touch(db: &Db, number: u64) -> Outcome<()> {
    let sql = "UPDATE _terrace_snapshot SET metadata = ?2 WHERE number = ?1 AND seal = x''";
    let now = db.now().micros().to_string();
    match db.backend.execute(sql, &[integer(number), ValueRef::Text(&now)].as_slice())? {
        0 => Err(Cause::Overtaken.into()),
        _ => Ok(()),
    }
}
