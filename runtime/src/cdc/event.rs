//! An event of the log, and a change as the struct that it happened to.

use std::{fmt, str::FromStr, sync::Arc};

use crate::{
    Timestamp,
    bytes::Damaged,
    schema::{Collection, FieldError, StoredSchema},
    value::{Value, ValueError, ValueRef, hex, unhex},
};

use super::{
    Lens,
    frame::{Images, Layout},
};

/// The name of one unbroken history of an object: 128 random bits.
///
/// A new one begins when an object is created, restored or forked, so that (object, lineage, sequence) names an event
/// for ever.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Lineage(pub [u8; 16]);

impl fmt::Display for Lineage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex(&self.0))
    }
}

impl FromStr for Lineage {
    type Err = ValueError;

    fn from_str(text: &str) -> Result<Self, ValueError> {
        name_of(text).map(Self)
    }
}

/// The name of a snapshot of an object: 128 random bits.
///
/// ```
/// # use terrace::cdc::SnapshotId;
/// let id: SnapshotId = "00112233445566778899aabbccddeeff".parse()?;
/// assert_eq!(id.to_string(), "00112233445566778899aabbccddeeff");
/// # Ok::<(), terrace::value::ValueError>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SnapshotId(pub [u8; 16]);

impl fmt::Display for SnapshotId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex(&self.0))
    }
}

impl FromStr for SnapshotId {
    type Err = ValueError;

    fn from_str(text: &str) -> Result<Self, ValueError> {
        name_of(text).map(Self)
    }
}

impl fmt::Debug for SnapshotId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SnapshotId({self})")
    }
}

/// 16 bytes from their hexadecimal text.
fn name_of(text: &str) -> Result<[u8; 16], ValueError> {
    let bytes = unhex(text).and_then(|bytes| bytes.try_into().ok());
    bytes.ok_or(ValueError::Mismatch { expected: "32 hexadecimal digits", found: "another text" })
}

impl fmt::Debug for Lineage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Lineage({self})")
    }
}

/// What happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum CdcOperation {
    /// A document was inserted.
    Insert = 0,
    /// A document was changed.
    Update = 1,
    /// A document was deleted.
    Delete = 2,
    /// The object was restored or forked: a new lineage begins. Of a collection: its documents are those of a snapshot.
    Restore = 3,
    /// Events were discarded before every consumer had seen them; the event stands for all of them.
    Gap = 4,
}

impl CdcOperation {
    pub(crate) fn from_code(code: u64) -> Result<Self, Damaged> {
        [Self::Insert, Self::Update, Self::Delete, Self::Restore, Self::Gap]
            .into_iter()
            .find(|operation| *operation as u64 == code)
            .ok_or(Damaged("it holds an unknown operation"))
    }

    /// The operation of this name in outputs.
    #[cfg(feature = "lake")]
    pub(crate) fn from_name(name: &str) -> Option<Self> {
        [Self::Insert, Self::Update, Self::Delete, Self::Restore, Self::Gap]
            .into_iter()
            .find(|operation| operation.name() == name)
    }

    /// The operation's name in outputs, in capitals.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Insert => "INSERT",
            Self::Update => "UPDATE",
            Self::Delete => "DELETE",
            Self::Restore => "RESTORE",
            Self::Gap => "GAP",
        }
    }
}

/// The transaction that an event belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Transaction {
    /// The sequence number of its first event: the transaction's name within the lineage.
    pub first: u64,
    /// Whether this event is its last.
    pub ends: bool,
}

/// One event of the log.
#[derive(Clone, Debug)]
pub struct CdcEvent {
    /// The object that it happened in.
    pub object: Arc<str>,
    /// The lineage that it belongs to.
    pub lineage: Lineage,
    /// Its position: without a hole and increasing within a lineage. Of a gap, the last position that it stands for.
    pub sequence: u64,
    /// Its transaction.
    pub transaction: Transaction,
    /// What happened.
    pub operation: CdcOperation,
    /// When the transaction was committed.
    pub timestamp: Timestamp,
    /// Of a restore, the lineage that ended; of a gap, nothing.
    pub previous_lineage: Option<Lineage>,
    /// Of a collection that was restored: the snapshot that every document of it was replaced by.
    pub snapshot: Option<SnapshotId>,
    /// Of a gap, the first position that it stands for; else the event's own.
    pub first_sequence: u64,
    pub(crate) schema: Option<Arc<EventSchema>>,
    pub(crate) id: Vec<Value>,
    pub(crate) before: Option<Vec<Value>>,
    pub(crate) after: Option<Vec<Value>>,
}

