//! `#[derive(Embed)]`: unit enums, stored as labels, and newtypes, stored as what they wrap.

mod label;
mod newtype;

use proc_macro2::TokenStream;
use quote::quote;
use syn::{Data, DeriveInput, Fields, Ident, Path, parse_quote};

use crate::{attr::embed::krate_of, ctxt::Ctxt};

/// What an embedded type becomes.
struct Column {
    kind: TokenStream,
    labels: TokenStream,
    store: TokenStream,
    load: TokenStream,
    assertions: TokenStream,
}

/// The whole of the derive.
pub(crate) fn derive(input: &DeriveInput) -> TokenStream {
    let ctxt = Ctxt::new();
    let krate = krate_of(&ctxt, &input.attrs).unwrap_or_else(|| parse_quote!(::terrace));
    check_generics(&ctxt, input);
    let column = match &input.data {
        Data::Enum(data) => label::expand(&ctxt, &krate, &input.ident, data),
        Data::Struct(data) => newtype::expand(&ctxt, &krate, &input.ident, &data.fields),
        Data::Union(_) => unfit(&ctxt, &input.ident),
    };
    match ctxt.check() {
        Ok(()) => implementation(input, &krate, &column),
        Err(errors) => {
            let errors = errors.to_compile_error();
            let implementation = implementation(input, &krate, &nothing(&krate));
            quote! { #errors #implementation }
        }
    }
}

fn check_generics(ctxt: &Ctxt, input: &DeriveInput) {
    if !input.generics.params.is_empty() {
        let help = "help: derive `Embed` on a type with concrete types";
        ctxt.error(&input.generics, format!("an embedded type cannot be generic\n{help}"));
    }
}

fn unfit(ctxt: &Ctxt, ident: &Ident) -> Column {
    let help = "help: to store it as JSON, derive serde's traits instead and add `#[json]` to the field";
    ctxt.error(ident, format!("only a unit enum or a newtype can be embedded\n{help}"));
    nothing(&parse_quote!(::terrace))
}

/// What stands in the place of a type with mistakes, so that the rest of the program gives no error of its own.
fn nothing(krate: &Path) -> Column {
    Column {
        kind: quote! { #krate::schema::Kind::Text },
        labels: quote! { &[] },
        store: quote! { ::core::unreachable!() },
        load: quote! { ::core::unreachable!() },
        assertions: TokenStream::new(),
    }
}

fn implementation(input: &DeriveInput, krate: &Path, column: &Column) -> TokenStream {
    let ident = &input.ident;
    let (parameters, arguments, conditions) = input.generics.split_for_impl();
    let Column { kind, labels, store, load, assertions } = column;
    quote! {
        #[automatically_derived]
        #[allow(deprecated, unused_imports, unused_qualifications, unused_variables, clippy::all, clippy::pedantic)]
        impl #parameters #krate::schema::Column for #ident #arguments #conditions {
            type Base = Self;
            const KIND: #krate::schema::Kind = #kind;
            const LABELS: &'static [&'static str] = #labels;
            const NULLABLE: bool = false;
            fn store(
                &self,
                __row: &mut #krate::value::RowBuf,
            ) -> ::core::result::Result<(), #krate::value::ValueError> {
                #store
            }
            fn load(
                __value: #krate::value::ValueRef<'_>,
            ) -> ::core::result::Result<Self, #krate::value::ValueError> {
                #load
            }
        }
        #assertions
    }
}

/// The only field of a struct, if it is a newtype.
fn only_field(fields: &Fields) -> Option<&syn::Field> {
    match fields {
        Fields::Unnamed(fields) if fields.unnamed.len() == 1 => fields.unnamed.first(),
        _ => None,
    }
}
