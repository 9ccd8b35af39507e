//! Random columns of every type, in the patterns that encodings are made for.

// numbers are cut on purpose
#![allow(
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    clippy::cast_sign_loss,
    clippy::unwrap_used
)]

use terrace::vortex::{Bitmap, Column, DataType, MAX_ROWS, Strings, Values};

use crate::Random;

/// Every type.
pub const TYPES: [DataType; 20] = [
    DataType::Bool,
    DataType::I8,
    DataType::I16,
    DataType::I32,
    DataType::I64,
    DataType::U8,
    DataType::U16,
    DataType::U32,
    DataType::F32,
    DataType::F64,
    DataType::Text,
    DataType::Bytes,
    DataType::Fixed(5),
    DataType::Fixed(16),
    DataType::Uuid,
    DataType::Timestamp,
    DataType::Date,
    DataType::Decimal { precision: 9, scale: 2 },
    DataType::Decimal { precision: 18, scale: 0 },
    DataType::Decimal { precision: 38, scale: 10 },
];

/// How values follow each other.
#[derive(Clone, Copy)]
enum Pattern {
    Constant,
    Any,
    Small,
    Ascending,
    Multiples,
    Runs,
    Few,
    Mostly,
    Outliers,
}

const PATTERNS: [Pattern; 9] = [
    Pattern::Constant,
    Pattern::Any,
    Pattern::Small,
    Pattern::Ascending,
    Pattern::Multiples,
    Pattern::Runs,
    Pattern::Few,
    Pattern::Mostly,
    Pattern::Outliers,
];

/// A number of rows: often at the edge of a vector, seldom a whole segment.
pub fn rows(random: &mut Random) -> usize {
    const EDGES: [usize; 8] = [0, 1, 2, 64, 1023, 1024, 1025, 2048];
    let (edge, any) = (EDGES[random.below(8) as usize], random.below(3000) as usize);
    match random.below(100) {
        0 => MAX_ROWS,
        1..40 => edge,
        _ => any,
    }
}

/// A column of `rows` values, which may have NULLs or not.
#[must_use]
pub fn column(random: &mut Random, data_type: DataType, rows: usize) -> Column {
    let nullable = random.below(2) == 0;
    column_of(random, data_type, nullable, rows)
}

/// A column of `rows` values, some of them NULL if it is `nullable`.
///
/// # Panics
/// The generator makes a column that cannot be.
#[must_use]
pub fn column_of(random: &mut Random, data_type: DataType, nullable: bool, rows: usize) -> Column {
    let numbers = numbers(random, rows);
    let values = values(random, data_type, &numbers);
    let validity = nullable.then(|| validity(random, rows));
    Column::from_values(data_type, nullable, values, validity).unwrap()
}

fn validity(random: &mut Random, rows: usize) -> Bitmap {
    match random.below(5) {
        0 => Bitmap::filled(rows, false),
        1 => Bitmap::filled(rows, true),
        2 => (0..rows).map(|_| random.below(2) == 0).collect(),
        3 => (0..rows).map(|_| random.below(50) > 0).collect(),
        _ => {
            let length = 1 + random.below(300) as usize;
            (0..rows).map(|row| (row / length).is_multiple_of(2)).collect()
        }
    }
}

/// Numbers in a random pattern, over a random range.
fn numbers(random: &mut Random, rows: usize) -> Vec<i64> {
    let pattern = PATTERNS[random.below(9) as usize];
    let base = if random.below(2) == 0 { 0 } else { random.bits().cast_signed() };
    let bits = random.below(64);
    let (few, length) = (1 + random.below(300), 1 + random.below(500));
    let factor = 1 + random.below(100_000).cast_signed();
    let (mut sum, mut last) = (base, base);
    let number = |row: usize| {
        let any = (random.bits() >> bits).cast_signed();
        match pattern {
            Pattern::Constant => base,
            Pattern::Any => any,
            Pattern::Small => base.wrapping_add(any & 0xFF),
            Pattern::Ascending => {
                sum = sum.wrapping_add(any & 0xFFF);
                sum
            }
            Pattern::Multiples => base.wrapping_add((any & 0xFFFF).wrapping_mul(factor)),
            Pattern::Runs => {
                if (row as u64).is_multiple_of(length) {
                    last = any;
                }
                last
            }
            Pattern::Few => {
                base.wrapping_add((any.cast_unsigned() % few).wrapping_mul(0x1234_5678_9ABC).cast_signed())
            }
            Pattern::Mostly => {
                if random.below(20) == 0 {
                    any
                } else {
                    base
                }
            }
            Pattern::Outliers => {
                if random.below(60) == 0 {
                    any
                } else {
                    base.wrapping_add(any & 15)
                }
            }
        }
    };
    (0..rows).map(number).collect()
}

