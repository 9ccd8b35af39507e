//! The derive macros of terrace.
//!
//! Tokens become a syn tree, the tree becomes [`ast`], `check` reports what is wrong with it, and `expand` prints the
//! impl. On a mistake `fallback` prints one too, so that one mistake gives one error.

mod ast;
mod attr;
mod check;
mod ctxt;
mod embed;
mod expand;
mod fallback;
mod names;
mod option;
mod resolve;
mod shape;
mod spelling;
#[cfg(test)]
mod tests;
mod types;

use proc_macro::TokenStream;
use syn::{DeriveInput, parse_macro_input};

/// Makes a struct a collection.
#[proc_macro_derive(Collection, attributes(collection, column, id, index, unique, json, version, was, skip))]
pub fn collection(input: TokenStream) -> TokenStream {
    let input = parse_macro_input!(input as DeriveInput);
    expand::collection(&input).into()
}

/// Makes a unit enum or a newtype a column.
#[proc_macro_derive(Embed, attributes(embed, column))]
pub fn embed(input: TokenStream) -> TokenStream {
    let input = parse_macro_input!(input as DeriveInput);
    embed::derive(&input).into()
}
