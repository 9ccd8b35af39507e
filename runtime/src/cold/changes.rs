//! Rows of a changelog in memory: those that the state table has not folded yet, and the last word on each document in them.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use arrow_array::{Array, Int64Array, RecordBatch, StringArray, TimestampMicrosecondArray, cast::AsArray};
use rustc_hash::FxBuildHasher;

use crate::{
    Timestamp,
    cdc::CdcEvent,
    filter::{Comparison, Predicate},
    value::{Value, unhex},
};

use super::{
    batch::texts,
    change_rows::batch_of,
    document::Columns,
    error::{Result, refused},
    fold::{Event, Key, Said, fold},
    iceberg::{Field, Schema},
    key::keys,
    mapping::{LINEAGE, Mapped, OBJECT, OPERATION, PARENT, Role, SEQUENCE, TIMESTAMP},
    scan::{Scan, ScanStat, Scanned, Wanted, files},
    shape::fields_of,
    table::Table,
    view::View,
};

/// A row of the batches.
pub(crate) type Place = (usize, usize);

/// The last word on documents, with the rows that say it.
#[derive(Debug, Default)]
pub(crate) struct Changes {
    pub(crate) batches: Vec<RecordBatch>,
    /// By documents.
    pub(crate) last: HashMap<Key, Event<Place>, FxBuildHasher>,
    /// The rows of documents that are there, in the order of the batches.
    there: Vec<Place>,
    /// The objects of which every document is here: what the state table holds of them counts no more.
    pub(crate) whole: BTreeSet<String>,
}

impl Changes {
    /// Whether nothing was changed.
    pub(crate) fn is_empty(&self) -> bool {
        self.last.is_empty() && self.whole.is_empty()
    }

    /// The rows of a batch that are the last word on a document that is there.
    pub(crate) fn there_in(&self, batch: usize) -> &[Place] {
        let from = self.there.partition_point(|(at, _)| *at < batch);
        let to = self.there.partition_point(|(at, _)| *at <= batch);
        &self.there[from..to]
    }
}

/// How the columns of a collection are read from its changelog table: terrace's own first.
pub(crate) fn of_changelog(mapped: &Mapped, changelog: &Table<'_>) -> Result<Schema> {
    let fields = mapped.schema.columns.iter().filter_map(|column| {
        let field = mapped.find(changelog.metadata(), column)?;
        Some(Field { name: column.name.clone(), required: false, ..field.clone() })
    });
    with_own(changelog, Role::Changelog, fields)
}

/// How they are read from its state table, which may not have followed the changelog table yet: in the same types, and with the
/// same columns.
pub(crate) fn of_state(mapped: &Mapped, changelog: &Table<'_>, state: &Table<'_>) -> Result<Schema> {
    let known = fields_of(state.metadata());
    let fields = mapped.schema.columns.iter().filter_map(|column| {
        let field = mapped.find(changelog.metadata(), column)?;
        // a column that it does not have yet is in none of its files
        let id = known.get(&field.id).copied().unwrap_or(-field.id);
        Some(Field { id, name: column.name.clone(), required: false, ..field.clone() })
    });
    with_own(state, Role::State, fields)
}

fn with_own(table: &Table<'_>, role: Role, fields: impl Iterator<Item = Field>) -> Result<Schema> {
    let schema = table.metadata().schema().ok_or_else(|| refused(&"a table without a schema"))?;
    let own: Result<Vec<Field>> =
        role.meta().iter().map(|meta| Ok(meta.find(schema, &table.name)?.clone())).collect();
    Ok(Schema::new(0, own?.into_iter().chain(fields).collect()))
}

