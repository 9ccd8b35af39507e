//! The conformance suite: each case runs in an object of its own.

use terrace::{Options, prelude::*, schema::Collections};
use terrace_tests::conformance::{self, Checked, Failed, Home};
use worker::{
    DurableObject, Env, Request, Response, Result, SqlStorageValue, State, durable_object, wasm_bindgen,
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
        let objects = "SELECT type || ' \"' || replace(name, '\"', '\"\"') || '\"' FROM sqlite_master \
                       WHERE type IN ('table', 'view') AND name NOT GLOB '_cf_*' AND name NOT GLOB 'sqlite_*'";
        let names: Vec<_> = run(objects)?.raw().filter_map(std::result::Result::ok).flatten().collect();
        for name in names {
            if let SqlStorageValue::String(name) = name {
                run(&format!("DROP {name}"))?;
            }
        }
        Ok(())
    }
}
