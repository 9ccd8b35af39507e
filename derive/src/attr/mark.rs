//! The bare attributes of a field: facts of one word, whose typos rustc itself corrects.

use std::fmt;

use syn::{Attribute, Field, Ident, Meta};

use crate::ctxt::Ctxt;

/// What an attribute of a field says.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Id,
    Index,
    Unique,
    Json,
    Version,
    Skip,
    Was,
    Column,
}

/// One attribute of a field.
#[derive(Clone)]
pub(crate) struct Mark {
    pub(crate) kind: Kind,
    pub(crate) ident: Ident,
}

const ALL: [(&str, Kind); 8] = [
    ("id", Kind::Id),
    ("index", Kind::Index),
    ("unique", Kind::Unique),
    ("json", Kind::Json),
    ("version", Kind::Version),
    ("skip", Kind::Skip),
    ("was", Kind::Was),
    ("column", Kind::Column),
];

/// The kind of the attribute that is called `name`.
pub(crate) fn named(name: &str) -> Option<Kind> {
    ALL.iter().find(|(known, _)| *known == name).map(|(_, kind)| *kind)
}

impl fmt::Display for Mark {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "#[{}]", self.ident)
    }
}

/// The marks of a field, in the order in which they are written.
pub(crate) fn parse(ctxt: &Ctxt, field: &Field) -> Vec<Mark> {
    let mut marks: Vec<Mark> = Vec::new();
    for attribute in &field.attrs {
        let Some(ident) = attribute.path().get_ident() else { continue };
        let Some(kind) = named(&ident.to_string()) else { continue };
        let mark = Mark { kind, ident: ident.clone() };
        if !matches!(kind, Kind::Was | Kind::Column) {
            check_bare(ctxt, field, attribute, &mark);
            check_first(ctxt, &marks, &mark);
        }
        marks.push(mark);
    }
    marks
}

fn check_bare(ctxt: &Ctxt, field: &Field, attribute: &Attribute, mark: &Mark) {
    if matches!(attribute.meta, Meta::Path(_)) {
        return;
    }
    let help = match (mark.kind, &attribute.meta, &field.ident) {
        (Kind::Id | Kind::Index | Kind::Unique, Meta::List(list), Some(field)) => {
            let (word, others) = (&mark.ident, &list.tokens);
            format!("to cover several columns write `#[collection({word}({field}, {others}))]` on the struct")
        }
        _ => format!("write `{mark}`"),
    };
    ctxt.error(&attribute.meta, format!("`{mark}` on a field takes no arguments\nhelp: {help}"));
}

fn check_first(ctxt: &Ctxt, before: &[Mark], mark: &Mark) {
    if before.iter().any(|other| other.kind == mark.kind) {
        ctxt.error(&mark.ident, format!("`{mark}` is given twice"));
    }
}
