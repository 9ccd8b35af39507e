//! What a part of a snapshot holds, and its documents.

use std::{collections::BTreeMap, sync::Arc};

use serde::{Deserialize, Serialize};

use crate::{
    cdc::{
        CdcOperation, EventRef, EventSchema, Lens,
        frame::{Frames, Images},
    },
    error::{Cause, Outcome},
    hot::{
        columnar::{Copied, whole_key},
        open,
        read::corrupt,
    },
    schema::StoredSchema,
    value::{RowBuf, Value, ValueRef, hex, unhex},
    vortex::{Bitmap, Column, MAX_ROWS, Segment},
};

/// What a part holds; its bytes are segments one after the other, or a row of the log.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Content {
    /// A row group as it stood in the columns.
    Group {
        schema: u64,
        rows: usize,
        /// The lengths of the segments.
        segments: Vec<usize>,
        /// The places whose documents are gone, hexadecimal.
        deleted: String,
        /// The least and the greatest id, as the group has them, hexadecimal.
        ends: [String; 2],
    },
    /// Documents that were rows.
    Rows { schema: u64, rows: usize, segments: Vec<usize> },
    /// Events: of this position, and how many.
    Log { first: u64, count: u64 },
}

fn damaged(problem: &str) -> Cause {
    corrupt("a part of a snapshot", problem)
}

impl Content {
    pub(super) fn to_text(&self) -> Outcome<String> {
        Ok(serde_json::to_string(self).map_err(|error| Cause::Schema(error.to_string()))?)
    }

    pub(super) fn from_text(text: &str) -> Result<Self, Cause> {
        serde_json::from_str(text).map_err(|error| damaged(&error.to_string()))
    }

    /// The number of the schema of its documents; none of a row of the log.
    pub(crate) fn schema(&self) -> Option<u64> {
        match self {
            Self::Group { schema, .. } | Self::Rows { schema, .. } => Some(*schema),
            Self::Log { .. } => None,
        }
    }

    /// A copied row group, and the bytes of its segments.
    pub(super) fn of_group(copied: &Copied) -> (Self, Vec<u8>) {
        let content = Self::Group {
            schema: copied.schema,
            rows: copied.rows,
            segments: copied.segments.iter().map(Vec::len).collect(),
            deleted: hex(&copied.deleted.to_bytes()),
            ends: [hex(&copied.ends[0]), hex(&copied.ends[1])],
        };
        (content, copied.segments.concat())
    }

    /// The row group that it holds; the ends are empty where its documents were rows.
    pub(super) fn group(&self, bytes: &[u8]) -> Outcome<Copied> {
        let bytes_of = |text: &str| unhex(text).ok_or_else(|| damaged("a text is not hexadecimal"));
        let (schema, rows, lengths, deleted, ends) = match self {
            Self::Group { schema, rows, segments, deleted, ends } => {
                let ends = [bytes_of(&ends[0])?, bytes_of(&ends[1])?];
                (*schema, *rows, segments, bytes_of(deleted)?, ends)
            }
            Self::Rows { schema, rows, segments } => {
                (*schema, *rows, segments, Vec::new(), Default::default())
            }
            Self::Log { .. } => return Err(damaged("it holds events, not documents").into()),
        };
        if rows > MAX_ROWS {
            return Err(damaged("it has too many rows").into());
        }
        let mut rest = bytes;
        let mut segments = Vec::with_capacity(lengths.len());
        for &length in lengths {
            let (segment, after) =
                rest.split_at_checked(length).ok_or_else(|| damaged("a segment is missing"))?;
            segments.push(segment.to_vec());
            rest = after;
        }
        Ok(Copied { schema, rows, deleted: Bitmap::from_bytes(&deleted, rows), ends, segments })
    }
}

/// The schemas of a snapshot by their numbers, and how what was written under each is read as the newest has it.
#[derive(Clone, Debug)]
pub(crate) struct Schemas(BTreeMap<u64, Arc<EventSchema>>);

impl Schemas {
    pub(crate) fn new(stored: &BTreeMap<u64, StoredSchema>) -> Self {
        Self(open::event_schemas(stored))
    }

    pub(super) fn of(&self, number: u64) -> Outcome<&Arc<EventSchema>> {
        Ok(self.0.get(&number).ok_or_else(|| damaged("it names an unknown schema"))?)
    }

    /// How a document of a schema that it has too is read as the newest of its collection has it.
    pub(crate) fn lens_from(&self, stored: &StoredSchema) -> Option<&Lens> {
        self.0.values().rev().find(|schema| schema.stored == *stored).map(|schema| &schema.lens)
    }

