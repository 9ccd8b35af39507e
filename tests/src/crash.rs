//! What the crash test and the process that it kills share.

use terrace::prelude::*;

/// A document that the process writes.
#[derive(Collection, Clone, Debug, PartialEq)]
#[collection(columnar(threshold = 50))]
pub struct Entry {
    /// Counted up.
    #[id]
    pub id: i64,
    /// Of random length.
    pub text: String,
    /// Changes.
    #[index]
    pub count: i64,
}
