// A struct that borrows, and a program that names it: only the borrowing is an error.
use terrace::prelude::*;

#[derive(Collection)]
struct Person<'a> {
    #[id]
    id: i64,
    name: &'a str,
}

fn main() {
    let person = Person { id: 5, name: "Ada" };
    println!("{} {}", person.id, person.name);
    let _ = <Person as Collection>::SCHEMA.name;
}
