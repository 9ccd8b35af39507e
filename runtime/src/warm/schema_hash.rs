//! A hash of all that the bytes of a document depend on: a changed struct has other keys, so that nothing is read as what
//! it is not. Reckoned when the program is compiled.

use crate::schema::{ColumnDef, Kind, Schema};

/// `v` and the hash, as it stands in keys.
#[derive(Clone, Copy)]
pub(super) struct SchemaHash([u8; Self::LENGTH]);

impl SchemaHash {
    /// How many bytes it has.
    pub(super) const LENGTH: usize = 17;

    /// That of a schema: the name of the collection, the id, and each column's name, kind, labels and whether it may be
    /// NULL. Indexes, options and earlier names do not count.
    pub(super) const fn of(schema: &Schema) -> Self {
        let mut hash = Fnv::NEW.text(schema.name);
        let mut at = 0;
        while at < schema.columns.len() {
            hash = hash.column(&schema.columns[at]);
            at += 1;
        }
        let mut at = 0;
        while at < schema.id.len() {
            hash = hash.number(schema.id[at] as u64);
            at += 1;
        }
        hash.digits()
    }

    pub(super) const fn as_str(&self) -> &str {
        match std::str::from_utf8(&self.0) {
            Ok(digits) => digits,
            Err(_) => panic!("digits are UTF-8"),
        }
    }
}

/// Source: Fowler, Noll, Vo, "FNV-1a", 64 bits.
#[derive(Clone, Copy)]
struct Fnv(u64);

impl Fnv {
    const NEW: Self = Self(0xcbf2_9ce4_8422_2325);

    const fn byte(self, byte: u8) -> Self {
        Self((self.0 ^ byte as u64).wrapping_mul(0x0100_0000_01b3))
    }

    const fn bytes(mut self, bytes: &[u8]) -> Self {
        let mut at = 0;
        while at < bytes.len() {
            self = self.byte(bytes[at]);
            at += 1;
        }
        self
    }

    const fn number(self, number: u64) -> Self {
        self.bytes(&number.to_le_bytes())
    }

    const fn text(self, text: &str) -> Self {
        self.number(text.len() as u64).bytes(text.as_bytes())
    }

    const fn column(self, column: &ColumnDef) -> Self {
        let mut hash = self.text(column.name).kind(column.kind).byte(column.nullable as u8);
        hash = hash.number(column.labels.len() as u64);
        let mut at = 0;
        while at < column.labels.len() {
            hash = hash.text(column.labels[at]);
            at += 1;
        }
        hash
    }

    const fn kind(self, kind: Kind) -> Self {
        match kind {
            Kind::Bool => self.byte(1),
            Kind::I8 => self.byte(2),
            Kind::I16 => self.byte(3),
            Kind::I32 => self.byte(4),
            Kind::U8 => self.byte(5),
            Kind::U16 => self.byte(6),
            Kind::U32 => self.byte(7),
            Kind::I64 => self.byte(8),
            Kind::F32 => self.byte(9),
            Kind::F64 => self.byte(10),
            Kind::Text => self.byte(11),
            Kind::Bytes => self.byte(12),
            Kind::Fixed(length) => self.byte(13).number(length as u64),
            Kind::Uuid => self.byte(14),
            Kind::Timestamp => self.byte(15),
            Kind::Date => self.byte(16),
            Kind::Decimal { precision, scale } => self.byte(17).byte(precision).byte(scale),
            Kind::Enum => self.byte(18),
            Kind::Json => self.byte(19),
        }
    }

    const fn digits(self) -> SchemaHash {
        let mut text = [b'v'; SchemaHash::LENGTH];
        let mut at = 0;
        while at < 16 {
            text[at + 1] = b"0123456789abcdef"[((self.0 >> (60 - 4 * at)) & 15) as usize];
            at += 1;
        }
        SchemaHash(text)
    }
}
