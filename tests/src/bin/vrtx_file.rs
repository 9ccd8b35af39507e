//! The native side of the files that native code and wasm exchange.
//!
//! `vrtx_file write SEED FILE` or `vrtx_file check SEED FILE`

use std::{error::Error, fs};

use terrace_tests::exchange;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["write", seed, file] => fs::write(file, exchange::write(seed.parse()?)?)?,
        ["check", seed, file] => {
            exchange::check(seed.parse()?, &fs::read(file)?).map_err(|failed| failed.to_string())?;
        }
        _ => return Err("vrtx_file write|check SEED FILE".into()),
    }
    Ok(())
}
