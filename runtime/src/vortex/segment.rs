//! A segment: one column of one row group, on its own.
//!
//! ```text
//! segment = type u8, the highest bit set where NULL is allowed · encoding u8 · checksum u32, CRC-32 of all other bytes
//!         · parameters of the type · statistics · body of the encoding
//! ```

use std::ops::Range;

use crate::bytes::Reader;

use super::{
    bitmap::Bitmap,
    bits::VECTOR,
    bools::{self, Bools},
    choice::{Context, Profile},
    column::{Column, Values},
    encoding::Encoding,
    error::{Outcome, VrtxError},
    floats::{self, Floats},
    ints::{self, Ints, UNKNOWN_CODE},
    statistics::Statistics,
    strings::{self, MAX_SEGMENT_BYTES, Strings, Texts, View},
    types::{DataType, Shape},
    wide::{self, Wides},
};

/// The most rows of a segment, and so of a row group.
pub const MAX_ROWS: usize = 1 << 16;

/// Where the checksum stands.
const CHECKSUM: Range<usize> = 2..6;

/// What of the values stands in front of them.
#[derive(Clone, Debug)]
pub(crate) struct Head {
    pub(crate) data_type: DataType,
    pub(crate) nullable: bool,
    encoding: Encoding,
    pub(crate) statistics: Statistics,
}

impl Head {
    /// The head, whose checksum is not looked at, and what is left of the bytes.
    pub(crate) fn parse(bytes: &[u8]) -> Outcome<(Self, Reader<'_>)> {
        let mut from = Reader::new(bytes);
        let type_byte = from.byte()?;
        let encoding = Encoding::parse(&mut from, 0)?;
        from.take(CHECKSUM.len())?;
        let (data_type, nullable) = DataType::parse(type_byte, &mut from)?;
        let statistics = Statistics::parse(data_type, &mut from)?;
        Ok((Self { data_type, nullable, encoding, statistics }, from))
    }
}

const UNSOUND: VrtxError = VrtxError::Damaged("values are not of the type of their column");

/// The checksum of a segment: of all its bytes but the checksum itself.
fn checksum(bytes: &[u8]) -> u32 {
    let mut hasher = crc32fast::Hasher::new();
    hasher.update(&bytes[..CHECKSUM.start]);
    hasher.update(&bytes[CHECKSUM.end..]);
    hasher.finalize()
}

/// Whether so many blobs of one length are more than a segment may hold.
fn too_large(data_type: DataType, rows: usize) -> Option<VrtxError> {
    let size = rows.saturating_mul(data_type.fixed_length().unwrap_or(0));
    (size > MAX_SEGMENT_BYTES)
        .then_some(VrtxError::TooLarge("the blobs of a segment have at most 32 MB together"))
}

/// Encodes a column.
///
/// # Errors
/// More than [`MAX_ROWS`] rows.
///
/// ```
/// # use terrace::{value::{Value, ValueRef}, vortex::{Column, DataType, Profile, Segment, encode}};
/// let mut years = Column::new(DataType::I32, false);
/// for year in [2013, 2014, 2014] {
///     years.push(ValueRef::Integer(year))?;
/// }
/// let bytes = encode(&years, Profile::Fast)?;
/// assert_eq!(Segment::open(&bytes)?.decode()?, years);
/// # Ok::<(), terrace::vortex::VrtxError>(())
/// ```
pub fn encode(column: &Column, profile: Profile) -> Result<Vec<u8>, VrtxError> {
    encode_as(column, profile, None)
}

/// As [`encode`], in the encoding `only` where the column can have it: for tests.
///
/// # Errors
/// As of [`encode`].
#[doc(hidden)]
pub fn encode_as(column: &Column, profile: Profile, only: Option<Encoding>) -> Result<Vec<u8>, VrtxError> {
    if column.len() > MAX_ROWS {
        return Err(VrtxError::TooLarge("a segment has at most 65,536 rows"));
    }
    if let Some(error) = too_large(column.data_type(), column.len()) {
        return Err(error);
    }
    let statistics = Statistics::of(column);
    let node = node(column, Context::new(profile, only));
    let (encoding, body) = node.split_first().ok_or(VrtxError::Damaged("there is no encoding"))?;
    let mut bytes = vec![column.data_type().byte(column.is_nullable()), *encoding, 0, 0, 0, 0];
    column.data_type().put_parameters(&mut bytes);
    statistics.put(column.data_type(), &mut bytes);
    bytes.extend(body);
    let checksum = checksum(&bytes);
    bytes[CHECKSUM].copy_from_slice(&checksum.to_le_bytes());
    Ok(bytes)
}

