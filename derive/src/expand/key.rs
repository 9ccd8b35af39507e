//! The id's type, and the impl that lets `db.get(order.id)` know the collection by it.

use proc_macro2::{Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::{Index, spanned::Spanned};

use crate::ast::{Collection, Column};

use super::row::probe;

fn columns<'c, 'a>(collection: &'c Collection<'a>) -> Vec<&'c Column<'a>> {
    collection.id.columns.iter().map(|&position| &collection.columns[position]).collect()
}

/// The field's type, or a tuple of the fields' types for an id of several columns.
fn id_type(collection: &Collection) -> TokenStream {
    let types: Vec<&TokenStream> = columns(collection).iter().map(|column| &column.ty).collect();
    match types.as_slice() {
        [ty] => quote! { #ty },
        types => quote! { (#(#types),*) },
    }
}

/// `type Id = …;`, with the caret of its errors on the user's type.
pub(super) fn associated_type(collection: &Collection) -> TokenStream {
    let id = id_type(collection);
    let span = columns(collection).first().map_or_else(Span::call_site, |column| column.written().span());
    quote_spanned! {span=> type Id = #id; }
}

pub(super) fn expand(collection: &Collection) -> TokenStream {
    let (krate, ident, id) = (&collection.krate, collection.ident(), id_type(collection));
    let columns = columns(collection);
    let single = columns.len() == 1;
    let stores = columns.iter().enumerate().map(|(at, column)| {
        let (probe, name, at) = (probe(collection, column), &column.name.text, Index::from(at));
        let value = if single {
            quote! { self }
        } else {
            quote! { &self.#at }
        };
        quote! { #probe::store(__row, #name, #value)?; }
    });
    quote! {
        #[automatically_derived]
        #[allow(deprecated, unused_imports, unused_qualifications, clippy::all, clippy::pedantic)]
        impl #krate::schema::KeyOf<#ident> for #id {
            fn store(
                &self,
                __row: &mut #krate::value::RowBuf,
            ) -> ::core::result::Result<(), #krate::schema::FieldError> {
                use #krate::__private::NotAColumn as _;
                #(#stores)*
                ::core::result::Result::Ok(())
            }
        }
    }
}
