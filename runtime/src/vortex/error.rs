//! Why bytes are no VRTX data, or values cannot become such.

use crate::bytes::Damaged;

/// Why a segment or a file cannot be read or written.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum VrtxError {
    /// The bytes are not what the format says.
    #[error("the VRTX data is damaged: {0}")]
    Damaged(&'static str),
    /// The bytes need what this build lacks.
    #[error("the VRTX data cannot be read by this build of terrace: {0}")]
    Unsupported(&'static str),
    /// Values beyond a bound of the format.
    #[error("beyond a bound of VRTX: {0}")]
    TooLarge(&'static str),
    /// A value that does not fit its column.
    #[error("a column of VRTX cannot hold the value: {0}")]
    Mismatch(&'static str),
}

impl From<Damaged> for VrtxError {
    fn from(damaged: Damaged) -> Self {
        Self::Damaged(damaged.0)
    }
}

/// What reading and writing of this module gives.
pub(crate) type Outcome<T> = Result<T, VrtxError>;
