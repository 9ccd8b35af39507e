// An id of two columns is found by both.
use terrace::prelude::*;

#[derive(Collection)]
#[collection(id(tenant, number))]
struct Invoice {
    tenant: String,
    number: i64,
}

fn get(db: &Db) -> Result<Option<Invoice>, StorageError> {
    db.get::<Invoice>(5_i64)
}

fn main() {}
