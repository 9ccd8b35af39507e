//! Invariant 7: every value returns bit-exact, and what could not is refused by name.

use terrace::{Cause, prelude::*, value::ValueError};
use terrace_tests::{Place, Random, documents, replayed, seed};

/// One column of every kind.
#[derive(Collection, Clone, Debug, PartialEq)]
struct Everything {
    #[id]
    id: Id<Everything>,
    truth: bool,
    tiny: i8,
    small: i16,
    medium: i32,
    byte: u8,
    short: u16,
    unsigned: u32,
    large: i64,
    single: f32,
    double: f64,
    text: String,
    bytes: Vec<u8>,
    fixed: [u8; 5],
    uuid: Uuid,
    moment: Timestamp,
    jiff: jiff::Timestamp,
    day: Date,
    price: Decimal<10, 2>,
    huge: Decimal<38, 6>,
    color: Color,
    cents: Cents,
    #[json]
    tags: Vec<String>,
    #[json]
    nested: Option<Nested>,
    maybe: Option<i64>,
    order: Option<String>,
    group: Option<f64>,
    r#type: Option<Vec<u8>>,
}

#[derive(Embed, Clone, Copy, Debug, PartialEq)]
enum Color {
    Red,
    DeepSeaGreen,
}

#[derive(Embed, Clone, Copy, Debug, PartialEq)]
struct Cents(i64);

#[derive(serde::Serialize, serde::Deserialize, Clone, Debug, PartialEq)]
struct Nested {
    exact: f64,
    large: i64,
    inner: Option<Box<Nested>>,
}

const TEXTS: [&str; 7] =
    ["", "\0", "a\0b\0", "👩‍👩‍👧‍👦 🏴󠁧󠁢󠁳󠁣󠁴󠁿", "e\u{301}\u{327}", "'\"`; DROP TABLE x; --", "\u{10FFFF}\u{FFFD}"];
const LARGE: [i64; 8] =
    [i64::MIN, i64::MAX, 0, -1, 9_007_199_254_740_993, -9_007_199_254_740_993, 1 << 53, i64::MIN + 1];

fn finite(random: &mut Random) -> f64 {
    let special =
        [-0.0, 0.0, f64::INFINITY, f64::NEG_INFINITY, f64::MIN_POSITIVE, 5e-324, f64::MAX, 0.1 + 0.2];
    loop {
        let real = f64::from_bits(random.bits());
        if random.below(3) == 0 {
            return special[usize::try_from(random.below(8)).expect("small")];
        }
        if !real.is_nan() {
            return real;
        }
    }
}

#[allow(clippy::cast_possible_truncation, clippy::cast_possible_wrap)] // random bits of each width are the point
fn everything(random: &mut Random, at: usize) -> Everything {
    let bits = random.bits();
    let single = f32::from_bits(bits as u32);
    let huge = (i128::from(random.bits() as i64) << 40 | i128::from(random.bits() >> 24)) % 10i128.pow(38);
    Everything {
        id: Id::from_uuid(Uuid::from_u128(u128::from(random.bits()) << 64 | u128::from(random.bits()))),
        truth: bits & 1 == 1,
        tiny: bits as i8,
        small: bits as i16,
        medium: bits as i32,
        byte: bits as u8,
        short: bits as u16,
        unsigned: bits as u32,
        large: if at < LARGE.len() { LARGE[at] } else { bits as i64 },
        single: if single.is_nan() { -0.0 } else { single },
        double: finite(random),
        text: TEXTS[at % TEXTS.len()].to_owned(),
        bytes: if at == 0 { vec![7; 1_900_000] } else { vec![0; at % 5] },
        fixed: [0, 255, bits as u8, 0, 1],
        uuid: Uuid::from_u128(bits.into()),
        moment: Timestamp::from_micros(bits as i64),
        jiff: jiff::Timestamp::from_microsecond(bits as i64 % 100_000_000_000_000_000).expect("in range"),
        day: Date::from_days(bits as i32),
        price: Decimal::from_unscaled(i128::from(bits % 20_000_000_000) - 9_999_999_999)
            .unwrap_or(Decimal::from_unscaled(0).expect("0 fits")),
        huge: Decimal::from_unscaled(huge).expect("at most 38 digits"),
        color: if bits & 2 == 0 { Color::Red } else { Color::DeepSeaGreen },
        cents: Cents(bits as i64),
        tags: vec![TEXTS[(at + 1) % TEXTS.len()].to_owned(); at % 3],
        nested: at.is_multiple_of(2).then(|| Nested {
            exact: if finite(random).is_finite() { 0.1 + 0.2 } else { -0.0 },
            large: bits as i64,
            inner: None,
        }),
        maybe: (bits & 4 == 0).then_some(bits as i64),
        order: (bits & 8 == 0).then(|| TEXTS[(at + 2) % TEXTS.len()].to_owned()),
        group: (bits & 16 == 0).then(|| finite(random)),
        r#type: (bits & 32 == 0).then(Vec::new),
    }
}

