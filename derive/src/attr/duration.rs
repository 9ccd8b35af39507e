//! Lengths of time as the user writes them: `"60s"`.

use syn::{Ident, Lit, LitStr};

use crate::{
    ctxt::Ctxt,
    option::{Node, Value},
    spelling,
};

/// The units and their seconds; a year is 365 days.
const UNITS: [(&str, u64); 6] =
    [("s", 1), ("m", 60), ("h", 3_600), ("d", 86_400), ("w", 604_800), ("y", 31_536_000)];

/// The seconds of `key = "60s"`.
pub(super) fn parse(ctxt: &Ctxt, key: &Ident, node: &Node) -> Option<u64> {
    if let Node::Is(_, Value::Literal(literal)) = node
        && let Lit::Int(number) = &literal.lit
    {
        let digits = number.base10_digits();
        ctxt.error(literal, format!("a duration needs a unit\nhelp: write `{key} = \"{digits}s\"`"));
        return None;
    }
    let text = node.string(ctxt, &format!("{key} = \"60s\""))?;
    match seconds(&text) {
        Ok(seconds) => Some(seconds),
        Err(reason) => {
            ctxt.error(text, reason);
            None
        }
    }
}

fn seconds(literal: &LitStr) -> Result<u64, String> {
    let text = literal.value();
    let (number, unit) = split(text.trim());
    if number.starts_with('-') {
        return Err("a duration is longer than zero".to_owned());
    }
    if number.is_empty() {
        return Err(format!("`{text}` is not a duration\nhelp: write a number and a unit, like `\"60s\"`"));
    }
    let factor = factor(number, unit)?;
    match number.parse::<u64>().ok().and_then(|count| count.checked_mul(factor)) {
        Some(0) => Err("a duration is longer than zero".to_owned()),
        Some(seconds) if i64::try_from(seconds).is_ok() => Ok(seconds),
        _ => Err(format!("`{text}` is longer than time can be counted")),
    }
}

/// The number, with its sign, and what stands behind it.
fn split(text: &str) -> (&str, &str) {
    let end = text.find(|c: char| !c.is_ascii_digit() && c != '-').unwrap_or(text.len());
    let (number, unit) = text.split_at(end);
    (number, unit.trim())
}

fn factor(number: &str, unit: &str) -> Result<u64, String> {
    if unit.is_empty() {
        return Err(format!("a duration needs a unit\nhelp: write `\"{number}s\"`"));
    }
    let known = UNITS.iter().find(|(known, _)| *known == unit).map(|(_, factor)| *factor);
    let names: Vec<&str> = UNITS.iter().map(|(name, _)| *name).collect();
    known.ok_or_else(|| {
        format!("`{unit}` is not a unit of time\nnote: the units are {}", spelling::list(&names))
    })
}
