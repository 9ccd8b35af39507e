//! What an object throws, as the same causes that the native backend gives.
//!
//! The text of an error of SQLite ends in its code: `UNIQUE constraint failed: t.c: SQLITE_CONSTRAINT (extended:
//! SQLITE_CONSTRAINT_UNIQUE)`.

use js_sys::Error;
use wasm_bindgen::{JsCast, JsValue};

use crate::{
    error::{Cause, Failure},
    hot::backends::{BEYOND_LIMIT, columns},
};

/// What was thrown, with the statement that met it.
pub(super) fn failure(thrown: &JsValue, sql: &str) -> Failure {
    Failure::from(cause(message(thrown))).within(sql)
}

/// Why there is no bookmark.
pub(in crate::hot) fn refused(thrown: &JsValue) -> Cause {
    Cause::Bookmark { source: message(thrown).into() }
}

fn message(thrown: &JsValue) -> String {
    match thrown.dyn_ref::<Error>() {
        Some(error) => error.message().into(),
        None => thrown.as_string().unwrap_or_else(|| format!("{thrown:?}")),
    }
}

fn cause(text: String) -> Cause {
    let (problem, code) = split(&text);
    match code {
        "SQLITE_CONSTRAINT_UNIQUE" | "SQLITE_CONSTRAINT_PRIMARYKEY" | "SQLITE_CONSTRAINT_ROWID" => {
            Cause::NotUnique { columns: columns(problem), source: text.into() }
        }
        "SQLITE_BUSY" | "SQLITE_LOCKED" => Cause::Locked { source: text.into() },
        "SQLITE_FULL" => Cause::DiskFull { source: text.into() },
        "SQLITE_CORRUPT" => {
            Cause::Corrupt { what: "the database of the object".to_owned(), problem: problem.to_owned() }
        }
        "SQLITE_TOOBIG" => Cause::Limit { limit: format!("{problem}; a row holds at most 2 MB") },
        _ if code.starts_with("SQLITE_CONSTRAINT") => Cause::Constraint { source: text.into() },
        _ if code.starts_with("SQLITE_IOERR") => Cause::Io { source: text.into() },
        _ if BEYOND_LIMIT.iter().any(|part| problem.contains(part)) => {
            Cause::Limit { limit: problem.to_owned() }
        }
        _ => Cause::Sqlite(text.into()),
    }
}

/// The problem, and the most exact code that is named behind it.
fn split(text: &str) -> (&str, &str) {
    let (text, extended) = match text.strip_suffix(')').and_then(|text| text.rsplit_once(" (extended: ")) {
        Some((text, extended)) => (text, Some(extended)),
        None => (text, None),
    };
    match text.rsplit_once(": SQLITE_") {
        Some((problem, _)) => (problem, extended.unwrap_or(&text[problem.len() + 2..])),
        None => (text, ""),
    }
}
