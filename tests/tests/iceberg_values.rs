//! Values, bounds and transforms of Iceberg tables, against the vectors of the specification.
#![cfg(feature = "lake")]
#![allow(clippy::cast_possible_truncation, clippy::unwrap_used)] // numbers are cut on purpose

use std::cmp::Ordering;

use proptest::{prelude::*, test_runner::Config};
use terrace::{
    cold::iceberg::{Datum, Transform, Type, may_hold, promote},
    filter::Comparison,
};

/// 2017-11-16, and 22:31:08 on it.
const DAY: i32 = 17_486;
const MOMENT: i64 = 1_510_871_468_000_000;
const UUID: [u8; 16] =
    [0xf7, 0x9c, 0x3e, 0x09, 0x67, 0x7c, 0x4b, 0xbd, 0xa4, 0x79, 0x3f, 0x34, 0x9c, 0xb7, 0x85, 0xe7];

fn text(text: &str) -> Datum {
    Datum::String(text.to_owned())
}

fn apply(transform: &str, value: Datum) -> Datum {
    transform.parse::<Transform>().unwrap().apply(Some(&value)).unwrap().unwrap()
}

/// Iceberg, Appendix B, "32-bit Hash Requirements".
#[test]
fn buckets_are_those_of_the_specification() {
    let hashes = [
        (Datum::Int(34), 2_017_239_379),
        (Datum::Long(34), 2_017_239_379),
        (Datum::Decimal(1420), -500_754_589),
        (Datum::Date(DAY), -653_330_422),
        (Datum::Time(81_068_000_000), -662_762_989),
        (Datum::Timestamp(MOMENT), -2_047_944_441),
        (Datum::Timestamp(MOMENT + 1), -1_207_196_810),
        (text("iceberg"), 1_210_000_089),
        (Datum::Uuid(UUID), 1_488_055_340),
        (Datum::Binary(vec![0, 1, 2, 3]), -188_683_207),
    ];
    for (value, hash) in hashes {
        for buckets in [1, 2, 16, 100, i32::MAX] {
            let expected = Datum::Int((hash & i32::MAX) % buckets);
            assert_eq!(apply(&format!("bucket[{buckets}]"), value.clone()), expected, "{value:?}");
        }
    }
    assert!(Transform::Bucket(4).apply(Some(&Datum::Double(1.0))).is_err());
}

/// Iceberg, "Truncate Transform Details".
#[test]
fn numbers_are_truncated_down_and_texts_at_code_points() {
    for (value, truncated) in [(1, 0), (-1, -10), (10, 10), (-10, -10), (-11, -20)] {
        assert_eq!(apply("truncate[10]", Datum::Int(value)), Datum::Int(truncated));
        assert_eq!(apply("truncate[10]", Datum::Long(value.into())), Datum::Long(truncated.into()));
    }
    assert_eq!(apply("truncate[50]", Datum::Decimal(1065)), Datum::Decimal(1050));
    assert_eq!(apply("truncate[50]", Datum::Decimal(-5)), Datum::Decimal(-50));
    assert_eq!(apply("truncate[3]", text("iceberg")), text("ice"));
    assert_eq!(apply("truncate[3]", text("é😀ü!")), text("é😀ü"));
    assert_eq!(apply("truncate[2]", Datum::Binary(vec![1, 2, 3])), Datum::Binary(vec![1, 2]));
}

#[test]
fn times_count_from_1970_and_down_before_it() {
    let cases = [
        ("year", Datum::Timestamp(MOMENT), Datum::Int(47)),
        ("month", Datum::Timestamp(MOMENT), Datum::Int(47 * 12 + 10)),
        ("day", Datum::Timestamp(MOMENT), Datum::Date(DAY)),
        ("hour", Datum::Timestamp(MOMENT), Datum::Int(DAY * 24 + 22)),
        ("year", Datum::Timestamp(-1), Datum::Int(-1)),
        ("month", Datum::Timestamp(-1), Datum::Int(-1)),
        ("day", Datum::Timestamp(-1), Datum::Date(-1)),
        ("hour", Datum::Timestamp(-1), Datum::Int(-1)),
        ("year", Datum::Date(-1), Datum::Int(-1)),
        ("month", Datum::Date(59), Datum::Int(2)),
        ("year", Datum::Date(i32::MAX), Datum::Int(5_879_610)),
        // the ends of `java.time.LocalDate.ofEpochDay` over an int: −5877641-06-23 and 5881580-07-11
        ("year", Datum::Date(i32::MIN), Datum::Int(-5_877_641 - 1970)),
    ];
    for (transform, value, expected) in cases {
        assert_eq!(apply(transform, value.clone()), expected, "{transform} of {value:?}");
    }
    assert!(Transform::Hour.apply(Some(&Datum::Date(0))).is_err());
}

