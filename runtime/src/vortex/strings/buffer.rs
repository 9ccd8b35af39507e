//! Texts or blobs of a column in memory: all bytes one after the other, and where each value ends.

use crate::vortex::bitmap::Bitmap;

use super::{MAX_SEGMENT_BYTES, Outcome, TOO_LARGE, VrtxError};

/// A sequence of texts or blobs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Strings {
    /// Where each value begins, and at last where the last one ends.
    offsets: Vec<i32>,
    bytes: Vec<u8>,
}

impl Default for Strings {
    fn default() -> Self {
        Self::new()
    }
}

impl Strings {
    /// An empty sequence.
    #[must_use]
    pub fn new() -> Self {
        Self { offsets: vec![0], bytes: Vec::new() }
    }

    /// How many values there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.offsets.len() - 1
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The value at `at`, which has to exist.
    #[must_use]
    #[inline]
    pub fn get(&self, at: usize) -> &[u8] {
        self.view().get(at)
    }

    /// Every value, in order.
    #[must_use]
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &[u8]> {
        (0..self.len()).map(|at| self.get(at))
    }

    /// All bytes, one value after the other.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The offsets and the bytes, given away.
    #[cfg(feature = "arrow")]
    pub(crate) fn into_parts(self) -> (Vec<i32>, Vec<u8>) {
        (self.offsets, self.bytes)
    }

