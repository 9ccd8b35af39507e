//! The name of what a collection holds at a moment.

use std::fmt;

use xxhash_rust::xxh3::xxh3_128;

use crate::value::hex;

use super::{Checksum, Lineage};

/// The name of what a collection of an object holds: 128 bits that follow from its checksum and its lineage.
///
/// Two reads of one collection that have the same generation have read the same documents; after a write, a restore, a
/// fork or an explicit invalidation it is another.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Generation(pub [u8; 16]);

impl Generation {
    /// That of a collection with this checksum. `marks` stand for the explicit invalidations.
    pub(crate) fn new(lineage: Lineage, checksum: Checksum, marks: [[u8; 16]; 2]) -> Self {
        let mut bytes = [0; 72];
        bytes[..16].copy_from_slice(&lineage.0);
        bytes[16..24].copy_from_slice(&checksum.documents.to_le_bytes());
        bytes[24..40].copy_from_slice(&checksum.sum.to_le_bytes());
        bytes[40..56].copy_from_slice(&marks[0]);
        bytes[56..].copy_from_slice(&marks[1]);
        Self(xxh3_128(&bytes).to_le_bytes())
    }
}

impl fmt::Display for Generation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex(&self.0))
    }
}

impl fmt::Debug for Generation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Generation({self})")
    }
}
