//! `cargo xtask …`: set-up and checks that cargo alone cannot do.

mod bench;
mod fuzz;
mod object;
mod python;
mod run;
mod test;
mod tools;
mod wasm;

use std::process::ExitCode;

const HELP: &str = "\
cargo xtask test [--long]    every check and test; --long with the long ones
cargo xtask wasm             the example's Worker and that of the tests
cargo xtask bench hot        the hot tier against its peers, side by side
cargo xtask bench object     the same inside of a Durable Object, on workerd
cargo xtask bench vortex     the columnar format and analyses beside Vortex, Parquet, SQLite and DuckDB
cargo xtask bench warm       the cache beside moka, and beside SQLite
cargo xtask bench snapshot   snapshots beside the backup API of SQLite
cargo xtask bench lake       the lake beside PyIceberg and the crate iceberg";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let done = match words.as_slice() {
        ["test"] => test::run(test::Length::Normal),
        ["test", "--long"] => test::run(test::Length::Long),
        ["wasm"] => wasm::build(&[wasm::EXAMPLE, wasm::TESTS])
            .map(|folder| println!("\nthe modules are in {}", folder.display())),
        ["bench", "hot", rest @ ..] => bench::hot(rest),
        ["bench", "object", rest @ ..] => bench::object(rest),
        ["bench", "vortex", rest @ ..] => bench::vortex(rest),
        ["bench", "warm", rest @ ..] => bench::warm(rest),
        ["bench", "snapshot", rest @ ..] => bench::snapshot(rest),
        ["bench", "lake", rest @ ..] => bench::lake(rest),
        [] | ["help" | "--help" | "-h"] => {
            println!("{HELP}");
            Ok(())
        }
        _ => Err(anyhow::anyhow!("no such task: {}\n{HELP}", words.join(" "))),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}
