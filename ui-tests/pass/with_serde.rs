// One struct for the database and for the wire: attributes of both derives, and of the standard library's.
use serde::{Deserialize, Serialize};
use terrace::prelude::*;

#[derive(Embed, Serialize, Deserialize, Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[serde(rename_all = "camelCase")]
enum Status {
    #[default]
    Open,
    #[serde(rename = "on_the_way")]
    #[column(name = "transit")]
    InTransit,
}

#[derive(Embed, Serialize, Deserialize, Clone, Copy, Debug, Default, PartialEq)]
#[serde(transparent)]
struct Cents(i64);

#[derive(Collection, Serialize, Deserialize, Clone, Debug, Default, PartialEq)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[collection(name = "orders")]
struct Order {
    #[id]
    #[serde(rename = "_id")]
    order_id: i64,
    #[serde(default)]
    #[index]
    status: Status,
    #[column(fill = 0)]
    #[serde(skip_serializing_if = "Option::is_none")]
    total: Option<Cents>,
}

fn main() {
    let order = Order { order_id: 5, status: Status::InTransit, total: None };
    let db = Db::open_in_memory(collections![Order]).unwrap();
    db.insert(&order).unwrap();
    assert_eq!(db.get::<Order>(5_i64).unwrap(), Some(order));
    assert_eq!(Order::SCHEMA.columns[0].name, "order_id");
    assert_eq!(Order::SCHEMA.columns[1].labels, ["open", "transit"]);
}
