//! The rules that hold between the parts of a collection. One function a rule; [`check`] lists them all.
//!
//! Only what the tokens show is checked here. Facts that depend on the resolved type are assertions in the generated
//! code: see `expand::assert`.

mod columns;
mod id;
mod index;
mod partition;
mod sort;

use crate::{ast::Collection, ctxt::Ctxt, names};

/// Reports every rule that the collection breaks.
pub(crate) fn check(ctxt: &Ctxt, collection: &Collection) {
    names::check(ctxt, &collection.name);
    columns::check(ctxt, collection);
    id::check(ctxt, collection);
    index::check(ctxt, collection);
    partition::check(ctxt, collection);
    sort::check(ctxt, collection);
}
