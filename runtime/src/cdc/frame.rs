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
//!           gap (schema 0): nothing; it stands for all sequence numbers of its log row
//! ```
//! An event's sequence number is not stored: it follows from the log row's first and the place in it.

use crate::{
    Timestamp,
    bytes::{Damaged, Reader, put_signed, put_varint},
    schema::{Capture, Kind, Storage, StoredSchema},
    value::{Row, Value, ValueError},
};

use super::{CdcOperation, Lineage, row};

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

    fn decode(&self, operation: CdcOperation, from: &mut Reader<'_>) -> Result<Images, Damaged> {
        let full = self.columns.iter().copied();
        Ok(match (self.capture, operation) {
            (Capture::Full, CdcOperation::Update) => self.decode_update(from)?,
            (Capture::Full, CdcOperation::Delete) => self.images(Some(row::decode(from, full)?), None),
            (Capture::Full | Capture::After, CdcOperation::Insert | CdcOperation::Update) => {
                self.images(None, Some(row::decode(from, full)?))
            }
            _ => {
                let id = row::decode(from, self.key().map(|(_, storage)| storage))?;
                Images { id, before: None, after: None }
            }
        })
    }

    fn decode_update(&self, from: &mut Reader<'_>) -> Result<Images, Damaged> {
        let before = row::decode(from, self.columns.iter().copied())?;
        let bitmap = from.take(self.columns.len().div_ceil(8))?;
        let changed: Vec<usize> =
            (0..self.columns.len()).filter(|at| bitmap[at / 8] >> (at % 8) & 1 == 1).collect();
        let values = row::decode(from, changed.iter().map(|&at| self.columns[at]))?;
        let mut after = before.clone();
        for (at, value) in changed.into_iter().zip(values) {
            after[at] = value;
        }
        Ok(self.images(Some(before), Some(after)))
    }

    fn images(&self, before: Option<Vec<Value>>, after: Option<Vec<Value>>) -> Images {
        let row = before.as_ref().or(after.as_ref());
        let id = row.map(|row| self.id.iter().map(|&at| row[at].clone()).collect()).unwrap_or_default();
        Images { id, before, after }
    }
}

/// What an event says of its document.
#[derive(Debug, PartialEq)]
pub(crate) struct Images {
    pub(crate) id: Vec<Value>,
    pub(crate) before: Option<Vec<Value>>,
    pub(crate) after: Option<Vec<Value>>,
}

/// An event as it stands in a frame.
#[derive(Debug, PartialEq)]
pub(crate) struct RawEvent {
    /// The number of the stored schema; 0 for events that concern no document.
    pub(crate) schema: u64,
    pub(crate) operation: CdcOperation,
    pub(crate) images: Images,
    /// The lineages before and after a restore.
    pub(crate) lineages: Option<(Lineage, Lineage)>,
}

/// A frame and its events.
#[derive(Debug, PartialEq)]
pub(crate) struct Frame {
    pub(crate) time: Timestamp,
    /// How many events of the transaction come before this frame.
    pub(crate) preceding: u64,
    pub(crate) ends: bool,
    pub(crate) events: Vec<RawEvent>,
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

/// Appends an event that stands for pruned ones.
pub(crate) fn encode_gap(to: &mut Vec<u8>) {
    put_varint(to, CdcOperation::Gap as u64);
}

/// Whether a log row holds what [`encode_gap`] left, and nothing else.
pub(crate) fn is_gap(bytes: &[u8]) -> bool {
    let frames = decode(bytes, &|_| None).unwrap_or_default();
    let mut events = frames.iter().flat_map(|frame| &frame.events);
    events.next().is_some_and(|event| event.operation == CdcOperation::Gap) && events.next().is_none()
}

/// Reads every frame of a log row. `layout` finds how the events of a schema are written.
pub(crate) fn decode<'a>(
    bytes: &[u8],
    layout: &dyn Fn(u64) -> Option<&'a Layout>,
) -> Result<Vec<Frame>, Damaged> {
    let mut from = Reader::new(bytes);
    let mut frames = Vec::new();
    while !from.is_empty() {
        frames.push(decode_frame(&mut from, layout)?);
    }
    Ok(frames)
}

fn decode_frame<'a>(
    from: &mut Reader<'_>,
    layout: &dyn Fn(u64) -> Option<&'a Layout>,
) -> Result<Frame, Damaged> {
    let length = usize::try_from(from.varint()?).map_err(|_| Damaged("a length is too great"))?;
    let checksum = u32::from_le_bytes(from.array()?);
    let payload = from.take(length)?;
    if crc32fast::hash(payload) != checksum {
        return Err(Damaged("its checksum does not match"));
    }
    let mut from = Reader::new(payload);
    let flags = from.byte()?;
    let time = Timestamp::from_micros(from.signed()?);
    let preceding = if flags & BEGINS == 0 { from.varint()? } else { 0 };
    let mut events = Vec::new();
    while !from.is_empty() {
        events.push(decode_event(&mut from, layout)?);
    }
    Ok(Frame { time, preceding, ends: flags & ENDS != 0, events })
}

fn decode_event<'a>(
    from: &mut Reader<'_>,
    layout: &dyn Fn(u64) -> Option<&'a Layout>,
) -> Result<RawEvent, Damaged> {
    let head = from.varint()?;
    let (schema, operation) = (head >> 3, CdcOperation::from_code(head & 7)?);
    let nothing = Images { id: Vec::new(), before: None, after: None };
    let (images, lineages) = match (operation, schema) {
        (CdcOperation::Restore, 0) => (nothing, Some((Lineage(from.array()?), Lineage(from.array()?)))),
        (CdcOperation::Gap, 0) => (nothing, None),
        (CdcOperation::Insert | CdcOperation::Update | CdcOperation::Delete, 1..) => {
            let layout = layout(schema).ok_or(Damaged("it names an unknown schema"))?;
            (layout.decode(operation, from)?, None)
        }
        _ => return Err(Damaged("it holds an unknown kind of event")),
    };
    Ok(RawEvent { schema, operation, images, lineages })
}
