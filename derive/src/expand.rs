//! From the checked collection to the generated code: thin, under absolute paths, without names that leak.
//!
//! A field's type is only ever named through `__private::Field<Type>` and its siblings. They answer for every type; so
//! when a type cannot be a column, the one assertion of the field says so, and nothing else complains.

pub(crate) mod assert;
pub(crate) mod columns;
mod key;
mod row;
mod schema;

use proc_macro2::TokenStream;
use quote::quote;
use syn::DeriveInput;

use crate::{ast::Collection, check, ctxt::Ctxt, fallback};

/// The whole of `#[derive(Collection)]`.
pub(crate) fn collection(input: &DeriveInput) -> TokenStream {
    let ctxt = Ctxt::new();
    let collection = Collection::new(&ctxt, input);
    check::check(&ctxt, &collection);
    match ctxt.check() {
        Ok(()) => expand(&collection),
        Err(errors) => fallback::collection(collection, &errors),
    }
}

fn expand(collection: &Collection) -> TokenStream {
    let columns = columns::expand(collection);
    let implementation = implementation(collection);
    let key = key::expand(collection);
    let assertions = assert::expand(collection);
    quote! { #columns #implementation #key #assertions }
}

fn implementation(collection: &Collection) -> TokenStream {
    let (krate, ident) = (&collection.krate, collection.ident());
    let id = key::associated_type(collection);
    let columns_ident = columns::ident(collection);
    let columns_value = columns::value(collection);
    let schema = schema::expand(collection);
    let (write, read) = (row::write(collection), row::read(collection));
    let version = row::set_version(collection);
    quote! {
        #[automatically_derived]
        #[allow(deprecated, unused_imports, unused_qualifications, clippy::all, clippy::pedantic)]
        impl #krate::Collection for #ident {
            #id
            type Columns = #columns_ident;
            const SCHEMA: &'static #krate::schema::Schema = #schema;
            const COLUMNS: Self::Columns = #columns_value;
            #write
            #read
            #version
        }
    }
}
