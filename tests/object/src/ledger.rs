//! An object that is killed while it writes, and that checks itself afterwards: invariants 1 to 3.

use std::collections::BTreeMap;

use terrace::prelude::*;
use worker::{DurableObject, Env, Request, Response, Result, State, durable_object, wasm_bindgen};

#[derive(Collection, Clone, Debug, PartialEq)]
struct Entry {
    #[id]
    number: i64,
    #[unique]
    text: String,
}

#[durable_object(fetch)]
struct Ledger {
    db: Db,
}

impl DurableObject for Ledger {
    fn new(state: State, _: Env) -> Self {
        Self { db: Db::durable(&state, collections![Entry]).expect("the collection has one schema for ever") }
    }

    async fn fetch(&self, request: Request) -> Result<Response> {
        let path = request.path();
        let parts: Vec<&str> = path.split('/').skip(3).collect();
        let answer = match parts.as_slice() {
            ["add", number] => self.add(number, false),
            ["panic", number] => self.add(number, true),
            ["check"] => self.check(),
            _ => return Response::error("no such thing here", 404),
        };
        answer.or_else(|error| Response::error(error.to_string(), 500))
    }
}

impl Ledger {
    fn add(&self, number: &str, panics: bool) -> std::result::Result<Response, Box<dyn std::error::Error>> {
        let number = number.parse()?;
        self.db.transaction(|db| {
            db.insert(&Entry { number, text: String::new() })?;
            assert!(!panics, "as the test asked for");
            db.update::<Entry>(number, |entry| entry.text = format!("entry {number}"))
        })?;
        Ok(Response::ok("added")?)
    }

    fn check(&self) -> std::result::Result<Response, Box<dyn std::error::Error>> {
        let mut replayed = BTreeMap::new();
        for (event, sequence) in self.db.changes().since(0)?.zip(1..) {
            let event = event?;
            if event.sequence != sequence {
                return Err(format!("invariant 2: event {sequence} is {}", event.sequence).into());
            }
            match event.change::<Entry>()? {
                Some(Change::Inserted { after } | Change::Updated { after, .. }) => {
                    replayed.insert(after.number, after);
                }
                other => return Err(format!("invariant 1: event {sequence} is {other:?}").into()),
            }
        }
        let stored: Vec<Entry> = self.db.all::<Entry>().order_by(|entry| entry.number.asc()).all()?;
        if !replayed.values().eq(&stored) {
            return Err(format!("invariant 3: {} entries, {} replayed", stored.len(), replayed.len()).into());
        }
        if self.db.checksum::<Entry>()?.documents != stored.len() as u64 {
            return Err("invariant 3: the checksum counts other documents".into());
        }
        let numbers: Vec<i64> = stored.iter().map(|entry| entry.number).collect();
        Ok(Response::from_json(&numbers)?)
    }
}
