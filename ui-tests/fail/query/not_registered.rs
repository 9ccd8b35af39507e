// A type that is no collection cannot be registered as one.
use terrace::prelude::*;

struct Plain {
    id: i64,
}

fn main() {
    let _ = Db::open_in_memory(collections![Plain]);
}
