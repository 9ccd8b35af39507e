//! From results to responses: every error of the storage has its status and says what it says.

use serde::Serialize;
use serde_json::json;
use terrace::{Cause, StorageError};
use worker::Response;

/// Why a request has no good answer.
#[derive(Debug)]
pub(crate) struct Refusal {
    status: u16,
    problem: String,
}

pub(crate) type Answer = Result<Response, Refusal>;

impl Refusal {
    pub(crate) fn new(status: u16, problem: impl Into<String>) -> Self {
        Self { status, problem: problem.into() }
    }

    pub(crate) fn response(&self) -> worker::Result<Response> {
        Ok(Response::from_json(&json!({ "error": self.problem }))?.with_status(self.status))
    }
}

impl From<StorageError> for Refusal {
    fn from(error: StorageError) -> Self {
        let status = match error.source {
            Cause::NotFound { .. } => 404,
            Cause::Conflict { .. } | Cause::NotUnique { .. } => 409,
            Cause::Pruned { .. } | Cause::Ahead { .. } => 410,
            Cause::Field(_) | Cause::Value(_) | Cause::Limit { .. } | Cause::Cursor => 400,
            _ => 500,
        };
        Self::new(status, error.to_string())
    }
}

impl From<worker::Error> for Refusal {
    fn from(error: worker::Error) -> Self {
        Self::new(500, error.to_string())
    }
}

pub(crate) fn json(value: &impl Serialize) -> Answer {
    Ok(Response::from_json(value)?)
}
