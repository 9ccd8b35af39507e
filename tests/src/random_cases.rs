//! Running a random test for many seeds.

use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::{Random, long, seed};

/// Runs a case for each of many seeds that follow from one: `many` of them in the long tests, else `normal`. A failure
/// prints the seed of the case, which alone is run when `TERRACE_SEED` says it.
///
/// # Panics
/// The case panics.
pub fn cases(normal: u64, many: u64, case: impl Fn(&mut Random)) {
    let given = std::env::var("TERRACE_SEED").is_ok();
    let count = if given {
        1
    } else if long() {
        many
    } else {
        normal
    };
    let mut seeds = Random(seed());
    for _ in 0..count {
        let seed = if given { seed() } else { seeds.bits() };
        if let Err(panic) = catch_unwind(AssertUnwindSafe(|| case(&mut Random(seed)))) {
            eprintln!("TERRACE_SEED={seed}");
            std::panic::resume_unwind(panic);
        }
    }
    println!("{count} cases");
}
