//! The columns of a sort order have an order, and each is in it once.

use crate::{ast::Collection, attr::mark::Kind, ctxt::Ctxt};

pub(super) fn check(ctxt: &Ctxt, collection: &Collection) {
    for (at, sort) in collection.sort.iter().enumerate() {
        let source = &sort.source;
        if sort.column.is_some_and(|column| collection.columns[column].has(Kind::Json)) {
            ctxt.error(source, format!("`{source}` is stored as JSON and has no order"));
        }
        if collection.sort[..at].iter().any(|before| before.column == sort.column) {
            ctxt.error(source, format!("`{source}` is listed twice"));
        }
    }
}