#[test]
fn transforms_read_as_they_are_written() {
    for name in ["identity", "bucket[16]", "truncate[4]", "year", "month", "day", "hour", "void"] {
        assert_eq!(name.parse::<Transform>().unwrap().to_string(), name);
    }
    for name in ["", "bucket", "bucket[0]", "truncate[-1]", "truncate[9999999999]", "zorder"] {
        assert!(name.parse::<Transform>().is_err(), "{name}");
    }
    assert_eq!(Transform::Void.apply(Some(&Datum::Int(1))), Ok(None));
    assert_eq!(Transform::Day.result_type(&Type::Timestamptz), Some(Type::Date));
    assert_eq!(Transform::Bucket(3).result_type(&Type::Double), None);
}

#[test]
fn partitions_read_well() {
    let at = |transform: Transform, kind, value| transform.text(&kind, Some(&value));
    assert_eq!(at(Transform::Year, Type::Timestamptz, Datum::Int(47)), "2017");
    assert_eq!(at(Transform::Month, Type::Timestamptz, Datum::Int(-1)), "1969-12");
    assert_eq!(at(Transform::Day, Type::Timestamptz, Datum::Date(DAY)), "2017-11-16");
    assert_eq!(at(Transform::Hour, Type::Timestamptz, Datum::Int(-1)), "1969-12-31-23");
    assert_eq!(
        at(Transform::Identity, Type::Timestamptz, Datum::Timestamp(MOMENT + 38_194)),
        "2017-11-16T22:31:08.038194+00:00"
    );
    let decimal = Type::Decimal { precision: 9, scale: 2 };
    assert_eq!(at(Transform::Identity, decimal, Datum::Decimal(-5)), "-0.05");
    assert_eq!(
        at(Transform::Identity, Type::Uuid, Datum::Uuid(UUID)),
        "f79c3e09-677c-4bbd-a479-3f349cb785e7"
    );
    assert_eq!(Transform::Identity.text(&Type::Int, None), "null");
}

/// Iceberg, Appendix D, "Binary single-value serialization".
#[test]
fn values_have_the_bytes_of_the_specification() {
    let decimal = Type::Decimal { precision: 38, scale: 2 };
    let cases = [
        (Type::Boolean, Datum::Bool(true), vec![1]),
        (Type::Int, Datum::Int(-2), vec![0xfe, 0xff, 0xff, 0xff]),
        (Type::Long, Datum::Long(1), vec![1, 0, 0, 0, 0, 0, 0, 0]),
        (Type::Float, Datum::Float(-4.5), vec![0, 0, 0x90, 0xc0]),
        (Type::Double, Datum::Double(6.0), vec![0, 0, 0, 0, 0, 0, 0x18, 0x40]),
        (Type::Date, Datum::Date(1), vec![1, 0, 0, 0]),
        (Type::String, text("é"), vec![0xc3, 0xa9]),
        (Type::Uuid, Datum::Uuid(UUID), UUID.to_vec()),
        (Type::Fixed(2), Datum::Binary(vec![1, 2]), vec![1, 2]),
        (decimal.clone(), Datum::Decimal(0), vec![0]),
        (decimal.clone(), Datum::Decimal(-1), vec![0xff]),
        (decimal.clone(), Datum::Decimal(127), vec![0x7f]),
        (decimal.clone(), Datum::Decimal(128), vec![0, 0x80]),
        (decimal.clone(), Datum::Decimal(-128), vec![0x80]),
        (decimal, Datum::Decimal(1420), vec![5, 0x8c]),
    ];
    for (kind, value, bytes) in cases {
        assert_eq!(value.to_bytes(), bytes, "{value:?}");
        assert_eq!(Datum::from_bytes(&kind, &bytes), Ok(value));
    }
    // written before the column was widened
    assert_eq!(Datum::from_bytes(&Type::Long, &[0xff; 4]), Ok(Datum::Long(-1)));
    assert_eq!(Datum::from_bytes(&Type::Double, &[0, 0, 0x90, 0xc0]), Ok(Datum::Double(-4.5)));
    for (kind, bytes) in [(Type::Int, vec![]), (Type::String, vec![0xff]), (Type::Uuid, vec![0; 15])] {
        assert!(Datum::from_bytes(&kind, &bytes).is_err(), "{kind}");
    }
}

