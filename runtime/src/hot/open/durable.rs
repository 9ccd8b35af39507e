//! Opening the database of a Durable Object.

use worker::State;

use crate::{
    error::{During, Operation, StorageError},
    hot::{Db, backends::durable::Durable},
    schema::Collections,
};

use super::Options;

impl Options {
    /// Opens the object's database, or creates it. Unless [`Options::object`] said otherwise, a new one has the id of
    /// the object.
    ///
    /// # Errors
    /// As [`Db::durable`].
    pub fn durable(mut self, state: &State, collections: Collections) -> Result<Db, StorageError> {
        self.object.get_or_insert_with(|| state.id().to_string());
        let backend = Durable::new(state);
        self.on(Box::new(backend), &collections).during_no_collection(Operation::Open)
    }
}

impl Db {
    /// Opens the database of this Durable Object, creates it where there is none, and brings the tables of the
    /// collections to their structs' present form. The place for it is the object's constructor.
    ///
    /// # Errors
    /// It was written by newer code, or a migration would lose data. The database is as it was before.
    ///
    /// # When a handler panics
    /// Its transaction is rolled back, and the next request finds the object as it is stored. With `worker-build` as it is,
    /// the panicking request is never answered, nor are others that were being worked on beside it. With
    /// `worker-build --panic-unwind`, which takes nightly Rust, it fails at once and by itself.
    ///
    /// ```ignore
    /// #[worker::durable_object]
    /// struct Shop { db: Db }
    ///
    /// impl worker::DurableObject for Shop {
    ///     fn new(state: worker::State, _: worker::Env) -> Self {
    ///         Self { db: Db::durable(&state, collections![Order]).expect("the schema fits") }
    ///     }
    ///     // async fn fetch(&self, request: Request) -> Result<Response> { … }
    /// }
    /// ```
    pub fn durable(state: &State, collections: Collections) -> Result<Self, StorageError> {
        Options::new().durable(state, collections)
    }
}
