//! Why bytes are no Iceberg metadata, or values cannot become such.

/// Why a structure of an Iceberg table cannot be read or written.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum IcebergError {
    /// The bytes are not what the specification says.
    #[error("the metadata is damaged: {0}")]
    Damaged(String),
    /// What the bytes need and this library lacks.
    #[error("terrace cannot read or write this: {0}")]
    Unsupported(String),
    /// A value that is not of the type of its column.
    #[error("{value} is not a value of the type `{kind}`")]
    Mismatch {
        /// The type.
        kind: String,
        /// The value.
        value: String,
    },
}

impl IcebergError {
    pub(super) fn damaged(what: impl Into<String>) -> Self {
        Self::Damaged(what.into())
    }

    pub(super) fn unsupported(what: impl Into<String>) -> Self {
        Self::Unsupported(what.into())
    }
}

/// What reading and writing of this module gives.
pub(super) type Outcome<T> = Result<T, IcebergError>;
