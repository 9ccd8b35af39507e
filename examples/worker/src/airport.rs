//! The object of one airport: its flights, the requests about them, and who listens to its changes.

use std::{collections::HashMap, str::FromStr};

use serde::de::DeserializeOwned;
use serde_json::{Value as Json, json};
use terrace::{hot::Find, prelude::*};
use worker::{
    DurableObject, Env, Error, Method, Request, Response, State, WebSocket, WebSocketIncomingMessage,
    WebSocketPair, durable_object, wasm_bindgen,
};

use crate::{
    answer::{Answer, Refusal, json},
    flight::{Flight, FlightChange, NewFlight, Status},
};

/// How many flights a page has, unless the client asks for fewer.
const PAGE: u64 = 100;
/// How many events an answer has at most.
const EVENTS: usize = 1_000;

#[durable_object(websocket)]
struct Airport {
    state: State,
    db: Result<Db, String>,
}

impl DurableObject for Airport {
    fn new(state: State, _: Env) -> Self {
        let db = Db::durable(&state, collections![Flight]).map_err(|error| error.to_string());
        Self { state, db }
    }

    async fn fetch(&self, request: Request) -> worker::Result<Response> {
        self.answer(request).await.or_else(|refusal| refusal.response())
    }

    /// Listeners have nothing to say.
    async fn websocket_message(&self, _: WebSocket, _: WebSocketIncomingMessage) -> worker::Result<()> {
        Ok(())
    }

    async fn websocket_close(
        &self,
        socket: WebSocket,
        code: usize,
        reason: String,
        _: bool,
    ) -> worker::Result<()> {
        socket.close(u16::try_from(code).ok(), Some(reason))
    }

    async fn websocket_error(&self, _: WebSocket, _: Error) -> worker::Result<()> {
        Ok(())
    }
}

impl Airport {
    fn db(&self) -> Result<&Db, Refusal> {
        self.db.as_ref().map_err(|problem| Refusal::new(503, problem))
    }

    async fn answer(&self, mut request: Request) -> Answer {
        let url = request.url()?;
        let parts: Vec<&str> = url.path().split('/').skip(2).collect();
        let query: HashMap<String, String> = url.query_pairs().into_owned().collect();
        let head = self.db()?.changes().head()?;
        let answer = match (request.method(), parts.as_slice()) {
            (Method::Get, ["flights"]) => self.page(&query),
            (Method::Post, ["flights"]) => self.create(body(&mut request).await?),
            (Method::Get, ["flights", id]) => self.read(parse(id)?),
            (Method::Patch, ["flights", id]) => self.change(parse(id)?, body(&mut request).await?),
            (Method::Delete, ["flights", id]) => self.delete(parse(id)?),
            (Method::Get, ["changes"]) => {
                self.changes(query.get("since").map_or(Ok(0), |since| parse(since))?)
            }
            (Method::Get, ["live"]) => self.listen(&request),
            _ => Err(Refusal::new(404, "no such thing here")),
        };
        self.announce(head)?;
        answer
    }

    fn create(&self, new: NewFlight) -> Answer {
        let flight = Flight::from(new);
        flight.insert(self.db()?)?;
        Ok(json(&flight)?.with_status(201))
    }

    fn read(&self, id: Id<Flight>) -> Answer {
        match self.db()?.get(id)? {
            Some(flight) => json(&flight),
            None => Err(Refusal::new(404, format!("there is no flight {id}"))),
        }
    }

    fn change(&self, id: Id<Flight>, change: FlightChange) -> Answer {
        let db = self.db()?;
        let changed = db.transaction(|db| {
            let Some(mut seen) = db.get(id)? else { return db.update(id, |_| ()) };
            seen.version = change.version;
            seen.update(db, |flight| change.apply(flight))
        })?;
        json(&changed)
    }

    fn delete(&self, id: Id<Flight>) -> Answer {
        if self.db()?.delete(id)? {
            Ok(Response::empty()?.with_status(204))
        } else {
            Err(Refusal::new(404, format!("there is no flight {id}")))
        }
    }

    fn page(&self, query: &HashMap<String, String>) -> Answer {
        let mut found = self.found(query)?.order_by(|flight| flight.departs.asc());
        if let Some(cursor) = query.get("after") {
            found = found.after(cursor.parse()?);
        }
        let size = query.get("limit").map_or(Ok(PAGE), |limit| parse(limit))?;
        let page = found.page(size.min(PAGE))?;
        json(&json!({ "flights": page.items, "after": page.next.map(|cursor| cursor.to_string()) }))
    }

    /// The flights that the query's filters ask for.
    fn found(&self, query: &HashMap<String, String>) -> Result<Find<'_, Flight>, Refusal> {
        let flight = Flight::COLUMNS;
        let mut filter = Filter::all();
        if let Some(status) = query.get("status") {
            let status: Status = serde_json::from_value(Json::String(status.clone()))
                .map_err(|problem| Refusal::new(400, problem.to_string()))?;
            filter = filter.and(flight.status.eq(status));
        }
        if let Some(to) = query.get("to") {
            filter = filter.and(flight.to.eq(to.as_str()));
        }
        if let Some(from) = query.get("from") {
            filter = filter.and(flight.departs.ge(parse::<Timestamp>(from)?));
        }
        Ok(self.db()?.find(|_| filter))
    }

    fn changes(&self, since: u64) -> Answer {
        let events = self.db()?.changes().since(since)?.take(EVENTS);
        let events: Vec<Json> =
            events.map(|event| Ok(event?.to_json())).collect::<Result<_, StorageError>>()?;
        json(&events)
    }

    /// Takes a listener, whom the object keeps while it sleeps.
    fn listen(&self, request: &Request) -> Answer {
        if request.headers().get("Upgrade")?.as_deref() != Some("websocket") {
            return Err(Refusal::new(426, "connect with a WebSocket"));
        }
        let pair = WebSocketPair::new()?;
        self.state.accept_web_socket(&pair.server);
        Ok(Response::from_websocket(pair.client)?)
    }

    /// Sends the events after a position to everyone who listens.
    fn announce(&self, since: u64) -> Result<(), Refusal> {
        let listeners = self.state.get_websockets();
        if listeners.is_empty() {
            return Ok(());
        }
        for event in self.db()?.changes().since(since)? {
            let event = event?.to_json().to_string();
            for listener in &listeners {
                // One who has gone is told to `websocket_close`.
                let _ = listener.send_with_str(&event);
            }
        }
        Ok(())
    }
}

async fn body<T: DeserializeOwned>(request: &mut Request) -> Result<T, Refusal> {
    let text = request.text().await?;
    serde_json::from_str(&text).map_err(|problem| Refusal::new(400, problem.to_string()))
}

fn parse<T: FromStr<Err: std::fmt::Display>>(text: &str) -> Result<T, Refusal> {
    text.parse().map_err(|problem: T::Err| Refusal::new(400, format!("`{text}`: {problem}")))
}
