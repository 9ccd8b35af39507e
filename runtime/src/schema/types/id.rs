//! `Id<T>`: the id of a document of `T`, a UUID of version 7, which sorts by the time at which it was made.

use std::{cmp::Ordering, fmt, hash, marker::PhantomData, str::FromStr};

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use uuid::Uuid;

use crate::{
    schema::{Column, Kind, column::blob, column::out_of_range},
    value::{RowBuf, ValueError, ValueRef},
};

/// The id of a document of the collection `T`.
///
/// ```
/// # use terrace::prelude::*;
/// # struct Order;
/// let id = Id::<Order>::new();
/// assert_eq!(id, id.to_string().parse()?);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Id<T> {
    uuid: Uuid,
    of: PhantomData<fn() -> T>,
}

impl<T> Id<T> {
    /// A new id, from this machine's clock and random numbers.
    #[must_use]
    #[allow(clippy::new_without_default)] // two defaults that differ would surprise
    pub fn new() -> Self {
        Self::from_uuid(Uuid::now_v7())
    }

    /// The id that is this UUID.
    #[must_use]
    pub const fn from_uuid(uuid: Uuid) -> Self {
        Self { uuid, of: PhantomData }
    }

    /// The UUID.
    #[must_use]
    pub const fn uuid(self) -> Uuid {
        self.uuid
    }
}

impl<T> Clone for Id<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Id<T> {}

impl<T> PartialEq for Id<T> {
    fn eq(&self, other: &Self) -> bool {
        self.uuid == other.uuid
    }
}

impl<T> Eq for Id<T> {}

impl<T> PartialOrd for Id<T> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl<T> Ord for Id<T> {
    fn cmp(&self, other: &Self) -> Ordering {
        self.uuid.cmp(&other.uuid)
    }
}

impl<T> hash::Hash for Id<T> {
    fn hash<H: hash::Hasher>(&self, state: &mut H) {
        self.uuid.hash(state);
    }
}

impl<T> fmt::Debug for Id<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Id({})", self.uuid)
    }
}

impl<T> fmt::Display for Id<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.uuid.fmt(f)
    }
}

impl<T> FromStr for Id<T> {
    type Err = uuid::Error;

    fn from_str(text: &str) -> Result<Self, uuid::Error> {
        text.parse().map(Self::from_uuid)
    }
}

impl<T> Serialize for Id<T> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        self.uuid.serialize(to)
    }
}

impl<'de, T> Deserialize<'de> for Id<T> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        Uuid::deserialize(from).map(Self::from_uuid)
    }
}

#[diagnostic::do_not_recommend]
impl<T> Column for Id<T> {
    type Base = Self;
    const KIND: Kind = Kind::Uuid;
    const NULLABLE: bool = false;

    fn store(&self, row: &mut RowBuf) -> Result<(), ValueError> {
        Column::store(&self.uuid, row)
    }

    fn load(value: ValueRef<'_>) -> Result<Self, ValueError> {
        Uuid::load(value).map(Self::from_uuid)
    }
}

#[diagnostic::do_not_recommend]
impl Column for Uuid {
    type Base = Self;
    const KIND: Kind = Kind::Uuid;
    const NULLABLE: bool = false;

    fn store(&self, row: &mut RowBuf) -> Result<(), ValueError> {
        row.push(ValueRef::Blob(self.as_bytes()))
    }

    #[inline]
    fn load(value: ValueRef<'_>) -> Result<Self, ValueError> {
        let bytes = blob(value, "a UUID of 16 bytes")?;
        Self::from_slice(bytes).map_err(|_| out_of_range(format!("{} bytes", bytes.len()), "Uuid"))
    }
}
