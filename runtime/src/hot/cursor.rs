//! The place after a document in a sorted query, as a value that travels as text.

use std::{fmt, str::FromStr};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD as BASE64};
use serde::{Deserialize, Serialize};

use crate::{
    error::{Cause, Failure, Operation, StorageError},
    value::Value,
};

/// The place after a document in a query with orders. As text it can be given to a client and taken back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cursor {
    /// The columns that the query sorted by, `-` before those with the greatest first.
    pub(super) columns: Vec<String>,
    pub(super) values: Vec<Value>,
}

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&BASE64.encode(serde_json::to_vec(self).map_err(|_| fmt::Error)?))
    }
}

impl FromStr for Cursor {
    type Err = StorageError;

    fn from_str(text: &str) -> Result<Self, StorageError> {
        let json = BASE64.decode(text).ok();
        let cursor = json.and_then(|json| serde_json::from_slice(&json).ok());
        cursor.ok_or_else(|| Failure::from(Cause::Cursor).during(Operation::Find, None))
    }
}
