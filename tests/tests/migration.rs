//! Migration: what is derived from the struct, and what is refused.

use terrace::{Cause, prelude::*};
use terrace_tests::{
    Place,
    conformance::orders::{self, leave_orders},
    documents, replayed,
};

/// A database with nine orders of the first version.
fn nine() -> Result<Place, StorageError> {
    let place = Place::new();
    leave_orders(&place.open(collections![orders::Order])?)?;
    Ok(place)
}

#[test]
fn add_rename_widen_and_index_keep_every_document() -> Result<(), StorageError> {
    #[derive(Embed, Clone, Copy, Debug, PartialEq)]
    enum Status {
        Open,
        Paid,
        Shipped,
    }

    #[derive(Collection, Clone, Debug, PartialEq)]
    #[collection(name = "order", unique(total, label))]
    struct Order {
        region: Option<String>,
        #[id]
        id: i64,
        #[index]
        total: i64,
        #[was("note")]
        remark: Option<String>,
        status: Status,
        weight: f64,
        #[column(fill = 7)]
        priority: u8,
        #[column(fill = "it's \"quoted\"")]
        label: String,
    }

    let place = nine()?;
    let db = place.open(collections![Order])?;
    let orders = documents::<Order>(&db)?;
    assert_eq!(orders.len(), 9);
    let third = Order {
        region: None,
        id: 3,
        total: 31,
        remark: Some("note 3".into()),
        status: Status::Paid,
        weight: 0.5,
        priority: 7,
        label: "it's \"quoted\"".into(),
    };
    assert_eq!(orders[3], third);
    db.update::<Order>(3, |o| (o.total, o.status) = (i64::MAX, Status::Shipped))?;
    let copy = replayed(&db, collections![Order])?;
    assert_eq!(documents::<Order>(&copy)?, documents::<Order>(&db)?, "invariant 3, over a migration");
    assert_eq!(copy.checksum::<Order>()?, db.checksum::<Order>()?);
    Ok(())
}

#[test]
fn what_cannot_be_altered_is_rebuilt() -> Result<(), StorageError> {
    #[derive(Collection, Clone, Debug, PartialEq)]
    #[collection(name = "order", index(status))]
    struct Order {
        #[id]
        id: i64,
        total: Option<i32>,
        #[column(fill = "nothing")]
        note: String,
        status: String,
        #[column(fill = 0.1)]
        share: f64,
    }

    let place = nine()?;
    let db = place.open(collections![Order])?;
    let expected = |id: i64| Order {
        id,
        total: Some(if id == 3 { 31 } else { i32::try_from(id * 10).expect("small") }),
        note: if id % 3 == 0 { format!("note {id}") } else { "nothing".into() },
        status: if id % 2 == 0 { "open".into() } else { "paid".into() },
        share: 0.1,
    };
    let orders: Vec<Order> = (0..10).filter(|id| *id != 4).map(expected).collect();
    assert_eq!(documents::<Order>(&db)?, orders);
    let copy = replayed(&db, collections![Order])?;
    assert_eq!(documents::<Order>(&copy)?, orders, "invariant 3, over a rebuilt table");
    assert_eq!(copy.checksum::<Order>()?, db.checksum::<Order>()?);
    Ok(())
}

/// Opens the nine orders with `T`, which is refused; gives the column and the problem. The database is as it was.
fn refused<T: Collection>() -> Result<(String, String), StorageError> {
    let place = nine()?;
    let before = std::fs::read(place.path()).expect("the file is there");
    let opened = place.open(terrace::schema::Collections::from([terrace::schema::Registered::of::<T>()]));
    let error = opened.expect_err("a refusal");
    assert_eq!(error.collection.as_deref(), Some("order"));
    let Cause::Migration { column, problem } = error.source else { panic!("{error}") };
    assert_eq!(std::fs::read(place.path()).expect("the file is there"), before);
    assert_eq!(place.open(collections![orders::Order])?.all::<orders::Order>().count()?, 9);
    Ok((column, problem))
}

