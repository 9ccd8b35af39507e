// One mistake in the options, and a program that finds by an id of two columns: only the mistake is an error.
use terrace::prelude::*;

#[derive(Collection, Clone)]
#[collection(id(tenant, number), cahce = "60s")]
struct Order {
    tenant: String,
    number: i64,
}

fn get(db: &Db) -> Result<Option<Order>, StorageError> {
    db.get((String::from("a"), 5_i64))
}

fn main() {}
