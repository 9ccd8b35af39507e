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
        kept::Kept,
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

    /// All numbers, of which there have to be `len`.
    pub(crate) fn all<N: PcoNumber + Default>(&self, len: usize) -> Outcome<Vec<N>> {
        let mut out = vec![N::default(); len];
        let progress = standalone::simple_decompress_into(self.0, &mut out)
            .map_err(|_| VrtxError::Damaged("a stream of pco cannot be read"))?;
        if progress.finished && progress.n_processed == len {
            Ok(out)
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
    len: usize,
    base: i64,
    width: u8,
    stream: Stream<'a>,
    kept: Kept<Differences>,
}

/// The numbers without their base, as narrow as they are.
#[derive(Debug)]
enum Differences {
    U16(Vec<u16>),
    U32(Vec<u32>),
    U64(Vec<u64>),
}

impl<'a> Pco<'a> {
    pub(crate) fn parse(from: &mut Reader<'a>, len: usize) -> Outcome<Self> {
        let (base, width) = (from.signed()?, from.byte()?);
        if !matches!(width, 16 | 32 | 64) {
            return Err(VrtxError::Damaged("a stream of pco has an impossible width"));
        }
        Ok(Self { len, base, width, stream: Stream::parse(from)?, kept: Kept::new() })
    }

    /// The bytes of memory that it takes beside what it was parsed from.
    pub(crate) fn memory(&self) -> usize {
        self.kept.memory(|differences| match differences {
            Differences::U16(all) => size_of_val(&**all),
            Differences::U32(all) => size_of_val(&**all),
            Differences::U64(all) => size_of_val(&**all),
        })
    }

    /// Reads from `start` as many numbers as `out` holds.
    pub(crate) fn read<T: Integer>(&self, start: usize, out: &mut [T]) -> Outcome<()> {
        match self.kept.get(|| self.decompress())? {
            Differences::U16(all) => self.copy(&all[start..], out, i64::from),
            Differences::U32(all) => self.copy(&all[start..], out, i64::from),
            Differences::U64(all) => self.copy(&all[start..], out, u64::cast_signed),
        }
        Ok(())
    }

    fn copy<N: Copy, T: Integer>(&self, from: &[N], out: &mut [T], wide: impl Fn(N) -> i64) {
        out.iter_mut().zip(from).for_each(|(out, &from)| *out = T::wrap(self.base.wrapping_add(wide(from))));
    }

    fn decompress(&self) -> Outcome<Differences> {
        Ok(match self.width {
            16 => Differences::U16(self.stream.all(self.len)?),
            32 => Differences::U32(self.stream.all(self.len)?),
            _ => Differences::U64(self.stream.all(self.len)?),
        })
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
        0x1_0000..=0xFFFF_FFFF => {
            node.push(32);
            put_stream(&differences.map(|number| number as u32).collect::<Vec<_>>(), node)
        }
        _ => {
            node.push(64);
            put_stream(&differences.collect::<Vec<_>>(), node)
        }
    }
}
