//! The choice of an encoding for texts and blobs.

use std::cell::LazyCell;

use crate::{
    bytes::put_varint,
    vortex::{
        bits::{VECTOR, width_of},
        choice::{Candidates, Context},
        encoding::Encoding,
        ints::{self, Plans, put_count},
    },
};

use super::{
    Strings, View,
    distinct::{Distinct, distinct},
    fsst,
};

/// The sequence as a node.
pub(crate) fn encode(view: View<'_>, context: Context) -> Vec<u8> {
    let len = view.len();
    let first = if len > 0 { view.get(0) } else { &[] };
    if view.iter().all(|value| value == first) {
        return constant(first);
    }
    let size = view.bytes_of(0..len).len();
    let lengths = LazyCell::new(|| ints::encode(&view.lengths(), context.nested()));
    let mut candidates = Candidates::new(context).rough();
    let mut few = false;
    if context.has_room(2) && context.considers(Encoding::Dictionary, len > 1) {
        let limit = if context.forced(Encoding::Dictionary) { len } else { len / 2 + 1 };
        if let Some(found) = distinct(view, limit) {
            let count = found.values.len();
            let by_codes = len * width_of(count as u64 - 1) / 8 + found.values.bytes().len() + count / 2;
            few = by_codes < size / 3;
            candidates.add(Encoding::Dictionary, by_codes, move || dictionary(&found, context));
        }
    }
    if !few {
        let lengths_size = Plans::of(&view.lengths()).size;
        candidates.add(Encoding::Plain, size + lengths_size, || plain(view, &lengths));
        if context.considers(Encoding::Fsst, size > if context.is_nested() { 1 << 15 } else { 1 << 10 }) {
            candidates.add(Encoding::Fsst, size / 2 + lengths_size, || fsst::encode(view, &lengths, context));
        }
    }
    let ascending = || (1..len).all(|at| view.get(at - 1) <= view.get(at));
    if !few
        && context.has_room(2)
        && (context.forced(Encoding::Prefix) || context.considers(Encoding::Prefix, ascending()))
    {
        let (shared, suffixes) = prefixes(view);
        let size = suffixes.bytes().len() * 2 / 3 + len;
        candidates.add(Encoding::Prefix, size, move || prefix(&shared, &suffixes, context));
    }
    #[cfg(feature = "compact")]
    if !few || context.forced(Encoding::Zstd) {
        candidates.compact(Encoding::Zstd, || super::zstd::encode(view, &lengths));
    }
    candidates.best()
}

fn constant(value: &[u8]) -> Vec<u8> {
    let mut node = vec![Encoding::Constant as u8];
    put_varint(&mut node, value.len() as u64);
    node.extend(value);
    node
}

fn plain(view: View<'_>, lengths: &[u8]) -> Vec<u8> {
    let bytes = view.bytes_of(0..view.len());
    let mut node = vec![Encoding::Plain as u8];
    node.extend(lengths);
    put_varint(&mut node, bytes.len() as u64);
    node.extend(bytes);
    node
}

fn dictionary(found: &Distinct, context: Context) -> Vec<u8> {
    let mut node = vec![Encoding::Dictionary as u8];
    put_count(&mut node, found.values.len());
    node.extend(encode(found.values.view(), context.nested()));
    node.extend(ints::encode(&found.codes, context.nested_in(Encoding::Dictionary)));
    node
}

/// What each value shares with the one before in its vector, and the rest of it.
fn prefixes(view: View<'_>) -> (Vec<i64>, Strings) {
    let (mut lengths, mut suffixes) = (Vec::with_capacity(view.len()), Strings::new());
    let mut before: &[u8] = &[];
    for (at, value) in view.iter().enumerate() {
        let common = before.iter().zip(value).take_while(|(a, b)| a == b).count();
        let shared = if at.is_multiple_of(VECTOR) { 0 } else { common };
        lengths.push(shared as i64);
        // the parts are no larger than the whole, which fitted
        let _ = suffixes.push(&value[shared..]);
        before = value;
    }
    (lengths, suffixes)
}

fn prefix(shared: &[i64], suffixes: &Strings, context: Context) -> Vec<u8> {
    let mut node = vec![Encoding::Prefix as u8];
    node.extend(ints::encode(shared, context.nested()));
    node.extend(encode(suffixes.view(), context.nested()));
    node
}
