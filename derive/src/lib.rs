//! The derive macros of terrace.
use proc_macro::TokenStream;

/// x
#[proc_macro_derive(Collection, attributes(collection, column, id, index, unique, json, version, was, skip))]
pub fn collection(_: TokenStream) -> TokenStream {
    TokenStream::new()
}

/// x
#[proc_macro_derive(Embed, attributes(column))]
pub fn embed(_: TokenStream) -> TokenStream {
    TokenStream::new()
}
