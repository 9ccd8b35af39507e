//! A segment together with its bytes, so that it can be kept open.

use super::{VrtxError, segment::Segment};

self_cell::self_cell! {
    struct Cell {
        owner: Vec<u8>,

        #[covariant]
        dependent: Segment,
    }

    impl {Debug}
}

/// A segment that owns its bytes. What it has decoded once, as dictionaries and runs, it keeps.
#[derive(Debug)]
pub(crate) struct OwnedSegment(Cell);

impl OwnedSegment {
    /// As [`Segment::open`].
    pub(crate) fn open(bytes: Vec<u8>) -> Result<Self, VrtxError> {
        Cell::try_new(bytes, |bytes| Segment::open(bytes)).map(Self)
    }

    pub(crate) fn segment(&self) -> &Segment<'_> {
        self.0.borrow_dependent()
    }

    /// The bytes of memory that it takes at present, about.
    pub(crate) fn memory(&self) -> usize {
        self.0.borrow_owner().len() + self.segment().memory()
    }
}
