//! Structs of every shape: ids, embeds, JSON, skipped fields, names. Each goes through the whole path: written, changed,
//! found, reopened, replayed.

use std::collections::HashMap;

use terrace::{hot::Document, prelude::*, schema::Collections};
use terrace_tests::{Place, documents, replayed};

/// Writes two documents, changes the first, deletes the second, and compares table, reopened table and replayed log.
fn round_trip<T>(
    collections: impl Fn() -> Collections,
    one: &T,
    two: &T,
    change: impl FnOnce(&mut T),
) -> Result<T, StorageError>
where
    T: Document + Clone + PartialEq + std::fmt::Debug,
{
    let place = Place::new();
    let db = place.open(collections())?;
    db.insert_all(&[one.clone(), two.clone()])?;
    let changed = one.update(&db, change)?;
    assert!(two.delete(&db)?);
    drop(db);
    let db = place.open(collections())?;
    assert_eq!(documents::<T>(&db)?, std::slice::from_ref(&changed));
    assert_eq!(documents::<T>(&replayed(&db, collections())?)?, std::slice::from_ref(&changed));
    assert_eq!(db.changes().head()?, 4);
    Ok(changed)
}

#[derive(Embed, Clone, Debug, PartialEq, Eq)]
struct Sku(String);

#[derive(Embed, Clone, Copy, Debug, PartialEq, Eq)]
enum Size {
    Small,
    #[column(name = "XXL")]
    Huge,
}

#[test]
fn an_id_can_be_a_newtype_an_enum_a_date_a_decimal_or_bytes() -> Result<(), Box<dyn std::error::Error>> {
    macro_rules! with_id {
        ($name:ident, $type:ty, $one:expr, $two:expr) => {{
            #[derive(Collection, Clone, Debug, PartialEq)]
            struct $name {
                #[id]
                key: $type,
                count: u8,
            }
            let (one, two) = ($name { key: $one, count: 1 }, $name { key: $two, count: 2 });
            let changed = round_trip(|| collections![$name], &one, &two, |document| document.count = 255)?;
            let db = Db::open_in_memory(collections![$name])?;
            db.insert(&changed)?;
            assert_eq!(db.get::<$name>(changed.key.clone())?, Some(changed));
        }};
    }
    with_id!(ByNewtype, Sku, Sku("a".into()), Sku(String::new()));
    with_id!(ByEnum, Size, Size::Small, Size::Huge);
    with_id!(ByDate, Date, Date::from_days(-1), Date::from_days(1));
    with_id!(ByDecimal, Decimal<38, 38>, "0.5".parse()?, "-0.5".parse()?);
    with_id!(ByArray, [u8; 3], [0, 1, 2], [0, 0, 0]);
    with_id!(ByBytes, Vec<u8>, vec![], vec![0]);
    with_id!(ByUnsigned, u32, u32::MAX, 0);
    with_id!(BySmall, i8, i8::MIN, i8::MAX);
    with_id!(ByLarge, i64, i64::MIN, i64::MAX);
    with_id!(ByText, String, "a\0b".into(), "a".into());
    with_id!(ByMoment, Timestamp, Timestamp::from_micros(i64::MIN), Timestamp::from_micros(i64::MAX));
    with_id!(ByUuid, Uuid, Uuid::nil(), Uuid::max());
    Ok(())
}

#[derive(Collection, Clone, Debug, PartialEq)]
#[collection(name = "Odd_Names", id(tenant, r#type, day))]
#[collection(unique(email, where = "email IS NOT NULL"))]
struct Odd {
    r#type: Size,
    tenant: Sku,
    day: Date,
    #[column(name = "SELECT")]
    select: Option<Size>,
    #[index]
    email: Option<String>,
    #[json]
    r#where: HashMap<String, Vec<Option<f64>>>,
    #[json]
    from: Option<serde_json::Value>,
    #[skip]
    cached: Option<std::rc::Rc<str>>,
    group: Option<Sku>,
    rowcount: bool,
}

