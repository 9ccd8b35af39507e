// Everything that a public collection holds but its id may be private.
pub mod shop {
    use terrace::prelude::*;

    #[derive(Embed)]
    enum Status {
        Open,
    }

    #[derive(Embed)]
    struct Cents(i64);

    #[derive(Default)]
    struct Cache;

    #[derive(serde::Serialize, serde::Deserialize)]
    struct Line;

    #[derive(Collection)]
    pub struct Order {
        #[id]
        id: Id<Order>,
        status: Status,
        total: Cents,
        #[json]
        lines: Vec<Line>,
        #[skip]
        _cache: Cache,
    }

    pub fn order() -> Order {
        Order { id: Id::new(), status: Status::Open, total: Cents(5), lines: Vec::new(), _cache: Cache }
    }
}

mod private {
    #[derive(terrace::Collection)]
    pub(super) struct Visible {
        #[id]
        pub(super) id: i64,
    }

    #[derive(terrace::Collection)]
    struct Hidden {
        #[id]
        id: i64,
    }

    pub(super) fn hidden() -> i64 {
        Hidden { id: 5 }.id
    }
}

fn main() {
    use terrace::prelude::*;
    let db = Db::open_in_memory(collections![shop::Order, private::Visible]).unwrap();
    db.insert(&shop::order()).unwrap();
    db.insert(&private::Visible { id: private::hidden() }).unwrap();
    assert_eq!(db.find::<private::Visible>(|visible| visible.id.eq(5)).count().unwrap(), 1);
}
