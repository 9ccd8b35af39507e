//! `sort(status, -placed)`: the order in which the cold tier keeps the rows of a collection.

use syn::Ident;

use crate::{ctxt::Ctxt, option::Node};

/// One column of a sort order as it is written.
pub(crate) struct RawSort {
    pub(crate) source: Ident,
    pub(crate) descending: bool,
}

pub(super) fn parse(ctxt: &Ctxt, key: &Ident, node: &Node) -> Option<Vec<RawSort>> {
    match node {
        Node::List(_, entries) if !entries.is_empty() => {
            Some(entries.iter().filter_map(|entry| column(ctxt, entry)).collect())
        }
        _ => {
            ctxt.error(key, "`sort` needs the names of its columns\nhelp: write `sort(a, -b)`");
            None
        }
    }
}

fn column(ctxt: &Ctxt, node: &Node) -> Option<RawSort> {
    match node {
        Node::Word(source) => Some(RawSort { source: source.clone(), descending: false }),
        Node::Minus(_, source) => Some(RawSort { source: source.clone(), descending: true }),
        other => {
            let problem = "expected the name of a field";
            ctxt.error(other, format!("{problem}\nnote: `-` in front of it turns the order around"));
            None
        }
    }
}
