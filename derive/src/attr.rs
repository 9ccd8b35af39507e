//! From attributes to options: which ones there are, where each may stand, and what its value has to be.
//!
//! Every parser reports what it does not understand and goes on: no mistake hides another.

pub(crate) mod collection;
pub(crate) mod column;
mod columnar;
mod duration;
pub(crate) mod embed;
mod index;
mod krate;
pub(crate) mod mark;
mod partition;
mod snapshot;
mod sort;

pub(crate) use columnar::Columnar;
pub(crate) use index::RawIndex;
pub(crate) use partition::RawPartition;
pub(crate) use snapshot::Snapshot;
pub(crate) use sort::RawSort;

use quote::ToTokens;
use syn::{Attribute, Ident};

use crate::{
    ctxt::Ctxt,
    option::{Node, options},
};

/// An option and how it is written.
pub(crate) type Key = (&'static str, &'static str);

/// The words of options.
fn words(keys: &[Key]) -> Vec<&'static str> {
    keys.iter().map(|(word, _)| *word).collect()
}

/// The options of a struct, and how each is written.
const COLLECTION_KEYS: [Key; 12] = [
    ("name", "name = \"…\""),
    ("id", "id(a, b)"),
    ("index", "index(a, b)"),
    ("unique", "unique(a, b)"),
    ("partition", "partition(day(a))"),
    ("sort", "sort(a, -b)"),
    ("merge_on_read", "merge_on_read"),
    ("cache", "cache = \"60s\""),
    ("capture", "capture = \"full\""),
    ("columnar", "columnar(threshold = 1000)"),
    ("snapshot", "snapshot(every = \"1d\", keep = 30)"),
    ("crate", "crate = ::terrace"),
];

/// The options of a field, and how each is written.
const COLUMN_KEYS: [Key; 3] = [("name", "name = \"…\""), ("mask", "mask"), ("fill", "fill = …")];

/// How the option `word` is written, if it is one of `keys`.
fn example(keys: &[Key], word: &str) -> Option<&'static str> {
    keys.iter().find(|(known, _)| *known == word).map(|(_, example)| *example)
}

/// The options of every `#[name(…)]` among `attributes`.
fn options_of(ctxt: &Ctxt, attributes: &[Attribute], name: &str) -> Vec<Node> {
    let named = attributes.iter().filter(|attribute| attribute.path().is_ident(name));
    named.flat_map(|attribute| options(ctxt, attribute)).collect()
}

/// Fills `slot`; reports `key` when it is filled already.
fn set<T>(ctxt: &Ctxt, slot: &mut Option<T>, key: &impl ToTokens, value: Option<T>) {
    let Some(value) = value else { return };
    if slot.is_some() {
        ctxt.error(key, format!("`{}` is given twice", key.to_token_stream()));
    } else {
        *slot = Some(value);
    }
}

/// An option that is its name alone.
fn word(ctxt: &Ctxt, key: &Ident, node: &Node, example: &str) -> Option<()> {
    if let Node::Word(_) = node {
        return Some(());
    }
    ctxt.error(node, format!("`{key}` takes no value\nhelp: write `{example}`"));
    None
}

/// The fields that a list names; whatever is not the name of a field is reported.
fn fields<'a>(ctxt: &Ctxt, nodes: impl IntoIterator<Item = &'a Node>) -> Vec<Ident> {
    let field = |node: &Node| match node {
        Node::Word(field) => Some(field.clone()),
        other => {
            ctxt.error(other, "expected the name of a field");
            None
        }
    };
    nodes.into_iter().filter_map(field).collect()
}
