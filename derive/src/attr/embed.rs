//! The attributes of an embedded type: `#[embed(crate = …)]`, and `#[column(name = "…")]` on a variant.

use syn::{Attribute, LitStr, Path};

use crate::{ctxt::Ctxt, spelling};

use super::{krate, options_of, set};

/// The path of the library that `#[embed(crate = …)]` gives.
pub(crate) fn krate_of(ctxt: &Ctxt, attributes: &[Attribute]) -> Option<Path> {
    let mut path = None;
    for node in options_of(ctxt, attributes, "embed") {
        match node.key() {
            Some(key) if key == "crate" => set(ctxt, &mut path, key, krate::parse(ctxt, &node)),
            Some(key) => {
                spelling::unknown(ctxt, key, "embed option", "the only option of `embed`", &["crate"]);
            }
            None => ctxt.error(&node, "expected `crate = ::path`"),
        }
    }
    path
}

/// The label that `#[column(name = "…")]` gives to a variant.
pub(crate) fn label_of(ctxt: &Ctxt, attributes: &[Attribute]) -> Option<LitStr> {
    let mut label = None;
    for node in options_of(ctxt, attributes, "column") {
        match node.key() {
            Some(key) if key == "name" => {
                set(ctxt, &mut label, key, node.string(ctxt, "name = \"in_transit\""));
            }
            Some(key) => {
                spelling::unknown(
                    ctxt,
                    key,
                    "option of a variant",
                    "the only option of a variant",
                    &["name"],
                );
            }
            None => ctxt.error(&node, "expected `name = \"…\"`"),
        }
    }
    label
}

/// Reports `#[column(…)]` where it means nothing.
pub(crate) fn refuse_column(ctxt: &Ctxt, attributes: &[Attribute]) {
    for attribute in attributes.iter().filter(|attribute| attribute.path().is_ident("column")) {
        ctxt.error(attribute.path(), "`#[column]` belongs on a variant, to name its label");
    }
}
