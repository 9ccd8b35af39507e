//! A REST catalog for tests: the protocol over the library's own metadata, with faults on request.
//!
//! It gives columns ids of its own, as the specification lets it.

use std::{
    collections::{BTreeMap, VecDeque},
    io::{BufRead, BufReader, Read, Write},
    net::{TcpListener, TcpStream},
    path::Path,
    sync::{Arc, Mutex, MutexGuard},
};

use serde_json::{Value, json};
use terrace::cold::iceberg::{Requirement, TableMetadata, Update};

/// What happens to a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    None,
    /// It is answered 409, as if another had been first.
    Conflict,
    /// It is answered 500 before anything is done.
    FailsBefore,
    /// It is answered 500 after it was done.
    FailsAfter,
    /// There is no answer, and nothing is done.
    LostBefore,
    /// There is no answer, and it is done.
    LostAfter,
    /// It is done, and what is answered is no JSON.
    Garbled,
    /// It is answered with this status, and nothing is done.
    Status(u16),
}

#[derive(Default)]
pub(crate) struct State {
    pub(crate) namespaces: Vec<Vec<String>>,
    pub(crate) tables: BTreeMap<String, TableMetadata>,
    /// Those of the next requests, after the catalog's options.
    pub(crate) faults: VecDeque<Fault>,
    /// Methods and paths.
    pub(crate) requests: Vec<String>,
    /// The token that is asked for.
    pub(crate) token: Option<String>,
}

/// The catalog, on a port of this machine.
pub(crate) struct Server {
    pub(crate) url: String,
    state: Arc<Mutex<State>>,
}

impl Server {
    /// A catalog without tables, whose tables will be below a folder.
    pub(crate) fn start(folder: &Path) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/catalog", listener.local_addr().unwrap());
        let state = Arc::new(Mutex::new(State::default()));
        let (shared, folder) = (state.clone(), folder.to_owned());
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let (state, folder) = (shared.clone(), folder.clone());
                std::thread::spawn(move || serve(stream.unwrap(), &state, &folder));
            }
        });
        Self { url, state }
    }

    pub(crate) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }
}

/// One request; the connection ends with it.
fn serve(mut stream: TcpStream, state: &Mutex<State>, folder: &Path) {
    let Some(request) = Request::read(&stream) else { return };
    let mut state = state.lock().unwrap();
    state.requests.push(format!("{} {}", request.method, request.path));
    let is_config = request.path.contains("/v1/config");
    let fault = if is_config { None } else { state.faults.pop_front() }.unwrap_or(Fault::None);
    let error =
        |status| (status, json!({"error": {"message": "planted", "type": "Planted", "code": status}}));
    let makes_namespace = request.method == "POST" && request.path.ends_with("/namespaces");
    let answer = match fault {
        Fault::LostBefore => return,
        // Another made the namespace first, so it is there.
        Fault::Conflict if makes_namespace => {
            state.answer(&request, folder);
            error(409)
        }
        Fault::Conflict => error(409),
        Fault::FailsBefore => error(500),
        Fault::Status(status) => error(status),
        _ if state.token.is_some() && state.token != request.token => error(401),
        _ => state.answer(&request, folder),
    };
    let (status, body) = match fault {
        Fault::LostAfter => return,
        Fault::FailsAfter => error(500),
        _ => answer,
    };
    let body = if fault == Fault::Garbled { "<html>".to_owned() } else { body.to_string() };
    let head = format!("HTTP/1.1 {status} X\r\ncontent-length: {}\r\nconnection: close\r\n\r\n", body.len());
    let _ = stream.write_all((head + &body).as_bytes());
}

struct Request {
    method: String,
    path: String,
    token: Option<String>,
    body: Value,
}

impl Request {
    fn read(stream: &TcpStream) -> Option<Self> {
        let mut reader = BufReader::new(stream);
        let mut line = String::new();
        reader.read_line(&mut line).ok()?;
        let mut words = line.split(' ').map(str::to_owned);
        let (method, path) = (words.next()?, words.next()?);
        let (mut length, mut token) = (0, None);
        loop {
            let mut header = String::new();
            reader.read_line(&mut header).ok()?;
            match header.trim().split_once(": ") {
                None => break,
                Some(("content-length", value)) => length = value.parse().ok()?,
                Some(("authorization", value)) => token = Some(value.to_owned()),
                Some(_) => {}
            }
        }
        let mut body = vec![0; length];
        reader.read_exact(&mut body).ok()?;
        Some(Self { method, path, token, body: serde_json::from_slice(&body).unwrap_or_default() })
    }
}