/// The changes that a view has beyond its state table, of the documents that `concerned` may be about.
pub(crate) async fn read(
    view: &View<'_>,
    mapped: &Mapped,
    concerned: &Predicate,
    recent: &[&CdcEvent],
    stat: &mut ScanStat,
) -> Result<Changes> {
    let projection = of_changelog(mapped, &view.changelog)?;
    let fills = Columns::new(mapped, &projection, Role::Changelog)?.fills(&projection);
    let mut reading = Reading::new(mapped, &projection, fills, view.until);
    reading.read(view, concerned.clone(), view.folded, stat).await?;
    if !recent.is_empty() {
        let batch = batch_of(mapped, &projection, recent)?;
        reading.add(Scanned { batch, committed: i64::MAX, positions: Vec::new() })?;
    }
    let rewound = reading.rewound();
    for object in &rewound {
        let whole = Predicate::And(vec![of_object(object), concerned.clone()]);
        reading.forget(object);
        reading.read(view, whole, i64::MIN, stat).await?;
    }
    Ok(reading.finish(rewound))
}

/// The rows that say something of documents for which `terms`, which are about columns of the id, may be true: theirs, and
/// those that are of no document.
pub(crate) fn of_documents(terms: Vec<Predicate>, mapped: &Mapped) -> Predicate {
    let first = mapped.schema.id.first().map(|&at| mapped.schema.columns[at].name.clone());
    match first.filter(|_| !terms.is_empty()) {
        Some(column) => {
            Predicate::Or(vec![Predicate::And(terms), Predicate::IsNull { column: column.into() }])
        }
        None => Predicate::And(Vec::new()),
    }
}

/// The rows of an object.
pub(crate) fn of_object(object: &str) -> Predicate {
    equals(OBJECT.name, Value::Text(object.to_owned()))
}

/// The rows that have this value in one of terrace's own columns.
pub(crate) fn equals(column: &'static str, value: Value) -> Predicate {
    Predicate::Compare { column: column.into(), comparison: Comparison::Eq, value }
}

/// Changes that are being read.
struct Reading<'m> {
    mapped: &'m Mapped,
    projection: &'m Schema,
    /// What stands in columns that a file lacks.
    fills: BTreeMap<i32, Value>,
    until: Option<Timestamp>,
    batches: Vec<RecordBatch>,
    /// By objects.
    events: BTreeMap<String, Vec<Event<Place>>>,
}

impl<'m> Reading<'m> {
    fn new(
        mapped: &'m Mapped,
        projection: &'m Schema,
        fills: BTreeMap<i32, Value>,
        until: Option<Timestamp>,
    ) -> Self {
        Self { mapped, projection, fills, until, batches: Vec::new(), events: BTreeMap::new() }
    }

    /// Reads the rows that were committed after a sequence number.
    async fn read(
        &mut self,
        view: &View<'_>,
        predicate: Predicate,
        after: i64,
        stat: &mut ScanStat,
    ) -> Result<()> {
        let wanted = Wanted { projection: self.projection.clone(), predicate, fills: self.fills.clone() };
        let entries = files(&view.changelog, view.changes()?, &wanted, after, stat).await?;
        let mut scan = Scan::over(&view.changelog, entries, wanted, ScanStat::default());
        while let Some(scanned) = scan.next().await? {
            self.add(scanned)?;
        }
        *stat += scan.stat;
        Ok(())
    }

    fn add(&mut self, Scanned { batch, committed, .. }: Scanned) -> Result<()> {
        let marks = Marks::of(&batch)?;
        let id: Vec<&str> = self.mapped.id_names().collect();
        for (row, key) in keys(&batch, self.projection, &id)?.into_iter().enumerate() {
            if self.until.is_some_and(|until| marks.timestamp(row) > until.micros()) {
                continue;
            }
            let event = marks.event(row, key, committed, (self.batches.len(), row))?;
            match self.events.get_mut(marks.object(row)) {
                Some(events) => events.push(event),
                None => drop(self.events.insert(marks.object(row).to_owned(), vec![event])),
            }
        }
        self.batches.push(batch);
        Ok(())
    }

