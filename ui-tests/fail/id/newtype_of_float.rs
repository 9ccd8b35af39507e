// A newtype is stored as what it wraps, and a float cannot be an id.
use terrace::prelude::*;

#[derive(Embed)]
struct Seconds(f64);

#[derive(Collection)]
struct Reading {
    #[id]
    at: Seconds,
}

fn main() {}
