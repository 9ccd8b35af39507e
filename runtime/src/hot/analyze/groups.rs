//! Which group a document is in: values become small numbers, in the order in which they are met.

use std::rc::Rc;

use rustc_hash::FxHashMap;

use crate::{
    value::Value,
    vortex::{Column, Values},
};

use super::batches;

/// The numbers of a column's values.
#[derive(Debug, Default)]
pub(super) struct Codes {
    /// The values, by their numbers.
    values: Vec<Value>,
    null: Option<u32>,
    integers: FxHashMap<i64, u32>,
    wides: FxHashMap<i128, u32>,
    texts: FxHashMap<Box<[u8]>, u32>,
    /// The numbers of the integers from `least` on; 0 where there is none, else one more.
    table: Vec<u32>,
    least: i64,
    /// The dictionary that was met last, and the numbers of its values.
    dictionary: Option<(Rc<Column>, Vec<u32>)>,
}

/// Up to how many integers in a row are looked up in a table.
const TABLE: i64 = 1 << 16;

impl Codes {
    /// How many different values were met.
    pub(super) fn len(&self) -> usize {
        self.values.len()
    }

    pub(super) fn value(&self, code: u32) -> &Value {
        &self.values[code as usize]
    }

    /// The numbers of the values at `places`.
    pub(super) fn of(&mut self, values: &batches::Values, places: &[u32]) -> Vec<u32> {
        match values {
            batches::Values::Plain(column) => self.of_column(column, places),
            batches::Values::Dictionary(values, codes) => {
                let known = self.dictionary.take().filter(|(known, _)| Rc::ptr_eq(known, values));
                let (values, numbers) = known.unwrap_or_else(|| {
                    let all: Vec<u32> = (0..).take(values.len()).collect();
                    (values.clone(), self.of_column(values, &all))
                });
                let of = places.iter().map(|&at| numbers[codes[at as usize] as usize]).collect();
                self.dictionary = Some((values, numbers));
                of
            }
        }
    }

    fn of_column(&mut self, column: &Column, places: &[u32]) -> Vec<u32> {
        let mut codes = vec![0; places.len()];
        match column.values() {
            Values::Int(values) => self.integers(column, values, places, &mut codes),
            Values::Bytes(values) => {
                // Texts often come in runs.
                let mut last: Option<(&[u8], u32)> = None;
                for (code, &at) in codes.iter_mut().zip(places) {
                    let text = values.get(at as usize);
                    *code = match last {
                        _ if column.is_null(at as usize) => self.null(),
                        Some((same, known)) if same == text => known,
                        _ => self.text(text, column, at as usize),
                    };
                    last = (!column.is_null(at as usize)).then_some((text, *code));
                }
            }
            Values::Bool(values) => {
                self.each(column, places, &mut codes, |codes, at| {
                    codes.integer(i64::from(values.get(at)), column, at)
                });
            }
            Values::F64(values) => {
                // −0.0 and 0.0 are one value, as SQLite groups them.
                self.each(column, places, &mut codes, |codes, at| {
                    codes.integer((values[at] + 0.0).to_bits().cast_signed(), column, at)
                });
            }
            Values::F32(values) => {
                self.each(column, places, &mut codes, |codes, at| {
                    codes.integer(i64::from((values[at] + 0.0).to_bits()), column, at)
                });
            }
            Values::Wide(values) => {
                self.each(column, places, &mut codes, |codes, at| codes.wide(values[at], column, at));
            }
        }
        codes
    }

    fn each(
        &mut self,
        column: &Column,
        places: &[u32],
        codes: &mut [u32],
        mut of: impl FnMut(&mut Self, usize) -> u32,
    ) {
        for (code, &at) in codes.iter_mut().zip(places) {
            let at = at as usize;
            *code = if column.is_null(at) { self.null() } else { of(self, at) };
        }
    }