#[test]
fn narrowing_names_the_column_and_both_types() -> Result<(), StorageError> {
    #[derive(Collection)]
    #[collection(name = "order")]
    struct Order {
        #[id]
        id: i64,
        total: i16,
    }

    let (column, problem) = refused::<Order>()?;
    assert_eq!(column, "total");
    assert!(problem.contains("it was `i32`") && problem.contains("`i16`"), "{problem}");
    Ok(())
}

#[test]
fn a_new_required_column_asks_for_a_fill() -> Result<(), StorageError> {
    #[derive(Collection)]
    #[collection(name = "order")]
    struct Order {
        #[id]
        id: i64,
        region: String,
    }

    let (column, problem) = refused::<Order>()?;
    assert_eq!(column, "region");
    assert!(problem.contains("Option<String>") && problem.contains("fill"), "{problem}");
    Ok(())
}

#[test]
fn optional_to_required_asks_for_a_fill() -> Result<(), StorageError> {
    #[derive(Collection)]
    #[collection(name = "order")]
    struct Order {
        #[id]
        id: i64,
        note: String,
    }

    assert_eq!(refused::<Order>()?.0, "note");
    Ok(())
}

#[test]
fn another_id_is_refused() -> Result<(), StorageError> {
    #[derive(Collection)]
    #[collection(name = "order")]
    struct Order {
        id: i64,
        #[id]
        total: i32,
    }

    assert!(refused::<Order>()?.1.contains("id of a collection cannot change"));
    Ok(())
}

#[test]
fn a_variant_that_is_gone_is_refused_by_its_label() -> Result<(), StorageError> {
    #[derive(Embed)]
    enum Status {
        Open,
    }

    #[derive(Collection)]
    #[collection(name = "order")]
    struct Order {
        #[id]
        id: i64,
        status: Status,
    }

    assert!(refused::<Order>()?.1.contains("`paid`"));
    Ok(())
}

#[test]
fn older_code_does_not_touch_what_newer_code_has_migrated() -> Result<(), StorageError> {
    #[derive(Collection)]
    #[collection(name = "order", index(status, total))]
    struct Order {
        #[id]
        id: i64,
        total: i32,
        note: Option<String>,
        status: orders::Status,
        weight: f32,
        region: Option<String>,
    }

    let place = nine()?;
    drop(place.open(collections![Order])?);
    let error = place.open(collections![orders::Order]).expect_err("a refusal");
    assert!(matches!(error.source, Cause::NewerSchema { stored: 2, known: 1 }), "{error}");
    assert_eq!(place.open(collections![Order])?.all::<Order>().count()?, 9);
    Ok(())
}

#[test]
fn a_column_that_was_dropped_and_came_back_is_a_new_column() -> Result<(), StorageError> {
    #[derive(Collection)]
    #[collection(name = "order")]
    struct Without {
        #[id]
        id: i64,
        total: i32,
    }

    #[derive(Collection, Clone, Debug, PartialEq)]
    #[collection(name = "order")]
    struct With {
        #[id]
        id: i64,
        total: i32,
        note: Option<String>,
    }

    let place = nine()?;
    drop(place.open(collections![Without])?);
    let db = place.open(collections![With])?;
    let orders = documents::<With>(&db)?;
    assert!(orders.iter().all(|order| order.note.is_none()));
    assert_eq!(documents::<With>(&replayed(&db, collections![With])?)?, orders);
    Ok(())
}

#[test]
fn opening_again_writes_nothing() -> Result<(), StorageError> {
    let place = nine()?;
    let version = |place: &Place| {
        place.sqlite().query_row("PRAGMA schema_version", [], |row| row.get::<_, i64>(0)).expect("a number")
    };
    let before = version(&place);
    drop(place.open(collections![orders::Order])?);
    assert_eq!(version(&place), before);
    Ok(())
}