fn bits(document: &Everything) -> (u64, u32, Option<u64>) {
    (document.double.to_bits(), document.single.to_bits(), document.group.map(f64::to_bits))
}

#[test]
fn every_value_returns_bit_exact_from_the_table_and_from_the_log() -> Result<(), StorageError> {
    let seed = seed();
    println!("TERRACE_SEED={seed}");
    let mut random = Random(seed);
    let mut written: Vec<Everything> = (0..2_000).map(|at| everything(&mut random, at)).collect();
    written.sort_by_key(|document| document.id);

    let place = Place::new();
    let db = place.open(collections![Everything])?;
    db.insert_all(&written)?;
    let copy = replayed(&db, collections![Everything])?;
    drop(db);
    let reopened = place.open(collections![Everything])?;
    for db in [&reopened, &copy] {
        let read = documents::<Everything>(db)?;
        assert_eq!(read.len(), written.len());
        for (read, written) in read.iter().zip(&written) {
            assert_eq!(read, written);
            assert_eq!(bits(read), bits(written));
        }
    }
    Ok(())
}

#[test]
fn a_value_is_found_by_itself() -> Result<(), StorageError> {
    let mut random = Random(1);
    let db = Db::open_in_memory(collections![Everything])?;
    for at in 1..60 {
        let document = everything(&mut random, at);
        db.insert(&document)?;
        let found = |filter: Filter<Everything>| {
            Ok::<bool, StorageError>(db.find::<Everything>(|_| filter).all()?.contains(&document))
        };
        let c = Everything::COLUMNS;
        assert!(found(c.large.eq(document.large))?);
        assert!(found(c.double.eq(document.double))?);
        assert!(found(c.text.eq(&document.text))?);
        assert!(found(c.bytes.eq(&document.bytes))?);
        assert!(found(c.huge.ge(document.huge).and(c.huge.le(document.huge)))?);
        assert!(found(c.text.starts_with(&document.text).and(c.text.ends_with(&document.text)))?);
        assert!(found(c.text.contains(&document.text))?, "{:?}", document.text);
        assert!(found(c.text.is_in([document.text.as_str(), "other"]))?, "{:?}", document.text);
        assert!(found(c.large.is_in([document.large]))?);
        assert!(found(c.bytes.is_in([&document.bytes]))?);
        assert!(found(c.color.eq(document.color).and(c.cents.eq(document.cents)))?);
    }
    Ok(())
}

