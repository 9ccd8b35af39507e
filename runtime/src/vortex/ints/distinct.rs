//! The distinct numbers of a sequence, in order, and where each stands.

/// A dictionary of a sequence.
#[derive(Debug)]
pub(crate) struct Distinct {
    /// The distinct numbers, ascending.
    pub(crate) values: Vec<i64>,
    /// For each number of the sequence its place in `values`.
    pub(crate) codes: Vec<i64>,
}

/// The distinct numbers, unless there are more than `limit`; `bounds` are the least and the greatest.
pub(crate) fn distinct(values: &[i64], bounds: (i64, i64), limit: usize) -> Option<Distinct> {
    let span = bounds.1.wrapping_sub(bounds.0).cast_unsigned();
    // a range that is no larger than the sequence is counted in a table that has a place for each number
    if span < 2 * values.len() as u64 + 256 {
        direct(values, bounds.0, span as usize, limit)
    } else {
        hashed(values, limit)
    }
}

fn direct(values: &[i64], least: i64, span: usize, limit: usize) -> Option<Distinct> {
    let mut codes = vec![-1i32; span + 1];
    for &value in values {
        codes[value.wrapping_sub(least) as usize] = 0;
    }
    let mut found = Vec::new();
    for (at, code) in codes.iter_mut().enumerate().filter(|(_, code)| **code == 0) {
        *code = found.len() as i32;
        found.push(least.wrapping_add(at as i64));
    }
    if found.len() > limit {
        return None;
    }
    let codes = values.iter().map(|&value| i64::from(codes[value.wrapping_sub(least) as usize])).collect();
    Some(Distinct { values: found, codes })
}

fn hashed(values: &[i64], limit: usize) -> Option<Distinct> {
    let mut bits = 8;
    let mut table = vec![0u32; 1 << bits];
    let mut found: Vec<i64> = Vec::new();
    let mut codes = Vec::with_capacity(values.len());
    for &value in values {
        let mut at = hash(value, bits);
        while table[at] != 0 && found[table[at] as usize - 1] != value {
            at = (at + 1) & (table.len() - 1);
        }
        if table[at] == 0 {
            if found.len() == limit {
                return None;
            }
            found.push(value);
            table[at] = found.len() as u32;
        }
        codes.push(i64::from(table[at]) - 1);
        if found.len() * 2 > table.len() {
            bits += 2;
            table = grown(&found, bits);
        }
    }
    Some(sorted(found, codes))
}

/// A larger table of the same numbers.
fn grown(found: &[i64], bits: u32) -> Vec<u32> {
    let mut table = vec![0u32; 1 << bits];
    for (&value, number) in found.iter().zip(1..) {
        let mut at = hash(value, bits);
        while table[at] != 0 {
            at = (at + 1) & (table.len() - 1);
        }
        table[at] = number;
    }
    table
}

/// Fibonacci hashing: the upper bits of a product.
fn hash(value: i64, bits: u32) -> usize {
    (value.cast_unsigned().wrapping_mul(0x9E37_79B9_7F4A_7C15) >> (64 - bits)) as usize
}

fn sorted(found: Vec<i64>, mut codes: Vec<i64>) -> Distinct {
    let mut order: Vec<usize> = (0..found.len()).collect();
    order.sort_unstable_by_key(|&at| found[at]);
    let mut place = vec![0; found.len()];
    for (rank, &at) in order.iter().enumerate() {
        place[at] = rank as i64;
    }
    for code in &mut codes {
        *code = place[*code as usize];
    }
    Distinct { values: order.into_iter().map(|at| found[at]).collect(), codes }
}