#[test]
fn odd_names_partial_indexes_json_and_skipped_fields_work_together() -> Result<(), StorageError> {
    let one = Odd {
        r#type: Size::Huge,
        tenant: Sku("t".into()),
        day: Date::from_days(0),
        select: Some(Size::Small),
        email: None,
        r#where: HashMap::from([("a".into(), vec![None, Some(-0.0), Some(0.1 + 0.2), Some(5e-324)])]),
        from: Some(serde_json::json!({"deep": [1, 9_007_199_254_740_993_i64, "x"]})),
        cached: None,
        group: None,
        rowcount: true,
    };
    let two = Odd { day: Date::from_days(1), from: None, r#where: HashMap::new(), ..one.clone() };
    let changed = round_trip(
        || collections![Odd],
        &one,
        &two,
        |odd| {
            (odd.email, odd.group, odd.from) = (Some("a@b".into()), Some(Sku("g".into())), None);
        },
    )?;
    assert_eq!(changed.from, None);

    let db = Db::open_in_memory(collections![Odd])?;
    db.insert_all(&[one, two])?;
    let same = |odd: &mut Odd| odd.email = Some("same@b".into());
    assert!(db.all::<Odd>().update(same).is_err(), "the partial index is unique where there is a value");
    let found =
        db.find::<Odd>(|o| o.from.is_none().and(o.select.eq(Size::Small)).and(o.r#type.eq(Size::Huge)));
    assert_eq!(found.count()?, 1);
    let labels: Vec<(String,)> = db.query("SELECT type FROM Odd_Names WHERE \"SELECT\" = 'small'", ())?;
    assert_eq!(labels, [("XXL".to_owned(),), ("XXL".to_owned(),)]);
    Ok(())
}

#[test]
fn a_collection_can_have_100_columns() -> Result<(), StorageError> {
    macro_rules! wide {
        ($($field:ident)*) => {
            #[derive(Collection, Clone, Debug, PartialEq)]
            struct Wide { #[id] id: i64, $($field: Option<f64>),* }
            fn wide(id: i64) -> Wide { Wide { id, $($field: Some(0.5)),* } }
        };
    }
    wide!(a0 a1 a2 a3 a4 a5 a6 a7 a8 a9 b0 b1 b2 b3 b4 b5 b6 b7 b8 b9 c0 c1 c2 c3 c4 c5 c6 c7 c8 c9
        d0 d1 d2 d3 d4 d5 d6 d7 d8 d9 e0 e1 e2 e3 e4 e5 e6 e7 e8 e9 f0 f1 f2 f3 f4 f5 f6 f7 f8 f9
        g0 g1 g2 g3 g4 g5 g6 g7 g8 g9 h0 h1 h2 h3 h4 h5 h6 h7 h8 h9 i0 i1 i2 i3 i4 i5 i6 i7 i8 i9
        j0 j1 j2 j3 j4 j5 j6 j7 j8);
    let changed = round_trip(
        || collections![Wide],
        &wide(1),
        &wide(2),
        |document| {
            *document = Wide { a0: None, j8: Some(-0.0), ..wide(1) };
        },
    )?;
    assert_eq!((changed.a0, changed.j8.map(f64::to_bits)), (None, Some((-0.0_f64).to_bits())));
    Ok(())
}

#[test]
fn a_collection_can_be_its_id_alone() -> Result<(), StorageError> {
    #[derive(Collection, Clone, Debug, PartialEq)]
    struct Tag {
        #[id]
        name: String,
    }

    let db = Db::open_in_memory(collections![Tag])?;
    let tag = Tag { name: String::new() };
    db.insert(&tag)?;
    assert_eq!(db.upsert(&tag)?, tag);
    assert_eq!(db.update::<Tag>("", |_| {})?, tag);
    assert!(db.delete::<Tag>("")?);
    assert_eq!(db.changes().head()?, 2);
    Ok(())
}

#[test]
fn the_id_of_one_collection_can_be_that_of_another() -> Result<(), StorageError> {
    #[derive(Collection, Clone, Debug, PartialEq)]
    struct Person {
        #[id]
        id: Id<Person>,
        name: String,
    }

    #[derive(Collection, Clone, Debug, PartialEq)]
    struct Profile {
        #[id]
        person: Id<Person>,
        text: String,
    }

    let db = Db::open_in_memory(collections![Person, Profile])?;
    let person = Person { id: Id::new(), name: "Ada".into() };
    db.insert(&person)?;
    db.insert(&Profile { person: person.id, text: "counts".into() })?;
    assert_eq!(db.get::<Profile>(person.id)?.map(|p| p.text).as_deref(), Some("counts"));
    db.update::<Person>(person.id, |p| p.name.push('!'))?;
    Ok(())
}
