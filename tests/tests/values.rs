//! Invariant 7: every value returns bit-exact, and what could not is refused by name.

use terrace::{Cause, prelude::*, value::ValueError};

#[derive(Collection, Clone, Debug, PartialEq)]
struct Reading {
    #[id]
    id: i64,
    celsius: f64,
    #[json]
    history: Vec<f32>,
}

/// The refusal of a document, after which nothing is stored.
fn refusal(celsius: f64, history: Vec<f32>) -> Result<String, StorageError> {
    let db = Db::open_in_memory(collections![Reading])?;
    let error = db.insert(&Reading { id: 1, celsius, history }).expect_err("a refusal");
    assert_eq!((db.all::<Reading>().count()?, db.changes().head()?), (0, 0));
    Ok(error.to_string())
}

#[test]
fn nan_is_refused_by_name() -> Result<(), StorageError> {
    assert!(refusal(f64::NAN, vec![])?.contains("column `celsius`: NaN cannot be stored"));
    assert!(refusal(0.0, vec![1.0, f32::NAN])?.contains("column `history`: NaN cannot be stored"));
    assert!(refusal(0.0, vec![f32::INFINITY])?.contains("column `history`: JSON: `inf` has no form in JSON"));

    let db = Db::open_in_memory(collections![Reading])?;
    let filter = db.find::<Reading>(|r| r.celsius.lt(f64::NAN)).all().expect_err("a refusal");
    assert!(filter.to_string().contains("column `celsius`: NaN"), "{filter}");
    Ok(())
}

#[test]
fn a_moment_finer_than_a_microsecond_is_refused() -> Result<(), Box<dyn std::error::Error>> {
    #[derive(Collection)]
    struct Event {
        #[id]
        at: jiff::Timestamp,
    }

    let db = Db::open_in_memory(collections![Event])?;
    let error = db.insert(&Event { at: jiff::Timestamp::from_nanosecond(1)? }).expect_err("a refusal");
    let Cause::Field(field) = &error.source else { panic!("{error}") };
    assert!(matches!(field.source, ValueError::TooPrecise { .. }), "{error}");
    Ok(())
}

#[cfg(feature = "chrono")]
#[test]
fn a_moment_of_chrono_is_a_column() -> Result<(), Box<dyn std::error::Error>> {
    #[derive(Collection, Debug, PartialEq)]
    struct Event {
        #[id]
        at: chrono::DateTime<chrono::Utc>,
    }

    let db = Db::open_in_memory(collections![Event])?;
    let event = Event { at: chrono::DateTime::from_timestamp_micros(-1_234_567).ok_or("in range")? };
    db.insert(&event)?;
    assert_eq!(db.get::<Event>(event.at)?, Some(event));
    Ok(())
}

#[cfg(feature = "rust_decimal")]
#[test]
fn a_rust_decimal_becomes_a_decimal_and_comes_back() -> Result<(), Box<dyn std::error::Error>> {
    let given = rust_decimal::Decimal::new(-19_900, 3);
    let ours = Decimal::<10, 2>::try_from(given)?;
    assert_eq!(ours.to_string(), "-19.90");
    assert_eq!(rust_decimal::Decimal::try_from(ours)?, given);
    assert!(Decimal::<10, 2>::try_from(rust_decimal::Decimal::new(1, 3)).is_err());
    Ok(())
}
