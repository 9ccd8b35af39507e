//! Every collection has one id, and the id has a column.

use syn::{Ident, ext::IdentExt};

use crate::{
    ast::{Collection, Column},
    attr::mark::Kind,
    ctxt::Ctxt,
};

pub(super) fn check(ctxt: &Ctxt, collection: &Collection) {
    if let Some((_, fields)) = &collection.id.listed {
        both_forms(ctxt, collection);
        repeated(ctxt, fields);
        listed_columns(ctxt, collection, fields);
    } else {
        missing(ctxt, collection);
        two(ctxt, collection);
    }
}

fn missing(ctxt: &Ctxt, collection: &Collection) {
    let marked = collection.columns.iter().chain(&collection.skipped).any(|column| column.has(Kind::Id));
    if marked || collection.columns.is_empty() {
        return;
    }
    let title = collection.title();
    let named = collection.columns.iter().any(|column| column.title() == "id");
    let help = if named { "add `#[id]` to the field `id`" } else { "mark one field with `#[id]`" };
    ctxt.error(collection.ident(), format!("collection `{title}` has no id\nhelp: {help}"));
}

fn two(ctxt: &Ctxt, collection: &Collection) {
    let marked: Vec<&Column> = collection.columns.iter().filter(|column| column.has(Kind::Id)).collect();
    let (Some(first), Some(second)) = (marked.first(), marked.get(1)) else { return };
    let Some(mark) = second.mark(Kind::Id) else { return };
    let (title, first, second) = (collection.title(), first.title(), second.title());
    let help = format!("for an id of several columns write `#[collection(id({first}, {second}))]`");
    ctxt.error(
        &mark.ident,
        format!("collection `{title}` has two ids, `{first}` and `{second}`\nhelp: {help}"),
    );
}

fn both_forms(ctxt: &Ctxt, collection: &Collection) {
    for mark in collection.columns.iter().filter_map(|column| column.mark(Kind::Id)) {
        let help = "help: keep `#[id]` or `#[collection(id(…))]`, not both";
        ctxt.error(&mark.ident, format!("the id is given twice\n{help}"));
    }
}

/// Reports a field that a list names twice.
pub(super) fn repeated(ctxt: &Ctxt, fields: &[Ident]) {
    for (at, field) in fields.iter().enumerate() {
        if fields[..at].iter().any(|other| other.unraw() == field.unraw()) {
            ctxt.error(field, format!("`{field}` is listed twice"));
        }
    }
}

fn listed_columns(ctxt: &Ctxt, collection: &Collection, fields: &[Ident]) {
    for field in fields {
        let same = |column: &&Column| column.ident.unraw() == field.unraw();
        let Some(column) = collection.columns.iter().find(same) else { continue };
        if column.has(Kind::Json) {
            ctxt.error(field, format!("`{field}` is stored as JSON and cannot be part of the id"));
        } else if column.has(Kind::Version) {
            ctxt.error(field, format!("`{field}` counts versions and cannot be part of the id"));
        }
    }
}
