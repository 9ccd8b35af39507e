// A struct whose parts come from `macro_rules!`: types and literals arrive in invisible groups.
use terrace::prelude::*;

macro_rules! collection {
    ($name:ident, $table:literal, $id:ident: $id_type:ty, $fill:expr, $($field:ident: $type:ty),*) => {
        #[derive(Collection, Clone, Debug, PartialEq)]
        #[collection(name = $table, index($($field),*))]
        struct $name {
            #[id]
            $id: $id_type,
            $($field: $type,)*
            local: Option<$id_type>,
        }
    };
}

macro_rules! embed {
    ($name:ident($type:ty), $label:literal) => {
        #[derive(Embed, Clone, Copy, Debug, PartialEq)]
        struct $name($type);

        #[derive(Embed, Clone, Copy, Debug, PartialEq)]
        enum Status {
            #[column(name = $label)]
            Open,
        }
    };
}

embed!(Cents(i64), "opened");
collection!(Order, "orders", number: i64, 5, total: Cents, status: Status, note: Option<String>);

fn main() {
    assert_eq!(Order::SCHEMA.name, "orders");
    assert_eq!(Order::SCHEMA.columns[2].labels, ["opened"]);
    let db = Db::open_in_memory(collections![Order]).unwrap();
    let order = Order { number: 1, total: Cents(5), status: Status::Open, note: None, local: None };
    db.insert(&order).unwrap();
    assert_eq!(db.get::<Order>(1_i64).unwrap(), Some(order));
}
