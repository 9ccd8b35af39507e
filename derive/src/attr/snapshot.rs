//! `snapshot(every = "1d", keep = 30)`: how often a snapshot is taken, and how many of these stay.

use syn::{Ident, Lit};

use crate::{
    ctxt::Ctxt,
    option::{Node, Value},
    spelling,
};

use super::{duration, set};

/// What a collection says.
#[derive(Clone, Copy)]
pub(crate) struct Snapshot {
    pub(crate) every_seconds: u64,
    pub(crate) keep: u64,
}

const WRITTEN: &str = "snapshot(every = \"1d\", keep = 30)";

/// What `snapshot(…)` says.
pub(super) fn parse(ctxt: &Ctxt, key: &Ident, node: &Node) -> Option<Snapshot> {
    let incomplete = || {
        ctxt.error(key, format!("`snapshot` needs `every` and `keep`\nhelp: write `{WRITTEN}`"));
        None
    };
    let Node::List(_, entries) = node else { return incomplete() };
    let (mut every, mut kept, mut reported) = (None, None, false);
    for entry in entries {
        let value = match entry.key() {
            Some(word) if word == "every" => {
                duration::parse(ctxt, word, entry).map(|value| (&mut every, word, value))
            }
            Some(word) if word == "keep" => keep(ctxt, word, entry).map(|value| (&mut kept, word, value)),
            Some(word) => {
                spelling::unknown(ctxt, word, "option of `snapshot`", "its options", &["every", "keep"]);
                None
            }
            None => {
                ctxt.error(entry, format!("expected `every` or `keep`\nhelp: write `{WRITTEN}`"));
                None
            }
        };
        match value {
            Some((slot, word, value)) => set(ctxt, slot, word, Some(value)),
            None => reported = true,
        }
    }
    match (every, kept) {
        (Some(every_seconds), Some(keep)) => Some(Snapshot { every_seconds, keep }),
        _ if reported => None,
        _ => incomplete(),
    }
}

fn keep(ctxt: &Ctxt, key: &Ident, node: &Node) -> Option<u64> {
    if let Node::Is(_, Value::Literal(literal)) = node
        && let (None, Lit::Int(number)) = (&literal.minus, &literal.lit)
        && let Ok(keep @ 1..) = number.base10_parse()
    {
        return Some(keep);
    }
    ctxt.error(key, "`keep` is how many snapshots stay, one at least\nhelp: write `keep = 30`");
    None
}
