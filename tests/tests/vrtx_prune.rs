//! Ruling row groups out by their bounds: operands at the bounds, beyond the type, or of another type.

// numbers are cut on purpose
#![allow(clippy::cast_possible_truncation, clippy::unwrap_used)]

use std::cmp::Ordering;

use terrace::{
    filter::{Comparison, Predicate},
    value::{Value, ValueRef},
    vortex::{Column, DataType, Profile, Segment, VrtxError, encode, may_match, select},
};
use terrace_tests::{Random, cases};

const COMPARISONS: [Comparison; 6] =
    [Comparison::Eq, Comparison::Ne, Comparison::Lt, Comparison::Le, Comparison::Gt, Comparison::Ge];

/// A decimal of more than 18 digits as SQLite has it, made as ARCHITECTURE.md says and not as the code does.
fn decimal(unscaled: i128, precision: u8) -> String {
    let digits = format!("{:0width$}", unscaled.unsigned_abs(), width = usize::from(precision));
    if unscaled >= 0 {
        return format!("1{digits}");
    }
    let complement = digits.bytes().map(|digit| char::from(b'0' + b'9' - digit));
    std::iter::once('0').chain(complement).collect()
}

/// A number of at most `precision` digits: often one of the ends, of the powers of ten, or near to 0 or the ends of `i64`.
fn unscaled(random: &mut Random, precision: u8) -> i128 {
    let end = 10i128.pow(u32::from(precision));
    let near = (random.below(5).cast_signed() - 2).into();
    let number = match random.below(6) {
        0 => end - 1,
        1 => 10i128.pow(random.below(precision.into()) as u32) + near,
        2 => near,
        3 => i128::from(i64::MAX) + near,
        4 => (i128::from(u64::MAX) + near) * (1 + i128::from(random.below(2))),
        _ => i128::from(random.bits()) << 64 | i128::from(random.bits()),
    };
    let number = number % end;
    if random.below(2) == 0 { number } else { -number }
}

/// Some decimals close to each other, so that most operands lie outside of the bounds.
fn decimals(random: &mut Random) -> Column {
    let precision = 19 + random.below(20) as u8;
    let (base, end) = (unscaled(random, precision), 10i128.pow(u32::from(precision)) - 1);
    let spread = 1 + random.below(4);
    let mut column = Column::new(DataType::Decimal { precision, scale: 0 }, true);
    for _ in 0..random.below(6) {
        let value = (base + i128::from(random.below(spread))).clamp(-end, end);
        let text = if random.below(8) == 0 { None } else { Some(decimal(value, precision)) };
        column.push(text.as_deref().map_or(ValueRef::Null, ValueRef::Text)).unwrap();
    }
    column
}

/// Texts that share about as many bytes as the bounds keep, which is 32.
fn texts(random: &mut Random) -> Column {
    let part = ["a", "é", "東", "\u{10FFFF}", "\0"][random.below(5) as usize];
    let shared = part.repeat((28 + random.below(8) as usize) / part.len());
    let mut column = Column::new(DataType::Text, true);
    for _ in 0..random.below(6) {
        let text = format!("{shared}{}", &"zab"[random.below(3) as usize..random.below(2) as usize + 2]);
        column.push(if random.below(8) == 0 { ValueRef::Null } else { ValueRef::Text(&text) }).unwrap();
    }
    column
}

/// An operand near the values of a column, or of another width, length, or type.
fn operand(random: &mut Random, column: &Column) -> Value {
    let near = (!column.is_empty()).then(|| column.get(random.below(column.len().max(1) as u64) as usize));
    let Some(Value::Text(text)) = near else {
        return Value::Text(decimal(unscaled(random, 38), 38));
    };
    let cut = (0..=random.below(text.len() as u64 + 1) as usize).rev().find(|&at| text.is_char_boundary(at));
    let (start, end) = text.split_at(cut.unwrap_or(0));
    let number = end.parse::<u64>().unwrap_or(0);
    Value::Text(match random.below(8) {
        0 => text,
        1 => start.to_owned(),
        2 => format!("{text}{}", ["0", "9", "\0", "a"][random.below(4) as usize]),
        3 => format!("{start}{}", ["0", "9", ":", "/", "-1", " "][random.below(6) as usize]),
        4 => format!("{start}{:0width$}", number.wrapping_add(1), width = end.len()),
        5 => format!("{start}{:0width$}", number.saturating_sub(1), width = end.len()),
        6 => decimal(unscaled(random, 38), 19 + random.below(30) as u8),
        _ => {
            return [Value::Null, Value::Integer(1), Value::Blob(text.into())][random.below(3) as usize]
                .clone();
        }
    })
}

/// Which rows a comparison is true for, by the order of bytes, which is that of SQLite's texts.
fn naive(column: &Column, comparison: Comparison, operand: &Value) -> Vec<usize> {
    let holds = |order: Ordering| match comparison {
        Comparison::Eq => order.is_eq(),
        Comparison::Ne => order.is_ne(),
        Comparison::Lt => order.is_lt(),
        Comparison::Le => order.is_le(),
        Comparison::Gt => order.is_gt(),
        Comparison::Ge => order.is_ge(),
    };
    let matches = |row: &usize| match (column.get(*row), operand) {
        (Value::Text(value), Value::Text(operand)) => holds(value.as_bytes().cmp(operand.as_bytes())),
        _ => false,
    };
    (0..column.len()).filter(matches).collect()
}

fn check(random: &mut Random, column: &Column, is_exact: bool) {
    let bytes = encode(column, Profile::Fast).unwrap();
    let segment = Segment::open(&bytes).unwrap();
    for _ in 0..20 {
        let value = operand(random, column);
        for comparison in COMPARISONS {
            let predicate = Predicate::Compare { column: "c".into(), comparison, value: value.clone() };
            let expected = naive(column, comparison, &value);
            let open = &mut |_: &str| Segment::open(&bytes).map(Some);
            let found = select::<VrtxError, _>(&predicate, column.len(), open).unwrap();
            let shown = || {
                format!(
                    "{predicate:?} of {:?}",
                    (0..column.len()).map(|row| column.get(row)).collect::<Vec<_>>()
                )
            };
            assert_eq!(found.ones().collect::<Vec<_>>(), expected, "{}", shown());
            let kept = may_match(&predicate, &|_| Some(segment.statistics()));
            assert!(kept || expected.is_empty(), "ruled out: {}", shown());
            // what is less or greater than the operand is first of all a bound itself
            let decided = is_exact && !matches!(comparison, Comparison::Eq | Comparison::Ne);
            assert!(!decided || kept != expected.is_empty(), "not ruled out: {}", shown());
            let any = Predicate::In { column: "c".into(), values: vec![Value::Null, value.clone()] };
            let equal = !naive(column, Comparison::Eq, &value).is_empty();
            assert!(!equal || may_match(&any, &|_| Some(segment.statistics())), "ruled out: {}", shown());
        }
    }
}

/// Decimals of more than 18 digits are texts to a filter, whose operand may be any text.
#[test]
fn bounds_of_wide_decimals_rule_out_what_no_text_matches() {
    cases(2_000, 100_000, |random| {
        let column = decimals(random);
        check(random, &column, true);
    });
}

/// A bound that is cut stands for every text that it begins.
#[test]
fn bounds_of_long_texts_rule_out_what_no_text_matches() {
    cases(2_000, 100_000, |random| {
        let column = texts(random);
        check(random, &column, false);
    });
}
