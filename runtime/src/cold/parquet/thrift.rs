//! A walk over Thrift's compact protocol, which all metadata of Parquet is in, before Parquet's own decoder sees it.
//!
//! That decoder reserves memory for as many elements as a list says that it has, and goes as deep as a schema does. What
//! was walked over has every element that it says (invariant 8). Source: Thrift, "Compact protocol".

use super::error::{FileError, Outcome, damaged};

/// How deep structures may stand within each other; Parquet's own go four levels deep.
const MAX_DEPTH: usize = 16;

const STOP: u8 = 0;
const TRUE: u8 = 1;
const FALSE: u8 = 2;
const BYTE: u8 = 3;
const DOUBLE: u8 = 7;
const BINARY: u8 = 8;
pub(super) const LIST: u8 = 9;
const SET: u8 = 10;
const MAP: u8 = 11;
pub(super) const STRUCT: u8 = 12;

/// A place in bytes of the protocol.
#[derive(Clone, Copy, Debug)]
pub(super) struct Walk<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Walk<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, at: 0 }
    }

    /// How many bytes were walked over.
    pub(super) fn position(&self) -> usize {
        self.at
    }

    fn byte(&mut self) -> Outcome<u8> {
        let byte = *self.bytes.get(self.at).ok_or_else(cut)?;
        self.at += 1;
        Ok(byte)
    }

    fn skip_bytes(&mut self, count: u64) -> Outcome<()> {
        self.at += self.fitting(count)?;
        Ok(())
    }

    /// A count of things that have at least a byte each, which have to be there.
    fn fitting(&self, count: u64) -> Outcome<usize> {
        let left = self.bytes.len() - self.at;
        usize::try_from(count).ok().filter(|&count| count <= left).ok_or_else(cut)
    }

    fn unsigned(&mut self) -> Outcome<u64> {
        let mut value = 0;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            value |= u64::from(byte & 0x7F) << shift;
            if byte & 0x80 == 0 {
                return Ok(value);
            }
        }
        Err(damaged("a number has too many bytes"))
    }

    /// A signed integer of any width.
    pub(super) fn signed(&mut self) -> Outcome<i64> {
        let value = self.unsigned()?;
        Ok((value >> 1).cast_signed() ^ -(value & 1).cast_signed())
    }

    /// The type and the number of the elements of a list.
    pub(super) fn list(&mut self) -> Outcome<(u8, usize)> {
        let head = self.byte()?;
        let count = if head >> 4 == 15 { self.unsigned()? } else { u64::from(head >> 4) };
        Ok((head & 15, self.fitting(count)?))
    }

    /// Walks over a structure. `each` gets the number and the type of each field, and says whether it took the value.
    pub(super) fn structure(
        &mut self,
        mut each: impl FnMut(&mut Self, i64, u8) -> Outcome<bool>,
    ) -> Outcome<()> {
        self.structure_at(0, &mut each)
    }

    fn structure_at(
        &mut self,
        depth: usize,
        each: &mut dyn FnMut(&mut Self, i64, u8) -> Outcome<bool>,
    ) -> Outcome<()> {
        let mut field = 0;
        loop {
            let head = self.byte()?;
            if head & 15 == STOP {
                return Ok(());
            }
            field = if head >> 4 == 0 { self.signed()? } else { field + i64::from(head >> 4) };
            if i16::try_from(field).is_err() {
                return Err(damaged("a field of the metadata has a number that there is not"));
            }
            let taken = each(self, field, head & 15)?;
            if !taken && !matches!(head & 15, TRUE | FALSE) {
                self.skip(head & 15, depth + 1)?;
            }
        }
    }

    /// Walks over a value.
    fn skip(&mut self, kind: u8, depth: usize) -> Outcome<()> {
        if depth > MAX_DEPTH {
            return Err(damaged("the metadata is nested too deeply"));
        }
        match kind {
            TRUE | FALSE | BYTE => self.skip_bytes(1),
            4..=6 => self.unsigned().map(drop),
            DOUBLE => self.skip_bytes(8),
            BINARY => {
                let length = self.unsigned()?;
                self.skip_bytes(length)
            }
            LIST | SET => {
                let (kind, count) = self.list()?;
                (0..count).try_for_each(|_| self.skip(kind, depth + 1))
            }
            MAP => self.skip_map(depth),
            STRUCT => self.structure_at(depth, &mut |_, _, _| Ok(false)),
            _ => Err(damaged("a type of the metadata is unknown")),
        }
    }

    fn skip_map(&mut self, depth: usize) -> Outcome<()> {
        let count = self.unsigned()?;
        let count = self.fitting(count)?;
        if count == 0 {
            return Ok(());
        }
        let kinds = self.byte()?;
        (0..count).try_for_each(|_| {
            self.skip(kinds >> 4, depth + 1)?;
            self.skip(kinds & 15, depth + 1)
        })
    }

    /// Walks over one structure, whatever is in it.
    pub(super) fn any(&mut self) -> Outcome<()> {
        self.structure(|_, _, _| Ok(false))
    }
}

fn cut() -> FileError {
    damaged("the metadata is cut off")
}
