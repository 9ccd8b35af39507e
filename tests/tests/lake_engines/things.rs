//! One collection in three versions of its struct, with columns of every type, and random documents of it.

use terrace::{
    hot::Document,
    prelude::*,
    schema::{ColumnDef, Kind},
    value::Value,
};
use terrace_tests::Random;

#[derive(Embed, Clone, Copy, Debug, PartialEq)]
pub(crate) enum Colour {
    Red,
    #[column(name = "sea green")]
    Green,
}

#[derive(Embed, Clone, Copy, Debug, PartialEq)]
pub(crate) struct Cents(i64);

/// The first version: not partitioned.
#[derive(Collection, Clone, Debug, PartialEq)]
#[collection(name = "thing", merge_on_read)]
pub(crate) struct First {
    #[id]
    pub(crate) id: i64,
    flag: bool,
    tiny: i8,
    small: i16,
    medium: i32,
    byte: u8,
    word: u16,
    wide: u32,
    long: i64,
    cents: Cents,
    single: f32,
    double: f64,
    text: String,
    bytes: Vec<u8>,
    fixed: [u8; 5],
    uuid: Uuid,
    link: Id<First>,
    at: Timestamp,
    day: Date,
    d9: Decimal<9, 2>,
    d18: Decimal<18, 4>,
    d38: Decimal<38, 10>,
    colour: Colour,
    #[json]
    tags: Vec<String>,
    o_flag: Option<bool>,
    o_int: Option<i32>,
    o_long: Option<i64>,
    o_single: Option<f32>,
    o_double: Option<f64>,
    o_text: Option<String>,
    o_bytes: Option<Vec<u8>>,
    o_fixed: Option<[u8; 16]>,
    o_uuid: Option<Uuid>,
    o_at: Option<Timestamp>,
    o_day: Option<Date>,
    o_d9: Option<Decimal<9, 0>>,
    o_d18: Option<Decimal<12, 4>>,
    o_d38: Option<Decimal<38, 38>>,
    o_colour: Option<Colour>,
    #[json]
    o_tags: Option<Vec<String>>,
}

/// The second: columns were added, renamed, widened, dropped and made optional; it is partitioned.
#[derive(Collection, Clone, Debug, PartialEq)]
#[collection(
    name = "thing",
    partition(bucket(16, object), day(at), identity(byte), truncate(10, o_int), bucket(3, medium)),
    sort(o_text, -byte, d38, -o_double, object)
)]
pub(crate) struct Second {
    #[id]
    pub(crate) id: i64,
    flag: bool,
    tiny: i8,
    small: i64,
    medium: i64,
    byte: u8,
    wide: u32,
    long: i64,
    cents: Cents,
    single: f64,
    double: f64,
    #[was("text")]
    title: String,
    bytes: Vec<u8>,
    fixed: [u8; 5],
    uuid: Uuid,
    link: Id<First>,
    at: Timestamp,
    day: Option<Date>,
    d9: Decimal<12, 2>,
    d18: Decimal<18, 4>,
    d38: Decimal<38, 10>,
    colour: Colour,
    #[json]
    tags: Vec<String>,
    #[column(fill = 7)]
    level: i64,
    extra: Option<String>,
    #[column(fill = 5)]
    o_level: Option<i64>,
    #[column(fill = "none")]
    state: String,
    o_flag: Option<bool>,
    o_int: Option<i32>,
    o_long: Option<i64>,
    o_single: Option<f64>,
    o_double: Option<f64>,
    o_text: Option<String>,
    o_bytes: Option<Vec<u8>>,
    o_fixed: Option<[u8; 16]>,
    o_uuid: Option<Uuid>,
    o_at: Option<Timestamp>,
    o_day: Option<Date>,
    o_d9: Option<Decimal<18, 0>>,
    o_d18: Option<Decimal<12, 4>>,
    o_d38: Option<Decimal<38, 38>>,
    o_colour: Option<Colour>,
    #[json]
    o_tags: Option<Vec<String>>,
}

