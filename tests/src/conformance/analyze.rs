//! Aggregates: what they give is what a loop over the documents gives.

use std::collections::{BTreeMap, BTreeSet};

use terrace::{Cause, count, hot::Maintenance, prelude::*, value::ValueError};

use super::{Checked, Home, Refused, holds, named, same};

named![
    "analyze":
    aggregates_of_all_documents,
    aggregates_by_groups,
    groups_of_several_columns,
    the_greatest_groups_come_first,
    aggregates_of_nothing,
    a_sum_beyond_its_type_is_refused,
    every_type_has_ends_and_different_values,
];

#[derive(Collection, Clone, Debug, PartialEq)]
struct Sale {
    #[id]
    id: i64,
    country: Option<String>,
    state: State,
    cents: i64,
    weight: Option<f64>,
    price: Decimal<30, 2>,
    day: Date,
}

#[derive(Embed, Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum State {
    Open,
    Paid,
}

/// More than a batch.
const SALES: i64 = 20_000;

fn sales() -> Result<Vec<Sale>, StorageError> {
    let sale = |id: i64| {
        let random = (id * 7_919) % 1_009;
        Ok(Sale {
            id,
            country: (random % 11 != 0).then(|| format!("c{}", random % 7)),
            state: if random % 3 == 0 { State::Open } else { State::Paid },
            cents: random * 100_000_007 - 50_000_000_000,
            weight: (random % 5 != 0).then(|| f64::from(u16::try_from(random).unwrap_or(0)) / 8.0),
            price: Decimal::from_unscaled(i128::from(random) * 10_i128.pow(20) - 7)?,
            day: Date::from_days(i32::try_from(random % 31).unwrap_or(0)),
        })
    };
    (0..SALES).map(sale).collect()
}

/// Most of them in segments, the others rows; some that were in segments are changed or deleted since.
fn stored(home: &dyn Home) -> Result<(Db, Vec<Sale>), StorageError> {
    let db = home.open(collections![Sale])?;
    let mut sales = sales()?;
    let (moved, rows) = sales.split_at(15_000);
    db.insert_all(moved)?;
    while db.maintain(Maintenance::default())?.more {}
    db.insert_all(rows)?;
    db.find::<Sale>(|s| s.id.between(3_000, 3_100)).delete()?;
    db.find::<Sale>(|s| s.id.between(7_000, 7_010)).update(|s| s.cents += 1)?;
    sales.retain(|sale| !(3_000..=3_100).contains(&sale.id));
    sales.iter_mut().filter(|sale| (7_000..=7_010).contains(&sale.id)).for_each(|sale| sale.cents += 1);
    Ok((db, sales))
}

fn aggregates_of_all_documents(home: &dyn Home) -> Checked {
    let (db, sales) = stored(home)?;
    let paid: Vec<&Sale> = sales.iter().filter(|s| s.state == State::Paid && s.cents > 0).collect();
    let found = db.analyze::<Sale>(|s| s.state.eq(State::Paid).and(s.cents.gt(0)));
    same!(found.count()?, paid.len() as u64);
    same!(found.sum(|s| s.cents)?, paid.iter().map(|s| s.cents).sum::<i64>());
    let weight: f64 = paid.iter().filter_map(|s| s.weight).sum();
    same!(found.sum(|s| s.weight)?.to_bits(), weight.to_bits());
    same!(found.sum(|s| s.price)?.unscaled(), paid.iter().map(|s| s.price.unscaled()).sum::<i128>());
    same!(found.min(|s| s.country)?, paid.iter().filter_map(|s| s.country.clone()).min());
    same!(found.max(|s| s.price)?, paid.iter().map(|s| s.price).max_by_key(|price| price.unscaled()));
    let weights: Vec<f64> = paid.iter().filter_map(|s| s.weight).collect();
    #[allow(clippy::cast_precision_loss)] // a count
    let mean = weights.iter().sum::<f64>() / weights.len() as f64;
    same!(found.avg(|s| s.weight)?, Some(mean));
    let countries: BTreeSet<&String> = paid.iter().filter_map(|s| s.country.as_ref()).collect();
    same!(found.count_distinct(|s| s.country)?, countries.len() as u64);
    Ok(())
}

fn aggregates_by_groups(home: &dyn Home) -> Checked {
    let (db, sales) = stored(home)?;
    let mut expected: BTreeMap<Option<String>, (u64, i64, Option<f64>)> = BTreeMap::new();
    for sale in sales.iter().filter(|s| s.cents < 0) {
        let (count, cents, weight) = expected.entry(sale.country.clone()).or_default();
        *count += 1;
        *cents += sale.cents;
        *weight = weight.iter().copied().chain(sale.weight).reduce(f64::max);
    }
    let groups = db.analyze::<Sale>(|s| s.cents.lt(0)).group_by(|s| s.country);
    let found = groups.aggregate(|s| (count(), s.cents.sum(), s.weight.max()))?;
    same!(found, expected.into_iter().collect::<Vec<_>>());
    Ok(())
}

