// A fill for each kind of column that can have one.
use terrace::{prelude::*, schema::Fill};

#[derive(Embed)]
enum Status {
    InTransit,
}

#[derive(Collection)]
struct Filled {
    #[id]
    id: i64,
    #[column(fill = true)]
    a: bool,
    #[column(fill = -128)]
    b: i8,
    #[column(fill = 0xff)]
    c: u8,
    #[column(fill = -9_223_372_036_854_775_808)]
    d: i64,
    #[column(fill = -0.0)]
    e: f64,
    #[column(fill = 1e300)]
    f: Option<f64>,
    #[column(fill = "it's")]
    g: String,
    #[column(fill = "in_transit")]
    h: Status,
    #[column(fill = 1990)]
    i: Decimal<10, 2>,
    #[column(fill = 19_000)]
    j: Date,
    #[column(fill = 1_700_000_000_000_000)]
    k: Timestamp,
    #[json]
    #[column(fill = "[]")]
    l: Vec<i64>,
}

fn main() {
    let fill = |at: usize| Filled::SCHEMA.columns[at].fill.unwrap();
    assert_eq!(fill(1), Fill::Integer(1));
    assert_eq!(fill(4), Fill::Integer(i64::MIN));
    assert!(matches!(fill(5), Fill::Real(zero) if zero.to_bits() == (-0.0_f64).to_bits()));
    assert_eq!(fill(7), Fill::Text("it's"));
    let _ = Db::open_in_memory(collections![Filled]).unwrap();
    let _ = Status::InTransit;
}
