//! Events in the forms that others read: the project's own JSON, Debezium's envelope, CloudEvents.
//!
//! In all of them an integer beyond ±(2^53 − 1), which a JSON number cannot carry through JavaScript, is a string of its
//! digits; so are decimals; an infinity is `"Infinity"` or `"-Infinity"`; bytes are base64; a masked column is `"***"`
//! when it has a value.

use base64::{Engine, engine::general_purpose::STANDARD as BASE64};
use serde_json::{Map, Value as Json, json};

use crate::{
    Date, Timestamp, Uuid,
    schema::{
        Kind, StoredColumn, StoredSchema,
        types::{decimal_text, unscaled_of_sortable},
    },
    value::Value,
};

use super::{CdcEvent, CdcOperation};

/// The greatest integer up to which every integer is a JSON number of JavaScript: `Number.MAX_SAFE_INTEGER`.
const MAX_SAFE_INTEGER: u64 = (1 << 53) - 1;

/// What stands for the value of a masked column.
const MASK: &str = "***";

/// How moments and days are written.
#[derive(Clone, Copy, PartialEq)]
enum Times {
    /// RFC 3339.
    Text,
    /// Debezium's `MicroTimestamp` and `Date`: a number since 1970.
    Number,
}

impl CdcEvent {
    /// The event as the project's own JSON:
    /// `{ id, operation, collection, documentId, timestamp, sequence, before, after }`.
    ///
    /// `documentId` is the id as text; of an id of several columns, an array of texts. A gap has `firstSequence` too, a
    /// restore `previousLineage`, one of a collection `snapshot`.
    #[must_use]
    pub fn to_json(&self) -> Json {
        let mut event = json!({
            "id": self.id(),
            "operation": self.operation.name(),
            "collection": self.collection(),
            "documentId": self.document_id(),
            "timestamp": self.timestamp.to_string(),
            "sequence": integer(self.sequence.cast_signed()),
            "before": self.row(self.before.as_deref(), Times::Text),
            "after": self.row(self.after.as_deref(), Times::Text),
        });
        if self.operation == CdcOperation::Gap {
            event["firstSequence"] = integer(self.first_sequence.cast_signed());
        }
        if let Some(lineage) = self.previous_lineage {
            event["previousLineage"] = lineage.to_string().into();
        }
        if let Some(snapshot) = self.snapshot {
            event["snapshot"] = snapshot.to_string().into();
        }
        event
    }

    /// The event as the payload of Debezium's envelope, as its JSON converter writes it without schemas.
    ///
    /// None of restores and gaps, which Debezium does not know. Moments are `io.debezium.time.MicroTimestamp`, days
    /// `io.debezium.time.Date`. Source: Debezium, "Change event values".
    #[must_use]
    pub fn to_debezium(&self) -> Option<Json> {
        let operation = match self.operation {
            CdcOperation::Insert => "c",
            CdcOperation::Update => "u",
            CdcOperation::Delete => "d",
            CdcOperation::Restore | CdcOperation::Gap => return None,
        };
        let micros = self.timestamp.micros();
        let order = self.sequence - self.transaction.first + 1;
        Some(json!({
            "before": self.row(self.before.as_deref(), Times::Number),
            "after": self.row(self.after.as_deref(), Times::Number),
            "source": {
                "version": env!("CARGO_PKG_VERSION"),
                "connector": "terrace",
                "name": &*self.object,
                "ts_ms": micros.div_euclid(1_000),
                "ts_us": micros,
                "snapshot": "false",
                "db": &*self.object,
                "table": self.collection(),
                "sequence": self.sequence.to_string(),
                "lineage": self.lineage.to_string(),
            },
            "transaction": {
                "id": format!("{}:{}", self.lineage, self.transaction.first),
                "total_order": order,
                "data_collection_order": order,
            },
            "op": operation,
            "ts_ms": micros.div_euclid(1_000),
            "ts_us": micros,
        }))
    }

