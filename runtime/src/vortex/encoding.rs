//! The names and numbers of the encodings.

use crate::bytes::Reader;

use super::error::{Outcome, VrtxError};

/// How deep encodings may be nested below that of the column.
pub(crate) const MAX_DEPTH: usize = 3;

macro_rules! encodings {
    ($($(#[$doc:meta])* $name:ident = $code:literal, $text:literal;)*) => {
        /// How a sequence of values is encoded: the first byte of it.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[non_exhaustive]
        pub enum Encoding {
            $($(#[$doc])* $name = $code,)*
        }

        impl Encoding {
            /// Every encoding, in the order of their numbers.
            pub const ALL: &[Self] = &[$(Self::$name,)*];

            /// The encoding of this number.
            #[must_use]
            pub const fn from_code(code: u8) -> Option<Self> {
                match code {
                    $($code => Some(Self::$name),)*
                    _ => None,
                }
            }

            /// Its name, as documents and tools print it.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$name => $text,)*
                }
            }
        }
    };
}

encodings! {
    /// Every value is NULL.
    AllNull = 0, "all-null";
    /// Which values are there, and those that are.
    Nullable = 1, "nullable";
    /// One value, as often as there are rows.
    Constant = 2, "constant";
    /// Differences from a vector's least number, packed.
    Packed = 3, "packed";
    /// Differences from number to number; a delta of deltas is one inside of another.
    Delta = 4, "delta";
    /// Multiples of one factor.
    Scaled = 5, "scaled";
    /// Each value once, with how often it is repeated.
    RunEnd = 6, "run-end";
    /// Each distinct value once, and their positions.
    Dictionary = 7, "dictionary";
    /// One value, and the exceptions from it.
    Sparse = 8, "sparse";
    /// Numbers as the library pco compresses them.
    Pco = 9, "pco";
    /// A bit a value.
    Bitmap = 10, "bitmap";
    /// Floats as decimal numbers: whole numbers and an exponent.
    Alp = 11, "alp";
    /// Floats as their upper and their lower bits.
    Split = 12, "split";
    /// Floats as the whole numbers that their bits are.
    Bits = 13, "bits";
    /// Lengths and bytes.
    Plain = 14, "plain";
    /// Lengths, and bytes by a table of symbols.
    Fsst = 15, "fsst";
    /// What each value shares with the one before, and the rest.
    Prefix = 16, "prefix";
    /// Lengths, and bytes as the library zstd compresses them.
    Zstd = 17, "zstd";
    /// Values of 16 bytes as two numbers.
    Halves = 18, "halves";
}

impl Encoding {
    /// The encoding that the next byte names.
    pub(crate) fn parse(from: &mut Reader<'_>, depth: usize) -> Outcome<Self> {
        if depth > MAX_DEPTH {
            return Err(VrtxError::Damaged("encodings are nested too deep"));
        }
        Self::from_code(from.byte()?).ok_or(VrtxError::Damaged("an encoding is unknown"))
    }
}
