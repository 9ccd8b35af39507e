//! `write`, `read` and `set_version`: a document to a row and back.

use proc_macro2::TokenStream;
use quote::quote;

use crate::{
    ast::{Collection, Column},
    attr::mark::Kind,
};

/// The type that stores and reads a field: `<…::Field<Type>>`, or its sibling for JSON or a skipped field.
pub(super) fn probe(collection: &Collection, column: &Column) -> TokenStream {
    let (krate, ty) = (&collection.krate, &column.ty);
    let probe = if column.has(Kind::Json) {
        quote! { JsonField }
    } else if column.has(Kind::Skip) {
        quote! { SkippedField }
    } else {
        quote! { Field }
    };
    quote! { <#krate::__private::#probe<#ty>> }
}

/// The traits that answer where a type is not what its field needs.
fn fallbacks(collection: &Collection) -> TokenStream {
    let krate = &collection.krate;
    quote! {
        use #krate::__private::{NotAColumn as _, NotAVersion as _, NotJson as _, NotSkipped as _, Required as _};
    }
}

pub(super) fn write(collection: &Collection) -> TokenStream {
    let krate = &collection.krate;
    let fallbacks = fallbacks(collection);
    let stores = collection.columns.iter().map(|column| store(collection, column));
    quote! {
        fn write(
            &self,
            __row: &mut #krate::value::RowBuf,
        ) -> ::core::result::Result<(), #krate::schema::FieldError> {
            #fallbacks
            #(#stores)*
            ::core::result::Result::Ok(())
        }
    }
}

fn store(collection: &Collection, column: &Column) -> TokenStream {
    let (probe, name, field) = (probe(collection, column), &column.name.text, column.ident);
    if column.has(Kind::Json) {
        let nullable = super::schema::nullable(collection, column);
        quote! { #probe::store(__row, #name, #nullable, &self.#field)?; }
    } else {
        quote! { #probe::store(__row, #name, &self.#field)?; }
    }
}

pub(super) fn read(collection: &Collection) -> TokenStream {
    let krate = &collection.krate;
    let fallbacks = fallbacks(collection);
    let loads = collection.columns.iter().enumerate().map(|(position, column)| {
        let (probe, name, field) = (probe(collection, column), &column.name.text, column.ident);
        quote! { #field: #probe::load(__row, #position, #name)?, }
    });
    let defaults = collection.skipped.iter().map(|column| {
        let (probe, field) = (probe(collection, column), column.ident);
        quote! { #field: #probe::make(), }
    });
    quote! {
        fn read(
            __row: &(impl #krate::value::Row + ?::core::marker::Sized),
        ) -> ::core::result::Result<Self, #krate::schema::FieldError> {
            #fallbacks
            ::core::result::Result::Ok(Self { #(#loads)* #(#defaults)* })
        }
    }
}

pub(super) fn set_version(collection: &Collection) -> TokenStream {
    let Some(column) = collection.version().map(|position| &collection.columns[position]) else {
        return TokenStream::new();
    };
    let krate = &collection.krate;
    let fallbacks = fallbacks(collection);
    let (name, field, ty) = (&column.name.text, column.ident, &column.ty);
    quote! {
        fn set_version(
            &mut self,
            __version: i64,
        ) -> ::core::result::Result<(), #krate::schema::FieldError> {
            #fallbacks
            self.#field = <#krate::__private::VersionField<#ty>>::count(#name, __version)?;
            ::core::result::Result::Ok(())
        }
    }
}
