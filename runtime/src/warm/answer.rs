//! What is cached: the document that has an id, or the documents that a query finds.

use std::future::Future;

use crate::{cdc::Generation, error::StorageError, schema::Collection};

/// What a read gives: an `Option` of a document, or a `Vec` of documents.
pub trait Answer: Sized {
    /// The collection.
    type Document: Collection;

    /// The documents in it.
    fn documents(&self) -> &[Self::Document];

    /// As many documents as `next` gives; none when they are not an answer of this type.
    fn collect(count: u64, next: impl FnMut() -> Option<Self::Document>) -> Option<Self>;
}

impl<T: Collection> Answer for Option<T> {
    type Document = T;

    fn documents(&self) -> &[T] {
        self.as_slice()
    }

    #[inline]
    fn collect(count: u64, mut next: impl FnMut() -> Option<T>) -> Option<Self> {
        match count {
            0 => Some(None),
            1 => next().map(Some),
            _ => None,
        }
    }
}

impl<T: Collection> Answer for Vec<T> {
    type Document = T;

    fn documents(&self) -> &[T] {
        self
    }

    fn collect(count: u64, mut next: impl FnMut() -> Option<T>) -> Option<Self> {
        (0..count).map(|_| next()).collect()
    }
}

/// Where an answer comes from when the cache does not have it: a database, or a call to where one is.
pub trait Source<A: Answer> {
    /// The generation of the collection as it is now; none where asking costs as much as loading.
    fn generation(&self) -> impl Future<Output = Result<Option<Generation>, StorageError>>;

    /// The answer, with the generation of what it was read from, if it has one.
    fn load(&self) -> impl Future<Output = Result<(A, Option<Generation>), StorageError>>;
}

/// A source that is a function.
pub(super) struct Loader<F>(pub(super) F);

impl<A: Answer, F: AsyncFn() -> Result<A, StorageError>> Source<A> for Loader<F> {
    async fn generation(&self) -> Result<Option<Generation>, StorageError> {
        Ok(None)
    }

    async fn load(&self) -> Result<(A, Option<Generation>), StorageError> {
        Ok(((self.0)().await?, None))
    }
}
