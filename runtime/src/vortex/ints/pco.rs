//! Numbers as the library pco compresses them: by their distribution. For the compact profile.
//!
//! ```text
//! pco = base zigzag varint · width u8: 16, 32 or 64 · length varint · what pco wrote for number − base
//! ```
//! Source: <https://github.com/pcodec/pcodec>, the standalone format.

use pco::{ChunkConfig, data_types::Number as PcoNumber, standalone};

use crate::{
    bytes::{Reader, put_signed, put_varint},
    vortex::{
        encoding::Encoding,
        error::{Outcome, VrtxError},
    },
};

use super::Integer;

/// A stream of pco.
#[derive(Debug)]
pub(crate) struct Stream<'a>(&'a [u8]);

impl<'a> Stream<'a> {
    pub(crate) fn parse(from: &mut Reader<'a>) -> Outcome<Self> {
        Ok(Self(from.prefixed()?))
    }

    /// Reads every number, of which there have to be as many as `out` holds.
    pub(crate) fn read<N: PcoNumber>(&self, out: &mut [N]) -> Outcome<()> {
        let progress = standalone::simple_decompress_into(self.0, out)
            .map_err(|_| VrtxError::Damaged("a stream of pco cannot be read"))?;
        if progress.finished && progress.n_processed == out.len() {
            Ok(())
        } else {
            Err(VrtxError::Damaged("a stream of pco has another length"))
        }
    }
}

/// Appends a stream; none when pco does not take the numbers.
pub(crate) fn put_stream<N: PcoNumber>(numbers: &[N], mut to: Vec<u8>) -> Option<Vec<u8>> {
    let stream = standalone::simple_compress(numbers, &ChunkConfig::default()).ok()?;
    put_varint(&mut to, stream.len() as u64);
    to.extend(stream);
    Some(to)
}

/// A sequence of numbers.
#[derive(Debug)]
pub(crate) struct Pco<'a> {
    base: i64,
    width: u8,
    stream: Stream<'a>,
}

impl<'a> Pco<'a> {
    pub(crate) fn parse(from: &mut Reader<'a>) -> Outcome<Self> {
        let (base, width) = (from.signed()?, from.byte()?);
        if !matches!(width, 16 | 32 | 64) {
            return Err(VrtxError::Damaged("a stream of pco has an impossible width"));
        }
        Ok(Self { base, width, stream: Stream::parse(from)? })
    }

    /// Reads every number.
    pub(crate) fn read<T: Integer>(&self, out: &mut [T]) -> Outcome<()> {
        match self.width {
            16 => self.read_as::<u16, T>(out, i64::from),
            32 => self.read_as::<u32, T>(out, i64::from),
            _ => self.read_as::<u64, T>(out, u64::cast_signed),
        }
    }

    fn read_as<N: PcoNumber + Default, T: Integer>(&self, out: &mut [T], wide: impl Fn(N) -> i64) -> Outcome<()> {
        let mut numbers = vec![N::default(); out.len()];
        self.stream.read(&mut numbers)?;
        for (out, number) in out.iter_mut().zip(numbers) {
            *out = T::wrap(self.base.wrapping_add(wide(number)));
        }
        Ok(())
    }
}

/// The sequence as a node.
pub(super) fn encode(values: &[i64], least: i64, greatest: i64) -> Option<Vec<u8>> {
    let mut node = vec![Encoding::Pco as u8];
    put_signed(&mut node, least);
    let differences = values.iter().map(|value| value.wrapping_sub(least).cast_unsigned());
    match greatest.wrapping_sub(least).cast_unsigned() {
        0..=0xFFFF => {
            node.push(16);
            put_stream(&differences.map(|number| number as u16).collect::<Vec<_>>(), node)
        }
        0..=0xFFFF_FFFF => {
            node.push(32);
            put_stream(&differences.map(|number| number as u32).collect::<Vec<_>>(), node)
        }
        _ => {
            node.push(64);
            put_stream(&differences.collect::<Vec<_>>(), node)
        }
    }
}
