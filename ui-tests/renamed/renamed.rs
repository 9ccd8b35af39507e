//! The derive in a crate that depends on terrace under another name: `crate = ::storage` says which.

use storage::prelude::*;

#[derive(Embed, Clone, Copy, Debug, PartialEq)]
#[embed(crate = ::storage)]
enum Status {
    Open,
    Paid,
}

#[derive(Embed, Clone, Copy, Debug, PartialEq)]
#[embed(crate = ::storage)]
struct Cents(i64);

#[derive(Collection, Clone, Debug, PartialEq)]
#[collection(crate = ::storage, index(status, total), partition(bucket(4, object)), cache = "60s")]
struct Order {
    #[id]
    id: Id<Order>,
    status: Status,
    #[column(fill = 0)]
    total: Cents,
    #[json]
    lines: Vec<String>,
    #[version]
    version: u32,
    #[skip]
    dirty: bool,
}

#[test]
fn a_document_is_stored_and_read() -> Result<(), StorageError> {
    let db = Db::open_in_memory(collections![Order])?;
    let order = Order {
        id: Id::new(),
        status: Status::Open,
        total: Cents(5),
        lines: vec!["a".to_owned()],
        version: 0,
        dirty: false,
    };
    db.insert(&order)?;
    let paid = db.update(order.id, |order| order.status = Status::Paid)?;
    assert_eq!(db.get(order.id)?, Some(paid));
    assert_eq!(db.find::<Order>(|order| order.status.eq(Status::Paid)).count()?, 1);
    Ok(())
}
