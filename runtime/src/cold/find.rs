//! Reading documents from the lake: the state table, and over it the changes that it has not folded yet.

use std::{
    collections::{BTreeMap, BTreeSet},
    marker::PhantomData,
};

use arrow_array::RecordBatch;
use arrow_schema::SchemaRef;

use crate::{
    Timestamp,
    cdc::{CdcEvent, Lineage},
    error::{Cause, During, Operation, StorageError},
    filter::{Filter, Predicate},
    schema::{Capture, Collection, Schema as Declared},
};

use super::{
    batch::{filtered, objects},
    changes::{self, Changes},
    document::{Columns, is_about},
    error::{Result, refused},
    iceberg::Schema,
    key::keys,
    lake::Lake,
    mapping::{Mapped, Role},
    parquet::BatchRows,
    scan::{Scan, ScanStat, Scanned, Wanted, files},
    table::Table,
    view::{At, View},
};

/// A question to the lake, from [`Lake::find`].
#[must_use = "a question does nothing until it is asked"]
pub struct LakeFind<'l, T> {
    lake: &'l Lake,
    filter: Filter<T>,
    object: Option<String>,
    at: At,
    recent: Vec<CdcEvent>,
    of: PhantomData<fn() -> T>,
}

impl<T> std::fmt::Debug for LakeFind<'_, T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("LakeFind").field("object", &self.object).field("at", &self.at).finish_non_exhaustive()
    }
}

impl Lake {
    /// The documents of all objects for which a filter is true.
    ///
    /// ```
    /// # use terrace::{cold::Lake, prelude::*};
    /// # #[derive(Collection, Debug, PartialEq)]
    /// # struct City { #[id] name: String, people: i64 }
    /// # futures_executor::block_on(async {
    /// # let lake = Lake::open("memory://").await?;
    /// # let db = Db::open_in_memory(collections![City])?;
    /// # db.insert(&City { name: "Bonn".into(), people: 330_000 })?;
    /// # db.sync(&lake).await?;
    /// let large = lake.find::<City>(|c| c.people.gt(100_000)).all().await?;
    /// let before = lake.find::<City>(|_| Filter::all()).as_of(Timestamp::from_micros(0)).all().await?;
    /// assert_eq!((large.len(), before.len()), (1, 0));
    /// # Ok::<(), StorageError>(())
    /// # }).unwrap();
    /// ```
    pub fn find<T: Collection>(&self, filter: impl FnOnce(&T::Columns) -> Filter<T>) -> LakeFind<'_, T> {
        LakeFind {
            lake: self,
            filter: filter(&T::COLUMNS),
            object: None,
            at: At::Now,
            recent: Vec::new(),
            of: PhantomData,
        }
    }
}

impl<'l, T: Collection> LakeFind<'l, T> {
    /// Only the documents of one object.
    pub fn object(mut self, object: &str) -> Self {
        self.object = Some(object.to_owned());
        self
    }

    /// As everything was in the objects at a time, as far as the lake holds it.
    pub fn as_of(mut self, time: Timestamp) -> Self {
        self.at = At::Time(time);
        self
    }

    /// As a snapshot of the collection's changelog table or of its state table holds it.
    pub fn as_of_snapshot(mut self, snapshot: i64) -> Self {
        self.at = At::Snapshot(snapshot);
        self
    }

    pub(crate) fn lake(&self) -> &Lake {
        self.lake
    }

    /// With events that the lake may not hold yet.
    pub(crate) fn with_events(mut self, events: Vec<CdcEvent>) -> Self {
        self.recent.extend(events);
        self
    }

    /// Every document that is found, in no order.
    ///
    /// # Errors
    /// The collection was never synced; the lake cannot be reached or is damaged; a value that the struct cannot hold.
    pub async fn all(self) -> std::result::Result<Vec<T>, StorageError> {
        let all = async {
            let mut documents = Vec::new();
            let mut rows = self.open().await?;
            while let Some((batch, layout)) = rows.next_rows().await? {
                let mut cells = BatchRows::new(&batch, &layout.projection);
                while cells.advance() {
                    documents.push(layout.columns.read(&cells)?);
                }
            }
            Ok(documents)
        };
        Result::during(all.await, Operation::Find, T::SCHEMA.name)
    }

    /// How many documents are found.
    ///
    /// # Errors
    /// As [`LakeFind::all`].
    pub async fn count(self) -> std::result::Result<u64, StorageError> {
        let count = async {
            let mut count = 0;
            let mut rows = self.open().await?;
            while let Some((batch, _)) = rows.next_rows().await? {
                count += batch.num_rows() as u64;
            }
            Ok(count)
        };
        Result::during(count.await, Operation::Find, T::SCHEMA.name)
    }