    /// The objects that have more than the plain events of one lineage: for these all events have to be known.
    fn rewound(&self) -> BTreeSet<String> {
        let is_rewound = |events: &[Event<Place>]| {
            events.iter().any(|event| {
                !matches!(event.said, Said::There | Said::Gone) || event.lineage != events[0].lineage
            })
        };
        self.events
            .iter()
            .filter(|(_, events)| is_rewound(events))
            .map(|(object, _)| object.clone())
            .collect()
    }

    /// Forgets what was read of an object from the table: all of it is read again.
    fn forget(&mut self, object: &str) {
        if let Some(events) = self.events.get_mut(object) {
            events.retain(|event| event.committed == i64::MAX);
        }
    }

    fn finish(self, whole: BTreeSet<String>) -> Changes {
        let last: HashMap<Key, Event<Place>, FxBuildHasher> =
            self.events.into_values().flat_map(fold).collect();
        let there = last.values().filter(|event| event.said == Said::There);
        let mut there: Vec<Place> = there.map(|event| event.place).collect();
        there.sort_unstable();
        Changes { batches: self.batches, last, there, whole }
    }
}

/// terrace's own columns of a batch of a changelog.
pub(crate) struct Marks<'b> {
    objects: &'b StringArray,
    lineages: &'b StringArray,
    sequences: &'b Int64Array,
    timestamps: &'b TimestampMicrosecondArray,
    operations: &'b StringArray,
    parents: &'b StringArray,
}

impl<'b> Marks<'b> {
    pub(crate) fn of(batch: &'b RecordBatch) -> Result<Self> {
        let column = |name: &str| {
            batch.column_by_name(name).ok_or_else(|| refused(&format!("a changelog without `{name}`")))
        };
        let other = |name: &str| refused(&format!("`{name}` is of another type"));
        Ok(Self {
            objects: texts(batch, OBJECT.name)?,
            lineages: texts(batch, LINEAGE.name)?,
            sequences: column(SEQUENCE.name)?.as_primitive_opt().ok_or_else(|| other(SEQUENCE.name))?,
            timestamps: column(TIMESTAMP.name)?.as_primitive_opt().ok_or_else(|| other(TIMESTAMP.name))?,
            operations: texts(batch, OPERATION.name)?,
            parents: texts(batch, PARENT.name)?,
        })
    }

    pub(crate) fn object(&self, row: usize) -> &'b str {
        self.objects.value(row)
    }

    pub(crate) fn lineage(&self, row: usize) -> &'b str {
        self.lineages.value(row)
    }

    pub(crate) fn operation(&self, row: usize) -> &'b str {
        self.operations.value(row)
    }

    pub(crate) fn sequence(&self, row: usize) -> u64 {
        self.sequences.value(row).cast_unsigned()
    }

    /// In microseconds since 1970 UTC.
    pub(crate) fn timestamp(&self, row: usize) -> i64 {
        self.timestamps.value(row)
    }

    pub(crate) fn lineage_number(&self, row: usize) -> Result<u128> {
        lineage(self.lineages.value(row))
    }

    /// Of a restore, the lineage that it goes on from.
    pub(crate) fn parent(&self, row: usize) -> Result<Option<u128>> {
        self.parents.is_valid(row).then(|| lineage(self.parents.value(row))).transpose()
    }

    /// What a row says.
    pub(crate) fn event<P>(&self, row: usize, key: Key, committed: i64, place: P) -> Result<Event<P>> {
        let said = self.operations.value(row);
        Ok(Event {
            key,
            lineage: self.lineage_number(row)?,
            parent: self.parent(row)?,
            sequence: self.sequences.value(row),
            said: Said::of(said)
                .ok_or_else(|| refused(&format!("an operation `{said}` that is not known")))?,
            committed,
            place,
        })
    }
}

fn lineage(hex: &str) -> Result<u128> {
    let bytes = unhex(hex).and_then(|bytes| bytes.try_into().ok());
    bytes.map(u128::from_be_bytes).ok_or_else(|| refused(&format!("`{hex}` is no lineage")))
}
