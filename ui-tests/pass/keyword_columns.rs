// A collection and columns with names that SQL keeps for itself.
use terrace::prelude::*;

#[derive(Collection, Clone, Debug, PartialEq)]
#[collection(name = "table")]
struct Order {
    #[id]
    #[column(name = "primary")]
    id: i64,
    #[unique]
    index: String,
    #[column(name = "select")]
    from: Option<i64>,
    größe: i64,
}

fn main() {
    let db = Db::open_in_memory(collections![Order]).unwrap();
    let order = Order { id: 1, index: "a".into(), from: None, größe: 5 };
    db.insert(&order).unwrap();
    let found = db.find::<Order>(|order| order.größe.gt(4).and(order.from.is_none())).first().unwrap();
    assert_eq!(found, Some(order));
}
