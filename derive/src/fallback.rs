//! What is generated for a collection with mistakes: the errors, and impls whose types are right wherever they can be,
//! so that the rest of the program gives no error of its own.

use proc_macro2::TokenStream;
use quote::quote;
use syn::{Type, ext::IdentExt, parse_quote};

use crate::{
    ast::{Collection, Column},
    attr::mark::Kind,
    expand::{assert, columns},
    types,
};

/// The errors, the columns, empty impls, and the assertions on types, which find more errors.
pub(crate) fn collection(mut collection: Collection, errors: &syn::Error) -> TokenStream {
    let errors = errors.to_compile_error();
    let generic = !collection.input.generics.params.is_empty();
    collection.columns.retain(|column| !generic && !borrows(column));
    let columns = columns::expand(&collection);
    let id = id_type(&collection);
    let implementation = implementation(&collection, &id);
    let key = key(&collection, &id);
    let assertions = if generic { TokenStream::new() } else { assert::types_only(&collection) };
    quote! { #errors #columns #implementation #key #assertions }
}

/// Whether the type would need a lifetime that the struct of columns does not have.
fn borrows(column: &Column) -> bool {
    let guilty = types::complaint(column.written()).map(|(guilty, _)| guilty);
    matches!(guilty, Some(Type::Reference(_)))
}

/// The id's type as far as it can be told: as declared, else of the field `id`, else of the first field.
fn id_type(collection: &Collection) -> TokenStream {
    if let Some((_, fields)) = &collection.id.listed
        && fields.len() > 1
    {
        let listed = fields
            .iter()
            .filter_map(|field| find(collection, |column| column.ident.unraw() == field.unraw()));
        let types = listed.map(|column| &column.ty);
        return quote! { (#(#types,)*) };
    }
    let declared = collection.id.listed.as_ref().and_then(|(_, fields)| fields.first());
    let column = find(collection, |column| {
        declared.is_some_and(|field| column.ident.unraw() == field.unraw()) || column.has(Kind::Id)
    })
    .or_else(|| find(collection, |column| column.title() == "id"))
    .or_else(|| collection.columns.first());
    column.map_or_else(|| quote! { () }, |column| column.ty.clone())
}

fn find<'c, 'a>(collection: &'c Collection<'a>, wanted: impl Fn(&Column) -> bool) -> Option<&'c Column<'a>> {
    collection.columns.iter().find(|column| wanted(column))
}

fn implementation(collection: &Collection, id: &TokenStream) -> TokenStream {
    let (krate, ident) = (&collection.krate, collection.ident());
    let mut generics = collection.input.generics.clone();
    if !generics.params.is_empty() {
        generics.make_where_clause().predicates.push(parse_quote!(Self: 'static));
    }
    let (parameters, arguments, conditions) = generics.split_for_impl();
    let (columns, value) = (columns::ident(collection), columns::value(collection));
    quote! {
        #[automatically_derived]
        #[allow(warnings)]
        impl #parameters #krate::Collection for #ident #arguments #conditions {
            type Id = #id;
            type Columns = #columns;
            const SCHEMA: &'static #krate::schema::Schema = &#krate::__private::NO_SCHEMA;
            const COLUMNS: Self::Columns = #value;
            fn write(
                &self,
                _: &mut #krate::value::RowBuf,
            ) -> ::core::result::Result<(), #krate::schema::FieldError> {
                ::core::unreachable!()
            }
            fn read(
                _: &(impl #krate::value::Row + ?::core::marker::Sized),
            ) -> ::core::result::Result<Self, #krate::schema::FieldError> {
                ::core::unreachable!()
            }
        }
    }
}

fn key(collection: &Collection, id: &TokenStream) -> TokenStream {
    let (krate, ident) = (&collection.krate, collection.ident());
    let (parameters, arguments, conditions) = collection.input.generics.split_for_impl();
    quote! {
        #[automatically_derived]
        #[allow(warnings)]
        impl #parameters #krate::schema::KeyOf<#ident #arguments> for #id #conditions {
            fn store(
                &self,
                _: &mut #krate::value::RowBuf,
            ) -> ::core::result::Result<(), #krate::schema::FieldError> {
                ::core::unreachable!()
            }
        }
    }
}
