//! Strings by a table of up to 255 symbols of one to eight bytes, each a byte in the encoded form.
//!
//! Byte 255 stands for itself in front of a byte that no symbol covers. Each vector is encoded as one text, so that a
//! symbol may reach from one value into the next.
//!
//! Source: Boncz, Neumann, Leis, "FSST: Fast Random Access String Compression", 2020.

use ::fsst::Compressor;

use crate::{
    bytes::Reader,
    vortex::{
        bits::VECTOR,
        choice::Context,
        encoding::Encoding,
        ints::{self, Ints},
    },
};

use super::{Outcome, Strings, View, VrtxError, WRONG_LENGTHS};

/// In front of a byte as it is.
const ESCAPE: u8 = 255;

/// The longest symbol.
const SYMBOL: usize = 8;

/// The room after a vector: whole blocks of eight symbols are written, of which the last may begin at its end.
const SLACK: usize = 9 * SYMBOL;

pub(super) fn encode(view: View<'_>, lengths: &[u8], context: Context) -> Vec<u8> {
    let vectors: Vec<&[u8]> = (0..view.len())
        .step_by(VECTOR)
        .map(|start| view.bytes_of(start..view.len().min(start + VECTOR)))
        .collect();
    let compressor = Compressor::train(&vectors);
    let coded: Vec<Vec<u8>> = vectors.iter().map(|vector| compressor.compress(vector)).collect();
    let sizes: Vec<i64> = coded.iter().map(|coded| coded.len() as i64).collect();
    let mut node = vec![Encoding::Fsst as u8];
    node.extend(lengths);
    node.push(compressor.symbol_lengths().len() as u8);
    node.extend(compressor.symbol_lengths());
    for (symbol, &length) in compressor.symbol_table().iter().zip(compressor.symbol_lengths()) {
        node.extend(&symbol.to_u64().to_le_bytes()[..usize::from(length)]);
    }
    node.extend(ints::encode(&sizes, context.nested()));
    node.extend(coded.concat());
    node
}

/// An encoded sequence without its lengths.
#[derive(Debug)]
pub(super) struct Coded<'a> {
    /// The bytes of each symbol; those that the table lacks have length 0.
    symbols: [[u8; SYMBOL]; 256],
    lengths: [u8; 256],
    vectors: Vec<&'a [u8]>,
}

impl<'a> Coded<'a> {
    pub(super) fn parse(from: &mut Reader<'a>, len: usize, depth: usize) -> Outcome<Self> {
        let count = usize::from(from.byte()?);
        let mut coded = Self { symbols: [[0; SYMBOL]; 256], lengths: [0; 256], vectors: Vec::new() };
        coded.lengths[..count].copy_from_slice(from.take(count)?);
        for at in 0..count {
            let length = usize::from(coded.lengths[at]);
            if length == 0 || length > SYMBOL {
                return Err(VrtxError::Damaged("a symbol has an impossible length"));
            }
            coded.symbols[at][..length].copy_from_slice(from.take(length)?);
        }
        let sizes = Ints::parse(from, len.div_ceil(VECTOR), depth + 1)?.all::<u32>()?;
        coded.vectors = sizes.into_iter().map(|size| from.take(size as usize)).collect::<Result<_, _>>()?;
        Ok(coded)
    }

    /// The bytes of memory that it takes beside what it was parsed from.
    pub(super) fn memory(&self) -> usize {
        size_of::<Self>() + self.vectors.len() * size_of::<&[u8]>()
    }

    pub(super) fn read(
        &self,
        lengths: &Ints<'_>,
        start: usize,
        count: usize,
        out: &mut Strings,
    ) -> Outcome<()> {
        let whole = count.next_multiple_of(VECTOR).min(lengths.len() - start);
        let mut wanted = vec![0u32; whole];
        lengths.read(start, &mut wanted)?;
        let vectors = &self.vectors[start / VECTOR..];
        let total: usize = out.len() + count;
        out.reserve(&wanted, SLACK);
        for (lengths, coded) in wanted.chunks(VECTOR).zip(vectors) {
            out.fill(lengths, SLACK, |to| self.decode(coded, to))?;
        }
        out.truncate(total);
        Ok(())
    }

    /// Decodes a vector into exactly the room that is left of `to` without [`SLACK`].
    fn decode(&self, mut coded: &[u8], to: &mut [u8]) -> Outcome<()> {
        let total = to.len() - SLACK;
        let mut at = 0;
        while let Some((&code, rest)) = coded.split_first() {
            if at > total {
                return Err(WRONG_LENGTHS);
            }
            if let Some((eight, rest)) = coded.split_first_chunk::<8>()
                && !has_escape(u64::from_le_bytes(*eight))
                && let Some(window) = to[at..].first_chunk_mut::<SLACK>()
            {
                at += self.put_eight(*eight, window);
                coded = rest;
            } else if code == ESCAPE {
                let (&byte, rest) = rest.split_first().ok_or(WRONG_LENGTHS)?;
                to[at] = byte;
                at += 1;
                coded = rest;
            } else {
                to[at..at + SYMBOL].copy_from_slice(&self.symbols[usize::from(code)]);
                at += usize::from(self.lengths[usize::from(code)]);
                coded = rest;
            }
        }
        if at == total { Ok(()) } else { Err(WRONG_LENGTHS) }
    }

    /// Writes eight symbols, and gives how many bytes they are. No symbol is longer than eight bytes, so the mask changes
    /// nothing; it tells the compiler that every write is inside of the window.
    #[inline]
    fn put_eight(&self, codes: [u8; 8], window: &mut [u8; SLACK]) -> usize {
        let mut at = 0;
        for code in codes.map(usize::from) {
            let place = at & 63;
            window[place..place + SYMBOL].copy_from_slice(&self.symbols[code]);
            at += usize::from(self.lengths[code]);
        }
        at
    }
}

/// Whether one of eight bytes is 255: whether their complement has a zero byte.
fn has_escape(codes: u64) -> bool {
    let bytes = !codes;
    bytes.wrapping_sub(0x0101_0101_0101_0101) & codes & 0x8080_8080_8080_8080 != 0
}
