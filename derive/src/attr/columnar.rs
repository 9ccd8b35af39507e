//! `columnar(threshold = 1000)`, `columnar(never)`: from how many documents on the others move into columns.

use syn::{Ident, Lit};

use crate::{
    ctxt::Ctxt,
    option::{Node, Value},
};

/// What a collection says.
#[derive(Clone, Copy, Default)]
pub(crate) enum Columnar {
    #[default]
    Default,
    /// So many documents stay rows.
    Threshold(u64),
    Never,
}

/// What `columnar(…)` says.
pub(super) fn parse(ctxt: &Ctxt, key: &Ident, node: &Node) -> Option<Columnar> {
    if let Node::List(_, entries) = node
        && let [entry] = entries.as_slice()
    {
        match entry {
            Node::Word(word) if word == "never" => return Some(Columnar::Never),
            Node::Is(word, Value::Literal(literal)) if word == "threshold" => {
                if let (None, Lit::Int(number)) = (&literal.minus, &literal.lit)
                    && let Ok(threshold) = number.base10_parse()
                {
                    return Some(Columnar::Threshold(threshold));
                }
                ctxt.error(literal, "expected a number of documents\nhelp: write `threshold = 1000`");
                return None;
            }
            _ => {}
        }
    }
    let written = "write `columnar(threshold = 1000)` or `columnar(never)`";
    ctxt.error(key, format!("`columnar` needs a threshold, or the word `never`\nhelp: {written}"));
    None
}
