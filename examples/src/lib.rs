//! Programs that show terrace at work: `cargo run --release --example quickstart`.
