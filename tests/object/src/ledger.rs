//! An object that is killed while it writes, that panics, that runs out of room, and that checks itself afterwards:
//! invariants 1 to 3.

use std::{cell::RefCell, collections::BTreeMap, error::Error};

use terrace::{cdc::CdcOperation, prelude::*};
use worker::{
    DurableObject, Env, Request, Response, Result, SqlStorage, State, durable_object, wasm_bindgen,
};

#[derive(Collection, Clone, Debug, PartialEq)]
struct Entry {
    #[id]
    number: i64,
    #[unique]
    text: String,
}

#[durable_object(fetch)]
pub(crate) struct Ledger {
    pub(crate) state: State,
    pub(crate) db: Db,
}

pub(crate) type Answer = std::result::Result<Response, Box<dyn Error>>;

thread_local! {
    /// What was said in requests whose answer is lost, since their object is started anew.
    static SAID: RefCell<Vec<String>> = RefCell::default();
}

impl DurableObject for Ledger {
    fn new(state: State, _: Env) -> Self {
        let db = Db::durable(&state, collections![Entry]).expect("the collection has one schema for ever");
        Self { state, db }
    }

    async fn fetch(&self, request: Request) -> Result<Response> {
        let path = request.path();
        let parts: Vec<&str> = path.split('/').skip(3).collect();
        self.answer(&parts).await.or_else(|error| Response::error(error.to_string(), 500))
    }
}

impl Ledger {
    async fn answer(&self, parts: &[&str]) -> Answer {
        match parts {
            ["add", number] => self.add(number.parse()?, false),
            ["panic", number] => self.add(number.parse()?, true),
            ["fill", first, count] => self.fill(first.parse()?, count.parse()?),
            ["roll-back", number] => self.roll_back(number.parse()?),
            ["said"] => Ok(Response::from_json(&SAID.take())?),
            ["wait", number] => {
                self.add(number.parse()?, false)?;
                std::future::pending().await
            }
            ["check"] => self.check(),
            ["bookmarks"] => self.bookmarks().await,
            ["mark"] => self.leave_mark(),
            ["restart"] => self.restart().await,
            _ => Ok(Response::error("no such thing here", 404)?),
        }
    }

    pub(crate) fn sql(&self) -> SqlStorage {
        self.state.storage().sql()
    }

    fn add(&self, number: i64, panics: bool) -> Answer {
        self.db.transaction(|db| {
            db.insert(&Entry { number, text: String::new() })?;
            assert!(!panics, "as the test asked for");
            db.update::<Entry>(number, |entry| entry.text = format!("entry {number}"))
        })?;
        Ok(Response::ok("added")?)
    }

    /// Takes room, and goes on where there is none.
    fn fill(&self, first: i64, count: i64) -> Answer {
        self.db.transaction(|db| {
            for number in first..first + count {
                let filled = db.insert(&Entry { number, text: format!("{number:0>50000}") });
                if filled.is_err() {
                    say(&filled);
                    say(&db.insert(&entry(-number)));
                    return filled;
                }
            }
            Ok(())
        })?;
        Ok(Response::ok("filled")?)
    }

    /// A transaction that SQLite ends by itself, and that goes on as if it had not.
    fn roll_back(&self, number: i64) -> Answer {
        let trigger = format!(
            "CREATE TRIGGER disaster BEFORE INSERT ON entry WHEN NEW.number = {number} \
             BEGIN SELECT RAISE(ROLLBACK, 'a disaster'); END"
        );
        self.sql().exec(&trigger, None)?;
        let kept = self.db.transaction(|db| {
            db.insert(&entry(number - 1))?;
            say(&db.insert(&entry(number)));
            say(&db.insert(&entry(number + 1)));
            say(&db.transaction(|db| db.insert(&entry(number + 2))));
            say(&db.get::<Entry>(number));
            Ok(())
        });
        say(&kept);
        say(&self.db.insert(&entry(number + 3)));
        Ok(Response::ok("the answer of an object that lives on")?)
    }

    fn check(&self) -> Answer {
        let mut replayed = BTreeMap::new();
        let mut restores = 0;
        for (event, sequence) in self.db.changes().since(0)?.zip(1..) {
            let event = event?;
            if event.sequence != sequence {
                return Err(format!("invariant 2: event {sequence} is {}", event.sequence).into());
            }
            match event.change::<Entry>()? {
                Some(Change::Inserted { after } | Change::Updated { after, .. }) => {
                    replayed.insert(after.number, after);
                }
                None if event.operation == CdcOperation::Restore => restores += 1,
                other => return Err(format!("invariant 1: event {sequence} is {other:?}").into()),
            }
        }
        let stored: Vec<Entry> =
            self.db.all::<Entry>().order_by(|entry| entry.number.asc()).limit(u64::MAX).all()?;
        if !replayed.values().eq(&stored) {
            return Err(format!("invariant 3: {} entries, {} replayed", stored.len(), replayed.len()).into());
        }
        if self.db.checksum::<Entry>()?.documents != stored.len() as u64 {
            return Err("invariant 3: the checksum counts other documents".into());
        }
        let entries: Vec<i64> = stored.iter().map(|entry| entry.number).collect();
        Ok(Response::from_json(&Checked { entries, restores })?)
    }
}

/// What a check that found nothing wrong has seen.
#[derive(serde::Serialize)]
struct Checked {
    entries: Vec<i64>,
    restores: u64,
}

fn entry(number: i64) -> Entry {
    Entry { number, text: format!("entry {number}") }
}

/// Keeps why something failed, or that it did not.
fn say<T>(result: &std::result::Result<T, StorageError>) {
    let said = match result {
        Ok(_) => "nothing wrong".to_owned(),
        Err(error) => format!("{:?}", error.source),
    };
    SAID.with_borrow_mut(|all| all.push(said));
}
