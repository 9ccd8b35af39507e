//! `crate = ::path`: where the library is, for those who renamed or re-export it.

use quote::{ToTokens, quote};
use syn::Path;

use crate::{
    ctxt::Ctxt,
    option::{Node, Value},
};

/// The path; one that would depend on the place of the struct is reported.
pub(super) fn parse(ctxt: &Ctxt, node: &Node) -> Option<Path> {
    let path = match node {
        Node::Is(_, Value::Path(path)) => path,
        Node::Is(_, value) => return refuse(ctxt, value),
        other => return refuse(ctxt, other),
    };
    if is_absolute(path) {
        return Some(path.clone());
    }
    let text = quote!(#path).to_string().replace(' ', "");
    ctxt.error(path, format!("the path must start with `::` or `crate::`\nhelp: write `crate = ::{text}`"));
    None
}

fn refuse(ctxt: &Ctxt, guilty: impl ToTokens) -> Option<Path> {
    ctxt.error(guilty, "`crate` needs a path\nhelp: write `crate = ::terrace`");
    None
}

fn is_absolute(path: &Path) -> bool {
    let root = |ident: &syn::Ident| ident == "crate" || ident == "$crate";
    path.leading_colon.is_some() || path.segments.first().is_some_and(|first| root(&first.ident))
}
