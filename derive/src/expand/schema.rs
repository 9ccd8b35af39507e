//! `const SCHEMA`: the collection as one constant.

use proc_macro2::TokenStream;
use quote::quote;
use syn::{Lit, LitStr};

use crate::{
    ast::{Collection, Column, Index, Partition, Sort},
    attr::{Columnar, Snapshot, mark::Kind},
    option::Literal,
};

use super::row::probe;

pub(super) fn expand(collection: &Collection) -> TokenStream {
    let krate = &collection.krate;
    let name = &collection.name.text;
    let columns = collection.columns.iter().map(|one| column(collection, one));
    let id = &collection.id.columns;
    let indexes = collection.indexes.iter().map(|one| index(collection, one));
    let version = option(collection.version());
    let capture = quote::format_ident!("{}", collection.capture);
    let partition = collection.partition.iter().map(|one| part(collection, one));
    let sort = collection.sort.iter().map(|one| sorted_by(collection, one));
    let merge_on_read = collection.merge_on_read;
    let cache_seconds = option(collection.cache_seconds);
    let columnar = columnar(collection);
    let snapshot = option(collection.snapshot.map(|Snapshot { every_seconds, keep }| {
        quote! { #krate::schema::SnapshotPolicy { every_seconds: #every_seconds, keep: #keep } }
    }));
    quote! {{
        use #krate::__private::{NotAColumn as _, Required as _};
        &#krate::schema::Schema {
            name: #name,
            columns: &[#(#columns),*],
            id: &[#(#id),*],
            indexes: &[#(#indexes),*],
            version: #version,
            capture: #krate::schema::Capture::#capture,
            partition: &[#(#partition),*],
            sort: &[#(#sort),*],
            merge_on_read: #merge_on_read,
            cache_seconds: #cache_seconds,
            columnar: #columnar,
            snapshot: #snapshot,
        }
    }}
}

fn columnar(collection: &Collection) -> TokenStream {
    let krate = &collection.krate;
    match collection.columnar {
        Columnar::Default => option(Some(quote! { #krate::schema::COLUMNAR_THRESHOLD })),
        Columnar::Threshold(threshold) => option(Some(threshold)),
        Columnar::Never => option(None::<u64>),
    }
}

fn option(value: Option<impl quote::ToTokens>) -> TokenStream {
    let none = || quote! { ::core::option::Option::None };
    value.map_or_else(none, |value| quote! { ::core::option::Option::Some(#value) })
}

fn column(collection: &Collection, column: &Column) -> TokenStream {
    let krate = &collection.krate;
    let name = &column.name.text;
    let (kind, labels) = kind(collection, column);
    let nullable = nullable(collection, column);
    let was = column.was.iter().map(LitStr::value);
    let mask = column.mask;
    let fill = option(column.fill.as_ref().map(|literal| fill(collection, literal)));
    quote! {
        #krate::schema::ColumnDef {
            name: #name,
            kind: #kind,
            labels: #labels,
            nullable: #nullable,
            was: &[#(#was),*],
            mask: #mask,
            fill: #fill,
        }
    }
}

/// The kind and the labels of the column, as constants.
pub(super) fn kind(collection: &Collection, column: &Column) -> (TokenStream, TokenStream) {
    if column.has(Kind::Json) {
        let krate = &collection.krate;
        return (quote! { #krate::schema::Kind::Json }, quote! { &[] });
    }
    let probe = probe(collection, column);
    (quote! { #probe::KIND }, quote! { #probe::LABELS })
}

/// Whether the column can be `NULL`, as a constant.
pub(super) fn nullable(collection: &Collection, column: &Column) -> TokenStream {
    let krate = &collection.krate;
    if column.has(Kind::Json) {
        let ty = &column.ty;
        quote! { <#krate::__private::Json<#ty>>::NULLABLE }
    } else {
        let probe = probe(collection, column);
        quote! { #probe::NULLABLE }
    }
}

/// The `Fill` that a literal is.
pub(super) fn fill(collection: &Collection, literal: &Literal) -> TokenStream {
    let krate = &collection.krate;
    let minus = &literal.minus;
    match &literal.lit {
        Lit::Str(text) => quote! { #krate::schema::Fill::Text(#text) },
        Lit::Bool(truth) => {
            let integer = i64::from(truth.value);
            quote! { #krate::schema::Fill::Integer(#integer) }
        }
        Lit::Int(integer) => quote! { #krate::schema::Fill::Integer(#minus #integer) },
        other => quote! { #krate::schema::Fill::Real(#minus #other) },
    }
}

fn index(collection: &Collection, index: &Index) -> TokenStream {
    let krate = &collection.krate;
    let (columns, unique, filter) = (&index.columns, index.unique, option(index.filter.as_ref()));
    quote! {
        #krate::schema::Index { columns: &[#(#columns),*], unique: #unique, filter: #filter }
    }
}

/// The column at a position, or the object.
fn source(collection: &Collection, column: Option<usize>) -> TokenStream {
    let krate = &collection.krate;
    let source = column.map_or_else(|| quote! { Object }, |column| quote! { Column(#column) });
    quote! { #krate::schema::Source::#source }
}

fn sorted_by(collection: &Collection, sort: &Sort) -> TokenStream {
    let krate = &collection.krate;
    let (source, descending) = (source(collection, sort.column), sort.descending);
    quote! { #krate::schema::Sort { source: #source, descending: #descending } }
}

fn part(collection: &Collection, part: &Partition) -> TokenStream {
    let krate = &collection.krate;
    let source = source(collection, part.column);
    let transform = match (part.transform.to_string().as_str(), part.number) {
        ("bucket", Some(count)) => quote! { Bucket(#count) },
        ("truncate", Some(width)) => quote! { Truncate(#width) },
        ("year", _) => quote! { Year },
        ("month", _) => quote! { Month },
        ("day", _) => quote! { Day },
        ("hour", _) => quote! { Hour },
        _ => quote! { Identity },
    };
    quote! {
        #krate::schema::Partition {
            source: #source,
            transform: #krate::schema::Transform::#transform,
        }
    }
}
