//! Facts that need resolved types, as constants that fail to compile with the caret on the user's type.
//!
//! One constant a field: a type that is no column fails its first assertion, and then the others are not evaluated.

use proc_macro2::{Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::{Ident, spanned::Spanned};

use crate::{
    ast::{Collection, Column, Partition},
    attr::mark::Kind,
    types,
};

use super::row::probe;

/// All assertions of the collection.
pub(super) fn expand(collection: &Collection) -> TokenStream {
    let columns = collection.columns.iter().enumerate();
    let fields = columns.map(|(position, column)| field(collection, position, column));
    constants(collection, fields.chain(skipped(collection)))
}

/// The assertions on the types alone, of the fields whose type was not refused already: for a collection with
/// mistakes, so that a wrong type is reported together with them.
pub(crate) fn types_only(collection: &Collection) -> TokenStream {
    let unrefused = |column: &&Column| column.has(Kind::Json) || types::complaint(column.written()).is_none();
    let fields = collection.columns.iter().filter(unrefused).map(|column| field_type(collection, column));
    constants(collection, fields.chain(skipped(collection)))
}

fn constants(collection: &Collection, assertions: impl Iterator<Item = TokenStream>) -> TokenStream {
    let krate = &collection.krate;
    quote! {
        #(
            #[allow(deprecated, unused_imports, unused_qualifications, clippy::all, clippy::pedantic)]
            const _: () = {
                use #krate::__private::NotAColumn as _;
                #assertions
            };
        )*
    }
}

fn skipped(collection: &Collection) -> impl Iterator<Item = TokenStream> {
    collection.skipped.iter().map(|column| call(collection, column, "assert_skip"))
}

/// A call of a library function with the field's type as its parameter, and the caret on that type.
fn call(collection: &Collection, column: &Column, function: &str) -> TokenStream {
    let (krate, ty) = (&collection.krate, &column.ty);
    let function = Ident::new(function, Span::call_site());
    quote! { #krate::__private::#function::<#ty>(); }
}

/// That the type is one that the field can have.
fn field_type(collection: &Collection, column: &Column) -> TokenStream {
    if column.has(Kind::Json) {
        return call(collection, column, "assert_json");
    }
    let version = column.has(Kind::Version).then(|| call(collection, column, "assert_version"));
    let column = call(collection, column, "assert_column");
    quote! { #column #version }
}

fn field(collection: &Collection, position: usize, column: &Column) -> TokenStream {
    let (fits, fill) = (field_type(collection, column), fill(collection, column));
    if column.has(Kind::Json) {
        return quote! { #fits #fill };
    }
    let decimal = types::is_decimal(column.written()).then(|| decimal(collection, column));
    let id = collection.id.columns.contains(&position).then(|| id(collection, column));
    let indexes = indexes(collection, position, column);
    let partition = collection.partition.iter().filter(|part| part.column == Some(position));
    let partition = partition.map(|part| transform(collection, column, part));
    quote! { #fits #decimal #id #indexes #(#partition)* #fill }
}

/// `message` as an error unless `fact` holds.
fn assert(column: &Column, fact: &TokenStream, message: &str) -> TokenStream {
    let span = column.written().span();
    quote_spanned! {span=> ::core::assert!(#fact, #message); }
}

/// `Decimal<P, S>` checks its digits when it is used; of a column they are checked here, with the caret on them.
fn decimal(collection: &Collection, column: &Column) -> TokenStream {
    let (krate, probe, ty) = (&collection.krate, probe(collection, column), types::text(column.written()));
    let note = "note: a decimal has 1 to 38 digits, and at most all of them after the point";
    let fact = quote! { #krate::__private::is_decimal(#probe::KIND) };
    assert(column, &fact, &format!("`{ty}` is no number\n{note}"))
}

fn id(collection: &Collection, column: &Column) -> TokenStream {
    let probe = probe(collection, column);
    let ty = types::text(column.written());
    let help = types::inside_option(column.written())
        .map(|inner| format!("\nhelp: use `{}`; an id is there from the first insert", types::text(inner)));
    let optional = format!("an id cannot be optional{}", help.unwrap_or_default());
    let required = assert(column, &quote! { !#probe::NULLABLE }, &optional);
    let unfit = format!(
        "`{ty}` cannot be an id\nnote: an id is `Id<Self>`, `String`, an integer, `Uuid`, bytes, a date, an enum, or \
         a newtype of one of these"
    );
    let fit = assert(column, &quote! { #probe::KIND.can_be_id() }, &unfit);
    quote! { #required #fit }
}

fn indexes(collection: &Collection, position: usize, column: &Column) -> TokenStream {
    let probe = probe(collection, column);
    let ty = types::text(column.written());
    let mut covering = collection.indexes.iter().filter(|index| index.columns.contains(&position));
    let unique = covering.any(|index| index.unique).then(|| {
        let message = format!("equality of `{ty}` is not reliable, so it cannot be unique");
        assert(column, &quote! { #probe::KIND.can_be_unique() }, &message)
    });
    let indexed = collection.indexes.iter().any(|index| index.columns.contains(&position)).then(|| {
        let message = format!("`{ty}` cannot be indexed");
        assert(column, &quote! { #probe::KIND.can_be_indexed() }, &message)
    });
    quote! { #unique #indexed }
}

fn transform(collection: &Collection, column: &Column, part: &Partition) -> TokenStream {
    let probe = probe(collection, column);
    let ty = types::text(column.written());
    let transform = part.transform.to_string();
    let (fact, takes) = match transform.as_str() {
        "year" | "month" | "day" => ("has_days", "a `Timestamp` or a `Date`"),
        "hour" => ("has_hours", "a `Timestamp`"),
        "bucket" => ("can_bucket", "integers, text, bytes, ids, dates and decimals"),
        "truncate" => ("can_truncate", "integers, text, bytes and decimals"),
        _ => ("can_identity", "every column that is not JSON"),
    };
    let fact = Ident::new(fact, Span::call_site());
    let message = format!("`{ty}` cannot be partitioned by {transform}\nnote: `{transform}` takes {takes}");
    assert(column, &quote! { #probe::KIND.#fact() }, &message)
}

/// The fill is a value of the column.
fn fill(collection: &Collection, column: &Column) -> TokenStream {
    let Some(literal) = &column.fill else { return TokenStream::new() };
    let krate = &collection.krate;
    let fill = super::schema::fill(collection, literal);
    let (kind, labels) = super::schema::kind(collection, column);
    let span = literal.lit.span();
    quote_spanned! {span=>
        ::core::assert!(#kind.accepts(#labels, #fill), "{}", #krate::__private::fill_help(#kind));
    }
}
