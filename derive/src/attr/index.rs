//! `index(a, b)` and `unique(a, where = "…")` of a struct.

use syn::{Ident, LitStr};

use crate::{
    ctxt::Ctxt,
    option::{Node, Value, WHERE},
};

use super::fields;

/// An index as it is written: fields by name.
pub(crate) struct RawIndex {
    pub(crate) key: Ident,
    pub(crate) unique: bool,
    pub(crate) fields: Vec<Ident>,
    pub(crate) filter: Option<LitStr>,
}

pub(super) fn parse(ctxt: &Ctxt, key: &Ident, node: &Node) -> Option<RawIndex> {
    let Node::List(_, entries) = node else {
        return missing(ctxt, key);
    };
    let is_filter = |node: &&Node| node.key().is_some_and(|key| key == "where");
    let (filters, columns): (Vec<&Node>, Vec<&Node>) = entries.iter().partition(is_filter);
    if columns.is_empty() {
        return missing(ctxt, key);
    }
    if let Some(second) = filters.get(1) {
        ctxt.error(second, "`where` is given twice");
    }
    let filter = filters.first().and_then(|node| filter(ctxt, node));
    Some(RawIndex { key: key.clone(), unique: key == "unique", fields: fields(ctxt, columns), filter })
}

fn missing(ctxt: &Ctxt, key: &Ident) -> Option<RawIndex> {
    ctxt.error(key, format!("`{key}` needs the names of its columns\nhelp: write `{key}(a, b)`"));
    None
}

fn filter(ctxt: &Ctxt, node: &Node) -> Option<LitStr> {
    match node {
        Node::Is(_, Value::Literal(literal))
            if literal.string().is_some_and(|sql| !sql.value().trim().is_empty()) =>
        {
            literal.string().cloned()
        }
        other => {
            ctxt.error(other, WHERE);
            None
        }
    }
}
