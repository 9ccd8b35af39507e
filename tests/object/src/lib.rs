//! What the tests run inside of Durable Objects.
//!
//! | request | answer |
//! |---|---|
//! | `GET /cases` | the names of the conformance suite's cases |
//! | `POST /run/NAME` | 200, or what is not as the case says |
//! | `POST /ledger/OBJECT/add/NUMBER` | an entry is written, with its event |
//! | `POST /ledger/OBJECT/panic/NUMBER` | a panic in the transaction that has written the entry |
//! | `POST /ledger/OBJECT/fill/NUMBER/COUNT` | entries of 50 kB |
//! | `POST /ledger/OBJECT/roll-back/NUMBER` | a transaction that SQLite ends by itself |
//! | `GET /ledger/OBJECT/said` | what was said in requests whose answer was lost |
//! | `POST /ledger/OBJECT/wait/NUMBER` | never any, when the entry is written |
//! | `GET /ledger/OBJECT/check` | the entries, or which invariant is broken |
//! | `GET /ledger/OBJECT/bookmarks` | what the platform gives and refuses |
//! | `POST /ledger/OBJECT/mark` | the mark of a bookmark is left, and the lineage is given |
//! | `POST /ledger/OBJECT/restart` | none: the object's session ends |
//! | `POST /vrtx/SEED` | the file of VRTX that wasm writes of the seed, if the one that was sent is read as it was |
#![cfg(target_family = "wasm")]

mod bookmarks;
mod ledger;
mod suite;
mod vrtx;

use terrace_tests::conformance;
use worker::{Context, Env, Request, Response, Result, event};

/// Gives a request to the object that it names.
///
/// # Errors
/// The object does not answer.
#[event(fetch)]
pub async fn fetch(request: Request, env: Env, _: Context) -> Result<Response> {
    let path = request.path();
    let parts: Vec<&str> = path.split('/').skip(1).collect();
    let (binding, object) = match parts.as_slice() {
        ["cases"] => {
            let names: Vec<&str> = conformance::cases().iter().map(|case| case.name).collect();
            return Response::ok(names.join("\n"));
        }
        ["run", name] => ("SUITES", *name),
        ["vrtx", seed] => return vrtx::exchange(request, seed).await,
        ["ledger", object, ..] => ("LEDGERS", *object),
        _ => return Response::error("no such thing here", 404),
    };
    env.durable_object(binding)?.id_from_name(object)?.get_stub()?.fetch_with_request(request).await
}