    /// The documents as batches of Arrow, one after the other: the columns `_object`, `_lineage`, `_seq` and `_ts`, and those of
    /// the collection.
    ///
    /// # Errors
    /// As [`LakeFind::all`].
    pub async fn batches(self) -> std::result::Result<LakeRows<'l>, StorageError> {
        self.open().await.during(Operation::Find, T::SCHEMA.name)
    }

    async fn open(self) -> Result<LakeRows<'l>> {
        if T::SCHEMA.capture == Capture::Keys {
            return Err(Cause::NotReplayable { sequence: 0, capture: "keys" }.into());
        }
        let predicate = self.filter.into_predicate()?;
        let view = View::open(self.lake, T::SCHEMA.name, self.at).await?;
        let question = Question { schema: T::SCHEMA, predicate, object: self.object };
        LakeRows::open(view, question, &self.recent).await
    }
}

/// What is asked.
#[derive(Debug)]
pub(super) struct Question {
    pub(super) schema: &'static Declared,
    pub(super) predicate: Predicate,
    pub(super) object: Option<String>,
}

/// Documents of the lake, batch by batch.
#[derive(Debug)]
pub struct LakeRows<'l> {
    question: Question,
    mapped: Mapped,
    changes: Changes,
    /// The rows of changes, and where their columns are.
    changed: Layout,
    /// The changes that were not given yet, the last first.
    pending: Vec<usize>,
    state: Option<(Scan<'l>, Layout)>,
    schema: SchemaRef,
    stat: ScanStat,
}

/// The columns of a table's rows.
#[derive(Debug)]
pub(super) struct Layout {
    pub(super) projection: Schema,
    pub(super) columns: Columns,
    /// The places of those that are documents', and not events'.
    shown: Vec<usize>,
}

impl Layout {
    fn new(mapped: &Mapped, projection: Schema, role: Role) -> Result<Self> {
        let own = |name: &str, role: Role| role.meta().iter().any(|meta| meta.name == name);
        let is_shown = |name: &str| !own(name, role) || own(name, Role::State);
        let fields = projection.fields.iter().enumerate();
        let shown = fields.filter(|(_, field)| is_shown(&field.name)).map(|(at, _)| at).collect();
        Ok(Self { columns: Columns::new(mapped, &projection, role)?, projection, shown })
    }

    /// The columns that are shown, under a schema that has their names and types.
    fn shown(&self, batch: &RecordBatch, schema: SchemaRef) -> Result<RecordBatch> {
        let columns = self.shown.iter().map(|&at| batch.column(at).clone()).collect();
        RecordBatch::try_new(schema, columns).map_err(|error| refused(&error))
    }
}

impl Question {
    /// The part that can be tested on rows as they are stored.
    fn stored(&self, columns: &Columns) -> Predicate {
        let object = self.object.as_deref().map(changes::of_object);
        let terms = object.into_iter().chain([columns.stored_part(&self.predicate, self.schema)]);
        Predicate::And(terms.collect())
    }

    /// The part that is about documents, whatever becomes of them.
    fn concerned(&self, columns: &Columns, mapped: &Mapped) -> Predicate {
        let Predicate::And(terms) = columns.stored_part(&self.predicate, self.schema) else {
            return Predicate::And(Vec::new());
        };
        let of_id = |term: &Predicate| is_about(term, self.schema, &mapped.schema.id);
        let documents = changes::of_documents(terms.into_iter().filter(of_id).collect(), mapped);
        let object = self.object.as_deref().map(changes::of_object);
        Predicate::And(object.into_iter().chain([documents]).collect())
    }

    /// Whether the predicate is true of a row.
    fn finds(&self, layout: &Layout, row: &BatchRows<'_>) -> Result<bool> {
        Ok(self.predicate.test(self.schema, &layout.columns.row(row))? == Some(true))
    }
}

/// The events that the lake does not hold. It may hold more than when they were gathered, and have folded later ones: to these
/// they would be no news.
async fn missing<'e>(changelog: &Table<'_>, mut recent: Vec<&'e CdcEvent>) -> Result<Vec<&'e CdcEvent>> {
    let lineages: BTreeSet<(&str, Lineage)> =
        recent.iter().map(|event| (&*event.object, event.lineage)).collect();
    let mut held = BTreeMap::new();
    for (object, lineage) in lineages {
        let watermarks = changelog.watermarks(object, std::iter::once(lineage)).await?;
        held.extend(watermarks.into_values().map(|watermark| ((object, lineage), watermark)));
    }
    recent.retain(|event| {
        held.get(&(&*event.object, event.lineage)).is_none_or(|watermark| event.sequence > *watermark)
    });
    Ok(recent)
}

