//! Values on their way between Rust and JavaScript: many at once, since each crossing costs as much as a small read.
//!
//! A value is two numbers, as `crossing.js` says. All texts together are one string, all blobs one array.

use crate::value::{Row, ValueError};

use super::{bindings::Taken, values};

const NULL: f64 = 0.0;
const NUMBER: f64 = 1.0;
const TEXT: f64 = 2.0;
const BLOB: f64 = 3.0;

/// A value as JavaScript has it.
#[derive(Clone, Copy, Debug)]
pub(super) enum JsRef<'a> {
    Null,
    Number(f64),
    Text(&'a str),
    Blob(&'a [u8]),
}

/// Values that cross together.
#[derive(Debug, Default)]
pub(super) struct Packed {
    pub(super) values: Vec<f64>,
    pub(super) text: String,
    pub(super) blob: Vec<u8>,
}

impl Packed {
    /// Adds the parameters of one more row.
    pub(super) fn append(&mut self, row: &dyn Row) -> Result<(), ValueError> {
        (0..row.len()).try_for_each(|column| {
            values::encode(row.value(column)?, self);
            Ok(())
        })
    }

    pub(super) fn clear(&mut self) {
        self.values.clear();
        self.text.clear();
        self.blob.clear();
    }

    pub(super) fn push(&mut self, value: JsRef<'_>) {
        let pair = match value {
            JsRef::Null => [NULL, 0.0],
            JsRef::Number(number) => [NUMBER, number],
            JsRef::Text(text) => {
                self.text.push_str(text);
                [TEXT, count(units(text))]
            }
            JsRef::Blob(bytes) => {
                self.blob.extend_from_slice(bytes);
                [BLOB, count(bytes.len())]
            }
        };
        self.values.extend(pair);
    }

    /// How many values there are.
    pub(super) fn len(&self) -> usize {
        self.values.len() / 2
    }

    /// The values, in their order.
    pub(super) fn iter(&self) -> impl Iterator<Item = JsRef<'_>> {
        let (mut text, mut blob) = (&*self.text, &*self.blob);
        // Where every unit is a byte, no text has to be walked through for its end.
        let texts = self.values.chunks_exact(2).filter(|pair| matches!(pair[0], TEXT));
        let is_ascii = texts.map(|pair| length(pair[1])).sum::<usize>() == text.len();
        self.values.chunks_exact(2).map(move |pair| match pair[0] {
            NUMBER => JsRef::Number(pair[1]),
            TEXT => {
                let units = length(pair[1]);
                let (head, rest) = text.split_at(if is_ascii { units } else { bytes_of_units(text, units) });
                text = rest;
                JsRef::Text(head)
            }
            BLOB => {
                let (head, rest) = blob.split_at(length(pair[1]));
                blob = rest;
                JsRef::Blob(head)
            }
            _ => JsRef::Null,
        })
    }
}

impl From<&Taken> for Packed {
    fn from(taken: &Taken) -> Self {
        Self { values: taken.values().to_vec(), text: taken.text().into(), blob: taken.blob().to_vec() }
    }
}

/// How many UTF-16 units a text has.
fn units(text: &str) -> usize {
    if text.is_ascii() { text.len() } else { text.chars().map(char::len_utf16).sum() }
}

/// How many bytes the first `units` UTF-16 units have.
fn bytes_of_units(text: &str, units: usize) -> usize {
    let mut seen = 0;
    let end = text.char_indices().find(|(_, c)| {
        let is_end = seen >= units;
        seen += c.len_utf16();
        is_end
    });
    end.map_or(text.len(), |(at, _)| at)
}

#[allow(clippy::cast_precision_loss)] // far below 2^53
fn count(length: usize) -> f64 {
    length as f64
}

#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // it was a length in JavaScript
fn length(number: f64) -> usize {
    number as usize
}
