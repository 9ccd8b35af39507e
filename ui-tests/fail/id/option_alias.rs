// An alias hides the `Option`, but not from the type's own traits.
use terrace::prelude::*;

type Number = Option<i64>;

#[derive(Collection)]
struct Order {
    #[id]
    number: Number,
}

fn main() {}
