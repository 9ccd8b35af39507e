// What a type is decides, not how it is called: aliases of columns, of `Option` and of results.
#![allow(dead_code)]
use terrace::prelude::*;

type Name = String;
type Maybe<T> = Option<T>;
type Nickname = Maybe<Name>;
type Tags = Option<Vec<String>>;
type Key = Id<User>;
type Result<T> = std::result::Result<T, ()>;

trait Domain {
    type Age;
}

struct People;

impl Domain for People {
    type Age = u8;
}

#[derive(Collection, Clone, Debug, PartialEq)]
struct User {
    #[id]
    id: Key,
    name: Name,
    nickname: Nickname,
    #[json]
    tags: Tags,
    #[json]
    labels: Vec<Name>,
    age: <People as Domain>::Age,
}

fn main() {
    let nullable: Vec<bool> = User::SCHEMA.columns.iter().map(|column| column.nullable).collect();
    assert_eq!(nullable, [false, false, true, true, false, false]);
    let _ = User::COLUMNS.nickname.eq("Ada").and(User::COLUMNS.age.lt(5));
}
