// The struct has methods of its own that are called as those of a document are.
use terrace::prelude::*;

#[derive(Collection)]
struct Order {
    #[id]
    id: i64,
}

impl Order {
    const SCHEMA: &'static str = "mine";
    const COLUMNS: &'static str = "mine";

    fn insert(&self) -> i64 {
        self.id
    }
    fn update(&self) -> i64 {
        self.id
    }
    fn delete(&self) -> i64 {
        self.id
    }
    fn all() -> i64 {
        5
    }
    fn filter() -> i64 {
        5
    }
    fn columns() -> i64 {
        5
    }
    fn write(&self) -> i64 {
        self.id
    }
    fn read() -> i64 {
        5
    }
}

fn main() {
    let order = Order { id: 5 };
    assert_eq!([order.insert(), order.update(), order.delete(), order.write()], [5; 4]);
    assert_eq!([Order::all(), Order::filter(), Order::columns(), Order::read()], [5; 4]);
    assert_eq!((Order::SCHEMA, Order::COLUMNS), ("mine", "mine"));
    assert_eq!(<Order as Collection>::SCHEMA.name, "order");
}
