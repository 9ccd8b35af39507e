//! A newtype: stored as the type that it wraps.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::{Fields, Ident, Path, Type, spanned::Spanned};

use crate::{attr::embed::refuse_column, ctxt::Ctxt, types};

use super::{Column, nothing, only_field, unfit};

pub(super) fn expand(ctxt: &Ctxt, krate: &Path, ident: &Ident, fields: &Fields) -> Column {
    let Some(field) = only_field(fields) else {
        return refuse(ctxt, krate, ident, fields);
    };
    refuse_column(ctxt, &field.attrs);
    if let Some((guilty, message)) = types::complaint(&field.ty) {
        ctxt.error(guilty, message);
    }
    column(krate, ident, &field.ty)
}

fn refuse(ctxt: &Ctxt, krate: &Path, ident: &Ident, fields: &Fields) -> Column {
    let Fields::Unnamed(unnamed) = fields else { return unfit(ctxt, ident) };
    let help = format!("help: write `struct {ident}(i64);`");
    ctxt.error(unnamed, format!("a newtype has one field\n{help}"));
    nothing(krate)
}

fn column(krate: &Path, ident: &Ident, ty: &Type) -> Column {
    let probe = quote! { <#krate::__private::Field<#ty>> };
    let constant = |name: TokenStream| quote! {{ use #krate::__private::NotAColumn as _; #probe::#name }};
    Column {
        kind: constant(quote! { KIND }),
        labels: constant(quote! { LABELS }),
        store: quote! { use #krate::__private::NotAColumn as _; #probe::push(__row, &self.0) },
        load: quote! { use #krate::__private::NotAColumn as _; #probe::take(__value).map(Self) },
        assertions: assertions(krate, ident, ty),
    }
}

fn assertions(krate: &Path, ident: &Ident, ty: &Type) -> TokenStream {
    let help = types::inside_option(ty).map(|inner| {
        let inner = types::text(inner);
        format!("\nhelp: write `struct {ident}({inner});`, and `Option<{ident}>` where it may be missing")
    });
    let message = format!("a newtype cannot wrap an `Option`{}", help.unwrap_or_default());
    let required = quote_spanned! {ty.span()=>
        ::core::assert!(!<#krate::__private::Field<#ty>>::NULLABLE, #message);
    };
    quote! {
        #[allow(deprecated, unused_imports, unused_qualifications, clippy::all, clippy::pedantic)]
        const _: () = {
            use #krate::__private::NotAColumn as _;
            #krate::__private::assert_column::<#ty>();
            #required
        };
    }
}
