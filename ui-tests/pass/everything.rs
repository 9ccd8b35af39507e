// Every attribute at once, as the documentation shows them.
use serde::{Deserialize, Serialize};
use terrace::{
    prelude::*,
    schema::{Capture, Column, Fill, Kind, Partition, SnapshotPolicy, Sort, Source, Transform},
    value::{Row, RowBuf},
};

#[derive(Serialize, Deserialize, Clone, Debug, PartialEq)]
struct Line {
    sku: String,
}

#[derive(Embed, Clone, Copy, Debug, PartialEq)]
enum Status {
    Open,
    InTransit,
    #[column(name = "done")]
    Delivered,
}

#[derive(Embed, Clone, Copy, Debug, PartialEq)]
struct Cents(i64);

#[derive(Clone, Debug, Default, PartialEq)]
struct Cache(u8);

#[derive(Collection, Clone, Debug, PartialEq)]
#[collection(
    name = "orders",
    index(status, placed),
    unique(code, where = "status = 'open'"),
    partition(bucket(16, object), day(placed), truncate(8, code)),
    sort(status, -placed, object),
    cache = "2m",
    snapshot(every = "6h", keep = 12),
    capture = "after"
)]
struct Order {
    #[id]
    id: Id<Self>,
    #[index]
    status: Status,
    #[column(name = "sum", fill = -5, mask)]
    total: Cents,
    #[json]
    lines: Vec<Line>,
    #[json]
    extra: Option<Line>,
    placed: Timestamp,
    #[unique]
    code: String,
    #[version]
    version: u32,
    #[was("note", "comment")]
    remark: Option<String>,
    #[skip]
    cache: Cache,
}

#[derive(Collection, Clone, Debug, PartialEq)]
#[collection(id(tenant, number))]
struct Invoice {
    tenant: String,
    number: i64,
    #[column(fill = 0.5)]
    rate: f64,
}

fn order() -> Order {
    Order {
        id: Id::new(),
        status: Status::InTransit,
        total: Cents(5),
        lines: vec![Line { sku: "a".into() }],
        extra: None,
        placed: Timestamp::from_micros(1),
        code: "x".into(),
        version: 1,
        remark: None,
        cache: Cache(7),
    }
}

fn main() {
    schema();
    let mut order = order();
    let mut row = RowBuf::new();
    order.write(&mut row).unwrap();
    assert_eq!(row.len(), 9);
    assert_eq!(Order::read(&row).unwrap(), Order { cache: Cache(0), ..order.clone() });
    order.set_version(9).unwrap();
    assert_eq!(order.version, 9);
    let filter = Order::COLUMNS.status.eq(Status::InTransit).and(Order::COLUMNS.extra.is_none());
    assert!(filter.matches(&order).unwrap());
    key::<Order, _>(order.id);
    key::<Invoice, _>((String::from("t"), 5i64));
}

fn key<T: Collection, K: terrace::schema::KeyOf<T>>(key: K) {
    let mut row = RowBuf::new();
    key.store(&mut row).unwrap();
    assert_eq!(row.len(), T::SCHEMA.id.len());
}

fn schema() {
    let schema = Order::SCHEMA;
    assert_eq!(schema.name, "orders");
    let names: Vec<&str> = schema.columns.iter().map(|column| column.name).collect();
    assert_eq!(
        names,
        ["id", "status", "sum", "lines", "extra", "placed", "code", "version", "remark"]
    );
    assert_eq!(schema.columns[1].labels, ["open", "in_transit", "done"]);
    assert_eq!(schema.columns[2].kind, Kind::I64);
    assert_eq!(schema.columns[2].fill, Some(Fill::Integer(-5)));
    assert!(schema.columns[2].mask && !schema.columns[3].mask);
    assert!(!schema.columns[3].nullable && schema.columns[4].nullable && schema.columns[8].nullable);
    assert_eq!(schema.columns[8].was, ["note", "comment"]);
    assert_eq!((schema.version, schema.cache_seconds), (Some(7), Some(120)));
    assert_eq!(schema.snapshot, Some(SnapshotPolicy { every_seconds: 21_600, keep: 12 }));
    assert_eq!(schema.capture, Capture::After);
    let part = Partition { source: Source::Object, transform: Transform::Bucket(16) };
    assert_eq!((schema.partition[0], schema.partition.len()), (part, 3));
    let sort = |source, descending| Sort { source, descending };
    assert_eq!(
        schema.sort,
        [sort(Source::Column(1), false), sort(Source::Column(5), true), sort(Source::Object, false)]
    );
    let indexes: Vec<(&[usize], bool, bool)> =
        schema.indexes.iter().map(|index| (index.columns, index.unique, index.filter.is_some())).collect();
    assert_eq!(
        indexes,
        [(&[1][..], false, false), (&[6], true, false), (&[1, 5], false, false), (&[6], true, true)]
    );
    assert_eq!(Invoice::SCHEMA.id, [0, 1]);
    assert_eq!(<Status as Column>::KIND, Kind::Enum);
}
