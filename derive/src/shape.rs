//! Which items can be a collection at all.

use quote::ToTokens;
use syn::{Data, DeriveInput, Fields, GenericParam, Ident};

use crate::ctxt::Ctxt;

/// Reports an item that is no struct with named fields and concrete types.
pub(crate) fn check(ctxt: &Ctxt, input: &DeriveInput) {
    let ident = &input.ident;
    match &input.data {
        Data::Enum(_) => {
            let help = "help: derive `Embed` to use this enum as a column";
            ctxt.error(ident, format!("only a struct can be a collection\n{help}"));
        }
        Data::Union(_) => ctxt.error(ident, "only a struct can be a collection"),
        Data::Struct(data) => check_fields(ctxt, ident, &data.fields),
    }
    check_generics(ctxt, input);
}

fn check_fields(ctxt: &Ctxt, ident: &Ident, fields: &Fields) {
    match fields {
        Fields::Unnamed(fields) => {
            let help = format!("help: write `struct {ident} {{ … }}`");
            ctxt.error(fields, format!("the columns of a collection need names\n{help}"));
        }
        Fields::Named(fields) if !fields.named.is_empty() => {}
        Fields::Named(_) | Fields::Unit => ctxt.error(ident, format!("collection `{ident}` has no columns")),
    }
}

fn check_generics(ctxt: &Ctxt, input: &DeriveInput) {
    let Some(first) = input.generics.params.first() else { return };
    let message = match first {
        GenericParam::Lifetime(_) => {
            "a collection owns its values\nhelp: use `String` instead of `&str`, `Vec<u8>` instead of `&[u8]`"
        }
        _ => "a collection cannot be generic\nhelp: derive `Collection` on a struct with concrete types",
    };
    ctxt.error(input.generics.to_token_stream(), message);
}