#[test]
fn widening_is_what_the_specification_allows() {
    let decimal = |precision, scale| Type::Decimal { precision, scale };
    assert_eq!(promote(&Type::Int, &Type::Long), Some(Type::Long));
    assert_eq!(promote(&Type::Float, &Type::Double), Some(Type::Double));
    assert_eq!(promote(&decimal(9, 2), &decimal(12, 2)), Some(decimal(12, 2)));
    for (from, to) in [
        (Type::Long, Type::Int),
        (Type::Int, Type::Double),
        (Type::Date, Type::Timestamp),
        (decimal(9, 2), decimal(12, 3)),
        (decimal(9, 2), decimal(8, 2)),
        (Type::Fixed(4), Type::Binary),
    ] {
        assert_eq!(promote(&from, &to), None, "{from} to {to}");
    }
}

#[test]
fn zeros_of_either_sign_are_one_value_of_sql() {
    for (bound, literal) in [(-0.0, 0.0), (0.0, -0.0)] {
        let (bound, literal) = (Datum::Double(bound), Datum::Double(literal));
        for comparison in [Comparison::Eq, Comparison::Le, Comparison::Ge] {
            assert!(may_hold(Some(&bound), Some(&bound), comparison, &literal));
        }
        assert!(!may_hold(Some(&bound), Some(&bound), Comparison::Lt, &literal));
    }
    assert_eq!(Datum::Double(-0.0).compare(&Datum::Double(0.0)), Some(Ordering::Less));
}

fn comparisons() -> impl Strategy<Value = Comparison> {
    use Comparison::{Eq, Ge, Gt, Le, Lt, Ne};
    proptest::sample::select(vec![Eq, Ne, Lt, Le, Gt, Ge])
}

fn holds(value: &Datum, comparison: Comparison, literal: &Datum) -> bool {
    let order = value.compare(literal).unwrap();
    match comparison {
        Comparison::Eq => order.is_eq(),
        Comparison::Ne => order.is_ne(),
        Comparison::Lt => order.is_lt(),
        Comparison::Le => order.is_le(),
        Comparison::Gt => order.is_gt(),
        Comparison::Ge => order.is_ge(),
    }
}

/// Numbers of every size, and those next to the ends.
fn numbers() -> impl Strategy<Value = i64> {
    let near = |end: i64| (-50..50i64).prop_map(move |by| end.saturating_add(by));
    let small = -200..200i64;
    prop_oneof![
        any::<i64>(),
        small,
        near(i64::MIN),
        near(i64::MAX),
        near(i32::MIN.into()),
        near(i32::MAX.into())
    ]
}

