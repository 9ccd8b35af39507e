//! The attributes of a field: its marks, `#[was("…")]` and `#[column(…)]`.

use syn::{Attribute, Field, Ident, Lit, LitStr, Token, punctuated::Punctuated};

use crate::{
    ctxt::Ctxt,
    option::{Literal, Node, Value},
    spelling,
};

use super::{
    COLLECTION_KEYS, COLUMN_KEYS, example,
    mark::{self, Mark},
    options_of, set, word, words,
};

/// What the attributes of a field say.
pub(crate) struct FieldOptions {
    pub(crate) marks: Vec<Mark>,
    pub(crate) was: Vec<LitStr>,
    pub(crate) name: Option<LitStr>,
    pub(crate) mask: bool,
    pub(crate) fill: Option<Literal>,
}

impl FieldOptions {
    pub(crate) fn parse(ctxt: &Ctxt, field: &Field) -> Self {
        let mut options = Self {
            marks: mark::parse(ctxt, field),
            was: was(ctxt, &field.attrs),
            name: None,
            mask: false,
            fill: None,
        };
        let mut mask = None;
        for node in options_of(ctxt, &field.attrs, "column") {
            options.read(ctxt, &node, &mut mask);
        }
        options.mask = mask.is_some();
        misplaced(ctxt, &field.attrs);
        options
    }

    fn read(&mut self, ctxt: &Ctxt, node: &Node, mask: &mut Option<()>) {
        let Some(key) = node.key() else {
            return ctxt.error(node, "expected an option, like `name = \"…\"`");
        };
        match key.to_string().as_str() {
            "name" => set(ctxt, &mut self.name, key, node.string(ctxt, "name = \"mail\"")),
            "mask" => set(ctxt, mask, key, word(ctxt, key, node, "#[column(mask)]")),
            "fill" => set(ctxt, &mut self.fill, key, fill(ctxt, node)),
            other => unknown(ctxt, key, other),
        }
    }
}

fn unknown(ctxt: &Ctxt, key: &Ident, typed: &str) {
    if mark::named(typed).is_some() && typed != "column" {
        ctxt.error(key, format!("`{typed}` is an attribute of its own\nhelp: write `#[{typed}]`"));
    } else if let Some(example) = example(&COLLECTION_KEYS, typed) {
        let help = format!("help: write `#[collection({example})]` there");
        ctxt.error(key, format!("`{typed}` belongs on the struct\n{help}"));
    } else {
        spelling::unknown(ctxt, key, "column option", "the options of a column", &words(&COLUMN_KEYS));
    }
}

fn fill(ctxt: &Ctxt, node: &Node) -> Option<Literal> {
    let help = "help: write a string, a number, `true` or `false`, like `fill = 0`";
    match node {
        Node::Is(_, Value::Literal(literal)) if is_fill(literal) => Some(literal.clone()),
        Node::Is(_, value) => {
            ctxt.error(value, format!("this cannot fill a column\n{help}"));
            None
        }
        other => {
            ctxt.error(other, format!("`fill` needs a value\n{help}"));
            None
        }
    }
}

fn is_fill(literal: &Literal) -> bool {
    match &literal.lit {
        Lit::Int(integer) => integer.base10_parse::<i128>().is_ok(),
        Lit::Float(_) => true,
        Lit::Str(_) | Lit::Bool(_) => literal.minus.is_none(),
        _ => false,
    }
}

/// The names in every `#[was("…", "…")]`.
fn was(ctxt: &Ctxt, attributes: &[Attribute]) -> Vec<LitStr> {
    let mut names = Vec::new();
    for attribute in attributes.iter().filter(|attribute| attribute.path().is_ident("was")) {
        match attribute.parse_args_with(Punctuated::<LitStr, Token![,]>::parse_terminated) {
            Ok(list) if !list.is_empty() => names.extend(list),
            _ => ctxt.error(
                &attribute.meta,
                "`#[was]` takes the names that the column had before\nhelp: write `#[was(\"old_name\")]`",
            ),
        }
    }
    names
}

fn misplaced(ctxt: &Ctxt, attributes: &[Attribute]) {
    for attribute in attributes.iter().filter(|attribute| attribute.path().is_ident("collection")) {
        let help = "help: the options of a field stand in `#[column(…)]`";
        ctxt.error(attribute.path(), format!("`#[collection]` belongs on the struct\n{help}"));
    }
}
