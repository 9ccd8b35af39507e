//! Indexes cover columns that can be compared, and none is there for nothing.

use crate::{
    ast::{Collection, Index},
    attr::mark::Kind,
    ctxt::Ctxt,
};

use super::id::repeated;

pub(super) fn check(ctxt: &Ctxt, collection: &Collection) {
    for (at, index) in collection.indexes.iter().enumerate() {
        repeated(ctxt, &index.listed);
        json(ctxt, collection, index);
        let before = &collection.indexes[..at];
        if let Some(reason) = needless(collection, before, index) {
            ctxt.error(&index.key, reason);
        }
    }
}

fn json(ctxt: &Ctxt, collection: &Collection, index: &Index) {
    for (field, &column) in index.listed.iter().zip(&index.columns) {
        if collection.columns[column].has(Kind::Json) {
            ctxt.error(field, format!("`{field}` is stored as JSON and cannot be indexed"));
        }
    }
}

/// Why the index is there for nothing. One with a condition never is.
fn needless(collection: &Collection, before: &[Index], index: &Index) -> Option<String> {
    if index.filter.is_some() {
        return None;
    }
    let id = &collection.id.columns;
    let covers = |columns: &[usize]| columns.iter().all(|column| index.columns.contains(column));
    if id.is_empty() {
        None
    } else if index.columns == *id {
        Some(if index.unique { "the id is already unique" } else { "the id is already indexed" }.to_owned())
    } else if index.unique && covers(id) {
        Some(format!("{} alone is already unique", titles(collection, id)))
    } else {
        before
            .iter()
            .any(|other| other.filter.is_none() && other.columns == index.columns)
            .then(|| format!("{} is indexed twice", titles(collection, &index.columns)))
    }
}

/// Columns in words.
fn titles(collection: &Collection, columns: &[usize]) -> String {
    let titles: Vec<String> =
        columns.iter().map(|&column| format!("`{}`", collection.columns[column].title())).collect();
    titles.join(", ")
}
