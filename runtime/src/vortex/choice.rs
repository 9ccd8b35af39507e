//! How an encoding is chosen: every candidate is estimated, the best are tried, and the smallest is kept.
//!
//! Nothing here depends on time or on chance, so the same values give the same bytes.

use super::encoding::{Encoding, MAX_DEPTH};

/// What encoding aims at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Profile {
    /// Small, and as fast to read as can be.
    #[default]
    Fast,
    /// Smaller, by the general compressors pco and zstd where they pay; slower to write and to read. Needs the feature
    /// `compact`; without it, it is [`Profile::Fast`].
    Compact,
}

/// What an encoding is held to weigh for each 100 bytes of it: those that are slower to read have to save something.
fn weight(encoding: Option<Encoding>) -> usize {
    match encoding {
        Some(Encoding::Dictionary | Encoding::Scaled | Encoding::Fsst) => 103,
        Some(Encoding::Sparse | Encoding::Delta | Encoding::Prefix | Encoding::Alp) => 106,
        Some(Encoding::Pco | Encoding::Zstd) => 112,
        Some(Encoding::RunEnd) => 125,
        _ => 100,
    }
}

/// Where in a column encoding is.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Context {
    pub(crate) profile: Profile,
    /// The encoding that the column has to have where it can.
    only: Option<Encoding>,
    /// The encoding that would be of no use.
    not: Option<Encoding>,
    depth: usize,
}

impl Context {
    pub(crate) fn new(profile: Profile, only: Option<Encoding>) -> Self {
        Self { profile, only, not: None, depth: 0 }
    }

    /// The context of what stands inside of an encoding.
    pub(crate) fn nested(self) -> Self {
        Self { only: None, not: None, depth: self.depth + 1, ..self }
    }

    /// The context of what stands inside of an encoding, and cannot gain by the same again.
    pub(crate) fn nested_in(self, encoding: Encoding) -> Self {
        Self { not: Some(encoding), ..self.nested() }
    }

    /// Whether this stands directly inside of an encoding that was named so.
    pub(crate) fn is_in(self, encoding: Encoding) -> bool {
        self.not == Some(encoding)
    }

    pub(crate) fn is_nested(self) -> bool {
        self.depth > 0
    }

    pub(crate) fn may_nest(self) -> bool {
        self.depth < MAX_DEPTH
    }

    /// Whether an encoding that nests `levels` deep fits.
    pub(crate) fn has_room(self, levels: usize) -> bool {
        self.depth + levels <= MAX_DEPTH
    }

    pub(crate) fn forced(self, encoding: Encoding) -> bool {
        self.only == Some(encoding)
    }

    /// Whether a candidate that `pays` by the statistics, or is forced, is to be estimated.
    pub(crate) fn considers(self, encoding: Encoding, pays: bool) -> bool {
        self.only.map_or(pays && self.not != Some(encoding), |only| only == encoding)
    }

    /// How many candidates are tried.
    fn trials(self) -> usize {
        match (self.profile, self.depth) {
            (Profile::Fast, 0) => 2,
            (Profile::Fast, _) => 1,
            (Profile::Compact, 0) => 3,
            (Profile::Compact, _) => 2,
        }
    }
}

/// The encodings that a sequence may have.
pub(crate) struct Candidates<'a> {
    context: Context,
    trials: usize,
    /// How many times the least estimate one may have to be tried, in quarters.
    quarters: usize,
    estimated: Vec<Candidate<'a>>,
    compact: Vec<Candidate<'a>>,
}

struct Candidate<'a> {
    encoding: Encoding,
    size: usize,
    encode: Box<dyn FnOnce() -> Option<Vec<u8>> + 'a>,
}

impl<'a> Candidates<'a> {
    pub(crate) fn new(context: Context) -> Self {
        Self { context, trials: context.trials(), quarters: 5, estimated: Vec::new(), compact: Vec::new() }
    }

    /// For values whose estimates are rough: tries at least two, up to three times the least estimate.
    pub(crate) fn rough(mut self) -> Self {
        self.trials = self.trials.max(2);
        self.quarters = 12;
        self
    }

    pub(crate) fn context(&self) -> Context {
        self.context
    }

    /// Adds an encoding that takes about `size` bytes. One that takes much more than the least is not tried.
    pub(crate) fn add(&mut self, encoding: Encoding, size: usize, encode: impl FnOnce() -> Vec<u8> + 'a) {
        self.estimated.push(Candidate { encoding, size, encode: Box::new(|| Some(encode())) });
    }

    /// Adds an encoding that the compact profile tries in any case, and that may fail.
    #[cfg(feature = "compact")]
    pub(crate) fn compact(&mut self, encoding: Encoding, encode: impl FnOnce() -> Option<Vec<u8>> + 'a) {
        if self.context.profile == Profile::Compact || self.context.forced(encoding) {
            self.compact.push(Candidate { encoding, size: 0, encode: Box::new(encode) });
        }
    }

    /// The least by weight of those that were tried; of equals, the one with the least number.
    pub(crate) fn best(self) -> Vec<u8> {
        let Self { context, trials, quarters, mut estimated, mut compact } = self;
        let forced = |candidate: &Candidate<'_>| context.forced(candidate.encoding);
        if estimated.iter().chain(&compact).any(forced) {
            estimated.retain(forced);
            compact.retain(forced);
        }
        estimated
            .sort_by_key(|candidate| (candidate.size * weight(Some(candidate.encoding)), candidate.encoding));
        let worth = estimated.first().map_or(0, |candidate| candidate.size).saturating_mul(quarters) / 4;
        estimated.retain(|candidate| candidate.size <= worth);
        estimated.truncate(trials);
        let nodes = estimated.into_iter().chain(compact).filter_map(|candidate| (candidate.encode)());
        let weight = |node: &Vec<u8>| {
            let code = node.first().copied();
            (node.len() * weight(code.and_then(Encoding::from_code)), code)
        };
        nodes.min_by_key(weight).unwrap_or_default()
    }
}
