//! The syntax inside of `#[collection(…)]` and `#[column(…)]`: a tree of words, values and lists.
//!
//! Only the form is read here. What a word means, and whether it may stand there, is for `attr` to say: so an error in
//! one option never hides an error in the next.

use proc_macro2::TokenStream;
use quote::ToTokens;
use syn::{
    Attribute, Ident, Lit, LitStr, Meta, Path, Token,
    ext::IdentExt,
    parenthesized,
    parse::{Parse, ParseStream},
    punctuated::Punctuated,
    token,
};

use crate::ctxt::Ctxt;

/// How the condition of a partial index is written.
pub(crate) const WHERE: &str = "expected `where = \"status = 'open'\"`";

/// One option, or one entry of its list.
#[derive(Clone)]
pub(crate) enum Node {
    /// `mask`
    Word(Ident),
    /// `name = "orders"`
    Is(Ident, Value),
    /// `index(a, b)`
    List(Ident, Vec<Node>),
    /// `16`
    Bare(Literal),
    /// `-placed`
    Minus(Token![-], Ident),
}

/// What stands behind `=`.
#[derive(Clone)]
pub(crate) enum Value {
    Literal(Literal),
    Path(Path),
}

/// A literal, with the minus that may stand before a number.
#[derive(Clone)]
pub(crate) struct Literal {
    pub(crate) minus: Option<Token![-]>,
    pub(crate) lit: Lit,
}

/// The options in the parentheses of `attribute`; none when they cannot be read, which is then reported.
pub(crate) fn options(ctxt: &Ctxt, attribute: &Attribute) -> Vec<Node> {
    match &attribute.meta {
        Meta::Path(_) => Vec::new(),
        Meta::NameValue(pair) => {
            let name = pair.path.to_token_stream();
            let found = "the options of an attribute stand in parentheses";
            ctxt.error(&attribute.meta, format!("{found}\nhelp: write `#[{name}(name = \"…\")]`"));
            Vec::new()
        }
        Meta::List(list) => match list.parse_args_with(Punctuated::<Node, Token![,]>::parse_terminated) {
            Ok(nodes) => nodes.into_iter().collect(),
            Err(error) => {
                ctxt.report(error);
                Vec::new()
            }
        },
    }
}

impl Parse for Node {
    fn parse(input: ParseStream) -> syn::Result<Self> {
        if input.peek(Token![-]) && input.peek2(Ident::peek_any) {
            return Ok(Self::Minus(input.parse()?, Ident::parse_any(input)?));
        }
        if input.peek(Lit) || input.peek(Token![-]) {
            return input.parse().map(Self::Bare);
        }
        let key = Ident::parse_any(input)?;
        if input.peek(Token![=]) {
            input.parse::<Token![=]>()?;
            return parse_value(&key, input).map(|value| Self::Is(key, value));
        }
        if input.peek(token::Paren) {
            let content;
            parenthesized!(content in input);
            let nodes = Punctuated::<Self, Token![,]>::parse_terminated(&content)?;
            return Ok(Self::List(key, nodes.into_iter().collect()));
        }
        if key == "where" {
            return Err(syn::Error::new_spanned(key, WHERE));
        }
        Ok(Self::Word(key))
    }
}

fn parse_value(key: &Ident, input: ParseStream) -> syn::Result<Value> {
    if input.is_empty() || input.peek(Token![,]) {
        return Err(syn::Error::new_spanned(key, format!("`{key}` needs a value behind `=`")));
    }
    if input.peek(Lit) || input.peek(Token![-]) {
        return input.parse().map(Value::Literal);
    }
    Path::parse_mod_style(input).map(Value::Path)
}

impl Parse for Literal {
    fn parse(input: ParseStream) -> syn::Result<Self> {
        Ok(Self { minus: input.parse()?, lit: input.parse()? })
    }
}

impl Literal {
    /// The string, if it is one.
    pub(crate) fn string(&self) -> Option<&LitStr> {
        match &self.lit {
            Lit::Str(string) if self.minus.is_none() => Some(string),
            _ => None,
        }
    }
}

impl ToTokens for Literal {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        self.minus.to_tokens(tokens);
        self.lit.to_tokens(tokens);
    }
}

impl ToTokens for Value {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        match self {
            Self::Literal(literal) => literal.to_tokens(tokens),
            Self::Path(path) => path.to_tokens(tokens),
        }
    }
}

impl ToTokens for Node {
    /// The tokens that an error about the node points at: of a list its name.
    fn to_tokens(&self, tokens: &mut TokenStream) {
        match self {
            Self::Word(key) | Self::List(key, _) => key.to_tokens(tokens),
            Self::Is(key, value) => {
                key.to_tokens(tokens);
                value.to_tokens(tokens);
            }
            Self::Bare(literal) => literal.to_tokens(tokens),
            Self::Minus(minus, key) => {
                minus.to_tokens(tokens);
                key.to_tokens(tokens);
            }
        }
    }
}

impl Node {
    /// The word that it begins with.
    pub(crate) fn key(&self) -> Option<&Ident> {
        match self {
            Self::Word(key) | Self::Is(key, _) | Self::List(key, _) => Some(key),
            Self::Bare(_) | Self::Minus(..) => None,
        }
    }

    /// The string of `key = "…"`; anything else is reported, with `example` as what to write.
    pub(crate) fn string(&self, ctxt: &Ctxt, example: &str) -> Option<LitStr> {
        match self {
            Self::Is(_, Value::Literal(literal)) if literal.string().is_some() => literal.string().cloned(),
            Self::Is(_, value) => {
                ctxt.error(value, format!("expected a string\nhelp: write `{example}`"));
                None
            }
            other => {
                let key = other.key().map(ToString::to_string).unwrap_or_default();
                ctxt.error(other, format!("`{key}` needs a value\nhelp: write `{example}`"));
                None
            }
        }
    }
}
