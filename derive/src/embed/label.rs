//! A unit enum: one text label a variant.

use proc_macro2::TokenStream;
use quote::quote;
use syn::{DataEnum, Fields, Ident, Path, Variant, ext::IdentExt};

use crate::{
    attr::embed::label_of,
    ctxt::Ctxt,
    names::{Name, snake_case},
};

use super::Column;

pub(super) fn expand(ctxt: &Ctxt, krate: &Path, ident: &Ident, data: &DataEnum) -> Column {
    if data.variants.is_empty() {
        ctxt.error(ident, "an enum without variants has no values");
    }
    let labels: Vec<(&Ident, Name)> = data.variants.iter().map(|variant| label(ctxt, variant)).collect();
    check_different(ctxt, &labels);
    column(krate, ident, &labels)
}

fn label<'a>(ctxt: &Ctxt, variant: &'a Variant) -> (&'a Ident, Name) {
    if !matches!(variant.fields, Fields::Unit) {
        let help = "help: derive serde's traits instead of `Embed` and add `#[json]` to the column, or move the data \
                    to fields of the collection";
        ctxt.error(&variant.ident, format!("variant `{}` carries data\n{help}", variant.ident));
    }
    let written = label_of(ctxt, &variant.attrs);
    let name = Name::new(written.as_ref(), &variant.ident, |ident| snake_case(&ident));
    if name.text.is_empty() {
        ctxt.error(&name, "a label is not empty");
    }
    (&variant.ident, name)
}

fn check_different(ctxt: &Ctxt, labels: &[(&Ident, Name)]) {
    for (at, (later, label)) in labels.iter().enumerate() {
        if let Some((earlier, _)) = labels[..at].iter().find(|(_, other)| other.text == label.text) {
            let text = &label.text;
            ctxt.error(label, format!("two variants have the label `{text}`: `{earlier}` and `{later}`"));
        }
    }
}

fn column(krate: &Path, ident: &Ident, labels: &[(&Ident, Name)]) -> Column {
    let title = ident.unraw().to_string();
    let (variants, texts): (Vec<&Ident>, Vec<&str>) =
        labels.iter().map(|(variant, label)| (*variant, label.text.as_str())).unzip();
    Column {
        kind: quote! { #krate::schema::Kind::Enum },
        labels: quote! { &[#(#texts),*] },
        store: quote! {
            __row.push(#krate::value::ValueRef::Text(match self { #(Self::#variants => #texts,)* }))
        },
        load: quote! {
            match #krate::__private::label(__value, #title)? {
                #(#texts => ::core::result::Result::Ok(Self::#variants),)*
                __other => #krate::__private::unknown_label(
                    __other,
                    #title,
                    <Self as #krate::schema::Column>::LABELS,
                ),
            }
        },
        assertions: TokenStream::new(),
    }
}
