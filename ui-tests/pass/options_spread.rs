// Options in several attributes, empty ones, none, and trailing commas.
use terrace::prelude::*;

#[derive(Collection)]
#[allow(clippy::duplicated_attributes)]
#[collection()]
#[collection(cache = "1 h", index(a, b,),)]
#[collection(capture = "keys", index(b, a), unique(b, where = "a > 5"))]
struct Spread {
    #[id]
    #[column()]
    id: i64,
    #[was("x")]
    #[was("y", "z",)]
    #[column(mask)]
    #[column(name = "alpha")]
    a: i64,
    b: i64,
}

#[derive(Collection)]
#[collection]
struct Bare {
    #[id]
    id: i64,
}

fn main() {
    assert_eq!(Spread::SCHEMA.cache_seconds, Some(3_600));
    assert_eq!(Spread::SCHEMA.columns[1].was, ["x", "y", "z"]);
    assert_eq!(Spread::SCHEMA.columns[1].name, "alpha");
    assert_eq!(Spread::SCHEMA.indexes[2].filter, Some("a > 5"));
    assert_eq!(Bare::SCHEMA.cache_seconds, None);
}
