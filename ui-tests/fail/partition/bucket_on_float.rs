// Iceberg does not hash floats.
use terrace::prelude::*;

#[derive(Collection)]
#[collection(partition(bucket(16, rate)))]
struct Rate {
    #[id]
    id: i64,
    rate: f64,
}

fn main() {}
