//! The file: segments one after the other, and an index of them.
//!
//! ```text
//! file   = header · segments, row group by row group, in each the columns in order · index · footer
//! header = "VRTX" · version u16 (1) · flags u16 (0) · column count u32 · row count u32
//! index  = row groups varint · for each column: length varint and bytes of its name (UTF-8)
//!          · for each row group: offset varint · length varint
//! footer = checksum u32, CRC-32 of all bytes before it · offset of the index u32
//! ```

use crate::bytes::{Reader, put_varint};

use super::{
    error::{Outcome, VrtxError},
    segment::{Head, Segment},
    statistics::Statistics,
    types::DataType,
};

const MAGIC: &[u8; 4] = b"VRTX";
const VERSION: u16 = 1;
const HEADER: usize = 16;
const FOOTER: usize = 8;

const TOO_LARGE: VrtxError = VrtxError::TooLarge("a file has at most 4 GB, and 2^32 − 1 columns and rows");

/// Makes a file out of segments.
///
/// ```
/// # use terrace::{value::ValueRef, vortex::{Column, DataType, File, FileWriter, Profile, encode}};
/// let mut name = Column::new(DataType::Text, false);
/// name.push(ValueRef::Text("Bonn"))?;
/// let mut writer = FileWriter::new(["name"]);
/// writer.push(&[encode(&name, Profile::Fast)?])?;
/// let bytes = writer.finish()?;
/// let file = File::open(&bytes)?;
/// assert_eq!(file.segment(0, 0)?.decode()?, name);
/// # Ok::<(), terrace::vortex::VrtxError>(())
/// ```
#[derive(Clone, Debug)]
pub struct FileWriter {
    names: Vec<String>,
    bytes: Vec<u8>,
    rows: usize,
    /// The lengths of the segments, row group by row group.
    lengths: Vec<usize>,
}

impl FileWriter {
    /// A file with columns of these names.
    pub fn new<N: Into<String>>(names: impl IntoIterator<Item = N>) -> Self {
        let names = names.into_iter().map(Into::into).collect();
        Self { names, bytes: vec![0; HEADER], rows: 0, lengths: Vec::new() }
    }

    /// Adds a row group: a segment for each column, in order, all with the same number of rows.
    ///
    /// # Errors
    /// Segments that do not belong together.
    pub fn push<S: AsRef<[u8]>>(&mut self, segments: &[S]) -> Result<(), VrtxError> {
        let mut heads = segments.iter().map(|segment| Head::parse(segment.as_ref()));
        let rows = match heads.next().transpose()? {
            Some((head, _)) => head.statistics.rows,
            None => 0,
        };
        for head in heads {
            if head?.0.statistics.rows != rows {
                return Err(VrtxError::Mismatch(
                    "the segments of a row group have different numbers of rows",
                ));
            }
        }
        if segments.len() != self.names.len() {
            return Err(VrtxError::Mismatch("a row group has one segment for each column"));
        }
        for segment in segments {
            self.bytes.extend(segment.as_ref());
            self.lengths.push(segment.as_ref().len());
        }
        self.rows += rows;
        Ok(())
    }

    /// The bytes of the file.
    ///
    /// # Errors
    /// More than 4 GB or 2³² − 1 rows.
    pub fn finish(mut self) -> Result<Vec<u8>, VrtxError> {
        let small = |number: usize| u32::try_from(number).map_err(|_| TOO_LARGE);
        let index = small(self.bytes.len())?;
        let (columns, rows) = (small(self.names.len())?, small(self.rows)?);
        self.bytes[..4].copy_from_slice(MAGIC);
        self.bytes[4..6].copy_from_slice(&VERSION.to_le_bytes());
        self.bytes[8..12].copy_from_slice(&columns.to_le_bytes());
        self.bytes[12..16].copy_from_slice(&rows.to_le_bytes());
        self.put_index();
        let checksum = crc32fast::hash(&self.bytes);
        self.bytes.extend(checksum.to_le_bytes());
        self.bytes.extend(index.to_le_bytes());
        Ok(self.bytes)
    }

    fn put_index(&mut self) {
        let columns = self.names.len();
        put_varint(&mut self.bytes, (self.lengths.len() / columns.max(1)) as u64);
        let ends = self.lengths.iter().scan(HEADER, |end, length| {
            *end += length;
            Some(*end)
        });
        let offsets: Vec<usize> = ends.zip(&self.lengths).map(|(end, length)| end - length).collect();
        for (column, name) in self.names.iter().enumerate() {
            put_varint(&mut self.bytes, name.len() as u64);
            self.bytes.extend(name.as_bytes());
            let segments = offsets.iter().zip(&self.lengths).skip(column).step_by(columns);
            for (&offset, &length) in segments {
                put_varint(&mut self.bytes, offset as u64);
                put_varint(&mut self.bytes, length as u64);
            }
        }
    }
}

/// A file, opened.
#[derive(Debug)]
pub struct File<'a> {
    columns: Vec<FileColumn<'a>>,
    rows: usize,
    groups: usize,
}