/// The schema under which an event was written, and the way from it to the present one.
#[derive(Debug)]
pub(crate) struct EventSchema {
    pub(crate) stored: StoredSchema,
    /// Counted from 1 within the collection.
    pub(crate) version: u64,
    pub(crate) layout: Layout,
    /// To the schema that the object has now.
    pub(crate) lens: Lens,
    pub(crate) current: Arc<StoredSchema>,
}

#[cfg(feature = "lake")]
impl EventSchema {
    /// That of events of today.
    fn present(&self) -> Self {
        Self {
            stored: (*self.current).clone(),
            version: self.version,
            layout: Layout::new(self.layout.schema, &self.current),
            lens: Lens::identity(self.current.columns.len()),
            current: self.current.clone(),
        }
    }
}

/// An event in the bytes of its log row.
#[derive(Debug)]
pub(crate) struct EventRef<'b> {
    pub(crate) lineage: Lineage,
    pub(crate) sequence: u64,
    pub(crate) first_sequence: u64,
    pub(crate) transaction: Transaction,
    pub(crate) operation: CdcOperation,
    pub(crate) timestamp: Timestamp,
    pub(crate) previous_lineage: Option<Lineage>,
    pub(crate) snapshot: Option<SnapshotId>,
    pub(crate) schema: Option<&'b Arc<EventSchema>>,
    pub(crate) images: Images<'b>,
}

/// A change of a document of `T`.
#[derive(Clone, Debug, PartialEq)]
pub enum Change<T> {
    /// It was inserted.
    Inserted {
        /// The document.
        after: T,
    },
    /// It was changed.
    Updated {
        /// The document before; only of collections with `capture = "full"`.
        before: Option<T>,
        /// The document after.
        after: T,
    },
    /// It was deleted.
    Deleted {
        /// The document as it was; only of collections with `capture = "full"`.
        before: Option<T>,
    },
    /// It changed, and the collection's `capture = "keys"` says no more; see [`CdcEvent::operation`].
    Touched,
    /// Every document of the collection was replaced by those of a snapshot: read them all again.
    Restored {
        /// The snapshot.
        snapshot: SnapshotId,
    },
}

impl<'b> EventRef<'b> {
    /// The event by itself.
    pub(crate) fn to_event(&self, object: &Arc<str>) -> CdcEvent {
        let owned = |row: &Vec<ValueRef<'b>>| row.iter().copied().map(ValueRef::to_owned).collect();
        CdcEvent {
            object: object.clone(),
            lineage: self.lineage,
            sequence: self.sequence,
            transaction: self.transaction,
            operation: self.operation,
            timestamp: self.timestamp,
            previous_lineage: self.previous_lineage,
            snapshot: self.snapshot,
            first_sequence: self.first_sequence,
            schema: self.schema.cloned(),
            id: owned(&self.id()),
            before: self.images.before.as_ref().map(owned),
            after: self.images.after.as_ref().map(owned),
        }
    }

    /// The values of the document's id.
    pub(crate) fn id(&self) -> Vec<ValueRef<'b>> {
        self.schema.map(|schema| schema.layout.id(&self.images)).unwrap_or_default()
    }
}

#[cfg(feature = "lake")]
impl EventRef<'_> {
    /// The collection of the document, or that was restored; none of what concerns the whole object.
    pub(crate) fn collection(&self) -> Option<&str> {
        self.schema.map(|schema| schema.stored.name.as_str())
    }

    /// Gives a row of this event to `read` as the present schema has it.
    pub(crate) fn with_present<R>(&self, row: &[ValueRef<'_>], read: impl FnOnce(&[ValueRef<'_>]) -> R) -> R {
        match self.schema {
            Some(schema) if !schema.lens.is_identity() => read(&schema.lens.apply(row)),
            _ => read(row),
        }
    }
}

