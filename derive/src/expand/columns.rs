//! The struct of column handles beside the user's: what the closures of `find` and `order_by` get.

use proc_macro2::TokenStream;
use quote::{format_ident, quote};
use syn::{Attribute, Ident, ext::IdentExt};

use crate::{
    ast::{Collection, Column},
    attr::mark::Kind,
};

/// The name of the struct.
pub(crate) fn ident(collection: &Collection) -> Ident {
    format_ident!("{}Columns", collection.ident().unraw(), span = collection.ident().span())
}

/// The struct, as visible as the user's.
pub(crate) fn expand(collection: &Collection) -> TokenStream {
    let (ident, visibility) = (ident(collection), &collection.input.vis);
    let doc = format!("The columns of `{}`.", collection.title());
    let fields = collection.columns.iter().map(|column| field(collection, column));
    quote! {
        #[doc = #doc]
        #[allow(dead_code, deprecated, non_snake_case, private_interfaces, unreachable_pub, clippy::all, clippy::pedantic)]
        #[derive(::core::clone::Clone, ::core::marker::Copy, ::core::fmt::Debug)]
        #visibility struct #ident { #(#fields)* }
    }
}

/// The value of the struct.
pub(crate) fn value(collection: &Collection) -> TokenStream {
    let (krate, ident) = (&collection.krate, ident(collection));
    let fields = collection.columns.iter().map(|column| {
        let (field, name) = (column.ident, &column.name.text);
        quote! { #field: #krate::Col::new(#name), }
    });
    quote! { #ident { #(#fields)* } }
}

fn field(collection: &Collection, column: &Column) -> TokenStream {
    let (krate, of, visibility) = (&collection.krate, collection.ident(), &collection.input.vis);
    let (docs, ident, ty) = (docs(column), column.ident, &column.ty);
    if column.has(Kind::Json) {
        quote! { #docs #visibility #ident: #krate::Col<#of, #krate::schema::Json<#ty>>, }
    } else {
        quote! { #docs #visibility #ident: #krate::Col<#of, #ty>, }
    }
}

/// The field's own documentation, or a sentence in its place.
fn docs(column: &Column) -> TokenStream {
    let own: Vec<&Attribute> =
        column.field.attrs.iter().filter(|attribute| attribute.path().is_ident("doc")).collect();
    if own.is_empty() {
        let sentence = format!("The column of the field `{}`.", column.title());
        quote! { #[doc = #sentence] }
    } else {
        quote! { #(#own)* }
    }
}