/// A column of a file.
#[derive(Debug)]
struct FileColumn<'a> {
    name: &'a str,
    segments: Vec<(Head, &'a [u8])>,
}

impl<'a> File<'a> {
    /// Checks a whole file, and reads its index and the heads of its segments.
    ///
    /// # Errors
    /// Bytes that are not a file, or a file of a newer version.
    pub fn open(bytes: &'a [u8]) -> Result<Self, VrtxError> {
        let (before, footer) =
            bytes.split_last_chunk::<FOOTER>().ok_or(VrtxError::Damaged("a file is too short"))?;
        let (checksum, index) = footer.split_at(4);
        if crc32fast::hash(before).to_le_bytes() != *checksum {
            return Err(VrtxError::Damaged("the checksum of a file does not match"));
        }
        let mut header = Reader::new(before);
        if header.array()? != *MAGIC {
            return Err(VrtxError::Damaged("a file of VRTX begins with VRTX"));
        }
        if u16::from_le_bytes(header.array()?) != VERSION || u16::from_le_bytes(header.array()?) != 0 {
            return Err(VrtxError::Unsupported("the file has a newer version"));
        }
        let columns = u32::from_le_bytes(header.array()?) as usize;
        let rows = u32::from_le_bytes(header.array()?) as usize;
        let index = u32::from_le_bytes(Reader::new(index).array()?) as usize;
        let (segments, index) =
            before.split_at_checked(index).ok_or(VrtxError::Damaged("the index is outside of the file"))?;
        Self::parse_index(segments, Reader::new(index), columns, rows)
    }

    fn parse_index(bytes: &'a [u8], mut from: Reader<'a>, columns: usize, rows: usize) -> Outcome<Self> {
        let groups = usize::try_from(from.varint()?).unwrap_or(usize::MAX);
        let mut file = Self { columns: Vec::new(), rows, groups };
        for _ in 0..columns {
            let name = std::str::from_utf8(from.prefixed()?);
            let name = name.map_err(|_| VrtxError::Damaged("a name is not UTF-8"))?;
            let mut segments = Vec::new();
            for _ in 0..groups {
                let (offset, length) = (from.varint()?, from.varint()?);
                let end = offset.checked_add(length).and_then(|end| usize::try_from(end).ok());
                let segment = end.and_then(|end| bytes.get(usize::try_from(offset).ok()?..end));
                let segment = segment.ok_or(VrtxError::Damaged("a segment is outside of the file"))?;
                segments.push((Head::parse(segment)?.0, segment));
            }
            file.columns.push(FileColumn { name, segments });
        }
        if from.is_empty() && file.is_sound() {
            Ok(file)
        } else {
            Err(VrtxError::Damaged("the index does not agree with the segments"))
        }
    }

    /// Whether each row group has one number of rows, all of them together that of the file, and each column one type.
    fn is_sound(&self) -> bool {
        let count = |column: &FileColumn<'_>| -> Vec<usize> {
            column.segments.iter().map(|(head, _)| head.statistics.rows).collect()
        };
        let groups = self.columns.first().map(count).unwrap_or_default();
        let one_type = |column: &FileColumn<'_>| {
            column.segments.windows(2).all(|pair| {
                (pair[0].0.data_type, pair[0].0.nullable) == (pair[1].0.data_type, pair[1].0.nullable)
            })
        };
        groups.iter().sum::<usize>() == self.rows
            && self.columns.iter().all(|column| count(column) == groups && one_type(column))
    }

    /// How many rows there are.
    #[must_use]
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// How many row groups there are.
    #[must_use]
    pub fn groups(&self) -> usize {
        if self.columns.is_empty() { 0 } else { self.groups }
    }

    /// The names of the columns.
    #[must_use]
    pub fn names(&self) -> impl ExactSizeIterator<Item = &'a str> {
        self.columns.iter().map(|column| column.name)
    }

    /// What a column holds and whether it may be NULL; none when there is no row group or no such column.
    #[must_use]
    pub fn data_type(&self, column: usize) -> Option<(DataType, bool)> {
        let (head, _) = self.columns.get(column)?.segments.first()?;
        Some((head.data_type, head.nullable))
    }

    /// What is known of a segment; none when there is no such segment.
    #[must_use]
    pub fn statistics(&self, group: usize, column: usize) -> Option<&Statistics> {
        self.columns.get(column)?.segments.get(group).map(|(head, _)| &head.statistics)
    }

    /// The bytes of a segment, which are one by themselves; none when there is no such segment.
    #[must_use]
    pub fn bytes(&self, group: usize, column: usize) -> Option<&'a [u8]> {
        self.columns.get(column)?.segments.get(group).map(|(_, bytes)| *bytes)
    }

    /// Opens a segment.
    ///
    /// # Errors
    /// A damaged segment, or none at all.
    pub fn segment(&self, group: usize, column: usize) -> Result<Segment<'a>, VrtxError> {
        let bytes = self.bytes(group, column);
        Segment::parse(bytes.ok_or(VrtxError::Mismatch("the file has no such segment"))?)
    }
}