    /// The name of the collection that a part is of; none of a row of the log.
    pub(crate) fn collection(&self, content: &Content) -> Outcome<Option<&str>> {
        content.schema().map(|number| Ok(&*self.of(number)?.stored.name)).transpose()
    }

    /// The documents of a part as the snapshot's schema has them.
    pub(crate) fn documents(&self, content: &Content, bytes: &[u8]) -> Outcome<Documents> {
        let copied = content.group(bytes)?;
        let schema = self.of(copied.schema)?.clone();
        let mut columns = Vec::with_capacity(copied.segments.len());
        for segment in &copied.segments {
            columns.push(Segment::open(segment)?.decode()?);
        }
        let fits = columns.len() == schema.stored.columns.len();
        if !fits || columns.iter().any(|column| column.len() != copied.rows) {
            return Err(damaged("its segments do not fit its schema").into());
        }
        Ok(Documents { schema, columns, places: copied.deleted.not().ones().collect() })
    }

    /// Takes the last word on each document from a row of the log: of the events after `after`, up to `until`.
    pub(crate) fn events(
        &self,
        (first, bytes): (u64, &[u8]),
        (after, until): (u64, u64),
        overlay: &mut Overlay,
    ) -> Outcome<()> {
        let mut frames = Frames::new(bytes);
        let mut sequence = first;
        let layout = |number| self.0.get(&number).map(|schema| &schema.layout);
        while let Some(event) = frames.next(layout).map_err(|problem| damaged(problem.0))? {
            let wanted = (after + 1..=until).contains(&sequence);
            sequence += 1;
            if !wanted {
                continue;
            }
            let schema = self.of(event.schema)?;
            let word = word(schema, event.operation, &event.images)?;
            let (key, word) = word.ok_or_else(|| damaged("an event cannot be replayed"))?;
            overlay.entry(schema.stored.name.clone()).or_default().insert(key, word);
        }
        Ok(())
    }
}

/// What an event says of its document, as the last of the schemas has it, with the document's key; nothing where it does not
/// say all.
fn word(
    schema: &EventSchema,
    operation: CdcOperation,
    images: &Images<'_>,
) -> Outcome<Option<(Vec<u8>, Word)>> {
    let row = match (&images.after, operation) {
        (Some(after), _) => Some(row_of(&schema.lens.apply(after))?),
        (None, CdcOperation::Delete) => None,
        _ => return Ok(None),
    };
    let id = row_of(&schema.layout.id(images))?;
    Ok(Some((whole_key(&id)?, Word { id, row })))
}

/// What an event of this database says of its document, as the present schema has it, with the document's key; nothing where
/// it does not say all.
pub(crate) fn present_word(event: &EventRef<'_>) -> Outcome<Option<(Vec<u8>, Word)>> {
    event.schema.map_or(Ok(None), |schema| word(schema, event.operation, &event.images))
}

fn row_of(values: &[ValueRef<'_>]) -> Outcome<RowBuf> {
    let mut row = RowBuf::new();
    values.iter().try_for_each(|value| row.push(*value))?;
    Ok(row)
}

/// The last word of events on a document: as the snapshot's schema has it, or that it is gone.
#[derive(Clone, Debug)]
pub(crate) struct Word {
    pub(crate) id: RowBuf,
    pub(crate) row: Option<RowBuf>,
}

/// The last words on the documents of a collection, by their ids.
pub(crate) type Words = BTreeMap<Vec<u8>, Word>;
/// Those of each collection.
pub(crate) type Overlay = BTreeMap<String, Words>;

/// The documents of a part.
#[derive(Debug)]
pub(crate) struct Documents {
    schema: Arc<EventSchema>,
    columns: Vec<Column>,
    places: Vec<usize>,
}

impl Documents {
    pub(crate) fn len(&self) -> usize {
        self.places.len()
    }

    /// Puts a document into `row`, as the snapshot's schema has it.
    pub(crate) fn read(&self, at: usize, row: &mut RowBuf) -> Outcome<()> {
        row.clear();
        let place = self.places[at];
        if self.schema.lens.is_identity() {
            return self.columns.iter().try_for_each(|column| Ok(row.push(column.get(place).as_ref())?));
        }
        let values: Vec<Value> = self.columns.iter().map(|column| column.get(place)).collect();
        let values: Vec<ValueRef<'_>> = values.iter().map(Value::as_ref).collect();
        self.schema.lens.apply(&values).into_iter().try_for_each(|value| Ok(row.push(value)?))
    }
}
