//! A bit for each row: which values are there, which rows are selected, and the values of a boolean column.

/// A sequence of bits. Bits beyond its length are 0.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Bitmap {
    words: Vec<u64>,
    len: usize,
}

impl Bitmap {
    /// `len` bits, all of them `bit`.
    #[must_use]
    pub fn filled(len: usize, bit: bool) -> Self {
        let mut bitmap = Self { words: vec![if bit { u64::MAX } else { 0 }; len.div_ceil(64)], len };
        bitmap.trim();
        bitmap
    }

    /// From bytes of eight bits, the lowest first: at least as many as the bits need.
    pub(crate) fn from_bytes(bytes: &[u8], len: usize) -> Self {
        let words = bytes.chunks(8).take(len.div_ceil(64)).map(|chunk| {
            let mut word = [0; 8];
            word[..chunk.len()].copy_from_slice(chunk);
            u64::from_le_bytes(word)
        });
        let mut bitmap = Self { words: words.collect(), len };
        bitmap.words.resize(len.div_ceil(64), 0);
        bitmap.trim();
        bitmap
    }

    /// The bytes that [`Bitmap::from_bytes`] reads.
    pub(crate) fn to_bytes(&self) -> Vec<u8> {
        let mut bytes: Vec<u8> = self.words.iter().flat_map(|word| word.to_le_bytes()).collect();
        bytes.truncate(self.len.div_ceil(8));
        bytes
    }

    fn trim(&mut self) {
        if let Some(last) = self.words.last_mut()
            && !self.len.is_multiple_of(64)
        {
            *last &= (1 << (self.len % 64)) - 1;
        }
    }

    /// How many bits there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The bit at `at`; false beyond the end.
    #[must_use]
    #[inline]
    pub fn get(&self, at: usize) -> bool {
        self.words.get(at / 64).is_some_and(|word| word >> (at % 64) & 1 == 1)
    }

    /// Sets the bit at `at`, which has to exist.
    #[inline]
    pub fn set(&mut self, at: usize, bit: bool) {
        let mask = 1 << (at % 64);
        if bit { self.words[at / 64] |= mask } else { self.words[at / 64] &= !mask }
    }

    /// Sets the bits of a range, which have to exist.
    pub(crate) fn set_range(&mut self, range: std::ops::Range<usize>) {
        let (mut at, end) = (range.start, range.end);
        while at < end {
            let count = (64 - at % 64).min(end - at);
            let ones = if count == 64 { u64::MAX } else { (1 << count) - 1 };
            self.words[at / 64] |= ones << (at % 64);
            at += count;
        }
    }

    /// Adds a bit.
    pub fn push(&mut self, bit: bool) {
        if self.len.is_multiple_of(64) {
            self.words.push(0);
        }
        self.len += 1;
        self.set(self.len - 1, bit);
    }

    /// Sets whole words, from word `at` on.
    pub(crate) fn set_words(&mut self, at: usize, words: impl Iterator<Item = u64>) {
        self.words[at..].iter_mut().zip(words).for_each(|(word, new)| *word = new);
    }

    /// Moves the bits to the places that `places` has; 0 elsewhere.
    pub(crate) fn spread(&self, places: &Self) -> Self {
        let mut next = 0;
        let words = places.words.iter().map(|&place| {
            let word = deposited(self.word_at(next), place);
            next += place.count_ones() as usize;
            word
        });
        Self { words: words.collect(), len: places.len }
    }

    /// How many bits are set.
    #[must_use]
    pub fn count(&self) -> usize {
        self.words.iter().map(|word| word.count_ones() as usize).sum()
    }

    /// How many bits are set before `at`.
    pub(crate) fn rank(&self, at: usize) -> usize {
        let whole: usize = self.words[..at / 64].iter().map(|word| word.count_ones() as usize).sum();
        let rest = self.words.get(at / 64).map_or(0, |word| word & ((1 << (at % 64)) - 1));
        whole + rest.count_ones() as usize
    }

    /// The bits of a range, which have to exist.
    pub(crate) fn slice(&self, range: std::ops::Range<usize>) -> Self {
        if range.start == 0 && range.end == self.len {
            return self.clone();
        }
        let words = range.clone().step_by(64).map(|at| self.word_at(at));
        let mut slice = Self { words: words.collect(), len: range.len() };
        slice.trim();
        slice
    }

    /// The 64 bits from `at` on; 0 behind the end.
    fn word_at(&self, at: usize) -> u64 {
        let word = |at: usize| self.words.get(at).copied().unwrap_or(0);
        let (first, shift) = (at / 64, at % 64);
        if shift == 0 { word(first) } else { word(first) >> shift | word(first + 1) << (64 - shift) }
    }

    /// The positions of the bits that are set, ascending.
    pub fn ones(&self) -> impl Iterator<Item = usize> + '_ {
        self.words.iter().enumerate().flat_map(|(at, &word)| {
            let mut rest = word;
            std::iter::from_fn(move || {
                let bit = rest.trailing_zeros() as usize;
                (rest != 0).then(|| {
                    rest &= rest - 1;
                    at * 64 + bit
                })
            })
        })
    }

    /// Puts the positions of the bits that are set into `places`, instead of what is there.
    pub(crate) fn places(&self, places: &mut Vec<u32>) {
        places.clear();
        places.resize(self.count(), 0);
        if places.len() == self.len {
            (0..).zip(places).for_each(|(at, place)| *place = at);
        } else {
            self.ones().zip(places).for_each(|(at, place)| *place = at as u32);
        }
    }

    /// Every bit, in order.
    pub fn iter(&self) -> impl Iterator<Item = bool> + '_ {
        (0..self.len).map(|at| self.get(at))
    }

    /// 64 bits at a time, the lowest first.
    #[must_use]
    pub fn words(&self) -> &[u64] {
        &self.words
    }

    /// The words, given away.
    #[cfg(feature = "arrow")]
    pub(crate) fn into_words(self) -> Vec<u64> {
        self.words
    }

    /// The bits as they are where `other` is set, and 0 elsewhere. Both have the same length.
    #[must_use]
    pub fn and(mut self, other: &Self) -> Self {
        self.words.iter_mut().zip(&other.words).for_each(|(word, other)| *word &= other);
        self
    }

    /// The bits that are set in one of the two. Both have the same length.
    #[must_use]
    pub fn or(mut self, other: &Self) -> Self {
        self.words.iter_mut().zip(&other.words).for_each(|(word, other)| *word |= other);
        self
    }

    /// The opposite bits.
    #[must_use]
    #[allow(clippy::should_implement_trait)] // reads as the other methods do
    pub fn not(mut self) -> Self {
        self.words.iter_mut().for_each(|word| *word = !*word);
        self.trim();
        self
    }
}

/// The lowest bits of `bits` in the places that are set in `places`, in order; 0 in the others.
fn deposited(mut bits: u64, places: u64) -> u64 {
    let mut gaps = !places;
    while gaps != 0 {
        let below = (gaps & gaps.wrapping_neg()) - 1;
        bits = bits & below | (bits & !below) << 1;
        gaps &= gaps - 1;
    }
    bits
}

impl FromIterator<bool> for Bitmap {
    fn from_iter<I: IntoIterator<Item = bool>>(bits: I) -> Self {
        let (mut words, mut word, mut len) = (Vec::new(), 0u64, 0);
        for bit in bits {
            word |= u64::from(bit) << (len % 64);
            len += 1;
            if len % 64 == 0 {
                words.push(std::mem::take(&mut word));
            }
        }
        if len % 64 != 0 {
            words.push(word);
        }
        Self { words, len }
    }
}