/// The third: a partition by other columns, one of those of before is gone, and `word` is back as something else.
#[derive(Collection, Clone, Debug, PartialEq)]
#[collection(
    name = "thing",
    partition(
        month(at),
        truncate(3, title),
        identity(flag),
        hour(o_at),
        year(day),
        bucket(4, uuid),
        truncate(50, d9),
        identity(o_text)
    ),
    sort(-title, -o_uuid, o_d38, single, -bytes, o_flag, -id)
)]
pub(crate) struct Third {
    #[id]
    pub(crate) id: i64,
    flag: bool,
    tiny: i32,
    small: i64,
    medium: i64,
    wide: i64,
    long: i64,
    cents: Cents,
    single: f64,
    double: f64,
    #[was("text")]
    title: String,
    bytes: Vec<u8>,
    fixed: [u8; 5],
    uuid: Uuid,
    link: Id<First>,
    at: Timestamp,
    day: Option<Date>,
    d9: Decimal<18, 2>,
    d18: Decimal<18, 4>,
    d38: Decimal<38, 10>,
    colour: Colour,
    #[json]
    tags: Vec<String>,
    #[column(fill = 7)]
    #[was("level")]
    rank: i64,
    #[column(fill = "none")]
    state: String,
    word: Option<String>,
    #[column(fill = 5)]
    o_level: Option<i64>,
    o_flag: Option<bool>,
    o_int: Option<i64>,
    o_long: Option<i64>,
    o_single: Option<f64>,
    o_double: Option<f64>,
    o_text: Option<String>,
    o_bytes: Option<Vec<u8>>,
    o_fixed: Option<[u8; 16]>,
    o_uuid: Option<Uuid>,
    o_at: Option<Timestamp>,
    o_day: Option<Date>,
    o_d9: Option<Decimal<18, 0>>,
    o_d18: Option<Decimal<18, 4>>,
    o_d38: Option<Decimal<38, 38>>,
    o_colour: Option<Colour>,
    #[json]
    o_tags: Option<Vec<String>>,
}

/// A version of the struct.
pub(crate) trait Thing: Collection + Document + std::fmt::Debug + PartialEq {
    /// Its place among the versions.
    const VERSION: usize;
    /// Columns that are gone, and stay in the state table, since that was partitioned by them.
    const LEFT: &[&str] = &[];

    /// Which columns are the same ones as in other versions: each by one name for ever.
    fn lasting(column: &str) -> &str;

    fn id(&self) -> i64;
}

impl Thing for First {
    const VERSION: usize = 1;

    fn id(&self) -> i64 {
        self.id
    }

    fn lasting(column: &str) -> &str {
        if column == "word" { "first word" } else { column }
    }
}

impl Thing for Second {
    const VERSION: usize = 2;

    fn id(&self) -> i64 {
        self.id
    }

    fn lasting(column: &str) -> &str {
        if column == "title" { "text" } else { column }
    }
}

impl Thing for Third {
    const VERSION: usize = 3;
    const LEFT: &[&str] = &["byte"];

    fn id(&self) -> i64 {
        self.id
    }

    fn lasting(column: &str) -> &str {
        match column {
            "title" => "text",
            "rank" => "level",
            other => other,
        }
    }
}

/// A document with this id.
pub(crate) fn thing<T: Thing>(random: &mut Random, id: i64) -> T {
    let values = T::SCHEMA.columns.iter().map(|column| match column.name {
        "id" => Value::Integer(id),
        _ if column.nullable && random.below(3) == 0 => Value::Null,
        _ => value(random, column),
    });
    T::read(&values.collect::<Vec<_>>()).expect("values of the columns")
}

fn pick<T: Clone>(random: &mut Random, of: &[T]) -> T {
    of[usize::try_from(random.below(of.len() as u64)).expect("it is small")].clone()
}

