//! Maintenance: documents above the threshold move into row groups, and groups are kept in shape.
//!
//! Each step is a transaction, in which a document leaves the rows and enters a group, so whoever is killed in the middle
//! leaves one exact collection. A step leaves no event and changes no checksum: invariants 1 to 3 do not see it.

use std::{ops::ControlFlow, time::Duration};

use crate::{
    cdc::SnapshotId,
    error::{Cause, During, Failure, Operation, Outcome, StorageError},
    hot::{Db, read::integer, table::Table},
    schema::{Schema, Storage, quote},
    vortex::MAX_ROWS,
};

use super::{
    begin,
    group::Group,
    reader::Reader,
    regroup::{Batch, GROUP_BYTES},
    unique,
};

/// How many bytes of values one group is made from at most.
const BATCH_BYTES: u64 = 8_000_000;
/// The texts and blobs of a document that moves have no more bytes together: a segment is one value of SQLite.
const DOCUMENT_BYTES: usize = 500_000;
/// A group with fewer documents may be merged with its neighbour.
const SMALL: usize = 4_096;

/// How much a call of [`Db::maintain`] does at most. A step that has begun is finished: it is one group of up to 65,536
/// documents and about 8 MB.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Maintenance {
    /// Documents that are encoded.
    pub documents: u64,
    /// Bytes of values that are encoded.
    pub bytes: u64,
    /// Time, by the clock of [`Options::clock`](crate::Options::clock). That of a Durable Object stands still until it
    /// waits for something, so there the other two bound a call.
    pub time: Duration,
}

impl Default for Maintenance {
    /// 250,000 documents, 64 MB, one second.
    fn default() -> Self {
        Self { documents: 250_000, bytes: 64_000_000, time: Duration::from_secs(1) }
    }
}

/// What a call of [`Db::maintain`] did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Maintained {
    /// Documents that were rows and are in row groups now.
    pub moved: u64,
    /// Documents that were in row groups and were encoded anew.
    pub rewritten: u64,
    /// Row groups that were written.
    pub groups: u64,
    /// The snapshot that was taken, where one was due.
    pub snapshot: Option<SnapshotId>,
    /// Whether there is more to do.
    pub more: bool,
}

/// What is to be done next for a collection.
enum Task {
    /// A group is empty.
    Remove(Group),
    /// Groups are to be one.
    Rewrite(Vec<Group>),
    /// So many rows are too many.
    Move(u64),
}

/// What is left of a [`Maintenance`].
struct Budget {
    documents: u64,
    bytes: u64,
    until: i64,
}

impl Db {
    /// Moves documents into columns: see [`Db::maintain`].
    pub(crate) fn move_documents(&self, most: Maintenance) -> Result<Maintained, StorageError> {
        let now = || (self.clock)().micros();
        let micros = i64::try_from(most.time.as_micros()).unwrap_or(i64::MAX);
        let mut left =
            Budget { documents: most.documents, bytes: most.bytes, until: now().saturating_add(micros) };
        let mut done = Maintained::default();
        if self.log.borrow().depth() > 0 {
            return Err(Failure::from(Cause::InTransaction).during(Operation::Maintain, None));
        }
        for table in &self.tables {
            loop {
                let exhausted = left.documents == 0 || left.bytes == 0 || now() >= left.until;
                let step = self.atomically(|| self.maintain_step(table, &mut left, &mut done, exhausted));
                if step.is_err() {
                    self.refresh(table).during(Operation::Maintain, table.schema.name)?;
                }
                if !step.during(Operation::Maintain, table.schema.name)? {
                    break;
                }
                if exhausted {
                    done.more = true;
                    return Ok(done);
                }
            }
        }
        Ok(done)
    }

    /// Does what is to be done next, or only looks for it; says whether there was something.
    fn maintain_step(
        &self,
        table: &Table,
        left: &mut Budget,
        done: &mut Maintained,
        only_look: bool,
    ) -> Outcome<bool> {
        self.refresh(table)?;
        let Some(task) = self.next_task(table)? else { return Ok(false) };
        match task {
            _ if only_look => {}
            Task::Remove(group) => group.remove(&*self.backend)?,
            Task::Rewrite(groups) => {
                let batch = self.gather(table, groups.clone())?;
                groups.iter().try_for_each(|group| group.remove(&*self.backend))?;
                done.groups += batch.store(&*self.backend, table)?;
                done.rewritten += batch.len() as u64;
                left.take(&batch);
            }
            Task::Move(rows) => {
                let batch = self.oldest_rows(table, rows.min(left.documents), left.bytes.min(BATCH_BYTES))?;
                if batch.len() == 0 {
                    return Ok(false);
                }
                done.groups += self.move_rows(table, &batch)?;
                done.moved += batch.len() as u64;
                left.take(&batch);
            }
        }
        Ok(true)
    }

