//! A Worker with a Durable Object for each airport, which keeps the flights that leave it.
//!
//! | request | answer |
//! |---|---|
//! | `POST /JFK/flights` `{"number", "to", "departs"}` | 201 and the flight |
//! | `GET /JFK/flights/ID` | the flight |
//! | `PATCH /JFK/flights/ID` `{"version", "status"?, "departs"?, "delay"?}` | the flight as it is now |
//! | `DELETE /JFK/flights/ID` | 204 |
//! | `GET /JFK/flights?status=&to=&from=&limit=&after=` | a page of flights, by departure |
//! | `GET /JFK/changes?since=0` | the change events after a position |
//! | `GET /JFK/live` as a WebSocket | each change event as it happens |
#![cfg(target_family = "wasm")]

mod airport;
mod answer;
mod flight;

use worker::{Context, Env, Request, Response, Result, event};

/// Gives a request to the object of its airport.
///
/// # Errors
/// The object does not answer.
#[event(fetch)]
pub async fn fetch(request: Request, env: Env, _: Context) -> Result<Response> {
    let path = request.path();
    let code = path.split('/').nth(1).unwrap_or_default();
    if code.len() != 3 || !code.bytes().all(|letter| letter.is_ascii_uppercase()) {
        return Response::error("the path begins with the code of an airport, as /JFK/flights", 404);
    }
    env.durable_object("AIRPORTS")?.id_from_name(code)?.get_stub()?.fetch_with_request(request).await
}
