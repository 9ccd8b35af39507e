//! What is invalidated together. No cache of Workers can list its keys or delete by their beginning, so each scope has a
//! token, an entry's stamp is the sum of the tokens of its scopes, and to invalidate a scope is to give it another token.

use std::fmt;

use crate::schema::Collection;

use super::key::{Address, Key, push_collection, push_escaped, push_object};

/// What to invalidate.
///
/// ```
/// # use terrace::prelude::*;
/// use terrace::warm::Scope;
/// #[derive(Collection)]
/// struct Task { #[id] number: i64 }
///
/// assert_eq!(Scope::collection::<Task>("shop-7").to_string(), "n/collection/oshop-7/ctask");
/// ```
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Scope(pub(super) String);

impl Scope {
    /// Everything.
    #[must_use]
    pub fn all() -> Self {
        Self("n/all".to_owned())
    }

    /// A collection, in every object.
    #[must_use]
    pub fn of_type<T: Collection>() -> Self {
        let mut name = "n/type/".to_owned();
        push_collection(&mut name, T::SCHEMA.name);
        Self(name)
    }

    /// Every collection of an object.
    #[must_use]
    pub fn object(object: &str) -> Self {
        let mut name = "n/object/".to_owned();
        push_object(&mut name, object);
        Self(name)
    }

    /// A collection of an object, its queries included.
    #[must_use]
    pub fn collection<T: Collection>(object: &str) -> Self {
        let mut name = "n/collection/".to_owned();
        push_object(&mut name, object);
        name.push('/');
        push_collection(&mut name, T::SCHEMA.name);
        Self(name)
    }

    /// What is cached under a key: a document, or what one query found.
    #[must_use]
    pub fn document<T>(key: &Key<T>) -> Self {
        Self::at(&key.address)
    }

    /// What was stored with a tag.
    #[must_use]
    pub fn tag(tag: &str) -> Self {
        let mut name = "n/tag/t".to_owned();
        push_escaped(&mut name, tag);
        Self(name)
    }

    /// Whether it is one key.
    pub(super) fn is_document(&self) -> bool {
        self.0.starts_with('v')
    }

    /// As [`Scope::document`].
    pub(super) fn at(key: &Address) -> Self {
        Self(key.path().to_owned())
    }

    /// The scopes around a key: everything, its type, its object, its collection there.
    pub(super) fn around(key: &Address) -> [Self; 4] {
        let mut parts = key.path().split('/').skip(1);
        let (object, collection) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
        [
            Self::all(),
            Self(format!("n/type/{collection}")),
            Self(format!("n/object/{object}")),
            Self(format!("n/collection/{object}/{collection}")),
        ]
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Scope({self})")
    }
}