    /// The event as a `CloudEvent` in structured JSON, the event's own JSON in `data`.
    ///
    /// Source: `CloudEvents` 1.0.2, "JSON Event Format".
    #[must_use]
    pub fn to_cloud_event(&self) -> Json {
        let kind = self.operation.name().to_lowercase();
        let mut event = json!({
            "specversion": "1.0",
            "id": self.id(),
            "source": format!("/terrace/{}", percent_encoded(&self.object)),
            "type": format!("terrace.{}.{kind}", self.collection().unwrap_or("object")),
            "time": self.timestamp.to_string(),
            "datacontenttype": "application/json",
            "data": self.to_json(),
        });
        match self.document_id() {
            Json::Null => {}
            Json::String(id) => event["subject"] = id.into(),
            several => event["subject"] = several.to_string().into(),
        }
        event
    }

    fn document_id(&self) -> Json {
        let schema = self.schema.as_ref().filter(|_| !self.id.is_empty());
        schema.map_or(Json::Null, |schema| document_id(&schema.stored, &self.id))
    }

    fn row(&self, row: Option<&[Value]>, times: Times) -> Json {
        let (Some(schema), Some(row)) = (&self.schema, row) else { return Json::Null };
        let columns = schema.stored.columns.iter().zip(row);
        let fields: Map<String, Json> =
            columns.map(|(column, value)| (column.name.clone(), value_json(column, value, times))).collect();
        fields.into()
    }
}

/// The id of a document as text; of an id of several columns, an array of texts.
pub(crate) fn document_id(schema: &StoredSchema, id: &[Value]) -> Json {
    let columns = schema.id.iter().map(|&at| &schema.columns[at]);
    let mut texts: Vec<Json> = columns
        .zip(id)
        .map(|(column, value)| match column_json(column, value) {
            Json::String(text) => text.into(),
            other => other.to_string().into(),
        })
        .collect();
    if texts.len() == 1 { texts.remove(0) } else { texts.into() }
}

/// The value of a column as in [`CdcEvent::to_json`].
pub(crate) fn column_json(column: &StoredColumn, value: &Value) -> Json {
    value_json(column, value, Times::Text)
}

fn value_json(column: &StoredColumn, value: &Value, times: Times) -> Json {
    match value {
        Value::Null => Json::Null,
        _ if column.mask => MASK.into(),
        Value::Integer(number) => integer_json(column.kind, *number, times),
        Value::Real(real) => real_json(*real),
        Value::Text(text) => text_json(column.kind, text),
        Value::Blob(bytes) => blob_json(column.kind, bytes),
    }
}

fn integer_json(kind: Kind, number: i64, times: Times) -> Json {
    match (kind, times) {
        (Kind::Bool, _) => (number != 0).into(),
        (Kind::Timestamp, Times::Text) => Timestamp::from_micros(number).to_string().into(),
        (Kind::Date, Times::Text) => match i32::try_from(number) {
            Ok(days) => Date::from_days(days).to_string().into(),
            Err(_) => integer(number),
        },
        (Kind::Decimal { scale, .. }, _) => decimal_text(number.into(), scale).into(),
        _ => integer(number),
    }
}

fn integer(number: i64) -> Json {
    if number.unsigned_abs() <= MAX_SAFE_INTEGER { number.into() } else { number.to_string().into() }
}

fn real_json(real: f64) -> Json {
    match serde_json::Number::from_f64(real) {
        Some(number) => number.into(),
        None if real > 0.0 => "Infinity".into(),
        None => "-Infinity".into(),
    }
}

fn text_json(kind: Kind, text: &str) -> Json {
    match kind {
        Kind::Json => serde_json::from_str(text).unwrap_or_else(|_| text.into()),
        Kind::Decimal { scale, .. } => match unscaled_of_sortable(text) {
            Some(unscaled) => decimal_text(unscaled, scale).into(),
            None => text.into(),
        },
        _ => text.into(),
    }
}

fn blob_json(kind: Kind, bytes: &[u8]) -> Json {
    match (kind, Uuid::from_slice(bytes)) {
        (Kind::Uuid, Ok(uuid)) => uuid.to_string().into(),
        _ => BASE64.encode(bytes).into(),
    }
}

/// The text with every character percent-encoded that RFC 3986 does not call unreserved.
fn percent_encoded(text: &str) -> String {
    let encode = |byte: u8| match byte {
        b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => char::from(byte).to_string(),
        other => format!("%{other:02X}"),
    };
    text.bytes().map(encode).collect()
}
