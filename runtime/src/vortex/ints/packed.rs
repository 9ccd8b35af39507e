//! Bit packing with frame of reference: each vector is stored as its least number and the differences from it.
//!
//! The few differences that would make a vector wide are patches: their high bits stand after the vector.
//!
//! ```text
//! packed = base zigzag varint · head of each vector · data of each vector
//! head   = width u8, 0 to 64 · patches varint · patch width u8, if there are patches · least number − base, varint
//! data   = the low `width` bits of the differences · positions of the patches, 10 bits each · their high bits
//! ```
//! Source: Zukowski, Heman, Nes, Boncz, "Super-Scalar RAM-CPU Cache Compression", 2006 (PFOR).

use crate::{
    bytes::{Reader, put_signed, put_varint},
    vortex::{
        bits::{self, Scratch, Unpacked, VECTOR, pack_stream, packed_size, stream_number, width_of},
        error::{Outcome, VrtxError},
    },
};

use super::Integer;

/// The bits of a patch's position.
const POSITION: usize = 10;

/// How one vector is packed.
#[derive(Clone, Copy, Debug)]
struct Plan {
    least: i64,
    greatest: i64,
    width: usize,
    patches: usize,
    patch_width: usize,
}

impl Plan {
    fn of(values: &[i64]) -> Self {
        let (least, greatest) = ends(values);
        let most = width_of(difference(greatest, least));
        let mut best = Self { least, greatest, width: most, patches: 0, patch_width: 0 };
        let counts = if most > 1 { counts(values, least) } else { return best };
        let mut patches = 0;
        for width in (0..most).rev() {
            patches += counts[width + 1];
            if patches > values.len() / 8 {
                break;
            }
            let plan = Self { width, patches, patch_width: most - width, ..best };
            if plan.data_size(values.len()) < best.data_size(values.len()) {
                best = plan;
            }
        }
        best
    }

    fn data_size(&self, count: usize) -> usize {
        packed_size(count, self.width) + self.patch_size()
    }

    fn patch_size(&self) -> usize {
        packed_size(self.patches, POSITION) + packed_size(self.patches, self.patch_width)
    }
}

/// The least and the greatest of some numbers, in four chains, since each comparison waits for the one before.
fn ends(values: &[i64]) -> (i64, i64) {
    let first = values.first().copied().unwrap_or(0);
    let (mut least, mut greatest) = ([first; 4], [first; 4]);
    let (fours, rest) = values.as_chunks::<4>();
    for four in fours {
        for at in 0..4 {
            least[at] = least[at].min(four[at]);
            greatest[at] = greatest[at].max(four[at]);
        }
    }
    let of = |ends: [i64; 4]| ends.into_iter().chain(rest.iter().copied());
    (of(least).min().unwrap_or(first), of(greatest).max().unwrap_or(first))
}

/// How many differences have each width. Four tables, since an addition waits for the one before to the same place.
fn counts(values: &[i64], least: i64) -> [usize; 65] {
    let mut tables = [[0u16; 65]; 4];
    let (fours, rest) = values.as_chunks::<4>();
    for four in fours {
        for (table, &value) in tables.iter_mut().zip(four) {
            table[width_of(difference(value, least))] += 1;
        }
    }
    for &value in rest {
        tables[0][width_of(difference(value, least))] += 1;
    }
    std::array::from_fn(|width| tables.iter().map(|table| usize::from(table[width])).sum())
}

fn difference(value: i64, least: i64) -> u64 {
    value.wrapping_sub(least).cast_unsigned()
}

/// How all vectors of a sequence are packed, and what that takes.
#[derive(Debug)]
pub(crate) struct Plans {
    base: i64,
    vectors: Vec<Plan>,
    /// About how many bytes it takes: exact but for the length of a varint or two.
    pub(crate) size: usize,
}

impl Plans {
    pub(crate) fn of(values: &[i64]) -> Self {
        let vectors: Vec<Plan> = values.chunks(VECTOR).map(Plan::of).collect();
        let base = vectors.iter().map(|plan| plan.least).min().unwrap_or(0);
        let size = values.chunks(VECTOR).zip(&vectors).map(|(values, plan)| {
            let offset = width_of(difference(plan.least, base)).div_ceil(7).max(1);
            plan.data_size(values.len()) + 2 + offset
        });
        let size = 4 + size.sum::<usize>();
        Self { base, vectors, size }
    }

    /// The least and the greatest number.
    pub(crate) fn ends(&self) -> (i64, i64) {
        (self.base, self.vectors.iter().map(|plan| plan.greatest).max().unwrap_or(0))
    }

    /// The bytes of the data of a vector of `count` numbers.
    pub(crate) fn vector_size(&self, at: usize, count: usize) -> usize {
        self.vectors[at].data_size(count)
    }

    /// Appends the body of the node.
    pub(crate) fn encode(&self, values: &[i64], to: &mut Vec<u8>) {
        put_signed(to, self.base);
        for plan in &self.vectors {
            to.push(plan.width as u8);
            put_varint(to, plan.patches as u64);
            if plan.patches > 0 {
                to.push(plan.patch_width as u8);
            }
            put_varint(to, difference(plan.least, self.base));
        }
        for (values, plan) in values.chunks(VECTOR).zip(&self.vectors) {
            encode_vector(values, plan, to);
        }
    }
}