/// The values as a node, NULLs apart.
fn node(column: &Column, context: Context) -> Vec<u8> {
    let Some(validity) = column.validity() else {
        return values_node(column.values(), context);
    };
    if column.nulls() == column.len() {
        return vec![Encoding::AllNull as u8];
    }
    let mut node = vec![Encoding::Nullable as u8];
    node.extend(bools::encode(validity, context));
    node.extend(match column.values() {
        Values::Bytes(values) => {
            let offsets = values.dense_offsets(validity);
            strings::encode(View { offsets: &offsets, bytes: values.bytes() }, context)
        }
        Values::Bool(values) => bools::encode(&validity.ones().map(|at| values.get(at)).collect(), context),
        Values::Int(values) => ints::encode(&dense(values, validity), context),
        Values::F32(values) => floats::encode(&dense(values, validity), context),
        Values::F64(values) => floats::encode(&dense(values, validity), context),
        Values::Wide(values) => wide::encode(&dense(values, validity), context),
    });
    node
}

fn values_node(values: &Values, context: Context) -> Vec<u8> {
    match values {
        Values::Bool(values) => bools::encode(values, context),
        Values::Int(values) => ints::encode(values, context),
        Values::F32(values) => floats::encode(values, context),
        Values::F64(values) => floats::encode(values, context),
        Values::Bytes(values) => strings::encode(values.view(), context),
        Values::Wide(values) => wide::encode(values, context),
    }
}

/// The values that are there.
fn dense<T: Copy>(values: &[T], validity: &Bitmap) -> Vec<T> {
    validity.ones().map(|at| values[at]).collect()
}

/// An encoded column, opened.
#[derive(Debug)]
pub struct Segment<'a> {
    pub(crate) head: Head,
    /// Which values are there; none when all are.
    pub(crate) validity: Option<Bitmap>,
    pub(crate) body: Body<'a>,
}

