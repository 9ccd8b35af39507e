//! Migrations of a collection that has row groups: these stay as they were written and are read through a lens. What a
//! migration has to know of every document is read from both.

use std::ops::ControlFlow;

use crate::{
    error::{Failure, Outcome},
    hot::{
        backend::{Backend, Verdict},
        read::integer,
        table,
    },
    schema::{Schema, StoredSchema, quote},
    value::{Row, RowBuf},
};

use super::{
    group::{Group, Source},
    reader::Reader,
    unique,
};

/// Runs `each` over the documents of a collection that live in row groups.
pub(in crate::hot) fn each_document(
    source: Source<'_>,
    collection: u64,
    each: &mut dyn FnMut(&RowBuf) -> Outcome<ControlFlow<()>>,
) -> Outcome<()> {
    for group in Group::all(source.backend, collection)? {
        let reader = Reader::new(source, group)?;
        for row in reader.live_rows()? {
            if each(&row)?.is_break() {
                return Ok(());
            }
        }
    }
    Ok(())
}

/// Puts the documents that live in row groups into a table of rows; for as long as a transaction lasts that is rolled
/// back.
pub(super) fn put_into(
    source: Source<'_>,
    collection: u64,
    schema: &StoredSchema,
    rows: &str,
) -> Outcome<()> {
    let names: Vec<String> = schema.columns.iter().map(|column| quote(&column.name)).collect();
    let insert = table::insert_into(&quote(rows), &names.join(", "), names.len());
    for group in Group::all(source.backend, collection)? {
        let mut documents = Reader::new(source, group)?.live_rows()?.into_iter();
        source.backend.insert_rows(&insert, &mut |row| {
            let Some(document) = documents.next() else { return Ok(false) };
            (0..document.len()).try_for_each(|at| row.push(document.value(at)?))?;
            Ok(true)
        })?;
    }
    Ok(())
}

/// Refuses values in row groups that the unique indexes of the table of rows refuse, and keeps their keys anew.
pub(in crate::hot) fn index_again(
    source: Source<'_>,
    collection: u64,
    schema: &'static Schema,
    rows: &str,
) -> Outcome<()> {
    let stored = StoredSchema::from(schema);
    tentatively(source.backend, &mut || put_into(source, collection, &stored, rows))?;
    let sql = "DELETE FROM _terrace_unique WHERE collection = ?1";
    source.backend.execute(sql, &[integer(collection)].as_slice())?;
    each_document(source, collection, &mut |row| {
        unique::enter_group(source.backend, schema, collection, row)?;
        Ok(ControlFlow::Continue(()))
    })
}

/// Runs `body` in a transaction or savepoint that is rolled back.
pub(super) fn tentatively(backend: &dyn Backend, body: &mut dyn FnMut() -> Outcome<()>) -> Outcome<()> {
    let mut failed: Option<Failure> = None;
    backend.transaction(&mut || {
        failed = body().err();
        Verdict::Rollback
    })?;
    failed.map_or(Ok(()), Err)
}