#[test]
fn decimals_of_any_width_sort_as_numbers() -> Result<(), Box<dyn std::error::Error>> {
    #[derive(Collection, Clone, Debug, PartialEq)]
    struct Amount {
        #[id]
        value: Decimal<30, 3>,
    }

    let db = Db::open_in_memory(collections![Amount])?;
    let texts = [
        "-999999999999999999999.999",
        "-10",
        "-9.5",
        "-0.001",
        "0",
        "0.001",
        "9",
        "10.25",
        "123456789012345678901234567",
    ];
    for text in texts.iter().rev() {
        db.insert(&Amount { value: text.parse()? })?;
    }
    let sorted: Vec<String> =
        db.all::<Amount>().order_by(|a| a.value.asc()).all()?.iter().map(|a| a.value.to_string()).collect();
    let expected: Vec<String> = texts
        .iter()
        .map(|text| text.parse::<Decimal<30, 3>>().map(|value| value.to_string()))
        .collect::<Result<_, _>>()?;
    assert_eq!(sorted, expected);
    Ok(())
}

#[derive(Collection, Clone, Debug, PartialEq)]
struct Reading {
    #[id]
    id: i64,
    celsius: f64,
    #[json]
    history: Vec<f32>,
}

/// The refusal of a document, after which nothing is stored.
fn refusal(celsius: f64, history: Vec<f32>) -> Result<String, StorageError> {
    let db = Db::open_in_memory(collections![Reading])?;
    let error = db.insert(&Reading { id: 1, celsius, history }).expect_err("a refusal");
    assert_eq!((db.all::<Reading>().count()?, db.changes().head()?), (0, 0));
    Ok(error.to_string())
}

#[test]
fn nan_is_refused_by_name() -> Result<(), StorageError> {
    assert!(refusal(f64::NAN, vec![])?.contains("column `celsius`: NaN cannot be stored"));
    assert!(refusal(0.0, vec![1.0, f32::NAN])?.contains("column `history`: NaN cannot be stored"));
    assert!(refusal(0.0, vec![f32::INFINITY])?.contains("column `history`: JSON: `inf` has no form in JSON"));

    let db = Db::open_in_memory(collections![Reading])?;
    let filter = db.find::<Reading>(|r| r.celsius.lt(f64::NAN)).all().expect_err("a refusal");
    assert!(filter.to_string().contains("column `celsius`: NaN"), "{filter}");
    Ok(())
}

#[test]
fn a_moment_finer_than_a_microsecond_is_refused() -> Result<(), Box<dyn std::error::Error>> {
    #[derive(Collection)]
    struct Event {
        #[id]
        at: jiff::Timestamp,
    }

    let db = Db::open_in_memory(collections![Event])?;
    let error = db.insert(&Event { at: jiff::Timestamp::from_nanosecond(1)? }).expect_err("a refusal");
    let Cause::Field(field) = &error.source else { panic!("{error}") };
    assert!(matches!(field.source, ValueError::TooPrecise { .. }), "{error}");
    Ok(())
}

#[cfg(feature = "chrono")]
#[test]
fn a_moment_of_chrono_is_a_column() -> Result<(), Box<dyn std::error::Error>> {
    #[derive(Collection, Debug, PartialEq)]
    struct Event {
        #[id]
        at: chrono::DateTime<chrono::Utc>,
    }

    let db = Db::open_in_memory(collections![Event])?;
    let event = Event { at: chrono::DateTime::from_timestamp_micros(-1_234_567).ok_or("in range")? };
    db.insert(&event)?;
    assert_eq!(db.get::<Event>(event.at)?, Some(event));
    Ok(())
}

#[cfg(feature = "rust_decimal")]
#[test]
fn a_rust_decimal_becomes_a_decimal_and_comes_back() -> Result<(), Box<dyn std::error::Error>> {
    let given = rust_decimal::Decimal::new(-19_900, 3);
    let ours = Decimal::<10, 2>::try_from(given)?;
    assert_eq!(ours.to_string(), "-19.90");
    assert_eq!(rust_decimal::Decimal::try_from(ours)?, given);
    assert!(Decimal::<10, 2>::try_from(rust_decimal::Decimal::new(1, 3)).is_err());
    Ok(())
}
