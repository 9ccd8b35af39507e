//! What every backend has to do: the cases that run natively and, over HTTP, inside of a Durable Object.
//!
//! A case gets a home without a database. It never panics, since a panic would take the whole instance of an object
//! with it: what is not as it should be is an error that says what and where.

mod documents;
mod write;

use std::{error::Error, fmt};

use terrace::{Options, StorageError, hot::Db, schema::Collections};

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
    [write::CASES].concat()
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
    ($left:expr, $right:expr $(,)?) => {
        match (&$left, &$right) {
            (left, right) if *left == *right => {}
            (left, right) => {
                let place = concat!(file!(), ":", line!());
                return Err($crate::conformance::Failed(format!("{place}: {left:?} is not {right:?}")));
            }
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
use named;
use same;
