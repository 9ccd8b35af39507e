// The `Option` is fine; what it holds is not, and that is where the caret is.
use terrace::prelude::*;

#[derive(Collection)]
struct Page {
    #[id]
    id: i64,
    offset: Option<isize>,
}

fn main() {}
