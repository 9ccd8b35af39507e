//! Makes the ES modules of a Worker from its wasm: what `worker-build` does for users, without its bundler.
//!
//! It is a program of its own so that `cargo xtask` does not wait for wasm-bindgen to be built.

use std::{fs, path::Path};

use anyhow::{Context, Result, bail};
use wasm_bindgen_cli_support::Bindgen;

const SHIM: &str = include_str!("shim.mjs");

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [wasm, folder] = arguments.as_slice() else {
        bail!("usage: xtask-wasm FILE.wasm FOLDER");
    };
    modules(Path::new(wasm), Path::new(folder)).with_context(|| format!("the modules of {wasm}"))
}

fn modules(wasm: &Path, folder: &Path) -> Result<()> {
    if folder.exists() {
        fs::remove_dir_all(folder)?;
    }
    Bindgen::new()
        .module(true)?
        .reset_state_function(true)
        .force_enable_abort_handler(true)
        .typescript(false)
        .remove_name_section(true)
        .remove_producers_section(true)
        .input_path(wasm)
        .out_name("index")
        .generate(folder)?;
    let index = folder.join("index.js");
    // Imports of the source phase are those of a bundler; workerd gives a module of wasm for the plain import.
    let code = fs::read_to_string(&index)?.replace("import source ", "import ");
    fs::write(&index, &code)?;
    fs::write(folder.join("shim.mjs"), format!("{SHIM}{}", exports(&code)))?;
    Ok(())
}

/// The objects by their names, which a module cannot compute.
fn exports(code: &str) -> String {
    let exports: Vec<String> =
        objects(code).map(|name| format!("export const {name} = object(rust.{name});\n")).collect();
    exports.concat()
}

/// The exported classes that handle requests.
fn objects(code: &str) -> impl Iterator<Item = &str> {
    code.split("export class ").skip(1).filter_map(|class| {
        let body = class.split("\n}").next()?;
        let (name, _) = class.split_once(|c: char| !c.is_alphanumeric() && c != '_')?;
        body.contains("\n    fetch(").then_some(name)
    })
}