    pub(crate) fn view(&self) -> View<'_> {
        View { offsets: &self.offsets, bytes: &self.bytes }
    }

    /// Adds a value.
    ///
    /// # Errors
    /// The values are larger than [`MAX_SEGMENT_BYTES`] together.
    pub fn push(&mut self, value: &[u8]) -> Result<(), VrtxError> {
        self.room(value.len())?;
        self.bytes.extend_from_slice(value);
        self.end_value();
        Ok(())
    }

    /// The values at `places`, each of which has to exist.
    pub(crate) fn take(&self, places: &[usize]) -> Self {
        let mut taken = Self::new();
        for &place in places {
            taken.bytes.extend_from_slice(self.get(place));
            taken.end_value();
        }
        taken
    }

    /// The offsets of the values that are there, for a view without the others.
    pub(crate) fn dense_offsets(&self, validity: &Bitmap) -> Vec<i32> {
        std::iter::once(0).chain(validity.ones().map(|at| self.offsets[at + 1])).collect()
    }

    /// Puts empty values in the places that `validity` does not have.
    pub(crate) fn expand(&mut self, validity: &Bitmap) {
        let mut dense = std::mem::take(&mut self.offsets).into_iter();
        let mut end = dense.next().unwrap_or(0);
        self.offsets = Vec::with_capacity(validity.len() + 1);
        self.offsets.push(end);
        for there in validity.iter() {
            if there {
                end = dense.next().unwrap_or(end);
            }
            self.offsets.push(end);
        }
    }

    /// Without the first `count` values.
    pub(crate) fn skip(&self, count: usize) -> Self {
        let start = self.offsets[count];
        Self {
            offsets: self.offsets[count..].iter().map(|offset| offset - start).collect(),
            bytes: self.bytes[start as usize..].to_vec(),
        }
    }

    /// Whether every value is UTF-8.
    pub(crate) fn are_utf8(&self) -> bool {
        std::str::from_utf8(&self.bytes).is_ok_and(|text| {
            text.is_ascii() || self.offsets.iter().all(|&at| text.is_char_boundary(at as usize))
        })
    }

    fn room(&self, more: usize) -> Outcome<()> {
        if self.bytes.len().saturating_add(more) > MAX_SEGMENT_BYTES { Err(TOO_LARGE) } else { Ok(()) }
    }

    fn end_value(&mut self) {
        self.offsets.push(self.bytes.len() as i32);
    }

    pub(crate) fn repeat(&mut self, value: &[u8], count: usize) -> Outcome<()> {
        self.room(value.len().saturating_mul(count))?;
        (0..count).try_for_each(|_| self.push(value))
    }

    /// Adds values of these lengths that stand in `bytes`, which has exactly theirs.
    pub(super) fn extend(&mut self, lengths: &[u32], bytes: &[u8]) -> Outcome<()> {
        self.room(bytes.len())?;
        let start = self.bytes.len();
        self.bytes.extend_from_slice(bytes);
        self.set_lengths(start, lengths);
        Ok(())
    }

    /// Adds the ends of values whose bytes are there already, from `start` on.
    fn set_lengths(&mut self, start: usize, lengths: &[u32]) {
        let mut end = start as i32;
        self.offsets.reserve(lengths.len());
        self.offsets.extend(lengths.iter().map(|&length| {
            end = end.wrapping_add(length.cast_signed());
            end
        }));
    }

    /// Adds values by `fill`: it is given room for `size` bytes, adds the end of each value to the offsets, and gives
    /// how many bytes there are in the end.
    pub(super) fn append(
        &mut self,
        size: usize,
        fill: impl FnOnce(&mut [u8], &mut Vec<i32>, usize) -> Outcome<usize>,
    ) -> Outcome<()> {
        self.room(size)?;
        let at = self.bytes.len();
        self.bytes.resize(at + size, 0);
        let end = fill(&mut self.bytes, &mut self.offsets, at)?;
        self.bytes.truncate(end);
        Ok(())
    }

    /// Makes room for values of these lengths and `slack` more bytes.
    pub(super) fn reserve(&mut self, lengths: &[u32], slack: usize) {
        let total: u64 = lengths.iter().map(|&length| u64::from(length)).sum();
        self.bytes.reserve(usize::try_from(total).unwrap_or(usize::MAX).min(MAX_SEGMENT_BYTES) + slack);
        self.offsets.reserve(lengths.len());
    }

    /// Adds values of these lengths, and `fill`s their bytes: it is given room for them and for `slack` more.
    pub(super) fn fill(
        &mut self,
        lengths: &[u32],
        slack: usize,
        fill: impl FnOnce(&mut [u8]) -> Outcome<()>,
    ) -> Outcome<()> {
        let total: u64 = lengths.iter().map(|&length| u64::from(length)).sum();
        let total = usize::try_from(total).unwrap_or(usize::MAX);
        self.room(total)?;
        let start = self.bytes.len();
        self.bytes.resize(start + total + slack, 0);
        fill(&mut self.bytes[start..])?;
        self.bytes.truncate(start + total);
        self.set_lengths(start, lengths);
        Ok(())
    }

    /// Forgets the values from `len` on.
    pub(super) fn truncate(&mut self, len: usize) {
        self.offsets.truncate(len + 1);
        self.bytes.truncate(self.offsets.last().map_or(0, |&end| end as usize));
    }

    /// Adds a value that begins with the first `shared` bytes of the last one.
    pub(super) fn push_sharing(&mut self, shared: usize, suffix: &[u8]) -> Outcome<()> {
        let last = self.offsets.len().checked_sub(2).map_or(0, |at| self.offsets[at] as usize);
        if shared > self.bytes.len() - last {
            return Err(VrtxError::Damaged("a value shares more than the one before has"));
        }
        self.room(shared + suffix.len())?;
        self.bytes.extend_from_within(last..last + shared);
        self.bytes.extend_from_slice(suffix);
        self.end_value();
        Ok(())
    }
}

/// Strings that are kept elsewhere.
#[derive(Clone, Copy, Debug)]
pub(crate) struct View<'a> {
    /// As in [`Strings`].
    pub(crate) offsets: &'a [i32],
    pub(crate) bytes: &'a [u8],
}

impl<'a> View<'a> {
    pub(crate) fn len(&self) -> usize {
        self.offsets.len() - 1
    }

    #[inline]
    pub(crate) fn get(&self, at: usize) -> &'a [u8] {
        &self.bytes[self.offsets[at] as usize..self.offsets[at + 1] as usize]
    }

    pub(crate) fn iter(&self) -> impl ExactSizeIterator<Item = &'a [u8]> + use<'a> {
        let view = *self;
        (0..view.len()).map(move |at| view.get(at))
    }

    /// The bytes of `range` of the values.
    pub(crate) fn bytes_of(&self, range: std::ops::Range<usize>) -> &'a [u8] {
        &self.bytes[self.offsets[range.start] as usize..self.offsets[range.end] as usize]
    }

    pub(crate) fn lengths(&self) -> Vec<i64> {
        self.offsets.windows(2).map(|pair| i64::from(pair[1] - pair[0])).collect()
    }
}