fn groups_of_several_columns(home: &dyn Home) -> Checked {
    let (db, sales) = stored(home)?;
    let mut expected: BTreeMap<(Date, State, Option<String>), BTreeSet<i64>> = BTreeMap::new();
    for sale in &sales {
        expected.entry((sale.day, sale.state, sale.country.clone())).or_default().insert(sale.cents);
    }
    let groups = db.analyze::<Sale>(|_| Filter::all()).group_by(|s| (s.day, s.state, s.country));
    let expected: Vec<_> = expected.into_iter().map(|(key, cents)| (key, cents.len() as u64)).collect();
    same!(groups.count_distinct(|s| s.cents)?, expected);
    Ok(())
}

fn the_greatest_groups_come_first(home: &dyn Home) -> Checked {
    let (db, sales) = stored(home)?;
    let mut days: BTreeMap<Date, i64> = BTreeMap::new();
    for sale in &sales {
        *days.entry(sale.day).or_default() += sale.cents;
    }
    let mut expected: Vec<(Date, i64)> = days.into_iter().collect();
    expected.sort_by_key(|(_, cents)| std::cmp::Reverse(*cents));
    expected.truncate(5);
    let groups = db.analyze::<Sale>(|_| Filter::all()).group_by(|s| s.day);
    same!(groups.top(5).sum(|s| s.cents)?, expected);
    Ok(())
}

fn aggregates_of_nothing(home: &dyn Home) -> Checked {
    let db = home.open(collections![Sale])?;
    let none = db.analyze::<Sale>(|_| Filter::all());
    same!(none.aggregate(|s| (count(), s.cents.sum(), s.weight.avg(), s.day.min()))?, (0, 0, None, None));
    same!(none.group_by(|s| s.country).count()?, []);
    Ok(())
}

fn a_sum_beyond_its_type_is_refused(home: &dyn Home) -> Checked {
    let (db, _) = stored(home)?;
    db.update(1_i64, |sale: &mut Sale| sale.cents = i64::MAX)?;
    db.update(2_i64, |sale: &mut Sale| sale.cents = i64::MAX)?;
    let error = db.analyze::<Sale>(|s| s.id.le(2)).sum(|s| s.cents).refused()?;
    holds!(matches!(error.source, Cause::Value(ValueError::OutOfRange { kind: "i64", .. })));
    Ok(())
}

#[derive(Collection, Clone, Debug, PartialEq)]
struct Everything {
    #[id]
    id: Uuid,
    flag: bool,
    float: f64,
    single: f32,
    bytes: Vec<u8>,
    tag: [u8; 4],
    at: Timestamp,
    small: Option<u8>,
}

fn every_type_has_ends_and_different_values(home: &dyn Home) -> Checked {
    let db = home.open(collections![Everything])?;
    let one = |number: u8| Everything {
        id: Uuid::from_bytes([number; 16]),
        flag: number > 1,
        float: [0.0, -0.0, f64::NEG_INFINITY][usize::from(number % 3)],
        single: f32::from(number) / 4.0,
        bytes: vec![0; usize::from(number)],
        tag: [number, 0, 255, 0],
        at: Timestamp::from_micros(i64::MIN + i64::from(number)),
        small: number.is_multiple_of(2).then_some(number),
    };
    db.insert_all(&(0..=200).map(one).collect::<Vec<_>>())?;
    let all = db.analyze::<Everything>(|_| Filter::all());
    same!(all.aggregate(|e| (e.id.min(), e.id.max()))?, (Some(one(0).id), Some(one(200).id)));
    same!(all.aggregate(|e| (e.flag.max(), e.flag.count_distinct()))?, (Some(true), 2));
    same!(all.aggregate(|e| (e.float.min(), e.float.count_distinct()))?, (Some(f64::NEG_INFINITY), 2));
    same!(all.aggregate(|e| (e.single.max(), e.single.count_distinct()))?, (Some(50.0), 201));
    same!(all.aggregate(|e| (e.bytes.min(), e.bytes.count_distinct()))?, (Some(Vec::new()), 201));
    same!(all.aggregate(|e| (e.tag.max(), e.at.min()))?, (Some([200, 0, 255, 0]), Some(one(0).at)));
    same!(all.aggregate(|e| (e.small.min(), e.small.count_distinct()))?, (Some(0), 101));
    Ok(())
}