    fn next_task(&self, table: &Table) -> Outcome<Option<Task>> {
        let groups =
            if table.is_columnar() { Group::all(&*self.backend, table.collection)? } else { Vec::new() };
        let in_groups: usize = groups.iter().map(Group::live).sum();
        for group in &groups {
            if group.live() == 0 {
                return Ok(Some(Task::Remove(group.clone())));
            }
            let thin = group.deleted.count() * 3 > group.rows;
            if thin || Reader::new(self.groups(), group.clone())?.is_outdated() {
                return Ok(Some(Task::Rewrite(vec![group.clone()])));
            }
        }
        if let Some(threshold) = table.schema.columnar {
            let documents = self.log.borrow().checksum(&*self.backend, table.collection)?.documents;
            let rows = documents.saturating_sub(in_groups as u64);
            // not for a few rows at a time, each of which would be a group to merge
            if rows >= threshold + (threshold / 8).max(1) {
                return Ok(Some(Task::Move((rows - threshold).min(MAX_ROWS as u64))));
            }
        }
        self.small_neighbours(&groups)
    }

    /// Two groups beside each other that are better one. They are of about one size, so that a document is not encoded
    /// again with every few that come after it.
    fn small_neighbours(&self, groups: &[Group]) -> Outcome<Option<Task>> {
        for pair in groups.windows(2) {
            let (least, greatest) = (pair[0].live().min(pair[1].live()), pair[0].live().max(pair[1].live()));
            if greatest >= SMALL || least * 4 < greatest {
                continue;
            }
            let bytes = pair[0].bytes(&*self.backend)? + pair[1].bytes(&*self.backend)?;
            if bytes <= GROUP_BYTES as u64 {
                return Ok(Some(Task::Rewrite(pair.to_vec())));
            }
        }
        Ok(None)
    }

    /// Rows with the lowest ids, up to `rows` and about so many bytes.
    fn oldest_rows(&self, table: &Table, rows: u64, bytes: u64) -> Outcome<Batch> {
        let columns = &table.columns;
        let sql = format!("SELECT {columns} {}", oldest(table));
        let mut batch = Batch::new(table.schema);
        self.backend.query(&sql, &table.storages, &[integer(rows)].as_slice(), &mut |row| {
            batch.push(row)?;
            let full = batch.bytes as u64 >= bytes;
            Ok(if full { ControlFlow::Break(()) } else { ControlFlow::Continue(()) })
        })?;
        Ok(batch)
    }

    /// Puts rows into groups; gives the number of these.
    fn move_rows(&self, table: &Table, batch: &Batch) -> Outcome<u64> {
        if !table.is_columnar() {
            begin(&*self.backend, table.schema, table.collection)?;
            table.set_columnar(true);
        }
        if table.schema.indexes.iter().any(|index| index.unique) {
            for at in 0..batch.len() {
                unique::enter_group(&*self.backend, table.schema, table.collection, &batch.row(at)?)?;
            }
        }
        let id = id_columns(table.schema);
        let sql = format!("DELETE FROM {} WHERE ({id}) IN (SELECT {id} {})", table.sql().rows, oldest(table));
        self.backend.execute(&sql, &[integer(batch.len() as u64)].as_slice())?;
        batch.store(&*self.backend, table)
    }
}

impl Budget {
    fn take(&mut self, batch: &Batch) {
        self.documents = self.documents.saturating_sub(batch.len() as u64);
        self.bytes = self.bytes.saturating_sub(batch.bytes as u64);
    }
}

/// What follows the columns of a SELECT of the `?1` rows with the lowest ids that are not too large.
fn oldest(table: &Table) -> String {
    let sizes: Vec<String> = table
        .schema
        .columns
        .iter()
        .filter(|column| matches!(column.kind.storage(), Storage::Text | Storage::Blob))
        .map(|column| format!("ifnull(octet_length({}), 0)", quote(column.name)))
        .collect();
    let small =
        if sizes.is_empty() { "1".to_owned() } else { format!("{} <= {DOCUMENT_BYTES}", sum(&sizes)) };
    let id = id_columns(table.schema);
    format!("FROM {} WHERE {small} ORDER BY {id} LIMIT ?1", table.sql().rows)
}

/// A sum as a balanced tree, since an expression may be 100 deep.
fn sum(terms: &[String]) -> String {
    match terms {
        [term] => term.clone(),
        terms => {
            let (left, right) = terms.split_at(terms.len() / 2);
            format!("({} + {})", sum(left), sum(right))
        }
    }
}

fn id_columns(schema: &Schema) -> String {
    let names: Vec<String> = schema.id_columns().map(|column| quote(column.name)).collect();
    names.join(", ")
}
