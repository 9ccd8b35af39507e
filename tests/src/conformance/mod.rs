//! What every backend has to do: the cases that run natively and, over HTTP, inside of a Durable Object.
//!
//! A case gets a home without a database. It never panics, since a panic would take the whole instance of an object
//! with it: what is not as it should be is an error that says what and where.

pub mod accounts;
mod analyze;
mod columnar;
mod documents;
mod errors;
mod groups;
mod log;
mod maintenance;
mod migration;
pub mod orders;
mod query;
mod snapshots;
mod transaction;
mod values;
mod write;

use std::{error::Error, fmt};

use terrace::{Options, StorageError, cdc::CdcEvent, hot::Db, schema::Collections};

/// Where a case keeps its one database.
pub trait Home {
    /// Opens the database, or creates it.
    ///
    /// # Errors
    /// As [`Options::open`].
    fn open_with(&self, options: Options, collections: Collections) -> Result<Db, StorageError>;

    /// Takes the database away.
    ///
    /// # Errors
    /// It cannot be taken away.
    fn clear(&self) -> Checked;

    /// As [`Home::open_with`], with a clock and random numbers that are the same each time.
    ///
    /// # Errors
    /// As [`Options::open`].
    fn open(&self, collections: Collections) -> Result<Db, StorageError> {
        self.open_with(crate::options(1), collections)
    }
}

/// What a case ends with.
pub type Checked = Result<(), Failed>;

/// What is not as it should be.
#[derive(Debug)]
pub struct Failed(pub String);

impl fmt::Display for Failed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl<E: Error> From<E> for Failed {
    #[track_caller]
    fn from(error: E) -> Self {
        Self(format!("{}: {error}", std::panic::Location::caller()))
    }
}

/// An operation that has to fail.
trait Refused {
    /// Its error.
    fn refused(self) -> Result<StorageError, Failed>;
}

impl<T> Refused for Result<T, StorageError> {
    #[track_caller]
    fn refused(self) -> Result<StorageError, Failed> {
        let place = std::panic::Location::caller();
        self.err().ok_or_else(|| Failed(format!("{place}: it should have been refused")))
    }
}

/// Replays the log of `db` into an empty database, which takes its place.
fn replayed(home: &dyn Home, db: Db, collections: Collections) -> Result<Db, Failed> {
    let events: Vec<Result<CdcEvent, StorageError>> = db.changes().since(0)?.collect();
    drop(db);
    home.clear()?;
    let copy = home.open(collections)?;
    copy.replay(events)?;
    Ok(copy)
}

/// One statement about every backend.
#[derive(Clone, Copy, Debug)]
pub struct Case {
    /// What it says.
    pub name: &'static str,
    /// Sees whether it is so.
    pub run: fn(&dyn Home) -> Checked,
}

/// Every case.
#[must_use]
pub fn cases() -> Vec<Case> {
    [
        write::CASES,
        query::CASES,
        analyze::CASES,
        transaction::CASES,
        log::CASES,
        values::CASES,
        errors::CASES,
        migration::CASES,
        columnar::CASES,
        groups::CASES,
        maintenance::CASES,
        snapshots::CASES,
    ]
    .concat()
}

/// The case of this name.
#[must_use]
pub fn case(name: &str) -> Option<Case> {
    cases().into_iter().find(|case| case.name == name)
}

/// Names the functions of a module as cases.
macro_rules! named {
    ($theme:literal: $($case:ident),* $(,)?) => {
        /// The cases of this module.
        pub(super) const CASES: &[super::Case] =
            &[$(super::Case { name: concat!($theme, ".", stringify!($case)), run: $case }),*];
    };
}

/// Fails unless two values are the same.
macro_rules! same {
    ($left:expr, $right:expr $(, $($why:tt)+)?) => {
        match (&$left, &$right) {
            (left, right) if *left == *right => {}
            (left, right) => {
                let place = concat!(file!(), ":", line!());
                let why: [String; _] = [$(format!($($why)+))?];
                return Err($crate::conformance::Failed(format!("{place}: {left:?} is not {right:?} {}", why.concat())));
            }
        }
    };
}

/// Fails unless a condition holds.
macro_rules! holds {
    ($condition:expr $(, $($why:tt)+)?) => {
        if !$condition {
            let place = concat!(file!(), ":", line!());
            let why: [String; _] = [$(format!($($why)+))?];
            let condition = stringify!($condition);
            return Err($crate::conformance::Failed(format!("{place}: not so: {condition} {}", why.concat())));
        }
    };
}

/// Fails unless a value has this form.
macro_rules! fits {
    ($value:expr, $($form:tt)+) => {
        match &$value {
            $($form)+ => {}
            other => {
                let place = concat!(file!(), ":", line!());
                let form = stringify!($($form)+);
                return Err($crate::conformance::Failed(format!("{place}: {other:?} does not fit {form}")));
            }
        }
    };
}

use fits;
use holds;
use named;
use same;
