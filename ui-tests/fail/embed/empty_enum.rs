// There is no value that could be stored.
use terrace::prelude::*;

#[derive(Embed)]
enum Never {}

fn main() {}
