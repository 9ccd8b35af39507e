// A crate that wraps this one: its own path leads to the library.
mod wrapper {
    pub mod storage {
        pub use terrace::*;
    }
}

mod model {
    #[derive(terrace::Embed)]
    #[embed(crate = crate::wrapper::storage)]
    pub enum Status {
        Open,
    }

    #[derive(terrace::Collection)]
    #[collection(crate = crate::wrapper::storage)]
    pub struct Order {
        #[id]
        pub id: i64,
        pub status: Status,
    }
}

macro_rules! order {
    ($name:ident) => {
        #[derive(terrace::Collection)]
        #[collection(crate = $crate::wrapper::storage)]
        struct $name {
            #[id]
            id: i64,
        }
    };
}

order!(Made);

fn main() {
    use terrace::Collection;
    let _ = model::Order { id: 5, status: model::Status::Open }.status;
    assert_eq!(Made { id: 5 }.id, 5);
    assert_eq!((model::Order::SCHEMA.name, Made::SCHEMA.name), ("order", "made"));
}
