//! `partition(bucket(16, object), day(placed))`: how the cold tier lays a collection out.

use syn::{Ident, Lit};

use crate::{
    ctxt::Ctxt,
    option::{Literal, Node},
    spelling,
};

const TRANSFORMS: [&str; 7] = ["identity", "year", "month", "day", "hour", "bucket", "truncate"];

/// One field of a partition as it is written.
pub(crate) struct RawPartition {
    pub(crate) transform: Ident,
    /// The count of `bucket`, the width of `truncate`.
    pub(crate) number: Option<u32>,
    pub(crate) source: Ident,
}

pub(super) fn parse(ctxt: &Ctxt, key: &Ident, node: &Node) -> Option<Vec<RawPartition>> {
    match node {
        Node::List(_, entries) if !entries.is_empty() => {
            Some(entries.iter().filter_map(|entry| transform(ctxt, entry)).collect())
        }
        _ => {
            ctxt.error(
                key,
                "`partition` needs a list\nhelp: write `partition(bucket(16, object), day(created))`",
            );
            None
        }
    }
}

fn transform(ctxt: &Ctxt, node: &Node) -> Option<RawPartition> {
    let Some(name) = node.key() else {
        ctxt.error(node, "expected a transform, like `day(created)`");
        return None;
    };
    let known = TRANSFORMS.contains(&name.to_string().as_str());
    match node {
        Node::List(_, arguments) if known => read(ctxt, name, arguments),
        Node::Word(_) if !known => {
            ctxt.error(node, format!("expected a transform\nhelp: write `identity({name})`"));
            None
        }
        _ if known => {
            ctxt.error(node, usage(name, &[]));
            None
        }
        _ => {
            spelling::unknown(ctxt, name, "partition transform", "the transforms", &TRANSFORMS);
            None
        }
    }
}

/// The arguments of a transform that exists.
fn read(ctxt: &Ctxt, name: &Ident, arguments: &[Node]) -> Option<RawPartition> {
    let (number, source) = match (parameter(name), arguments) {
        (None, [Node::Word(source)]) => (None, source),
        (Some(_), [Node::Bare(literal), Node::Word(source)]) => (Some(number(ctxt, name, literal)?), source),
        _ => {
            ctxt.error(name, usage(name, arguments));
            return None;
        }
    };
    Some(RawPartition { transform: name.clone(), number, source: source.clone() })
}

/// What the number of a transform is called, and an example of one; none for a transform without.
fn parameter(name: &Ident) -> Option<(&'static str, &'static str)> {
    match name.to_string().as_str() {
        "bucket" => Some(("a count", "16")),
        "truncate" => Some(("a width", "8")),
        _ => None,
    }
}

/// How a transform is written, with the column that stands there if there is one.
fn usage(name: &Ident, arguments: &[Node]) -> String {
    let column = arguments.iter().find(|node| matches!(node, Node::Word(_))).and_then(Node::key);
    let column = column.map_or_else(|| "created".to_owned(), ToString::to_string);
    let has_number = arguments.iter().any(|node| matches!(node, Node::Bare(_)));
    match parameter(name) {
        None => format!("`{name}` takes one column\nhelp: write `{name}({column})`"),
        Some((number, example)) => {
            let needs = if has_number { "takes first" } else { "needs" };
            let then = if has_number { ", then one column" } else { "" };
            format!("`{name}` {needs} {number}{then}\nhelp: write `{name}({example}, {column})`")
        }
    }
}

fn number(ctxt: &Ctxt, name: &Ident, literal: &Literal) -> Option<u32> {
    let number = match &literal.lit {
        Lit::Int(integer) if literal.minus.is_none() => integer.base10_parse::<u32>().ok(),
        _ => None,
    };
    let most = i32::MAX.unsigned_abs();
    if number.is_some_and(|number| number >= 1 && number <= most) {
        return number;
    }
    let what = if name == "bucket" { "a bucket count" } else { "the width of `truncate`" };
    ctxt.error(literal, format!("{what} is at least 1 and at most {most}"));
    None
}
