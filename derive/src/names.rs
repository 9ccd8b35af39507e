//! Names of collections and columns: where they come from and which ones `SQLite`, the platform or the lake keep.

use proc_macro2::{Literal, Span, TokenStream};
use quote::ToTokens;
use syn::{Ident, LitStr, ext::IdentExt};

use crate::ctxt::Ctxt;

/// The names that `SQLite` gives to the number of a row.
const ROW_NUMBERS: [&str; 3] = ["rowid", "oid", "_rowid_"];

/// The columns that Iceberg has in every table.
///
/// Source: Apache Iceberg, table specification, "Reserved Field IDs".
const ICEBERG: [&str; 10] = [
    "_file",
    "_pos",
    "_deleted",
    "_spec_id",
    "_partition",
    "_row_id",
    "_last_updated_sequence_number",
    "_change_type",
    "_change_ordinal",
    "_commit_snapshot_id",
];

/// The columns that the lake adds to those of a collection.
const LAKE: [&str; 6] = ["_object", "_lineage", "_seq", "_op", "_ts", "_schema"];

/// A name and the place that it was read from.
#[derive(Clone)]
pub(crate) struct Name {
    pub(crate) text: String,
    pub(crate) span: Span,
}

impl Name {
    /// The name that the user wrote, or else the one that `ident` gives.
    pub(crate) fn new(written: Option<&LitStr>, ident: &Ident, derived: impl Fn(String) -> String) -> Self {
        match written {
            Some(literal) => Self { text: literal.value(), span: literal.span() },
            None => Self { text: derived(ident.unraw().to_string()), span: ident.span() },
        }
    }

    /// Whether `SQLite` takes the two for one: it ignores the case of ASCII letters.
    pub(crate) fn is(&self, other: &str) -> bool {
        self.text.eq_ignore_ascii_case(other)
    }
}

impl ToTokens for Name {
    /// A literal in the place of what was written.
    fn to_tokens(&self, tokens: &mut TokenStream) {
        let mut literal = Literal::string(&self.text);
        literal.set_span(self.span);
        literal.to_tokens(tokens);
    }
}

/// `OrderLine` as `order_line`, `HTTPLog` as `http_log`.
pub(crate) fn snake_case(camel: &str) -> String {
    let chars: Vec<char> = camel.chars().collect();
    let mut snake = String::new();
    for (at, &c) in chars.iter().enumerate() {
        let before = at.checked_sub(1).map(|before| chars[before]);
        let after_lower = before.is_some_and(|before| !before.is_uppercase() && before != '_');
        let begins_word = before.is_some_and(|before| before != '_')
            && chars.get(at + 1).is_some_and(|next| next.is_lowercase());
        if c.is_uppercase() && (after_lower || begins_word) {
            snake.push('_');
        }
        snake.extend(c.to_lowercase());
    }
    snake
}

/// Reports a name that a collection or a column cannot have.
pub(crate) fn check(ctxt: &Ctxt, name: &Name) {
    if let Some(reason) = unfit(&name.text) {
        ctxt.error(name, reason);
    }
}

/// Reports a name that a column cannot have, beside those of [`check`].
pub(crate) fn check_column(ctxt: &Ctxt, name: &Name) {
    let is_one_of = |names: &[&str]| names.iter().any(|kept| name.is(kept));
    let text = &name.text;
    if is_one_of(&ROW_NUMBERS) {
        let help = "help: add `#[column(name = \"row_number\")]`";
        ctxt.error(name, format!("`{text}` is a name SQLite keeps for itself\n{help}"));
    } else if is_one_of(&ICEBERG) {
        ctxt.error(name, format!("`{text}` is a metadata column of Iceberg{}", rename(text)));
    } else if is_one_of(&LAKE) {
        ctxt.error(
            name,
            format!("`{text}` is a column that the lake adds to every collection{}", rename(text)),
        );
    } else {
        check(ctxt, name);
    }
}

fn rename(text: &str) -> String {
    format!("\nhelp: add `#[column(name = \"{}\")]`", text.trim_start_matches('_'))
}

/// Why nothing can be called `text`.
fn unfit(text: &str) -> Option<&'static str> {
    const PREFIXES: [(&str, &str); 3] = [
        ("_cf_", "names beginning with `_cf_` belong to Cloudflare"),
        ("sqlite_", "names beginning with `sqlite_` belong to SQLite"),
        ("_terrace_", "names beginning with `_terrace_` belong to this crate"),
    ];
    let begins =
        |prefix: &str| text.get(..prefix.len()).is_some_and(|head| head.eq_ignore_ascii_case(prefix));
    if text.is_empty() || !text.chars().all(|c| c.is_alphanumeric() || c == '_') {
        return Some("a name is made of letters, digits and `_`");
    }
    if text.starts_with(|c: char| c.is_numeric()) {
        return Some("a name begins with a letter or `_`");
    }
    PREFIXES.iter().find(|(prefix, _)| begins(prefix)).map(|(_, reason)| *reason)
}

#[cfg(test)]
mod tests {
    use super::snake_case;

    #[test]
    fn words_begin_at_capitals() {
        for (camel, snake) in [
            ("Order", "order"),
            ("OrderLine", "order_line"),
            ("HTTPLog", "http_log"),
            ("Utf8Text", "utf8_text"),
            ("Already_Snake", "already_snake"),
            ("A", "a"),
            ("ABTest", "ab_test"),
        ] {
            assert_eq!(snake_case(camel), snake);
        }
    }
}
