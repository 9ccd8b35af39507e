//! Pruning the change log.
//!
//! Keeps invariant 5: nothing above what every consumer has acknowledged is removed, unless the log outgrows a hard cap;
//! then a gap event takes the place of what was removed, so that no consumer misses it silently. The last row always
//! stays: the next sequence number follows from it (invariant 2).

use crate::{
    cdc::frame::{self, Placement},
    error::{During, Operation, Outcome, StorageError},
    value::ValueRef,
};

use super::{
    changes::Changes,
    read::{self, integer},
};

/// What is kept of the change log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Retention {
    /// How many of the newest events stay, even when every consumer has acknowledged them.
    pub keep: u64,
    /// How many events stay at most, even when a consumer has not acknowledged them; a gap event is left for it.
    pub cap: Option<u64>,
}

/// What a pruning removed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Pruned {
    /// The rows of the log that are gone: what Cloudflare bills.
    pub rows: u64,
    /// The events that the gap stands for now, if this pruning made it or let it grow.
    pub discarded: u64,
}

/// The last position of the newest whole row, not counting the log's last, that ends at or before a position.
const ROW_END: &str = "SELECT first_seq, count FROM _terrace_log WHERE first_seq + count - 1 <= ?1 \
                       AND first_seq < (SELECT max(first_seq) FROM _terrace_log) ORDER BY first_seq DESC LIMIT 1";

impl Changes<'_> {
    /// Removes events from the beginning of the log, whole rows of it at a time.
    ///
    /// # Errors
    /// The database cannot be written.
    ///
    /// ```
    /// # use terrace::prelude::*;
    /// # let db = Db::open_in_memory(collections![])?;
    /// db.changes().prune(Retention { keep: 10_000, cap: Some(1_000_000) })?;
    /// # Ok::<(), StorageError>(())
    /// ```
    pub fn prune(self, retention: Retention) -> Result<Pruned, StorageError> {
        let prune = || {
            let head = self.head_position()?;
            let seen = self.read_consumers()?.iter().map(|(_, acknowledged)| *acknowledged).min();
            let mut pruned = Pruned::default();
            let free = seen.unwrap_or(head).min(head.saturating_sub(retention.keep));
            pruned.rows += self.remove_to(free)?;
            if let Some(cap) = retention.cap {
                self.discard_to(head.saturating_sub(cap), &mut pruned)?;
            }
            Ok(pruned)
        };
        self.db.atomically(prune).during_no_collection(Operation::Changes)
    }

    /// Removes the rows that end at or before a position.
    fn remove_to(self, position: u64) -> Outcome<u64> {
        let Some(end) = self.row_end(position)? else { return Ok(0) };
        let parts = "DELETE FROM _terrace_log_part WHERE first_seq <= ?1";
        let rows = "DELETE FROM _terrace_log WHERE first_seq <= ?1";
        let removed = self.db.backend.execute(parts, &[integer(end)].as_slice())?;
        Ok(removed + self.db.backend.execute(rows, &[integer(end)].as_slice())?)
    }

    /// Puts a gap in the place of the rows that end at or before a position.
    fn discard_to(self, position: u64, pruned: &mut Pruned) -> Outcome<()> {
        let first = self.first_position()?;
        let Some(end) = self.row_end(position)? else { return Ok(()) };
        if self.is_gap(first, end)? {
            return Ok(());
        }
        pruned.rows += self.remove_to(position)?;
        pruned.discarded = end.saturating_sub(first) + 1;
        let mut event = Vec::new();
        frame::encode_gap(&mut event);
        let mut bytes = Vec::new();
        frame::encode(&mut bytes, Placement { time: (self.db.clock)(), preceding: 0, ends: true }, &event);
        let sql =
            "INSERT INTO _terrace_log (first_seq, count, parts, state, bytes) VALUES (?1, ?2, 0, x'', ?3)";
        let parameters = [integer(first), integer(pruned.discarded), ValueRef::Blob(&bytes)];
        self.db.backend.execute(sql, &parameters.as_slice()).map(drop)
    }

    /// Whether one row holds these positions, and is a gap already.
    fn is_gap(self, first: u64, end: u64) -> Outcome<bool> {
        let sql = "SELECT count, bytes FROM _terrace_log WHERE first_seq = ?1";
        let found = read::first(&*self.db.backend, sql, &[integer(first)].as_slice(), |row| {
            let whole = first.saturating_add(read::unsigned(row, 0)?).saturating_sub(1) == end;
            Ok(whole && frame::is_gap(read::blob(row, 1)?))
        })?;
        Ok(found.unwrap_or_default())
    }

    /// The last position of the newest row that ends at or before `position`.
    fn row_end(self, position: u64) -> Outcome<Option<u64>> {
        read::first(&*self.db.backend, ROW_END, &[integer(position)].as_slice(), |row| {
            Ok((read::unsigned(row, 0)? + read::unsigned(row, 1)?).saturating_sub(1))
        })
    }
}
