//! Migrations: what follows from the struct, what is refused, and that the log is read through them (invariant 3).

use terrace::{Cause, prelude::*};

use super::{
    Checked, Home, Refused, fits, named,
    orders::{self, leave_orders},
    replayed, same,
};
use crate::documents;

named![
    "migration":
    columns_are_added_renamed_and_widened,
    a_table_is_built_anew,
    newer_code_keeps_older_code_out,
    what_would_lose_data_is_refused_and_changes_nothing,
];

/// Leaves nine orders of the first version.
fn nine(home: &dyn Home) -> Result<(), StorageError> {
    leave_orders(&home.open(collections![orders::Order])?)
}

fn columns_are_added_renamed_and_widened(home: &dyn Home) -> Checked {
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
        status: String,
        weight: f64,
        #[column(fill = 9_223_372_036_854_775_807)]
        priority: i64,
        #[column(fill = "it's \"quoted\"")]
        label: String,
    }

    nine(home)?;
    let db = home.open(collections![Order])?;
    let third = Order {
        region: None,
        id: 3,
        total: 31,
        remark: Some("note 3".into()),
        status: "paid".into(),
        weight: 0.5,
        priority: i64::MAX,
        label: "it's \"quoted\"".into(),
    };
    same!(db.get::<Order>(3)?, Some(third));
    db.update::<Order>(3, |o| o.total = i64::MAX)?;
    let (orders, checksum) = (documents::<Order>(&db)?, db.checksum::<Order>()?);
    let copy = replayed(home, db, collections![Order])?;
    same!((documents::<Order>(&copy)?, copy.checksum::<Order>()?), (orders, checksum));
    Ok(())
}

fn a_table_is_built_anew(home: &dyn Home) -> Checked {
    #[derive(Collection, Clone, Debug, PartialEq)]
    #[collection(name = "order", index(status))]
    struct Order {
        #[id]
        id: i64,
        total: Option<i32>,
        #[column(fill = "nothing")]
        note: String,
        status: String,
        #[column(fill = 5.0)]
        share: f64,
    }

    nine(home)?;
    let db = home.open(collections![Order])?;
    let orders = documents::<Order>(&db)?;
    let last = Order { id: 9, total: Some(90), note: "note 9".into(), status: "paid".into(), share: 5.0 };
    same!((orders.len(), orders.last()), (9, Some(&last)));
    let types: Vec<(String,)> = db.query("SELECT DISTINCT typeof(share) FROM \"order\"", ())?;
    same!(types, [("real".to_owned(),)]);
    let checksum = db.checksum::<Order>()?;
    let copy = replayed(home, db, collections![Order])?;
    same!((documents::<Order>(&copy)?, copy.checksum::<Order>()?), (orders, checksum));
    Ok(())
}

fn newer_code_keeps_older_code_out(home: &dyn Home) -> Checked {
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

    nine(home)?;
    drop(home.open(collections![Order])?);
    let error = home.open(collections![orders::Order]).refused()?;
    fits!(error.source, Cause::NewerSchema { stored: 2, known: 1 });
    same!(home.open(collections![Order])?.all::<Order>().count()?, 9);
    Ok(())
}

fn what_would_lose_data_is_refused_and_changes_nothing(home: &dyn Home) -> Checked {
    #[derive(Collection)]
    #[collection(name = "order")]
    struct Narrow {
        #[id]
        id: i64,
        total: i16,
    }

    #[derive(Collection)]
    #[collection(name = "order")]
    struct Required {
        #[id]
        id: i64,
        region: String,
    }

    nine(home)?;
    let error = home.open(collections![Narrow]).refused()?;
    fits!(error.source, Cause::Migration { column, .. } if column == "total");
    let error = home.open(collections![Required]).refused()?;
    fits!(error.source, Cause::Migration { column, .. } if column == "region");
    same!(home.open(collections![orders::Order])?.all::<orders::Order>().count()?, 9);
    Ok(())
}
