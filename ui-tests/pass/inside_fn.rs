// Collections of a function, a block, a constant and a trait's method, of the same name.
#![deny(warnings)]
use terrace::prelude::*;

fn outer() -> &'static str {
    #[derive(Embed)]
    enum Status {
        Open,
    }

    #[derive(Collection)]
    struct Order {
        #[id]
        id: Id<Order>,
        status: Status,
    }
    let order = Order { id: Id::new(), status: Status::Open };
    let db = Db::open_in_memory(collections![Order]).unwrap();
    db.insert(&order).unwrap();
    assert!(db.get(order.id).unwrap().is_some_and(|order| matches!(order.status, Status::Open)));
    <Order as Collection>::SCHEMA.name
}

trait Job {
    fn name() -> &'static str {
        #[derive(Collection)]
        #[collection(name = "job", id(a, b))]
        struct Order {
            a: i64,
            b: String,
        }
        let _ = |order: Order| (order.a, order.b);
        <Order as Collection>::SCHEMA.name
    }
}

impl Job for () {}

fn main() {
    let inner = {
        #[derive(Collection)]
        #[collection(name = "inner")]
        struct Order {
            #[id]
            id: i64,
        }
        let _ = Order { id: 5 }.id;
        <Order as Collection>::SCHEMA.name
    };
    assert_eq!((outer(), inner, <()>::name()), ("order", "inner", "job"));
}