fn values(random: &mut Random, data_type: DataType, numbers: &[i64]) -> Values {
    let integers = |cut: fn(i64) -> i64| Values::Int(numbers.iter().map(|&number| cut(number)).collect());
    match data_type {
        DataType::Bool => Values::Bool(numbers.iter().map(|number| number & 1 == 1).collect()),
        DataType::I8 => integers(|number| i64::from(number as i8)),
        DataType::I16 => integers(|number| i64::from(number as i16)),
        DataType::I32 | DataType::Date => integers(|number| i64::from(number as i32)),
        DataType::U8 => integers(|number| number & 0xFF),
        DataType::U16 => integers(|number| number & 0xFFFF),
        DataType::U32 => integers(|number| number & 0xFFFF_FFFF),
        DataType::F32 => {
            let float = floats(random);
            Values::F32(numbers.iter().map(|&number| float(number) as f32).collect())
        }
        DataType::F64 => {
            let float = floats(random);
            Values::F64(numbers.iter().map(|&number| float(number)).collect())
        }
        DataType::Text => strings(random, numbers, true),
        DataType::Bytes => strings(random, numbers, false),
        DataType::Fixed(length @ ..16) => {
            let mut strings = Strings::new();
            for number in numbers {
                strings.push(&number.to_be_bytes()[..length as usize]).unwrap();
            }
            Values::Bytes(strings)
        }
        DataType::I64 | DataType::Timestamp => integers(|number| number),
        DataType::Decimal { precision: precision @ ..=18, .. } => {
            let end = 10i64.pow(u32::from(precision));
            Values::Int(numbers.iter().map(|number| number % end).collect())
        }
        _ => {
            let upper = random.bits().cast_signed() >> random.below(64);
            let upper = |number: i64| if random.below(4) == 0 { number } else { upper };
            let wide = |(&number, upper): (&i64, i64)| {
                let value = i128::from(upper) << 64 | i128::from(number.cast_unsigned());
                if matches!(data_type, DataType::Decimal { .. }) { value % 10i128.pow(38) } else { value }
            };
            Values::Wide(numbers.iter().zip(numbers.iter().copied().map(upper)).map(wide).collect())
        }
    }
}

/// How a number becomes a float: as decimals, as its bits, or as a quotient.
fn floats(random: &mut Random) -> impl Fn(i64) -> f64 + use<> {
    let way = random.below(4);
    move |number| match way {
        0 => (number >> 20) as f64 / 100.0,
        1 => f64::from_bits(number.cast_unsigned()),
        2 => (number as f64).sqrt(),
        _ => match number & 7 {
            0 => -0.0,
            1 => f64::NAN,
            2 => f64::INFINITY,
            3 => f64::from_bits(0xFFF8_0000_0000_1234),
            _ => (number >> 40) as f64,
        },
    }
}

const WORDS: [&str; 12] = [
    "Straße",
    "",
    "the",
    "quickly",
    "Bonn",
    "\0",
    "東京",
    "requests",
    "https://example.com/",
    "a",
    "furiously",
    "N",
];

fn strings(random: &mut Random, numbers: &[i64], text: bool) -> Values {
    let mut strings = Strings::new();
    let way = random.below(3);
    for number in numbers {
        let value = match way {
            0 => format!("{number:06}").into_bytes(),
            1 => (0..number & 7)
                .map(|at| WORDS[(number >> (8 * at)).rem_euclid(12) as usize])
                .collect::<String>()
                .into(),
            _ if text => format!("{number:x} {}", WORDS[number.rem_euclid(12) as usize]).into_bytes(),
            _ => number.to_le_bytes()[..(number & 7) as usize].to_vec(),
        };
        strings.push(&value).unwrap();
    }
    Values::Bytes(strings)
}
