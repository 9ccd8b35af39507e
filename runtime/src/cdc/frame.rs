//! The bytes of the log: frames of events, one or more a transaction.
//!
//! ```text
//! frame   = length varint, of the payload · CRC-32 of the payload, 4 bytes, little-endian · payload
//! payload = flags u8: 1 begins a transaction, 2 ends it
//!         · time zigzag varint, µs since 1970 UTC
//!         · unless it begins: how many events of the transaction come before the frame, varint
//!         · event …
//! event   = schema << 3 | operation, varint · body
//! body    = of a document, by operation and capture of the schema:
//!             full:  insert row(after) · update row(before), changed ceil(n / 8) bytes, row(the changed, after) · delete row(before)
//!             after: insert row(after) · update row(after) · delete row(id)
//!             keys:  row(id)
//!           restore (schema 0): lineage before, 16 bytes · lineage after, 16 bytes
//!           restore of a collection (its schema): the snapshot, 16 bytes
//!           gap (schema 0): nothing; it stands for all sequence numbers of its log row
//! ```
//! An event's sequence number is not stored: it follows from the log row's first and the place in it.

use crate::{
    Timestamp,
    bytes::{Damaged, Reader, put_signed, put_varint},
    schema::{Capture, Kind, Storage, StoredSchema},
    value::{Row, ValueError, ValueRef},
};

use super::{CdcOperation, Lineage, SnapshotId, row};

const BEGINS: u8 = 1;
const ENDS: u8 = 2;

/// How a collection's events are written: what of its schema the codec needs.
#[derive(Clone, Debug)]
pub(crate) struct Layout {
    /// The number of the stored schema.
    pub(crate) schema: u64,
    pub(crate) capture: Capture,
    columns: Vec<Storage>,
    id: Vec<usize>,
}

impl Layout {
    pub(crate) fn new(schema: u64, stored: &StoredSchema) -> Self {
        Self {
            schema,
            capture: stored.capture,
            columns: stored.columns.iter().map(|column| column.kind).map(Kind::storage).collect(),
            id: stored.id.clone(),
        }
    }

    fn all(&self) -> impl ExactSizeIterator<Item = (usize, Storage)> + '_ {
        self.columns.iter().copied().enumerate()
    }

    fn key(&self) -> impl ExactSizeIterator<Item = (usize, Storage)> + '_ {
        self.id.iter().map(|&column| (column, self.columns[column]))
    }

    /// Appends an event of a document.
    pub(crate) fn encode<R: Row>(
        &self,
        to: &mut Vec<u8>,
        before: Option<&R>,
        after: Option<&R>,
        changed: u128,
    ) -> Result<(), ValueError> {
        let operation = match (before, after) {
            (None, _) => CdcOperation::Insert,
            (Some(_), Some(_)) => CdcOperation::Update,
            (Some(_), None) => CdcOperation::Delete,
        };
        put_varint(to, self.schema << 3 | operation as u64);
        match (self.capture, before, after) {
            (Capture::Full, Some(before), Some(after)) => {
                row::encode(to, before, self.all())?;
                to.extend_from_slice(&changed.to_le_bytes()[..self.columns.len().div_ceil(8)]);
                self.encode_changed(to, after, changed)
            }
            (Capture::Full, Some(row), None) | (Capture::Full | Capture::After, _, Some(row)) => {
                row::encode(to, row, self.all())
            }
            (Capture::After, Some(row), None)
            | (Capture::Keys, Some(row), _)
            | (Capture::Keys, None, Some(row)) => row::encode(to, row, self.key()),
            (_, None, None) => Ok(()),
        }
    }

    fn encode_changed<R: Row>(&self, to: &mut Vec<u8>, after: &R, changed: u128) -> Result<(), ValueError> {
        let columns: Vec<(usize, Storage)> = self.all().filter(|(at, _)| changed >> at & 1 == 1).collect();
        row::encode(to, after, columns.into_iter())
    }

    fn decode<'b>(&self, operation: CdcOperation, from: &mut Reader<'b>) -> Result<Images<'b>, Damaged> {
        let full = self.columns.iter().copied();
        Ok(match (self.capture, operation) {
            (Capture::Full, CdcOperation::Update) => self.decode_update(from)?,
            (Capture::Full, CdcOperation::Delete) => {
                Images { before: Some(row::decode(from, full)?), ..Images::default() }
            }
            (Capture::Full | Capture::After, CdcOperation::Insert | CdcOperation::Update) => {
                Images { after: Some(row::decode(from, full)?), ..Images::default() }
            }
            _ => {
                let id = row::decode(from, self.key().map(|(_, storage)| storage))?;
                Images { id: Some(id), ..Images::default() }
            }
        })
    }

    fn decode_update<'b>(&self, from: &mut Reader<'b>) -> Result<Images<'b>, Damaged> {
        let before = row::decode(from, self.columns.iter().copied())?;
        let bitmap = from.take(self.columns.len().div_ceil(8))?;
        let changed: Vec<usize> =
            (0..self.columns.len()).filter(|at| bitmap[at / 8] >> (at % 8) & 1 == 1).collect();
        let values = row::decode(from, changed.iter().map(|&at| self.columns[at]))?;
        let mut after = before.clone();
        for (at, value) in changed.into_iter().zip(values) {
            after[at] = value;
        }
        Ok(Images { before: Some(before), after: Some(after), id: None })
    }

    /// The values of the id in an event's images.
    pub(crate) fn id<'b>(&self, images: &Images<'b>) -> Vec<ValueRef<'b>> {
        match (&images.id, images.before.as_ref().or(images.after.as_ref())) {
            (Some(id), _) => id.clone(),
            (None, Some(row)) => self.id.iter().map(|&at| row[at]).collect(),
            (None, None) => Vec::new(),
        }
    }
}

