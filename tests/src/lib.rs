//! What the integration tests share: documents, files, fixed clocks, random numbers from a seed.

#[cfg(all(feature = "lake", not(target_family = "wasm")))]
pub mod audit;
#[cfg(feature = "warm")]
pub mod cache_api;
pub mod columns;
pub mod conformance;
#[cfg(not(target_family = "wasm"))]
pub mod crash;
#[cfg(feature = "compact")]
pub mod exchange;
#[cfg(all(feature = "lake", not(target_family = "wasm")))]
pub mod faulty;
#[cfg(all(feature = "lake", not(target_family = "wasm")))]
pub mod files;
pub mod hostile;
#[cfg(feature = "lake")]
pub mod manifests;
#[cfg(all(feature = "lake", not(target_family = "wasm")))]
pub mod orders;
#[cfg(not(target_family = "wasm"))]
mod place;
#[cfg(not(target_family = "wasm"))]
mod random_cases;
#[cfg(all(feature = "lake", not(target_family = "wasm")))]
pub mod scene;
#[cfg(all(feature = "lake", not(target_family = "wasm")))]
mod shape;

use std::sync::{
    Arc,
    atomic::{AtomicI64, Ordering},
};

#[cfg(not(target_family = "wasm"))]
pub use place::{Place, copy_folder, replayed};
#[cfg(not(target_family = "wasm"))]
pub use random_cases::cases;
use terrace::{Options, Timestamp, hot::Document, prelude::*};

/// Whether the long tests were asked for: `cargo xtask test --long`.
#[must_use]
pub fn long() -> bool {
    std::env::var_os("TERRACE_LONG").is_some()
}

/// The seed of a random test: `TERRACE_SEED`, else another one each time. A failure prints it.
#[must_use]
pub fn seed() -> u64 {
    let given = std::env::var("TERRACE_SEED").ok().and_then(|seed| seed.parse().ok());
    given.unwrap_or_else(|| Timestamp::now().micros().cast_unsigned())
}

/// Random numbers that follow from a seed.
///
/// Source: Sebastiano Vigna, "`SplitMix64`".
#[derive(Clone, Debug)]
pub struct Random(pub u64);

impl Random {
    /// The next 64 bits.
    pub fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut bits = self.0;
        bits = (bits ^ bits >> 30).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        bits = (bits ^ bits >> 27).wrapping_mul(0x94D0_49BB_1331_11EB);
        bits ^ bits >> 31
    }

    /// A number below `end`.
    pub fn below(&mut self, end: u64) -> u64 {
        self.bits() % end
    }
}

/// Options with a clock that counts microseconds, and random numbers that follow from a seed.
#[must_use]
pub fn options(seed: u64) -> Options {
    let time = Arc::new(AtomicI64::new(1_000_000));
    let mut random = Random(seed);
    Options::new()
        .clock(move || Timestamp::from_micros(time.fetch_add(1, Ordering::Relaxed)))
        .random(move || (u128::from(random.bits()) << 64 | u128::from(random.bits())).to_le_bytes())
}

/// Every document of a collection, by id.
///
/// # Errors
/// The database cannot be read.
pub fn documents<T: Document>(db: &Db) -> Result<Vec<T>, StorageError> {
    db.all::<T>().limit(u64::MAX).all()
}
