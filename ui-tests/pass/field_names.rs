// Fields are called as the generated code's own variables, methods and constants might be.
use terrace::prelude::*;

#[derive(Collection, Clone, Debug, PartialEq)]
struct Odd {
    #[id]
    id: i64,
    db: i64,
    row: i64,
    value: i64,
    self_: i64,
    f: i64,
    out: i64,
    columns: i64,
    eq: i64,
    filter: i64,
    count: i64,
    name: String,
    write: i64,
    read: i64,
    store: i64,
    load: i64,
    __row: i64,
    __version: i64,
    position: i64,
    schema: i64,
    #[version]
    version: i64,
}

#[allow(non_upper_case_globals, dead_code)]
const row: i64 = 5;

fn main() {
    let db = Db::open_in_memory(collections![Odd]).unwrap();
    let odd = Odd {
        id: 1,
        db: 2,
        row,
        value: 4,
        self_: 5,
        f: 6,
        out: 7,
        columns: 8,
        eq: 9,
        filter: 10,
        count: 11,
        name: "n".into(),
        write: 12,
        read: 13,
        store: 14,
        load: 15,
        __row: 16,
        __version: 17,
        position: 18,
        schema: 19,
        version: 20,
    };
    db.insert(&odd).unwrap();
    let found = db.find::<Odd>(|odd| odd.eq.eq(9).and(odd.filter.eq(10)).and(odd.name.eq("n"))).all();
    assert_eq!(found.unwrap().len(), 1);
}
