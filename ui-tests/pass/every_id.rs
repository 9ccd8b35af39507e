// Every kind of id, and what `get` takes for it.
use terrace::prelude::*;

#[derive(Embed, Clone, Copy)]
struct Number(u32);

#[derive(Embed, Clone, Copy)]
enum Colour {
    Red,
}

macro_rules! ids {
    ($($name:ident: $type:ty = $value:expr),* $(,)?) => {$(
        {
            #[derive(Collection)]
            struct $name {
                #[id]
                key: $type,
            }
            let db = Db::open_in_memory(collections![$name]).unwrap();
            db.insert(&$name { key: $value }).unwrap();
            assert!(db.get::<$name>($value).unwrap().is_some_and(|found| {
                let _ = found.key;
                true
            }));
            assert!(db.delete::<$name>($value).unwrap());
        }
    )*};
}

#[derive(Collection)]
#[collection(id(only))]
struct Single {
    only: i64,
}

#[derive(Collection)]
#[collection(id(c, a, b))]
struct Triple {
    a: i64,
    b: String,
    c: Date,
}

fn main() {
    ids! {
        Signed: i64 = -5,
        Small: u8 = 5,
        Text: String = String::from("a"),
        Bytes: Vec<u8> = vec![1, 2],
        Fixed: [u8; 2] = [1, 2],
        Uuids: Uuid = Uuid::nil(),
        Moment: Timestamp = Timestamp::from_micros(5),
        Money: Decimal<10, 2> = Decimal::from_unscaled(5).unwrap(),
        Numbered: Number = Number(5),
        Coloured: Colour = Colour::Red,
    }
    let db = Db::open_in_memory(collections![Single, Triple]).unwrap();
    let day: Date = "2024-02-29".parse().unwrap();
    db.insert(&Single { only: 1 }).unwrap();
    db.insert(&Triple { a: 1, b: "b".into(), c: day }).unwrap();
    assert!(db.get::<Single>(1).unwrap().is_some());
    assert!(db.get::<Triple>((day, 1, String::from("b"))).unwrap().is_some());
}
