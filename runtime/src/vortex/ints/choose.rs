//! The choice of an encoding for numbers: exact statistics, an estimate for each, and a trial of the best.

use crate::{
    bytes::put_signed,
    vortex::{
        bits::{VECTOR, width_of},
        choice::{Candidates, Context},
        encoding::Encoding,
    },
};

use super::{
    distinct::{Distinct, distinct},
    packed::Plans,
    put_count,
};

/// What is known of a sequence before it is encoded.
struct Facts {
    least: i64,
    greatest: i64,
    runs: usize,
    plans: Plans,
}

impl Facts {
    fn of(values: &[i64]) -> Self {
        let plans = Plans::of(values);
        let (least, greatest) = plans.ends();
        let pairs = values.iter().zip(&values[1..]);
        let runs = 1 + pairs.map(|(a, b)| usize::from(a != b)).sum::<usize>();
        Self { least, greatest, runs, plans }
    }
}

/// The sequence as a node: its encoding and its body.
pub(crate) fn encode(values: &[i64], context: Context) -> Vec<u8> {
    let first = values.first().copied().unwrap_or(0);
    if values.iter().all(|&value| value == first) {
        return constant(first);
    }
    let facts = Facts::of(values);
    let mut candidates = Candidates::new(context);
    candidates.add(Encoding::Packed, facts.plans.size, || {
        let mut node = vec![Encoding::Packed as u8];
        facts.plans.encode(values, &mut node);
        node
    });
    if context.may_nest() {
        nested(values, &facts, &mut candidates);
    }
    #[cfg(feature = "compact")]
    candidates.compact(Encoding::Pco, || super::pco::encode(values, facts.least, facts.greatest));
    candidates.best()
}

fn constant(value: i64) -> Vec<u8> {
    let mut node = vec![Encoding::Constant as u8];
    put_signed(&mut node, value);
    node
}

/// Adds the encodings that are made of others.
fn nested<'a>(values: &'a [i64], facts: &Facts, candidates: &mut Candidates<'a>) {
    let context = candidates.context();
    let (len, packed) = (values.len(), facts.plans.size);
    let factor = common_factor(values, facts.least);
    if context.considers(Encoding::Scaled, factor > 1) && factor > 1 {
        let size = packed.saturating_sub(len * factor.ilog2() as usize / 8);
        let least = facts.least;
        candidates.add(Encoding::Scaled, size, move || scaled(values, least, factor, context));
    }
    let mut densest = packed;
    if context.considers(
        Encoding::Delta,
        len > 8 && !context.is_in(Encoding::Dictionary) && deltas_pay(values, &facts.plans),
    ) {
        let deltas = deltas(values);
        let size = Plans::of(&deltas).size + 4 * len.div_ceil(VECTOR);
        densest = densest.min(size);
        candidates.add(Encoding::Delta, size, move || delta(values, &deltas, context));
    }
    if context.considers(Encoding::RunEnd, facts.runs <= len / 2) {
        // lengths vary, so they take some bits more than their mean; and runs are slower to read
        let size = facts.runs * densest / len + facts.runs * (2 + width_of((len / facts.runs) as u64)) / 8;
        candidates.add(Encoding::RunEnd, size, move || run_end(values, context));
    }
    let (fill, frequent) = most_frequent(values);
    if context.considers(Encoding::Sparse, frequent > len / 2) {
        let exceptions = len - frequent;
        let gap = width_of((len / (exceptions + 1)) as u64) + 1;
        let size = exceptions * packed.div_ceil(len / 8 + 1) / 8 + exceptions * gap / 8;
        candidates.add(Encoding::Sparse, size, move || sparse(values, fill, context));
    }
    let bits = packed * 8 / len;
    let limit = if context.forced(Encoding::Dictionary) { len } else { (1 << bits.min(16)) * 3 / 4 };
    if context.considers(Encoding::Dictionary, bits > 1)
        && let Some(found) = distinct(values, (facts.least, facts.greatest), limit.min(len / 2 + 1))
    {
        let count = found.values.len();
        let size = len * width_of(count as u64 - 1) / 8 + 4 * len.div_ceil(VECTOR) + count * bits.div_ceil(8);
        candidates.add(Encoding::Dictionary, size, move || dictionary(&found, context));
    }
}

