// The change log and its helpers are tables of this crate.
use terrace::prelude::*;

#[derive(Collection)]
#[collection(name = "_terrace_log")]
struct Log {
    #[id]
    id: i64,
}

fn main() {}