/// What an event says of its document, in the bytes of the log.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Images<'b> {
    /// Where it says nothing more.
    pub(crate) id: Option<Vec<ValueRef<'b>>>,
    pub(crate) before: Option<Vec<ValueRef<'b>>>,
    pub(crate) after: Option<Vec<ValueRef<'b>>>,
}

/// An event as it stands in a frame.
#[derive(Debug, PartialEq)]
pub(crate) struct RawEvent<'b> {
    /// When its transaction was committed.
    pub(crate) time: Timestamp,
    /// How many events of the transaction come before it.
    pub(crate) preceding: u64,
    /// Whether it is the transaction's last.
    pub(crate) ends: bool,
    /// The number of the stored schema; 0 for events that concern no document.
    pub(crate) schema: u64,
    pub(crate) operation: CdcOperation,
    pub(crate) images: Images<'b>,
    /// The lineages before and after a restore.
    pub(crate) lineages: Option<(Lineage, Lineage)>,
    /// What a collection was restored from.
    pub(crate) snapshot: Option<SnapshotId>,
}

/// Where a frame stands in its transaction.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Placement {
    pub(crate) time: Timestamp,
    pub(crate) preceding: u64,
    pub(crate) ends: bool,
}

/// Appends a frame around encoded events.
pub(crate) fn encode(to: &mut Vec<u8>, place: Placement, events: &[u8]) {
    let mut head = Vec::with_capacity(21);
    let begins = if place.preceding == 0 { BEGINS } else { 0 };
    head.push(begins | if place.ends { ENDS } else { 0 });
    put_signed(&mut head, place.time.micros());
    if place.preceding > 0 {
        put_varint(&mut head, place.preceding);
    }
    let mut checksum = crc32fast::Hasher::new();
    checksum.update(&head);
    checksum.update(events);
    put_varint(to, (head.len() + events.len()) as u64);
    to.extend_from_slice(&checksum.finalize().to_le_bytes());
    to.extend_from_slice(&head);
    to.extend_from_slice(events);
}

/// Appends an event that says that a new lineage begins.
pub(crate) fn encode_restore(to: &mut Vec<u8>, before: Lineage, after: Lineage) {
    put_varint(to, CdcOperation::Restore as u64);
    to.extend_from_slice(&before.0);
    to.extend_from_slice(&after.0);
}

