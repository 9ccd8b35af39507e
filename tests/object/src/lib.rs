//! The conformance suite as a Worker: each case runs inside of a Durable Object of its own.
//!
//! `GET /cases` names them; `POST /run/NAME` runs one, and answers 200 or what is not as it should be.
#![cfg(target_family = "wasm")]

use terrace::{Options, prelude::*, schema::Collections};
use terrace_tests::conformance::{self, Checked, Failed, Home};
use worker::{
    Context, DurableObject, Env, Request, Response, Result, SqlStorageValue, State, durable_object, event,
    wasm_bindgen,
};

/// Runs one case.
#[durable_object(fetch)]
struct Conformance {
    state: State,
}

impl DurableObject for Conformance {
    fn new(state: State, _: Env) -> Self {
        Self { state }
    }

    async fn fetch(&self, request: Request) -> Result<Response> {
        let path = request.path();
        let name = path.strip_prefix("/run/").unwrap_or_default();
        let Some(case) = conformance::case(name) else { return Response::error("no such case", 404) };
        match (case.run)(self) {
            Ok(()) => Response::ok("passed"),
            Err(failed) => Response::error(failed.to_string(), 500),
        }
    }
}

impl Home for Conformance {
    fn open_with(&self, options: Options, collections: Collections) -> std::result::Result<Db, StorageError> {
        options.durable(&self.state, collections)
    }

    fn clear(&self) -> Checked {
        let sql = self.state.storage().sql();
        let run = |statement: &str| sql.exec(statement, None).map_err(|error| Failed(error.to_string()));
        let tables = run("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT GLOB '_cf_*'")?;
        let names: Vec<_> = tables.raw().filter_map(std::result::Result::ok).flatten().collect();
        for name in names {
            if let SqlStorageValue::String(name) = name {
                run(&format!("DROP TABLE \"{}\"", name.replace('"', "\"\"")))?;
            }
        }
        Ok(())
    }
}

/// Names the cases, or gives one to an object of its own.
///
/// # Errors
/// The object does not answer.
#[event(fetch)]
pub async fn fetch(request: Request, env: Env, _: Context) -> Result<Response> {
    let path = request.path();
    if path == "/cases" {
        let names: Vec<&str> = conformance::cases().iter().map(|case| case.name).collect();
        return Response::ok(names.join("\n"));
    }
    env.durable_object("OBJECTS")?.id_from_name(&path)?.get_stub()?.fetch_with_request(request).await
}
