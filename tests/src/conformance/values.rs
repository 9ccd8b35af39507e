//! Values: invariant 7, over every kind of column and the whole range of each.

use terrace::{Cause, hot::Maintenance, prelude::*, value::ValueError};

use super::{Checked, Home, Refused, documents::Reading, fits, holds, named, replayed, same};
use crate::{Random, documents, seed};

named![
    "values":
    every_value_returns_bit_exact_from_rows_columns_and_log,
    a_value_is_found_by_itself,
    decimals_of_any_width_sort_as_numbers,
    floats_are_stored_as_floats,
    a_float_is_found_and_changed_by_its_bits,
    nan_is_refused_by_name,
    values_of_2_mb_are_stored_and_above_refused,
    timestamps_and_versions_over_their_range,
];

/// One column of every kind.
#[derive(Collection, Clone, Debug, PartialEq)]
#[collection(columnar(threshold = 8))]
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

fn every_value_returns_bit_exact_from_rows_columns_and_log(home: &dyn Home) -> Checked {
    let seed = seed();
    let mut random = Random(seed);
    let mut written: Vec<Everything> = (0..500).map(|at| everything(&mut random, at)).collect();
    written.sort_by_key(|document| document.id);

    home.open(collections![Everything])?.insert_all(&written)?;
    let reopened = home.open(collections![Everything])?;
    same(&reopened, &written, seed)?;
    let moved = reopened.maintain(Maintenance::default())?.moved;
    same!(moved, 492, "TERRACE_SEED={seed}");
    same(&reopened, &written, seed)?;
    let copy = replayed(home, reopened, collections![Everything])?;
    same(&copy, &written, seed)
}

fn same(db: &Db, written: &[Everything], seed: u64) -> Checked {
    let read = documents::<Everything>(db)?;
    holds!(read == written, "TERRACE_SEED={seed}");
    for (read, written) in read.iter().zip(written) {
        same!(bits(read), bits(written), "TERRACE_SEED={seed}");
    }
    Ok(())
}

fn a_value_is_found_by_itself(home: &dyn Home) -> Checked {
    let mut random = Random(1);
    let db = home.open(collections![Everything])?;
    for at in 1..60 {
        let document = everything(&mut random, at);
        db.insert(&document)?;
        db.maintain(Maintenance::default())?;
        let found = |filter: Filter<Everything>| {
            Ok::<bool, StorageError>(db.find::<Everything>(|_| filter).all()?.contains(&document))
        };
        let c = Everything::COLUMNS;
        holds!(found(c.large.eq(document.large))?);
        holds!(found(c.double.eq(document.double))?);
        holds!(found(c.text.eq(&document.text))?);
        holds!(found(c.bytes.eq(&document.bytes))?);
        holds!(found(c.huge.ge(document.huge).and(c.huge.le(document.huge)))?);
        holds!(found(c.text.starts_with(&document.text).and(c.text.ends_with(&document.text)))?);
        holds!(found(c.text.contains(&document.text))?, "{:?}", document.text);
        holds!(found(c.text.is_in([document.text.as_str(), "other"]))?, "{:?}", document.text);
        holds!(found(c.large.is_in([document.large]))?);
        holds!(found(c.bytes.is_in([&document.bytes]))?);
        holds!(found(c.color.eq(document.color).and(c.cents.eq(document.cents)))?);
    }
    Ok(())
}

fn decimals_of_any_width_sort_as_numbers(home: &dyn Home) -> Checked {
    #[derive(Collection, Clone, Debug, PartialEq)]
    struct Amount {
        #[id]
        value: Decimal<30, 3>,
    }

    let db = home.open(collections![Amount])?;
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
    same!(sorted, expected);
    Ok(())
}

