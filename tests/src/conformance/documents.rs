//! The documents that the cases store.

use terrace::prelude::*;

/// A city, with every kind of index and a version.
#[derive(Collection, Clone, Debug, PartialEq)]
#[collection(index(country, people))]
pub(super) struct City {
    #[id]
    pub(super) name: String,
    pub(super) country: String,
    #[index]
    pub(super) people: i64,
    #[unique]
    pub(super) code: Option<String>,
    pub(super) area: Option<f64>,
    #[version]
    pub(super) version: u32,
}

pub(super) fn city(name: &str, people: i64) -> City {
    City {
        name: name.to_owned(),
        country: "DE".to_owned(),
        people,
        code: Some(format!("code {name}")),
        area: Some(141.0),
        version: 0,
    }
}

/// A reading whose id is SQLite's own row number.
#[derive(Collection, Clone, Debug, PartialEq)]
pub(super) struct Reading {
    #[id]
    pub(super) at: i64,
    pub(super) celsius: f64,
}
