//! Container files: a header that says everything about the records, and blocks of them.

use std::collections::BTreeMap;

use miniz_oxide::{deflate::compress_to_vec, inflate::decompress_to_vec_with_limit};
use serde_json::Value as Json;
use xxhash_rust::xxh3::xxh3_128;

use super::{
    Node, Record, Value,
    decode::{self, bytes, items_of_blocks, length, text},
    encode::{put, put_bytes, put_length},
};
use crate::{
    bytes::Reader,
    cold::iceberg::{IcebergError, error::Outcome},
};

const MAGIC: &[u8; 4] = b"Obj\x01";

/// A block of a file is written once it has so many bytes, as the reference implementation does.
const BLOCK_BYTES: usize = 64_000;

/// The most bytes that a block may have once it is decompressed. PyIceberg writes a manifest of 8 MB as one block.
const MAX_BLOCK_BYTES: usize = 256 << 20;

/// How hard to compress: as zlib does unless told otherwise.
const LEVEL: u8 = 6;

/// Writes records as a container file, compressed. The same records always give the same bytes.
///
/// # Errors
/// A record does not fit the schema.
pub(in crate::cold::iceberg) fn write(
    schema: &Json,
    metadata: &[(&str, String)],
    records: impl IntoIterator<Item = Record>,
) -> Outcome<Vec<u8>> {
    let node = Node::parse(schema)?;
    let schema = schema.to_string();
    let header = [("avro.schema", schema.as_str()), ("avro.codec", "deflate")];
    let header = header.into_iter().chain(metadata.iter().map(|(key, value)| (*key, value.as_str())));
    let mut file = MAGIC.to_vec();
    put_metadata(&mut file, header);
    // What separates blocks need only be different from file to file.
    let marker = xxh3_128(&file).to_be_bytes();
    file.extend(marker);
    let mut block = Block::default();
    for record in records {
        put(&mut block.bytes, &node, &Value::Record(record))?;
        block.count += 1;
        if block.bytes.len() >= BLOCK_BYTES {
            block.end(&mut file, marker);
        }
    }
    block.end(&mut file, marker);
    Ok(file)
}

fn put_metadata<'a>(to: &mut Vec<u8>, metadata: impl Iterator<Item = (&'a str, &'a str)> + Clone) {
    put_length(to, metadata.clone().count());
    for (key, value) in metadata {
        put_bytes(to, key.as_bytes());
        put_bytes(to, value.as_bytes());
    }
    put_length(to, 0);
}

/// Records that are being gathered.
#[derive(Default)]
struct Block {
    count: usize,
    bytes: Vec<u8>,
}

impl Block {
    fn end(&mut self, file: &mut Vec<u8>, marker: [u8; 16]) {
        if self.count > 0 {
            put_length(file, self.count);
            put_bytes(file, &compress_to_vec(&self.bytes, LEVEL));
            file.extend(marker);
        }
        self.count = 0;
        self.bytes.clear();
    }
}

/// A container file that is read.
#[derive(Debug)]
pub(in crate::cold::iceberg) struct Container<'a> {
    metadata: BTreeMap<&'a str, &'a [u8]>,
    node: Node,
    deflate: bool,
    marker: [u8; 16],
    blocks: Reader<'a>,
}

impl<'a> Container<'a> {
    /// Reads the header.
    ///
    /// # Errors
    /// The bytes are no such file, or one with a schema or a compression that is not known.
    pub(in crate::cold::iceberg) fn open(file: &'a [u8]) -> Outcome<Self> {
        let mut from = Reader::new(file);
        if from.take(MAGIC.len())? != MAGIC {
            return Err(IcebergError::damaged("it is no Avro file"));
        }
        let mut metadata = BTreeMap::new();
        items_of_blocks(&mut from, |from| {
            metadata.insert(text(from)?, bytes(from)?);
            Ok(())
        })?;
        let schema = metadata.get("avro.schema").copied().unwrap_or_default();
        let schema = serde_json::from_slice(schema)
            .map_err(|error| IcebergError::damaged(format!("the schema of the Avro file: {error}")))?;
        let deflate = compression(metadata.get("avro.codec").copied())?;
        let marker = from.array()?;
        Ok(Self { metadata, node: Node::parse(&schema)?, deflate, marker, blocks: from })
    }

    /// What the header says under `key`.
    pub(in crate::cold::iceberg) fn metadata(&self, key: &str) -> Option<&'a [u8]> {
        self.metadata.get(key).copied()
    }

    /// Reads every record.
    ///
    /// # Errors
    /// The bytes are damaged, or `each` fails.
    pub(in crate::cold::iceberg) fn each(
        mut self,
        mut each: impl FnMut(Record) -> Outcome<()>,
    ) -> Outcome<()> {
        while !self.blocks.is_empty() {
            let count = length(self.blocks.signed()?)?;
            let block = bytes(&mut self.blocks)?;
            let block = if self.deflate { &inflate(block)? } else { block };
            if self.blocks.array()? != self.marker {
                return Err(IcebergError::damaged("a block of the Avro file ends without its marker"));
            }
            self.records(count, block, &mut each)?;
        }
        Ok(())
    }

    fn records(
        &self,
        count: usize,
        block: &[u8],
        each: &mut impl FnMut(Record) -> Outcome<()>,
    ) -> Outcome<()> {
        if count > block.len() {
            return Err(IcebergError::damaged("a block of more records than bytes"));
        }
        let mut from = Reader::new(block);
        for _ in 0..count {
            match decode::value(&self.node, &mut from)? {
                Value::Record(record) => each(record)?,
                _ => return Err(IcebergError::damaged("an Avro file of something other than records")),
            }
        }
        if from.is_empty() { Ok(()) } else { Err(IcebergError::damaged("a block of too many bytes")) }
    }
}

/// Whether the codec is `deflate`; else there is none.
fn compression(codec: Option<&[u8]>) -> Outcome<bool> {
    match codec {
        None | Some(b"null") => Ok(false),
        Some(b"deflate") => Ok(true),
        Some(other) => {
            let name = String::from_utf8_lossy(other).into_owned();
            Err(IcebergError::unsupported(format!("the Avro compression `{name}`")))
        }
    }
}

fn inflate(block: &[u8]) -> Outcome<Vec<u8>> {
    decompress_to_vec_with_limit(block, MAX_BLOCK_BYTES)
        .map_err(|error| IcebergError::damaged(format!("a compressed block of the Avro file: {error}")))
}