fn value(random: &mut Random, column: &ColumnDef) -> Value {
    match column.kind {
        Kind::F32 => Value::Real(pick(random, &singles()).into()),
        Kind::F64 => Value::Real(pick(random, &doubles())),
        Kind::Text => Value::Text(pick(random, TEXTS).to_owned()),
        Kind::Enum => Value::Text(pick(random, column.labels).to_owned()),
        Kind::Json => Value::Text(pick(random, &["[]", r#"["a","b"]"#, r#"["\u0000 \" ü"]"#]).to_owned()),
        Kind::Bytes => Value::Blob(pick(
            random,
            &[vec![], vec![0], vec![255; 40], b"\0blob\xff of seventeen and more".to_vec()],
        )),
        Kind::Fixed(length) => Value::Blob(bytes(random, length as usize)),
        Kind::Uuid => Value::Blob(bytes(random, 16)),
        Kind::Timestamp => Value::Integer(pick(random, TIMES)),
        Kind::Date => Value::Integer(pick(random, DAYS)),
        Kind::Decimal { precision, .. } => decimal(random, precision),
        kind => integer(random, kind),
    }
}

const TEXTS: &[&str] = &[
    "",
    "a",
    "nul \0 inside",
    "ü, 木, 🦀",
    "quote ' \" \\ % _",
    "a text of more than sixteen letters, so that bounds are cut",
    "\u{10ffff}\u{10ffff}\u{10ffff}\u{10ffff}\u{10ffff}\u{10ffff}\u{10ffff}\u{10ffff}\u{10ffff}\u{10ffff}\u{10ffff}\u{10ffff}\u{10ffff}\u{10ffff}\u{10ffff}\u{10ffff}\u{10ffff}\u{10ffff}",
    "null",
    " ",
];

/// In the years 1 to 9999, before and after 1970, at ends of days.
const TIMES: &[i64] = &[
    0,
    -1,
    1,
    -86_400_000_000,
    86_399_999_999,
    -62_135_596_800_000_000,
    253_402_300_799_999_999,
    1_700_000_000_123_456,
    -1_234_567_890_123_456,
];

const DAYS: &[i64] = &[0, -1, 1, -719_162, 2_932_896, 19_675, -365];

fn singles() -> [f32; 8] {
    [0.0, -0.0, 1.5, -0.1, f32::INFINITY, f32::NEG_INFINITY, f32::MAX, f32::MIN_POSITIVE / 4.0]
}

fn doubles() -> [f64; 9] {
    [0.0, -0.0, 0.1, -1e300, f64::INFINITY, f64::NEG_INFINITY, f64::MAX, f64::MIN_POSITIVE / 8.0, 5.0]
}

fn bytes(random: &mut Random, length: usize) -> Vec<u8> {
    match random.below(4) {
        0 => vec![0; length],
        1 => vec![255; length],
        _ => (0..length).map(|_| random.bits().to_le_bytes()[0]).collect(),
    }
}

fn integer(random: &mut Random, kind: Kind) -> Value {
    let (low, high) = kind.integer_range().unwrap_or((i64::MIN, i64::MAX));
    let any = low
        + i64::try_from(random.below(high.abs_diff(low).max(1)).min(i64::MAX.unsigned_abs())).expect("cut");
    Value::Integer(pick(random, &[low, high, 0.max(low), 1.min(high), (-1).max(low), any, 10.min(high)]))
}

fn decimal(random: &mut Random, precision: u8) -> Value {
    let most = 10_i128.pow(precision.into()) - 1;
    let any = i128::from(random.bits().cast_signed()) % most;
    let unscaled = pick(random, &[most, -most, 0, 1, -1, any]);
    match i64::try_from(unscaled) {
        Ok(unscaled) if precision <= 18 => Value::Integer(unscaled),
        _ => Value::Text(sortable(unscaled, precision.into())),
    }
}

/// A decimal of more than 18 digits as it is stored: see ARCHITECTURE, "Tables".
fn sortable(unscaled: i128, digits: usize) -> String {
    let text = format!("{:0digits$}", unscaled.unsigned_abs());
    if unscaled >= 0 {
        return format!("1{text}");
    }
    let complement = text.bytes().map(|digit| char::from(b'0' + b'9' - digit));
    std::iter::once('0').chain(complement).collect()
}

/// The unscaled number in such a text.
pub(crate) fn unscaled(text: &str) -> i128 {
    let (sign, digits) = text.split_at(1);
    if sign == "1" {
        return digits.parse().expect("digits");
    }
    let complement: String = digits.bytes().map(|digit| char::from(b'0' + b'9' - digit)).collect();
    -complement.parse::<i128>().expect("digits")
}
