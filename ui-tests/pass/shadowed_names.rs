// The user's own types have the names of the standard library's and of this crate's.
#![allow(dead_code)]

#[derive(terrace::Embed, Clone, Copy)]
struct String(i64);

#[derive(terrace::Embed, Clone, Copy)]
enum Option {
    Some,
    None,
    Ok,
    Err,
}

#[derive(terrace::Embed, Clone, Copy)]
struct Vec(f64);

#[derive(terrace::Embed, Clone, Copy)]
enum Result {
    Column,
    Collection,
}

struct Box;
struct Schema;
struct Kind;
struct Col;
struct Filter;
struct Field;
struct Row;
struct RowBuf;
struct Columns;
struct FieldError;
struct KeyOf;
struct Self_;
trait Default {}
trait Clone {}
trait Debug {}
trait Copy {}
mod core {}
mod std {}
mod terrace_derive {}

#[derive(terrace::Collection)]
struct Order {
    #[id]
    id: String,
    #[index]
    option: Option,
    vec: Vec,
    result: Result,
    #[skip]
    skipped: bool,
}

fn main() {
    use terrace::Collection as _;
    assert!(!Order::SCHEMA.columns[1].nullable);
    let _ = Order::COLUMNS.option.eq(Option::None);
}