/// The values that are there.
#[derive(Debug)]
pub(crate) enum Body<'a> {
    AllNull,
    Bools(Bools<'a>),
    Ints(Ints<'a>),
    Floats(Floats<'a>),
    Texts(Texts<'a>),
    Wides(Wides<'a>),
}

impl<'a> Segment<'a> {
    /// Checks the bytes that [`encode`] gave, and reads what is needed to decode them.
    ///
    /// # Errors
    /// Bytes that are not a segment, or need a feature that this build lacks.
    pub fn open(bytes: &'a [u8]) -> Result<Self, VrtxError> {
        let stored = bytes.get(CHECKSUM).and_then(|bytes| bytes.try_into().ok()).map(u32::from_le_bytes);
        if stored.is_none_or(|stored| stored != checksum(bytes)) {
            return Err(VrtxError::Damaged("the checksum of a segment does not match"));
        }
        Self::parse(bytes)
    }

    /// As [`Segment::open`], of bytes that were checked already.
    pub(crate) fn parse(bytes: &'a [u8]) -> Outcome<Self> {
        let (head, mut from) = Head::parse(bytes)?;
        let Statistics { rows, nulls, .. } = head.statistics;
        if nulls > 0 && !head.nullable {
            return Err(VrtxError::Damaged("there are NULLs where every value has to be there"));
        }
        if let Some(error) = too_large(head.data_type, rows) {
            return Err(error);
        }
        let (validity, body) = match head.encoding {
            Encoding::AllNull if nulls == rows => (None, Body::AllNull),
            Encoding::Nullable => {
                let validity = Bools::parse(&mut from, rows, 0)?.read()?;
                if validity.len() - validity.count() != nulls {
                    return Err(VrtxError::Damaged("the statistics count other NULLs"));
                }
                let encoding = Encoding::parse(&mut from, 0)?;
                (Some(validity), Body::parse(head.data_type, encoding, &mut from, rows - nulls)?)
            }
            encoding if nulls == 0 => (None, Body::parse(head.data_type, encoding, &mut from, rows)?),
            _ => return Err(VrtxError::Damaged("the NULLs of a segment are missing")),
        };
        if !from.is_empty() {
            return Err(VrtxError::Damaged("a segment has bytes after its end"));
        }
        Ok(Self { head, validity, body })
    }

    /// What the column holds.
    #[must_use]
    pub fn data_type(&self) -> DataType {
        self.head.data_type
    }

    /// Whether NULL is allowed.
    #[must_use]
    pub fn is_nullable(&self) -> bool {
        self.head.nullable
    }

    /// What is known of the values.
    #[must_use]
    pub fn statistics(&self) -> &Statistics {
        &self.head.statistics
    }

    /// How many rows there are.
    #[must_use]
    pub fn rows(&self) -> usize {
        self.head.statistics.rows
    }

    /// The bytes of memory that it takes at present beside what it was opened from, about.
    pub(crate) fn memory(&self) -> usize {
        let values = match &self.body {
            Body::AllNull => 0,
            Body::Bools(bools) => bools.memory(),
            Body::Ints(ints) => ints.memory(),
            Body::Floats(floats) => floats.memory(),
            Body::Texts(texts) => texts.memory(),
            Body::Wides(wides) => wides.memory(),
        };
        size_of::<Self>() + values + self.validity.as_ref().map_or(0, |bits| size_of_val(bits.words()))
    }

    /// Decodes every row.
    ///
    /// # Errors
    /// Damaged values.
    pub fn decode(&self) -> Result<Column, VrtxError> {
        self.decode_range(0..self.rows())
    }

    /// Decodes `rows`, of which it has to have all, by the vectors that they are in.
    ///
    /// # Errors
    /// Damaged values.
    pub fn decode_range(&self, rows: Range<usize>) -> Result<Column, VrtxError> {
        let part = |bits: &Bitmap| bits.slice(rows.clone());
        let (values, validity) = match &self.validity {
            _ if matches!(self.body, Body::AllNull) => {
                let mut values = Values::empty(self.data_type().shape());
                values.expand(&Bitmap::filled(rows.len(), false));
                (values, Some(Bitmap::filled(rows.len(), false)))
            }
            None => (self.read(rows.clone())?, None),
            Some(validity) => {
                let mut values = self.read(validity.rank(rows.start)..validity.rank(rows.end))?;
                let validity = part(validity);
                values.expand(&validity);
                (values, Some(validity))
            }
        };
        let validity = validity.filter(|validity| validity.count() < validity.len());
        Ok(Column::decoded(self.data_type(), self.is_nullable(), values, validity))
    }

    /// Decodes the rows whose bits are set, of which it has to have all: from the vector of the
    /// first of them to the last.
    ///
    /// # Errors
    /// Damaged values.
    pub fn decode_selected(&self, rows: &Bitmap) -> Result<Column, VrtxError> {
        let places: Vec<usize> = rows.ones().collect();
        let (Some(&first), Some(&last)) = (places.first(), places.last()) else {
            return self.decode_range(0..0);
        };
        let start = first - first % VECTOR;
        let column = self.decode_range(start..last + 1)?;
        if places.len() == column.len() {
            return Ok(column);
        }
        Ok(column.take(&places.iter().map(|place| place - start).collect::<Vec<_>>()))
    }

    /// Every value that is there.
    pub(crate) fn read_all(&self) -> Outcome<Values> {
        self.read(0..self.rows() - self.head.statistics.nulls)
    }

    /// The different texts, by their codes: where the segment keeps them so and no value is NULL.
    ///
    /// # Errors
    /// Damaged values.
    pub fn decode_dictionary(&self) -> Result<Option<Column>, VrtxError> {
        let Some((different, _)) = self.dictionary() else { return Ok(None) };
        let values = different.all()?;
        if !self.are_sound(different, &values) {
            return Err(UNSOUND);
        }
        Ok(Some(Column::decoded(self.data_type(), self.is_nullable(), Values::Bytes(values), None)))
    }

    /// The codes of `rows`, of which it has to have all: their places in what [`Segment::decode_dictionary`] gives;
    /// none where that gives none.
    ///
    /// # Errors
    /// Damaged values.
    pub fn decode_codes(&self, rows: Range<usize>) -> Result<Option<Vec<u32>>, VrtxError> {
        let Some((different, codes)) = self.dictionary() else { return Ok(None) };
        let codes = aligned(rows, |start, out| codes.read(start, out))?;
        let greatest = codes.iter().copied().max().unwrap_or(0);
        if codes.is_empty() || (greatest as usize) < different.len() {
            Ok(Some(codes))
        } else {
            Err(UNKNOWN_CODE)
        }
    }

    fn dictionary(&self) -> Option<(&Texts<'a>, &Ints<'a>)> {
        match &self.body {
            Body::Texts(texts) if self.validity.is_none() => texts.dictionary(),
            _ => None,
        }
    }

    /// Reads a range of the values that are there.
    fn read(&self, range: Range<usize>) -> Outcome<Values> {
        Ok(match &self.body {
            Body::AllNull => Values::empty(self.data_type().shape()),
            Body::Bools(bools) => Values::Bool(bools.bits()?.slice(range)),
            Body::Ints(ints) => Values::Int(aligned(range, |start, out| ints.read(start, out))?),
            Body::Floats(floats) if self.data_type() == DataType::F32 => {
                Values::F32(aligned(range, |start, out| floats.read(start, out))?)
            }
            Body::Floats(floats) => Values::F64(aligned(range, |start, out| floats.read(start, out))?),
            Body::Wides(wides) => Values::Wide(aligned(range, |start, out| wides.read(start, out))?),
            Body::Texts(texts) => {
                let start = range.start - range.start % VECTOR;
                let mut values = Strings::new();
                texts.read(start, range.end - start, &mut values)?;
                if !self.are_sound(texts, &values) {
                    return Err(UNSOUND);
                }
                let values = if start < range.start { values.skip(range.start - start) } else { values };
                Values::Bytes(values)
            }
        })
    }

    /// Whether texts are UTF-8, and blobs of one length have it.
    fn are_sound(&self, texts: &Texts<'_>, values: &Strings) -> bool {
        match self.data_type() {
            DataType::Text => texts.is_utf8().unwrap_or_else(|| values.are_utf8()),
            DataType::Fixed(length) => values.iter().all(|value| value.len() == length as usize),
            _ => true,
        }
    }
}

/// Reads a range, from the beginning of the vector in which it begins.
pub(crate) fn aligned<T: Copy + Default>(
    range: Range<usize>,
    read: impl FnOnce(usize, &mut [T]) -> Outcome<()>,
) -> Outcome<Vec<T>> {
    let start = range.start - range.start % VECTOR;
    let mut values = vec![T::default(); range.end - start];
    read(start, &mut values)?;
    values.drain(..range.start - start);
    Ok(values)
}

impl<'a> Body<'a> {
    fn parse(data_type: DataType, encoding: Encoding, from: &mut Reader<'a>, len: usize) -> Outcome<Self> {
        Ok(match data_type.shape() {
            Shape::Bool => Self::Bools(Bools::parse_body(encoding, from, len, 0)?),
            Shape::Int => Self::Ints(Ints::parse_body(encoding, from, len, 0)?),
            Shape::F32 => Self::Floats(Floats::parse_body::<f32>(encoding, from, len, 0)?),
            Shape::F64 => Self::Floats(Floats::parse_body::<f64>(encoding, from, len, 0)?),
            Shape::Bytes => Self::Texts(Texts::parse_body(encoding, from, len, 0)?),
            Shape::Wide => Self::Wides(Wides::parse_body(encoding, from, len, 0)?),
        })
    }
}