/// Appends an event that says that every document of a collection was replaced by those of a snapshot.
pub(crate) fn encode_restored(to: &mut Vec<u8>, schema: u64, snapshot: SnapshotId) {
    put_varint(to, schema << 3 | CdcOperation::Restore as u64);
    to.extend_from_slice(&snapshot.0);
}

/// Appends an event that stands for pruned ones.
pub(crate) fn encode_gap(to: &mut Vec<u8>) {
    put_varint(to, CdcOperation::Gap as u64);
}

/// Whether a log row holds what [`encode_gap`] left, and nothing else.
pub(crate) fn is_gap(bytes: &[u8]) -> bool {
    let mut events = Frames::new(bytes);
    let mut next = || events.next(|_| None);
    matches!(next(), Ok(Some(event)) if event.operation == CdcOperation::Gap) && next() == Ok(None)
}

/// Reads the frames of a log row, event by event.
#[derive(Debug)]
pub(crate) struct Frames<'b> {
    /// The frames that were not begun.
    rest: Reader<'b>,
    /// The events of the present one that were not read.
    frame: Reader<'b>,
    place: Placement,
}

impl<'b> Frames<'b> {
    pub(crate) fn new(bytes: &'b [u8]) -> Self {
        let place = Placement { time: Timestamp::from_micros(0), preceding: 0, ends: false };
        Self { rest: Reader::new(bytes), frame: Reader::new(&[]), place }
    }

    /// The next event. `layout` finds how the events of a schema are written.
    pub(crate) fn next<'l>(
        &mut self,
        layout: impl Fn(u64) -> Option<&'l Layout>,
    ) -> Result<Option<RawEvent<'b>>, Damaged> {
        while self.frame.is_empty() {
            if self.rest.is_empty() {
                return Ok(None);
            }
            self.begin_frame()?;
        }
        let event = self.event(layout)?;
        self.place.preceding = self.place.preceding.saturating_add(1);
        Ok(Some(event))
    }

    fn begin_frame(&mut self) -> Result<(), Damaged> {
        let from = &mut self.rest;
        let length = usize::try_from(from.varint()?).map_err(|_| Damaged("a length is too great"))?;
        let checksum = u32::from_le_bytes(from.array()?);
        let payload = from.take(length)?;
        if crc32fast::hash(payload) != checksum {
            return Err(Damaged("its checksum does not match"));
        }
        self.frame = Reader::new(payload);
        let flags = self.frame.byte()?;
        let time = Timestamp::from_micros(self.frame.signed()?);
        let preceding = if flags & BEGINS == 0 { self.frame.varint()? } else { 0 };
        self.place = Placement { time, preceding, ends: flags & ENDS != 0 };
        Ok(())
    }

    fn event<'l>(&mut self, layout: impl Fn(u64) -> Option<&'l Layout>) -> Result<RawEvent<'b>, Damaged> {
        let from = &mut self.frame;
        let head = from.varint()?;
        let (schema, operation) = (head >> 3, CdcOperation::from_code(head & 7)?);
        let (mut lineages, mut snapshot) = (None, None);
        let images = match (operation, schema) {
            (CdcOperation::Restore, 0) => {
                lineages = Some((Lineage(from.array()?), Lineage(from.array()?)));
                Images::default()
            }
            (CdcOperation::Restore, 1..) => {
                snapshot = Some(SnapshotId(from.array()?));
                Images::default()
            }
            (CdcOperation::Gap, 0) => Images::default(),
            (CdcOperation::Insert | CdcOperation::Update | CdcOperation::Delete, 1..) => {
                let layout = layout(schema).ok_or(Damaged("it names an unknown schema"))?;
                layout.decode(operation, from)?
            }
            _ => return Err(Damaged("it holds an unknown kind of event")),
        };
        let Placement { time, preceding, ends } = self.place;
        let ends = ends && self.frame.is_empty();
        Ok(RawEvent { time, preceding, ends, schema, operation, images, lineages, snapshot })
    }
}
