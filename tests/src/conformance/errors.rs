//! What is refused, and how it says so: the same causes on every backend.

use terrace::{Cause, Operation, prelude::*};

use super::{
    Checked, Home, Refused,
    documents::{City, Reading, city},
    fits, holds, named, same,
};

named![
    "errors":
    a_second_document_of_one_id_names_the_column,
    a_second_document_of_one_unique_value_names_the_column,
    sql_that_is_none_says_where,
    a_collection_that_was_not_opened_says_so,
    a_query_with_the_wrong_number_of_values_says_both,
    a_row_is_read_as_what_it_is,
];

fn a_second_document_of_one_id_names_the_column(home: &dyn Home) -> Checked {
    let db = home.open(collections![City, Reading])?;
    db.insert(&city("Bonn", 1))?;
    let error = db.insert(&City { code: None, ..city("Bonn", 2) }).refused()?;
    same!((error.operation, error.collection.as_deref()), (Operation::Insert, Some("city")));
    holds!(error.statement.as_deref().is_some_and(|sql| sql.starts_with("INSERT INTO \"city\"")));
    let Cause::NotUnique { columns, source } = &error.source else { return Err(error.into()) };
    same!(columns, "city.name");
    holds!(source.to_string().starts_with("UNIQUE constraint failed: city.name"), "{source}");

    db.insert(&Reading { at: 1, celsius: 0.0 })?;
    let error = db.insert(&Reading { at: 1, celsius: 1.0 }).refused()?;
    fits!(error.source, Cause::NotUnique { columns, .. } if columns == "reading.at");
    Ok(())
}

fn a_second_document_of_one_unique_value_names_the_column(home: &dyn Home) -> Checked {
    let db = home.open(collections![City])?;
    db.insert_all(&[city("Bonn", 1), city("Köln", 1)])?;
    let taken = || Some("code Bonn".to_owned());
    for error in [
        db.insert(&City { code: taken(), ..city("Ulm", 1) }).refused()?,
        db.update::<City>("Köln", |c| c.code = taken()).refused()?,
        db.upsert(&City { code: taken(), ..city("Köln", 1) }).refused()?,
    ] {
        fits!(error.source, Cause::NotUnique { columns, .. } if columns == "city.code");
    }
    let none = |name| City { code: None, ..city(name, 1) };
    same!(db.insert_all(&[none("x"), none("y")])?, 2);
    Ok(())
}

fn sql_that_is_none_says_where(home: &dyn Home) -> Checked {
    let db = home.open(collections![City])?;
    let error = db.query::<(i64,)>("SELECT 1 FORM city", ()).refused()?;
    same!((error.operation, error.statement.as_deref()), (Operation::Query, Some("SELECT 1 FORM city")));
    holds!(error.to_string().contains("near \"city\": syntax error"), "{error}");
    let error = db.query::<(i64,)>("SELECT peeple FROM city", ()).refused()?;
    holds!(error.to_string().contains("no such column: peeple"), "{error}");
    Ok(())
}

fn a_collection_that_was_not_opened_says_so(home: &dyn Home) -> Checked {
    let db = home.open(collections![City])?;
    fits!(db.insert(&Reading { at: 1, celsius: 0.0 }).refused()?.source, Cause::NotOpened);
    Ok(())
}

fn a_query_with_the_wrong_number_of_values_says_both(home: &dyn Home) -> Checked {
    let db = home.open(collections![City])?;
    for (sql, needed) in [("SELECT 1", 0), ("SELECT ?1, ?3", 3), ("SELECT ?, ?", 2)] {
        let error = db.query::<(i64,)>(sql, (1_i64,)).refused()?.to_string();
        let text = format!("the statement has {needed} parameters and 1 values were given");
        holds!(error.contains(&text), "{error}");
    }
    Ok(())
}

fn a_row_is_read_as_what_it_is(home: &dyn Home) -> Checked {
    let db = home.open(collections![City])?;
    db.query::<(String,)>("SELECT 1", ()).refused()?;
    db.query::<(i64,)>("SELECT 1.5", ()).refused()?;
    db.query::<(i64,)>("SELECT 'i1'", ()).refused()?;
    db.query::<(i64, i64)>("SELECT 1", ()).refused()?;
    let error = db.query::<City>("SELECT name FROM city UNION SELECT 'x'", ()).refused()?;
    holds!(error.to_string().contains("selects no column `country`"), "{error}");
    Ok(())
}