impl State {
    fn answer(&mut self, request: &Request, folder: &Path) -> (u16, Value) {
        let path = request.path.strip_prefix("/catalog/v1/").expect("below the address of the catalog");
        let parts: Vec<String> = path.split('/').map(|part| part.replace("%1F", "\u{1f}")).collect();
        let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
        match (request.method.as_str(), parts.as_slice()) {
            ("GET", ["config?warehouse=w"]) => {
                (200, json!({"defaults": {"prefix": "not"}, "overrides": {"prefix": "a/b"}}))
            }
            ("POST", ["a", "b", "namespaces"]) => self.create_namespace(&request.body),
            (_, ["a", "b", "namespaces", namespace, ..]) if !self.has(namespace) => {
                error(404, "no namespace")
            }
            ("GET", ["a", "b", "namespaces", _, "tables"]) => {
                let named = |name| json!({"namespace": ["terrace"], "name": name});
                let identifiers: Vec<Value> = self.tables.keys().map(named).collect();
                (200, json!({"identifiers": identifiers}))
            }
            ("POST", ["a", "b", "namespaces", _, "tables"]) => self.create(&request.body, folder),
            ("GET", ["a", "b", "namespaces", _, "tables", table]) => self.loaded(table),
            ("POST", ["a", "b", "namespaces", _, "tables", table]) => self.commit(table, &request.body),
            _ => error(400, "not of this protocol"),
        }
    }

    fn has(&self, namespace: &str) -> bool {
        self.namespaces.iter().any(|known| known.join("\u{1f}") == namespace)
    }

    fn create_namespace(&mut self, body: &Value) -> (u16, Value) {
        let namespace: Vec<String> = serde_json::from_value(body["namespace"].clone()).unwrap();
        if self.namespaces.contains(&namespace) {
            return error(409, "it is there");
        }
        self.namespaces.push(namespace);
        (200, body.clone())
    }

    fn create(&mut self, body: &Value, folder: &Path) -> (u16, Value) {
        let name = body["name"].as_str().unwrap().to_owned();
        if self.tables.contains_key(&name) {
            return error(409, "it is there");
        }
        let [mut schema, mut spec, mut sort] =
            ["schema", "partition-spec", "write-order"].map(|part| body[part].clone());
        let fields = schema["fields"].as_array_mut().unwrap();
        let last = 100 + fields.len();
        let mut given = BTreeMap::new();
        for (at, field) in fields.iter_mut().enumerate() {
            given.insert(field["id"].as_i64().unwrap(), 101 + at);
            field["id"] = json!(101 + at);
        }
        let give = |id: &mut Value| *id = json!(given[&id.as_i64().unwrap()]);
        let sources =
            [&mut spec, &mut sort].into_iter().flat_map(|part| part["fields"].as_array_mut().unwrap());
        sources.for_each(|field| give(&mut field["source-id"]));
        let identifier = schema.get_mut("identifier-field-ids").and_then(Value::as_array_mut);
        identifier.into_iter().flatten().for_each(give);
        let metadata = json!({
            "format-version": 2, "table-uuid": uuid(self.tables.len()), "last-updated-ms": 0,
            "location": format!("file://{}/tables/{name}", folder.display()), "last-column-id": last,
            "schemas": [schema], "current-schema-id": 0, "partition-specs": [spec], "default-spec-id": 0,
            "sort-orders": [sort], "default-sort-order-id": 1, "current-snapshot-id": -1,
            "properties": body["properties"],
        });
        self.tables.insert(name.clone(), serde_json::from_value(metadata).unwrap());
        self.loaded(&name)
    }

    fn loaded(&self, table: &str) -> (u16, Value) {
        let Some(metadata) = self.tables.get(table) else { return error(404, "no table") };
        (200, json!({"metadata-location": "here", "metadata": metadata, "config": {}}))
    }

    fn commit(&mut self, table: &str, body: &Value) -> (u16, Value) {
        let Some(metadata) = self.tables.get_mut(table) else { return error(404, "no table") };
        let requirements: Vec<Requirement> = serde_json::from_value(body["requirements"].clone()).unwrap();
        let updates: Vec<Update> = serde_json::from_value(body["updates"].clone()).unwrap();
        if !requirements.iter().all(|requirement| requirement.holds(metadata)) {
            return error(409, "the table has changed");
        }
        *metadata = metadata.next("before", &updates, 0);
        (200, json!({"metadata-location": "here", "metadata": metadata}))
    }
}

fn uuid(number: usize) -> String {
    format!("00000000-0000-4000-8000-{number:012}")
}

fn error(status: u16, message: &str) -> (u16, Value) {
    (status, json!({"error": {"message": message, "type": "Error", "code": status}}))
}
