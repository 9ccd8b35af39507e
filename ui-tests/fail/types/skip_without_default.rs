// A skipped field is not stored, so reading has to make a value for it.
use terrace::prelude::*;

struct Handle;

#[derive(Collection)]
struct Page {
    #[id]
    id: i64,
    #[skip]
    handle: Handle,
}

fn main() {}