/// Two values of a type.
fn pairs() -> impl Strategy<Value = (Datum, Datum)> {
    let beside = (numbers(), -2..3i64).prop_map(|(number, by)| (number, number.saturating_add(by)));
    let two = prop_oneof![(numbers(), numbers()), beside].boxed();
    let of = |make: fn(i64) -> Datum| two.clone().prop_map(move |(a, b)| (make(a), make(b)));
    let texts =
        ("[a-cé😀\u{10ffff}]{0,5}", "[a-cé😀\u{10ffff}]{0,5}").prop_map(|(a, b)| (text(&a), text(&b)));
    let byte = || proptest::collection::vec(prop_oneof![Just(0u8), Just(255), any::<u8>()], 0..5);
    prop_oneof![
        of(|n| Datum::Int(i32::try_from(n).unwrap_or((n % 1000) as i32))),
        of(Datum::Long),
        of(Datum::Timestamp),
        of(|n| Datum::Decimal(n.into())),
        of(|n| Datum::Date(i32::try_from(n).unwrap_or((n % 1000) as i32))),
        texts,
        (byte(), byte()).prop_map(|(a, b)| (Datum::Binary(a), Datum::Binary(b))),
    ]
}

fn transforms() -> impl Strategy<Value = Transform> {
    prop_oneof![
        Just(Transform::Identity),
        Just(Transform::Void),
        Just(Transform::Year),
        Just(Transform::Month),
        Just(Transform::Day),
        Just(Transform::Hour),
        (1..20u32).prop_map(Transform::Bucket),
        (1..100u32).prop_map(Transform::Truncate),
        (1..4u32).prop_map(Transform::Truncate),
    ]
}

proptest! {
    #![proptest_config(Config { cases: 20_000, failure_persistence: None, ..Config::default() })]

    /// No partition that holds a matching row is excluded, alone or within the bounds of several.
    #[test]
    fn pruning_is_inclusive(
        (value, literal) in pairs(),
        other in pairs(),
        transform in transforms(),
        comparison in comparisons(),
    ) {
        let Ok(partition) = transform.apply(Some(&value)) else { return Ok(()) };
        if holds(&value, comparison, &literal) {
            prop_assert!(transform.may_match(partition.as_ref(), comparison, &literal));
            let also = transform.apply(Some(&other.0)).ok().flatten();
            if let (Some(a), Some(b)) = (&partition, &also)
                && let Some(order) = a.compare(b)
            {
                let (lower, upper) = if order.is_le() { (a, b) } else { (b, a) };
                prop_assert!(transform.may_match_within(Some(lower), Some(upper), comparison, &literal));
            }
        }
    }

    /// Every value lies between its bounds, and short values are their own bounds.
    #[test]
    fn truncated_bounds_enclose((value, _) in pairs(), length in 0..4usize) {
        prop_assert!(value.truncate_lower(length).compare(&value).unwrap().is_le());
        if let Some(upper) = value.truncate_upper(length) {
            prop_assert!(upper.compare(&value).unwrap().is_ge());
            let fits = match &upper {
                Datum::String(text) => text.chars().count() <= length,
                Datum::Binary(bytes) => bytes.len() <= length,
                _ => true,
            };
            prop_assert!(fits);
        }
        prop_assert_eq!(value.truncate_upper(8), Some(value));
    }

    #[test]
    fn values_come_back_from_bytes_and_json(number in any::<i128>(), bits in any::<u64>(), (value, _) in pairs()) {
        let kind = match &value {
            Datum::Int(_) => Type::Int,
            Datum::Long(_) => Type::Long,
            Datum::Timestamp(_) => Type::Timestamptz,
            Datum::Decimal(_) => Type::Decimal { precision: 38, scale: 0 },
            Datum::Date(_) => Type::Date,
            Datum::String(_) => Type::String,
            _ => Type::Binary,
        };
        prop_assert_eq!(Datum::from_bytes(&kind, &value.to_bytes()), Ok(value.clone()));
        let decimal = Datum::Decimal(number);
        let wide = Type::Decimal { precision: 38, scale: 0 };
        prop_assert_eq!(Datum::from_bytes(&wide, &decimal.to_bytes()), Ok(decimal.clone()));
        for value in [value, decimal] {
            let json = serde_json::to_string(&value).unwrap();
            prop_assert_eq!(serde_json::from_str::<Datum>(&json).unwrap(), value);
        }
        let json = serde_json::to_string(&Datum::Double(f64::from_bits(bits))).unwrap();
        let Datum::Double(back) = serde_json::from_str(&json).unwrap() else { panic!("{json}") };
        prop_assert_eq!(back.to_bits(), bits);
    }
}
