//! Times of several contenders, taken in turn.

use std::time::Instant;

use anyhow::Result;

/// The times of each contender in milliseconds, round by round.
pub(crate) struct Rounds(Vec<Vec<f64>>);

impl Rounds {
    pub(crate) fn new(contenders: usize) -> Self {
        Self(vec![Vec::new(); contenders])
    }

    /// Runs and times one round of a contender.
    pub(crate) fn time<T>(&mut self, contender: usize, run: impl FnOnce() -> Result<T>) -> Result<T> {
        let start = Instant::now();
        let result = run()?;
        self.0[contender].push(start.elapsed().as_secs_f64() * 1e3);
        Ok(result)
    }

    pub(crate) fn median(&self, contender: usize) -> f64 {
        median(self.0[contender].clone())
    }

    /// The median, over the rounds, of one contender's time over another's in the same round: what slows a whole round
    /// down, slows both.
    pub(crate) fn over(&self, ours: usize, theirs: usize) -> f64 {
        median(self.0[ours].iter().zip(&self.0[theirs]).map(|(ours, theirs)| ours / theirs).collect())
    }
}

fn median(mut numbers: Vec<f64>) -> f64 {
    numbers.sort_unstable_by(f64::total_cmp);
    numbers.get(numbers.len() / 2).copied().unwrap_or(f64::NAN)
}

/// One size over another.
#[allow(clippy::cast_precision_loss)] // sizes are far below 2^53
pub(crate) fn ratio(ours: usize, theirs: usize) -> f64 {
    ours as f64 / theirs as f64
}