/// Whether deltas take no more bits than the numbers, or hardly more: in every eighth vector.
fn deltas_pay(values: &[i64], plans: &Plans) -> bool {
    let (mut direct, mut by_deltas) = (0, 0);
    for (at, vector) in values.chunks(VECTOR).enumerate().step_by(8) {
        direct += plans.vector_size(at, vector.len());
        by_deltas += Plans::of(&deltas(vector)).size;
    }
    by_deltas * 4 < direct * 5
}

/// The greatest common divisor of all differences from the least number; 1 where it is beyond the range.
fn common_factor(values: &[i64], least: i64) -> i64 {
    let mut factor = 0u64;
    for &value in values {
        let mut rest = value.wrapping_sub(least).cast_unsigned();
        if factor == 1 {
            break;
        }
        if factor > 1 && rest.is_multiple_of(factor) {
            continue;
        }
        while rest != 0 {
            (factor, rest) = (rest, factor % rest);
        }
    }
    i64::try_from(factor).unwrap_or(1)
}

fn scaled(values: &[i64], base: i64, factor: i64, context: Context) -> Vec<u8> {
    let mut node = vec![Encoding::Scaled as u8];
    put_signed(&mut node, base);
    put_signed(&mut node, factor);
    let difference = |value: i64| value.wrapping_sub(base).cast_unsigned() / factor.cast_unsigned();
    let numbers: Vec<i64> = values.iter().map(|&value| difference(value).cast_signed()).collect();
    node.extend(encode(&numbers, context.nested_in(Encoding::Scaled)));
    node
}

fn run_end(values: &[i64], context: Context) -> Vec<u8> {
    let (mut lengths, mut once) = (Vec::new(), Vec::new());
    for run in values.chunk_by(|a, b| a == b) {
        lengths.push(run.len() as i64 - 1);
        once.push(run[0]);
    }
    let mut node = vec![Encoding::RunEnd as u8];
    put_count(&mut node, once.len());
    node.extend(encode(&lengths, context.nested()));
    node.extend(encode(&once, context.nested_in(Encoding::RunEnd)));
    node
}

/// The differences within each vector. The first of a vector repeats the second, so that it costs nothing.
fn deltas(values: &[i64]) -> Vec<i64> {
    let mut deltas = Vec::with_capacity(values.len());
    for vector in values.chunks(VECTOR) {
        let first = vector.get(1).map_or(0, |second| second.wrapping_sub(vector[0]));
        deltas.push(first);
        deltas.extend(vector.windows(2).map(|pair| pair[1].wrapping_sub(pair[0])));
    }
    deltas
}

fn delta(values: &[i64], deltas: &[i64], context: Context) -> Vec<u8> {
    let firsts: Vec<i64> = values.iter().copied().step_by(VECTOR).collect();
    let mut node = vec![Encoding::Delta as u8];
    node.extend(encode(&firsts, context.nested()));
    node.extend(encode(deltas, context.nested()));
    node
}

/// The number that most places hold, by a sample, and how many do; none do when that is not half of the sample.
fn most_frequent(values: &[i64]) -> (i64, usize) {
    const SAMPLE: usize = 64;
    let step = (values.len() / SAMPLE).max(1);
    let mut sample: Vec<i64> = values.iter().copied().step_by(step).collect();
    sample.sort_unstable();
    let most = sample.chunk_by(|a, b| a == b).max_by_key(|same| same.len()).unwrap_or_default();
    match most.first() {
        Some(&fill) if most.len() * 2 >= sample.len() => {
            (fill, values.iter().filter(|&&value| value == fill).count())
        }
        _ => (0, 0),
    }
}

fn sparse(values: &[i64], fill: i64, context: Context) -> Vec<u8> {
    let (mut gaps, mut exceptions, mut next) = (Vec::new(), Vec::new(), 0);
    for (at, &value) in values.iter().enumerate().filter(|&(_, &value)| value != fill) {
        gaps.push((at - next) as i64);
        exceptions.push(value);
        next = at + 1;
    }
    let mut node = vec![Encoding::Sparse as u8];
    put_signed(&mut node, fill);
    put_count(&mut node, exceptions.len());
    node.extend(encode(&gaps, context.nested()));
    node.extend(encode(&exceptions, context.nested()));
    node
}

fn dictionary(found: &Distinct, context: Context) -> Vec<u8> {
    let mut node = vec![Encoding::Dictionary as u8];
    put_count(&mut node, found.values.len());
    node.extend(encode(&found.values, context.nested()));
    node.extend(encode(&found.codes, context.nested_in(Encoding::Dictionary)));
    node
}
