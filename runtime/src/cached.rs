//! Reads of a database through a cache.
//!
//! Stands above `hot` and `warm` and joins them. Keeps invariant 9: what is stored was read at one moment together with its
//! generation, and a transaction that may be rolled back yet neither uses the cache nor leaves anything there.

use std::{borrow::Borrow, future::Future, marker::PhantomData};

use crate::{
    Db,
    cdc::Generation,
    error::{During, Operation, StorageError},
    hot::Find,
    schema::{Collection, FieldError, KeyOf},
    value::RowBuf,
    warm::{Cache, Cacheable, Policy, Source},
};

impl Cache {
    /// The document of a database with this id: as [`Db::get`], from the cache for as long as the collection says with
    /// `#[collection(cache = "60s")]`. In a transaction it is read from the database.
    ///
    /// # Errors
    /// As [`Db::get`]. No failure of the cache is one.
    pub fn get<T: Collection>(
        &self,
        db: &Db,
        id: impl KeyOf<T>,
    ) -> impl Future<Output = Result<Option<T>, StorageError>> {
        self.document(db, id, Policy::of::<T>())
    }

    /// As [`Cache::get`], with a policy of the call's own. [`Strong`](crate::warm::Consistency::Strong) reads the
    /// database, since asking it for the generation costs as much.
    ///
    /// # Errors
    /// As there.
    pub fn get_with<T: Collection>(
        &self,
        db: &Db,
        id: impl KeyOf<T>,
        policy: &Policy,
    ) -> impl Future<Output = Result<Option<T>, StorageError>> {
        self.document(db, id, policy)
    }

    async fn document<T: Collection>(
        &self,
        db: &Db,
        id: impl KeyOf<T>,
        policy: impl Borrow<Policy>,
    ) -> Result<Option<T>, StorageError> {
        let policy = policy.borrow();
        if db.is_in_transaction() {
            self.count_bypassed();
            return db.get(id);
        }
        let key = T::cache_key(db.object_id(), ById(&id))?;
        match self.at_hand(&key, policy) {
            Ok(answer) => Ok(answer),
            Err(looked) => {
                let source = DocumentOf { db, id: &id, of: PhantomData };
                self.read_on(&key, policy, &source, looked).await
            }
        }
    }

    /// Every document that a query finds: as [`Find::all`], from the cache for as long as the collection says. In a
    /// transaction it is read from the database.
    ///
    /// # Errors
    /// As [`Find::all`]. No failure of the cache is one.
    pub async fn find<T: Collection>(&self, find: Find<'_, T>) -> Result<Vec<T>, StorageError> {
        self.find_with(find, &Policy::of::<T>()).await
    }

    /// As [`Cache::find`], with a policy of the call's own.
    ///
    /// # Errors
    /// As there.
    pub async fn find_with<T: Collection>(
        &self,
        find: Find<'_, T>,
        policy: &Policy,
    ) -> Result<Vec<T>, StorageError> {
        let db = find.db();
        if db.is_in_transaction() {
            self.count_bypassed();
            return find.all();
        }
        let query = find.described().during(Operation::Find, T::SCHEMA.name)?;
        let key = T::query_key(db.object_id(), &query);
        self.read(&key, policy, &FoundBy { find }).await
    }
}

/// The document with an id.
struct DocumentOf<'a, T, K> {
    db: &'a Db,
    id: &'a K,
    of: PhantomData<fn() -> T>,
}

impl<T: Collection, K: KeyOf<T>> Source<Option<T>> for DocumentOf<'_, T, K> {
    async fn generation(&self) -> Result<Option<Generation>, StorageError> {
        Ok(None)
    }

    async fn load(&self) -> Result<(Option<T>, Option<Generation>), StorageError> {
        Ok((self.db.get(ById(self.id))?, None))
    }
}

/// What a query finds.
struct FoundBy<'db, T> {
    find: Find<'db, T>,
}

impl<T: Collection> Source<Vec<T>> for FoundBy<'_, T> {
    async fn generation(&self) -> Result<Option<Generation>, StorageError> {
        self.find.db().generation::<T>().map(Some)
    }

    async fn load(&self) -> Result<(Vec<T>, Option<Generation>), StorageError> {
        let found = self.find.db().at_generation::<T, _>(|| self.find.rows());
        let (generation, documents) = found.during(Operation::Find, T::SCHEMA.name)?;
        Ok((documents, Some(generation)))
    }
}

/// An id that stays where it is.
struct ById<'a, K>(&'a K);

#[diagnostic::do_not_recommend]
impl<T, K: KeyOf<T>> KeyOf<T> for ById<'_, K> {
    fn store(&self, row: &mut RowBuf) -> Result<(), FieldError> {
        self.0.store(row)
    }
}