    /// Integers that are near to each other are looked up in a table.
    fn integers(&mut self, column: &Column, values: &[i64], places: &[u32], codes: &mut [u32]) {
        let there =
            || places.iter().map(|&at| at as usize).filter(|&at| !column.is_null(at)).map(|at| values[at]);
        let (Some(least), Some(greatest)) = (there().min(), there().max()) else {
            return self.each(column, places, codes, |_, _| 0);
        };
        if greatest.checked_sub(least).is_none_or(|range| range >= TABLE) {
            return self.each(column, places, codes, |codes, at| codes.integer(values[at], column, at));
        }
        let range = usize::try_from(greatest - least).unwrap_or_default();
        self.least = least;
        self.table.clear();
        self.table.resize(range + 1, 0);
        for (code, &at) in codes.iter_mut().zip(places) {
            let at = at as usize;
            if column.is_null(at) {
                *code = self.null();
                continue;
            }
            let place = usize::try_from(values[at] - self.least).unwrap_or_default();
            if self.table[place] == 0 {
                self.table[place] = self.integer(values[at], column, at) + 1;
            }
            *code = self.table[place] - 1;
        }
    }

    fn null(&mut self) -> u32 {
        let values = &mut self.values;
        *self.null.get_or_insert_with(|| push(values, Value::Null))
    }

    fn integer(&mut self, integer: i64, column: &Column, at: usize) -> u32 {
        let values = &mut self.values;
        *self.integers.entry(integer).or_insert_with(|| push(values, column.get(at)))
    }

    fn wide(&mut self, wide: i128, column: &Column, at: usize) -> u32 {
        let values = &mut self.values;
        *self.wides.entry(wide).or_insert_with(|| push(values, column.get(at)))
    }

    fn text(&mut self, text: &[u8], column: &Column, at: usize) -> u32 {
        if let Some(&code) = self.texts.get(text) {
            return code;
        }
        let code = push(&mut self.values, column.get(at));
        self.texts.insert(text.into(), code);
        code
    }
}

fn push(values: &mut Vec<Value>, value: Value) -> u32 {
    values.push(value);
    u32::try_from(values.len() - 1).unwrap_or(u32::MAX)
}

/// The groups of documents by one or more columns; one group of all documents where there is no column.
#[derive(Debug)]
pub(super) struct Groups {
    columns: Vec<Codes>,
    /// For each column after the first: the numbers of pairs of a group by the columns before it, and its own code.
    pairs: Vec<Pairs>,
}

#[derive(Debug, Default)]
struct Pairs {
    numbers: FxHashMap<(u32, u32), u32>,
    pairs: Vec<(u32, u32)>,
}

impl Groups {
    pub(super) fn new(columns: usize) -> Self {
        Self {
            columns: (0..columns).map(|_| Codes::default()).collect(),
            pairs: (1..columns).map(|_| Pairs::default()).collect(),
        }
    }

    /// The group of each document, whose columns to group by these are.
    pub(super) fn of(&mut self, columns: &[&batches::Values], places: &[u32]) -> Vec<u32> {
        let mut codes = self.columns.iter_mut().zip(columns).map(|(codes, column)| codes.of(column, places));
        let Some(mut groups) = codes.next() else { return vec![0; places.len()] };
        for (pairs, codes) in self.pairs.iter_mut().zip(codes) {
            let mut last = None;
            for (group, code) in groups.iter_mut().zip(codes) {
                let pair = (*group, code);
                *group = match last {
                    Some((same, known)) if same == pair => known,
                    _ => pairs.number(pair),
                };
                last = Some((pair, *group));
            }
        }
        groups
    }

    /// How many there are.
    pub(super) fn len(&self) -> usize {
        match (self.pairs.last(), self.columns.first()) {
            (Some(pairs), _) => pairs.pairs.len(),
            (None, Some(codes)) => codes.len(),
            (None, None) => 1,
        }
    }

    /// The values of a group, by which it was made.
    pub(super) fn key(&self, group: usize) -> Vec<Value> {
        let mut key = Vec::new();
        let mut group = u32::try_from(group).unwrap_or(u32::MAX);
        for (codes, pairs) in self.columns.iter().skip(1).zip(&self.pairs).rev() {
            let (before, code) = pairs.pairs[group as usize];
            key.push(codes.value(code).clone());
            group = before;
        }
        key.extend(self.columns.first().map(|codes| codes.value(group).clone()));
        key.reverse();
        key
    }
}

impl Pairs {
    fn number(&mut self, pair: (u32, u32)) -> u32 {
        *self.numbers.entry(pair).or_insert_with(|| {
            self.pairs.push(pair);
            u32::try_from(self.pairs.len() - 1).unwrap_or(u32::MAX)
        })
    }
}