impl CdcEvent {
    /// The event in its own bytes.
    #[cfg(feature = "lake")]
    pub(crate) fn as_ref(&self) -> EventRef<'_> {
        EventRef {
            lineage: self.lineage,
            sequence: self.sequence,
            first_sequence: self.first_sequence,
            transaction: self.transaction,
            operation: self.operation,
            timestamp: self.timestamp,
            previous_lineage: self.previous_lineage,
            snapshot: self.snapshot,
            schema: self.schema.as_ref(),
            images: Images {
                id: Some(refs(&self.id)),
                before: self.before.as_deref().map(refs),
                after: self.after.as_deref().map(refs),
            },
        }
    }

    /// A document of a collection that this event restored, as if it had been inserted with it; the row is as the present
    /// schema has it.
    #[cfg(feature = "lake")]
    pub(crate) fn inserting(&self, row: &dyn crate::value::Row) -> Result<Self, ValueError> {
        let after: Result<Vec<Value>, _> =
            (0..row.len()).map(|at| row.value(at).map(ValueRef::to_owned)).collect();
        let schema = self.schema.as_ref().map(|schema| Arc::new(schema.present()));
        let event = Self { operation: CdcOperation::Insert, snapshot: None, schema, ..self.clone() };
        Ok(Self { after: Some(after?), ..event })
    }

    /// The event's id: the same for ever, and for no other event: `object/lineage/sequence`.
    #[must_use]
    pub fn id(&self) -> String {
        format!("{}/{}/{}", self.object, self.lineage, self.sequence)
    }

    /// The collection of the document, or that was restored; none of what concerns the whole object.
    #[must_use]
    pub fn collection(&self) -> Option<&str> {
        self.schema.as_ref().map(|schema| schema.stored.name.as_str())
    }

    /// The version of the collection's schema that the event was written under, counted from 1.
    #[must_use]
    pub fn schema_version(&self) -> Option<u64> {
        self.schema.as_ref().map(|schema| schema.version)
    }

    /// The values of the document's id, in the order of the id's columns.
    #[must_use]
    pub fn id_values(&self) -> &[Value] {
        &self.id
    }

    /// The document before, as the schema had it under which the event was written.
    #[must_use]
    pub fn before(&self) -> Option<&[Value]> {
        self.before.as_deref()
    }

    /// The document after, as the schema had it under which the event was written.
    #[must_use]
    pub fn after(&self) -> Option<&[Value]> {
        self.after.as_deref()
    }

    /// The change as documents of `T`, as its present schema has them; none when the event is of another collection.
    ///
    /// # Errors
    /// A stored value that `T` cannot hold.
    pub fn change<T: Collection>(&self) -> Result<Option<Change<T>>, FieldError> {
        if self.collection() != Some(T::SCHEMA.name) {
            return Ok(None);
        }
        if let Some(snapshot) = self.snapshot {
            return Ok(Some(Change::Restored { snapshot }));
        }
        let before = self.before.as_deref().map(|row| self.document(row)).transpose()?;
        let after = self.after.as_deref().map(|row| self.document(row)).transpose()?;
        Ok(Some(match (self.operation, after) {
            (CdcOperation::Insert, Some(after)) => Change::Inserted { after },
            (CdcOperation::Update, Some(after)) => Change::Updated { before, after },
            (CdcOperation::Delete, _) => Change::Deleted { before },
            _ => Change::Touched,
        }))
    }

    /// A row of this event as the present schema has it.
    pub(crate) fn present<'v>(&'v self, row: &'v [Value]) -> Vec<ValueRef<'v>> {
        match &self.schema {
            Some(schema) => schema.lens.apply(&refs(row)),
            None => refs(row),
        }
    }

    fn document<T: Collection>(&self, row: &[Value]) -> Result<T, FieldError> {
        let row = self.present(row);
        let current = self.schema.as_ref().map(|schema| &schema.current);
        let ordered: Vec<Value> = T::SCHEMA
            .columns
            .iter()
            .map(|column| {
                let position = current.and_then(|current| current.column(column.name));
                position.map_or(Value::Null, |position| row[position].to_owned())
            })
            .collect();
        T::read(&ordered)
    }
}

fn refs(row: &[Value]) -> Vec<ValueRef<'_>> {
    row.iter().map(Value::as_ref).collect()
}
