//! Files of VRTX that come from native code, and go to it.

use terrace_tests::exchange;
use worker::{Request, Response, Result};

/// Reads a file that was written natively of a seed, and gives the one that is written here.
pub(crate) async fn exchange(mut request: Request, seed: &str) -> Result<Response> {
    let Ok(seed) = seed.parse() else { return Response::error("a seed is a number", 400) };
    let theirs = request.bytes().await?;
    if let Err(failed) = exchange::check(seed, &theirs) {
        return Response::error(failed.to_string(), 500);
    }
    match exchange::write(seed) {
        Ok(ours) => Response::from_bytes(ours),
        Err(error) => Response::error(error.to_string(), 500),
    }
}