fn encode_vector(values: &[i64], plan: &Plan, to: &mut Vec<u8>) {
    let mut low = [0; VECTOR];
    let (mut positions, mut high) = (Vec::new(), Vec::new());
    let mask = if plan.width == 64 { u64::MAX } else { (1 << plan.width) - 1 };
    for (at, (&value, low)) in values.iter().zip(&mut low).enumerate() {
        let number = difference(value, plan.least);
        *low = number & mask;
        if number > mask {
            positions.push(at as u64);
            high.push(number >> plan.width);
        }
    }
    bits::pack(&low[..values.len()], plan.width, to);
    pack_stream(&positions, POSITION, to);
    pack_stream(&high, plan.patch_width, to);
}

/// A packed sequence.
#[derive(Debug)]
pub(crate) struct Packed<'a> {
    vectors: Vec<Vector<'a>>,
}

/// One packed vector.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Vector<'a> {
    /// The least number.
    pub(crate) least: i64,
    count: usize,
    width: usize,
    bytes: &'a [u8],
    patches: usize,
    patch_width: usize,
    patch_bytes: &'a [u8],
}

impl<'a> Packed<'a> {
    pub(crate) fn parse(from: &mut Reader<'a>, len: usize) -> Outcome<Self> {
        let base = from.signed()?;
        let counts = (0..len).step_by(VECTOR).map(|start| VECTOR.min(len - start));
        let mut vectors: Vec<Vector<'a>> =
            counts.map(|count| Vector::parse_head(from, base, count)).collect::<Outcome<_>>()?;
        for vector in &mut vectors {
            vector.bytes = bits::take(from, vector.count, vector.width)?;
            let size =
                packed_size(vector.patches, POSITION) + packed_size(vector.patches, vector.patch_width);
            vector.patch_bytes = from.take(size)?;
        }
        Ok(Self { vectors })
    }

    /// The vectors, in order.
    pub(crate) fn vectors(&self) -> &[Vector<'a>] {
        &self.vectors
    }

    /// Reads from the vector that begins at `start`.
    pub(crate) fn read<T: Integer>(&self, start: usize, out: &mut [T]) -> Outcome<()> {
        let mut scratch = Scratch::new();
        let vectors = self.vectors.iter().skip(start / VECTOR);
        for (out, vector) in out.chunks_mut(VECTOR).zip(vectors) {
            vector.read(&mut scratch, out)?;
        }
        Ok(())
    }
}

impl<'a> Vector<'a> {
    fn parse_head(from: &mut Reader<'a>, base: i64, count: usize) -> Outcome<Self> {
        let width = usize::from(from.byte()?);
        let patches = usize::try_from(from.varint()?).unwrap_or(usize::MAX);
        let patch_width = if patches > 0 { usize::from(from.byte()?) } else { 0 };
        if width + patch_width > 64 || patches > count || (patches > 0 && patch_width == 0) {
            return Err(VrtxError::Damaged("a packed vector is wider than its numbers"));
        }
        let least = base.wrapping_add(from.varint()?.cast_signed());
        Ok(Self { least, count, width, bytes: &[], patches, patch_width, patch_bytes: &[] })
    }

    /// The greatest number that it may hold; none when that is beyond the range of numbers.
    pub(crate) fn bound(&self) -> Option<i64> {
        let bits = self.width + self.patch_width;
        let span = if bits == 64 { return None } else { (1u64 << bits) - 1 };
        self.least.checked_add_unsigned(span)
    }

    /// Reads the first numbers of the vector, as many as `out` holds.
    pub(crate) fn read<T: Integer>(&self, scratch: &mut Scratch, out: &mut [T]) -> Outcome<()> {
        if out.len() > self.count {
            return Err(VrtxError::Damaged("a packed vector is too short"));
        }
        match scratch.unpack(self.bytes, self.count, self.width) {
            Unpacked::Narrow(numbers) => {
                for (out, &number) in out.iter_mut().zip(numbers) {
                    *out = T::wrap(self.least.wrapping_add(i64::from(number)));
                }
            }
            Unpacked::Wide(numbers) => {
                for (out, &number) in out.iter_mut().zip(numbers) {
                    *out = T::wrap(self.least.wrapping_add(number.cast_signed()));
                }
            }
        }
        if self.patches > 0 { self.patch(out) } else { Ok(()) }
    }

    /// Whether the differences from the least number, but for what patches add to them, have at most 32 bits.
    pub(crate) fn is_narrow(&self) -> bool {
        self.width <= 32
    }

    /// These differences, where they are narrow.
    pub(crate) fn differences<'s>(&self, scratch: &'s mut Scratch) -> &'s [u32] {
        match scratch.unpack(self.bytes, self.count, self.width) {
            Unpacked::Narrow(numbers) => numbers,
            Unpacked::Wide(_) => &[],
        }
    }

    fn patch<T: Integer>(&self, out: &mut [T]) -> Outcome<()> {
        self.each_patch(|place, more| {
            if let Some(out) = out.get_mut(place) {
                *out = out.plus(T::wrap(more));
            }
        })
    }

    /// Calls `each` with the place of each patch in the vector and what it adds to the number there.
    pub(crate) fn each_patch(&self, mut each: impl FnMut(usize, i64)) -> Outcome<()> {
        let (positions, high) = self.patch_bytes.split_at(packed_size(self.patches, POSITION));
        let mut next = 0;
        for at in 0..self.patches {
            let place = stream_number(positions, POSITION, at) as usize;
            // a number that is patched twice would be beyond `bound`
            if place < next || place >= self.count {
                return Err(VrtxError::Damaged(
                    "a patch is outside of its vector, or not behind the one before",
                ));
            }
            next = place + 1;
            each(place, (stream_number(high, self.patch_width, at) << self.width).cast_signed());
        }
        Ok(())
    }
}
