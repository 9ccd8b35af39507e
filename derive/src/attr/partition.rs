//! `partition(bucket(16, object), day(placed))`: how the cold tier lays a collection out.

use syn::{Ident, Lit};

use crate::{ctxt::Ctxt, option::Node, spelling};

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
            ctxt.error(node, usage(name));
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
    let with_number = name == "bucket" || name == "truncate";
    let found = match arguments {
        [Node::Word(source)] if with_number => {
            ctxt.error(name, needs_number(name, source));
            return None;
        }
        [Node::Bare(literal), Node::Word(source)] if with_number => {
            Some((number(ctxt, name, literal)?, source))
        }
        [Node::Word(source)] => {
            return Some(RawPartition { transform: name.clone(), number: None, source: source.clone() });
        }
        _ => None,
    };
    let Some((number, source)) = found else {
        ctxt.error(name, usage(name));
        return None;
    };
    Some(RawPartition { transform: name.clone(), number: Some(number), source: source.clone() })
}

fn needs_number(name: &Ident, source: &Ident) -> String {
    if name == "bucket" {
        format!("`bucket` needs a count\nhelp: write `bucket(16, {source})`")
    } else {
        format!("`truncate` needs a width\nhelp: write `truncate(8, {source})`")
    }
}

fn usage(name: &Ident) -> String {
    let number = match name.to_string().as_str() {
        "bucket" => "16, ",
        "truncate" => "8, ",
        _ => "",
    };
    let arguments = if number.is_empty() { "one column" } else { "a number and one column" };
    format!("`{name}` takes {arguments}\nhelp: write `{name}({number}created)`")
}

fn number(ctxt: &Ctxt, name: &Ident, literal: &crate::option::Literal) -> Option<u32> {
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