impl<'l> LakeRows<'l> {
    pub(super) async fn open(view: View<'l>, question: Question, recent: &[CdcEvent]) -> Result<Self> {
        let mapped = Mapped::of(question.schema);
        let mut stat = ScanStat::default();
        let layout = Layout::new(&mapped, changes::of_changelog(&mapped, &view.changelog)?, Role::Changelog)?;
        let concerned = question.concerned(&layout.columns, &mapped);
        let asked =
            |event: &&CdcEvent| question.object.as_ref().is_none_or(|object| **object == *event.object);
        let recent = missing(&view.changelog, recent.iter().filter(asked).collect()).await?;
        let changes = changes::read(&view, &mapped, &concerned, &recent, &mut stat).await?;
        let state = match &view.state {
            None => None,
            Some((table, snapshot)) => {
                let projection = changes::of_state(&mapped, &view.changelog, table)?;
                let layout = Layout::new(&mapped, projection, Role::State)?;
                let wanted = Wanted {
                    projection: layout.projection.clone(),
                    fills: layout.columns.fills(&layout.projection),
                    predicate: question.stored(&layout.columns),
                };
                let files =
                    files(table, Some(table.snapshot(*snapshot)?), &wanted, i64::MIN, &mut stat).await?;
                Some((Scan::over(table, files, wanted, ScanStat::default()), layout))
            }
        };
        let pending = (0..changes.batches.len()).rev().collect();
        let schema = layout.projection.arrow()?.project(&layout.shown).map_err(|error| refused(&error))?;
        Ok(Self { question, mapped, changes, changed: layout, pending, state, schema: schema.into(), stat })
    }

    /// The columns of the batches.
    #[must_use]
    pub fn schema(&self) -> SchemaRef {
        self.schema.clone()
    }

    /// What was read so far.
    #[must_use]
    pub fn stat(&self) -> ScanStat {
        let mut stat = self.stat;
        if let Some((scan, _)) = &self.state {
            stat += scan.stat;
        }
        stat
    }

    /// The next documents; none at the end.
    ///
    /// # Errors
    /// The lake cannot be reached or is damaged.
    pub async fn next(&mut self) -> std::result::Result<Option<RecordBatch>, StorageError> {
        let collection = self.question.schema.name;
        let next = async {
            let schema = self.schema();
            let Some((batch, layout)) = self.next_rows().await? else { return Ok(None) };
            layout.shown(&batch, schema).map(Some)
        };
        Result::during(next.await, Operation::Find, collection)
    }

    /// The next rows, and where their columns are.
    pub(super) async fn next_rows(&mut self) -> Result<Option<(RecordBatch, &Layout)>> {
        if let Some((scan, layout)) = &mut self.state {
            while let Some(Scanned { batch, .. }) = scan.next().await? {
                let kept = self.changes.unchanged(&batch, layout, &self.mapped, &self.question)?;
                if kept.num_rows() > 0 {
                    return Ok(self.state.as_ref().map(|(_, layout)| (kept, layout)));
                }
            }
        }
        while let Some(at) = self.pending.pop() {
            let kept = self.changes.found(at, &self.changed, &self.question)?;
            if kept.num_rows() > 0 {
                return Ok(Some((kept, &self.changed)));
            }
        }
        Ok(None)
    }
}

impl Changes {
    /// The rows of the state table that no change has replaced, and for which the question is true.
    fn unchanged(
        &self,
        batch: &RecordBatch,
        layout: &Layout,
        mapped: &Mapped,
        question: &Question,
    ) -> Result<RecordBatch> {
        let is_exact = layout.columns.is_stored(&question.predicate, question.schema);
        if self.is_empty() && is_exact {
            return Ok(batch.clone());
        }
        let keys = keys(batch, &layout.projection, &mapped.id_names().collect::<Vec<_>>())?;
        let objects = objects(batch)?;
        let mut rows = BatchRows::new(batch, &layout.projection);
        let mut kept = Vec::with_capacity(keys.len());
        for (at, key) in keys.iter().enumerate() {
            rows.advance();
            let replaced = self.last.contains_key(key) || self.whole.contains(objects.value(at));
            kept.push(!replaced && (is_exact || question.finds(layout, &rows)?));
        }
        filtered(batch, kept)
    }

    /// The rows of a batch of changes that are the last word, and for which the question is true.
    fn found(&self, at: usize, layout: &Layout, question: &Question) -> Result<RecordBatch> {
        let batch = &self.batches[at];
        let mut kept = vec![false; batch.num_rows()];
        let mut rows = BatchRows::new(batch, &layout.projection);
        for &(_, row) in self.there_in(at) {
            rows.seek(row);
            kept[row] = question.finds(layout, &rows)?;
        }
        filtered(batch, kept)
    }
}
