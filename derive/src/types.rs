//! What can be said of a type from its tokens alone: wording. What a type *is* is for the traits of the library to
//! decide, so that aliases and shadowed names work.

use proc_macro2::{Group, TokenStream, TokenTree};
use quote::ToTokens;
use syn::{GenericArgument, Ident, Path, PathArguments, Type, TypeReference};

/// The type without the invisible groups that `macro_rules!` puts around it.
pub(crate) fn ungroup(mut ty: &Type) -> &Type {
    loop {
        ty = match ty {
            Type::Group(group) => &group.elem,
            Type::Paren(paren) => &paren.elem,
            _ => return ty,
        };
    }
}

/// The `T` of a type that is written `Option<T>`.
pub(crate) fn inside_option(ty: &Type) -> Option<&Type> {
    let Type::Path(path) = ungroup(ty) else { return None };
    let last = path.path.segments.last().filter(|segment| segment.ident == "Option")?;
    let PathArguments::AngleBracketed(arguments) = &last.arguments else { return None };
    match arguments.args.first()? {
        GenericArgument::Type(inner) => Some(inner),
        _ => None,
    }
}

/// Whether the type is written `Decimal<…>` or `Option<Decimal<…>>`.
pub(crate) fn is_decimal(ty: &Type) -> bool {
    match ungroup(inside_option(ty).unwrap_or(ty)) {
        Type::Path(path) => path.path.segments.last().is_some_and(|segment| segment.ident == "Decimal"),
        _ => false,
    }
}

/// The type as the user reads it.
pub(crate) fn text(ty: &Type) -> String {
    let tokens = ungroup(ty).to_token_stream().to_string();
    let tight = [" <", "< ", " >", "> ", ":: ", " ::", "& ", " ,", "[ ", " ]", "( ", " )", " ;"];
    let joined = tight.iter().fold(tokens, |text, spaced| text.replace(spaced, spaced.trim()));
    joined.replace(">=", "> =")
}

/// What is wrong with a well-known type that no column can have, and the part of `ty` that is guilty.
pub(crate) fn complaint(ty: &Type) -> Option<(&Type, String)> {
    let ty = ungroup(ty);
    if let Some(inner) = inside_option(ty) {
        return nested(ty, inner).or_else(|| complaint(inner));
    }
    let message = match ty {
        Type::Reference(reference) => reference_complaint(reference),
        Type::Path(path) => path_complaint(&path.path)?,
        _ => return None,
    };
    Some((ty, message))
}

/// An `Option` directly inside of another.
fn nested<'a>(ty: &'a Type, inner: &Type) -> Option<(&'a Type, String)> {
    inside_option(inner)?;
    let (whole, help) = (text(ty), text(inner));
    Some((ty, format!("`{whole}` cannot be a column\nnote: NULL has only one level\nhelp: use `{help}`")))
}

fn reference_complaint(reference: &TypeReference) -> String {
    let owned = match text(&reference.elem).as_str() {
        "str" => "String".to_owned(),
        "[u8]" => "Vec<u8>".to_owned(),
        other => other.to_owned(),
    };
    format!("a column owns its value\nhelp: use `{owned}`")
}

fn path_complaint(path: &Path) -> Option<String> {
    if let Some(ident) = path.get_ident() {
        return primitive_complaint(&ident.to_string());
    }
    let mut from_end = path.segments.iter().rev();
    let last = from_end.next()?.ident.to_string();
    let help = match last.as_str() {
        "SystemTime" | "Instant" => "use `Timestamp`",
        "Duration" => "use `i64`, and say in the name what it counts: `took_millis`",
        _ => return None,
    };
    let of_std = from_end.next()?.ident == "time" && from_end.next()?.ident == "std";
    of_std.then(|| format!("`{last}` cannot be a column\nhelp: {help}"))
}

fn primitive_complaint(name: &str) -> Option<String> {
    let (reason, help) = match name {
        "i128" | "u128" => ("does not fit a column", "use `i64`, or `Decimal<38, 0>` for larger numbers"),
        "usize" | "isize" => ("changes size between targets", "use `u32` or `i64`"),
        "u64" => {
            ("does not fit SQLite's signed 64-bit integer", "use `i64`; for ids and hashes use `[u8; 8]`")
        }
        "char" => ("cannot be a column", "use `String`"),
        "str" => ("has no size of its own", "use `String`"),
        _ => return None,
    };
    Some(format!("`{name}` {reason}\nhelp: {help}"))
}

/// `tokens` with `Self` replaced by the struct: they go to places where `Self` is another type, or none.
pub(crate) fn without_self(tokens: TokenStream, of: &Ident) -> TokenStream {
    tokens.into_iter().map(|token| replace_self(token, of)).collect()
}

fn replace_self(token: TokenTree, of: &Ident) -> TokenTree {
    match token {
        TokenTree::Ident(ident) if ident == "Self" => {
            let mut of = of.clone();
            of.set_span(ident.span());
            TokenTree::Ident(of)
        }
        TokenTree::Group(group) => {
            let mut replaced = Group::new(group.delimiter(), without_self(group.stream(), of));
            replaced.set_span(group.span());
            TokenTree::Group(replaced)
        }
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use syn::parse_quote;

    use super::{inside_option, text};

    #[test]
    fn types_read_as_they_are_written() {
        assert_eq!(text(&parse_quote!(Option<Vec<(u8, String)>>)), "Option<Vec<(u8, String)>>");
        assert_eq!(text(&parse_quote!(&'static str)), "&'static str");
        assert_eq!(text(&parse_quote!([u8; 8])), "[u8; 8]");
        assert_eq!(text(&parse_quote!(::std::time::Duration)), "::std::time::Duration");
    }

    #[test]
    fn an_option_is_seen_under_every_path() {
        let inner = |ty| inside_option(&ty).map(text);
        assert_eq!(inner(parse_quote!(::core::option::Option<i64>)), Some("i64".to_owned()));
        assert_eq!(inner(parse_quote!(Optional<i64>)), None);
    }
}