fn floats_are_stored_as_floats(home: &dyn Home) -> Checked {
    let db = home.open(collections![Reading])?;
    let floats = [5.0, -0.0, 0.0, f64::INFINITY, f64::NEG_INFINITY, 9_007_199_254_740_992.0, 1e300, 5e-324];
    for (at, celsius) in (0..).zip(floats) {
        db.insert(&Reading { at, celsius })?;
    }
    let types: Vec<(String,)> = db.query("SELECT typeof(celsius) FROM reading", ())?;
    same!(types, vec![("real".to_owned(),); floats.len()]);
    let read: Vec<u64> = documents::<Reading>(&db)?.iter().map(|r| r.celsius.to_bits()).collect();
    same!(read, floats.map(f64::to_bits));
    let read: Vec<(f64,)> = db.query("SELECT celsius FROM reading ORDER BY at", ())?;
    same!(read.iter().map(|(celsius,)| celsius.to_bits()).collect::<Vec<_>>(), floats.map(f64::to_bits));
    Ok(())
}

fn a_float_is_found_and_changed_by_its_bits(home: &dyn Home) -> Checked {
    let db = home.open(collections![Reading])?;
    db.insert_all(&[Reading { at: 1, celsius: 0.0 }, Reading { at: 2, celsius: 21.0 }])?;
    same!(db.find::<Reading>(|r| r.celsius.eq(21.0)).count()?, 1);
    same!(db.find::<Reading>(|r| r.celsius.is_in([21.0, 22.5])).count()?, 1);
    same!(db.find::<Reading>(|r| r.celsius.gt(-1.0).and(r.celsius.lt(0.5))).count()?, 1);
    db.update::<Reading>(1, |r| r.celsius = -0.0)?;
    same!(db.changes().head()?, 3, "-0.0 is another value than 0.0");
    holds!(db.get::<Reading>(1)?.is_some_and(|r| r.celsius.is_sign_negative()));
    Ok(())
}

fn nan_is_refused_by_name(home: &dyn Home) -> Checked {
    let db = home.open(collections![Reading])?;
    let refused = db.insert(&Reading { at: 1, celsius: f64::NAN }).refused()?.to_string();
    holds!(refused.contains("column `celsius`: NaN cannot be stored"), "{refused}");
    let refused = db.find::<Reading>(|r| r.celsius.lt(f64::NAN)).all().refused()?.to_string();
    holds!(refused.contains("column `celsius`: NaN"), "{refused}");
    same!((db.all::<Reading>().count()?, db.changes().head()?), (0, 0));
    Ok(())
}

#[derive(Collection, Clone, Debug, PartialEq)]
struct Paper {
    #[id]
    id: i64,
    text: String,
    bytes: Vec<u8>,
}

fn values_of_2_mb_are_stored_and_above_refused(home: &dyn Home) -> Checked {
    let db = home.open(collections![Paper])?;
    let paper = |text: usize, bytes: usize| Paper { id: 1, text: "x".repeat(text), bytes: vec![7; bytes] };
    for (text, bytes) in [(2_000_000, 0), (0, 2_000_000)] {
        db.insert(&paper(text, bytes))?;
        holds!(db.get::<Paper>(1)? == Some(paper(text, bytes)), "{text} {bytes}");
        same!(db.delete::<Paper>(1)?, true);
    }
    let error = db.insert(&paper(2_000_001, 0)).refused()?;
    let Cause::Field(field) = &error.source else { return Err(error.into()) };
    fits!(field.source, ValueError::TooLarge { bytes: 2_000_001 });
    same!(db.all::<Paper>().count()?, 0);
    Ok(())
}

#[derive(Collection, Clone, Debug, PartialEq)]
struct Moment {
    #[id]
    at: Timestamp,
    next: Option<Timestamp>,
    #[version]
    version: i64,
}

fn timestamps_and_versions_over_their_range(home: &dyn Home) -> Checked {
    let db = home.open(collections![Moment])?;
    for micros in [i64::MIN, -1, 0, 1 << 53, i64::MAX] {
        let at = Timestamp::from_micros(micros);
        let moment = Moment { at, next: Some(at), version: 9_007_199_254_740_992 };
        db.insert(&moment)?;
        let updated = moment.update(&db, |m| m.next = None)?;
        same!(updated, Moment { at, next: None, version: 9_007_199_254_740_993 });
        same!(db.get::<Moment>(at)?, Some(updated));
        same!(db.find::<Moment>(|m| m.at.eq(at)).count()?, 1);
        same!(db.find::<Moment>(|m| m.at.eq(at)).delete()?, 1);
    }
    Ok(())
}
