//! Applying the events of a log to another database.
//!
//! Keeps invariant 3: a log from its beginning, applied to an empty database, gives the same tables, bit for bit. The
//! writes go through the one write path, so they leave events there too.

use crate::{
    cdc::{CdcEvent, CdcOperation},
    error::{Cause, During, Operation, Outcome, StorageError},
    schema::Capture,
    value::{RowBuf, Value, ValueRef},
};

use super::{
    Db,
    table::{Table, describe},
};

impl Db {
    /// Applies events of another database's log, all or none; gives the number of changed documents.
    ///
    /// Events that were written under an earlier schema are applied as migrations would have left them.
    ///
    /// # Errors
    /// An event does not fit what is stored here; it was captured by its key alone; a gap; the events' own error.
    ///
    /// ```
    /// # use terrace::prelude::*;
    /// #[derive(Collection)]
    /// struct City { #[id] name: String, people: i64 }
    /// # let db = Db::open_in_memory(collections![City])?;
    /// db.insert(&City { name: "Bonn".into(), people: 330_000 })?;
    /// let copy = Db::open_in_memory(collections![City])?;
    /// copy.replay(db.changes().since(0)?)?;
    /// assert_eq!(copy.checksum::<City>()?, db.checksum::<City>()?);
    /// # Ok::<(), StorageError>(())
    /// ```
    pub fn replay(
        &self,
        events: impl IntoIterator<Item = Result<CdcEvent, StorageError>>,
    ) -> Result<u64, StorageError> {
        let mut broken = None;
        let applied = self.atomically(|| {
            let mut applied = 0;
            for event in events {
                match event {
                    Ok(event) => applied += u64::from(self.apply(&event)?),
                    Err(error) => {
                        broken = Some(error);
                        return Err(Cause::Aborted("the events cannot be read".into()).into());
                    }
                }
            }
            Ok(applied)
        });
        match broken {
            Some(error) => Err(error),
            None => applied.during_no_collection(Operation::Replay),
        }
    }

    fn apply(&self, event: &CdcEvent) -> Outcome<bool> {
        let Some(name) = event.collection() else {
            return if event.operation == CdcOperation::Gap { Err(not_replayable(event)) } else { Ok(false) };
        };
        let found = self.tables.iter().find(|table| table.schema.name == name);
        let table = found.ok_or(Cause::NotOpened)?;
        match (event.operation, &event.after) {
            (CdcOperation::Insert, Some(after)) => self.write_new(table, &row(table, event, after)?)?,
            (CdcOperation::Update, Some(after)) => self.apply_update(table, &row(table, event, after)?)?,
            (CdcOperation::Delete, _) => {
                let mut id = RowBuf::new();
                event.id.iter().try_for_each(|value| id.push(value.as_ref()))?;
                if !self.delete_row(table, &id, None)? {
                    return Err(Cause::NotFound { id: describe(&id) }.into());
                }
            }
            _ => return Err(not_replayable(event)),
        }
        Ok(true)
    }

    fn apply_update(&self, table: &Table, after: &RowBuf) -> Outcome<()> {
        let id = table.id_of(after)?;
        let found = self.find_document(table, &id)?;
        let found = found.ok_or_else(|| Cause::NotFound { id: describe(&id) })?;
        self.write_columns(table, found, after)
    }
}

/// A row of the event as the table here has it.
fn row(table: &Table, event: &CdcEvent, values: &[Value]) -> Outcome<RowBuf> {
    let present = event.present(values);
    let current = event.schema.as_ref().map(|schema| &schema.current);
    let mut row = RowBuf::new();
    for column in table.schema.columns {
        let position = current.and_then(|current| current.column(column.name));
        row.push(position.map_or(ValueRef::Null, |position| present[position]))?;
    }
    Ok(row)
}

fn not_replayable(event: &CdcEvent) -> crate::error::Failure {
    if let Some(snapshot) = event.snapshot {
        return Cause::RestoredBetween { sequence: event.sequence, snapshot }.into();
    }
    let capture = match event.schema.as_ref().map(|schema| schema.layout.capture) {
        Some(Capture::Full) => "full",
        Some(Capture::After) => "after",
        Some(Capture::Keys) => "keys",
        None => "a gap",
    };
    Cause::NotReplayable { sequence: event.sequence, capture }.into()
}
