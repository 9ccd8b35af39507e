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

/// Where in a column encoding is.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Context {
    pub(crate) profile: Profile,
    /// The encoding that the column has to have where it can.
    only: Option<Encoding>,
    depth: usize,
}

impl Context {
    pub(crate) fn new(profile: Profile, only: Option<Encoding>) -> Self {
        Self { profile, only, depth: 0 }
    }

    /// The context of what stands inside of an encoding.
    pub(crate) fn nested(self) -> Self {
        Self { only: None, depth: self.depth + 1, ..self }
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
        self.only.map_or(pays, |only| only == encoding)
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
        Self { context, trials: context.trials(), estimated: Vec::new(), compact: Vec::new() }
    }

    /// For values whose estimates are rough: tries at least so many.
    pub(crate) fn trying(mut self, trials: usize) -> Self {
        self.trials = self.trials.max(trials);
        self
    }

    pub(crate) fn context(&self) -> Context {
        self.context
    }

    /// Adds an encoding that takes about `size` bytes.
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

    /// The smallest of those that were tried; of equals, the one with the least number.
    pub(crate) fn best(self) -> Vec<u8> {
        let Self { context, trials, mut estimated, mut compact } = self;
        let forced = |candidate: &Candidate<'_>| context.forced(candidate.encoding);
        if estimated.iter().chain(&compact).any(forced) {
            estimated.retain(forced);
            compact.retain(forced);
        }
        estimated.sort_by_key(|candidate| (candidate.size, candidate.encoding));
        let tried = estimated.into_iter().take(trials).chain(compact);
        let nodes = tried.filter_map(|candidate| (candidate.encode)());
        nodes.min_by_key(|node| (node.len(), node.first().copied())).unwrap_or_default()
    }
}
