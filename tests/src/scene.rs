//! Objects and a lake whose store fails: what is done with them, and what has to be true of them at every moment.
//!
//! Invariants 3, 4, 5 and 10.

#![allow(clippy::missing_panics_doc, clippy::unwrap_used)]

use std::{collections::BTreeMap, fmt::Write, fs, path::Path, time::Duration};

use rusqlite::Connection;
use tempfile::TempDir;
use terrace::{
    Options,
    cold::{Expiry, Lake},
    hot::Retention,
    prelude::*,
};

use crate::{
    audit::{Audited, Item, TableRow, audit, documents_of, folded, unreferenced},
    faulty::{FaultyStore, drive},
};

/// The two tables.
pub const CHANGES: &str = "item_changes";
/// The two tables.
pub const STATE: &str = "item";

/// What is done to one of the objects, or to the lake.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// Some documents are inserted, changed and deleted.
    Write(usize),
    /// A new lineage begins.
    Fork(usize),
    /// The log is synced.
    Sync(usize),
    /// The lake is compacted.
    Compact,
    /// All snapshots but the newest two are expired.
    Expire,
    /// Files that nothing refers to, and that are older than an hour, are removed.
    Orphans,
    /// A day goes by.
    Wait,
}

/// A folder in memory, where the system has such: no test of these turns the power off.
fn new_folder() -> TempDir {
    let memory = Path::new("/dev/shm");
    if memory.is_dir() { TempDir::new_in(memory) } else { TempDir::new() }.unwrap()
}

/// An object, in a file.
#[derive(Debug)]
pub struct Object {
    folder: TempDir,
    /// Its name.
    pub name: String,
    seed: u64,
    /// How often something was written.
    rounds: i64,
    /// Its events: each lineage and position.
    pub events: Vec<(String, i64)>,
    /// Its documents after each of its transactions.
    pub states: BTreeMap<u64, Vec<Item>>,
}

impl Object {
    /// A new object.
    #[must_use]
    pub fn new(name: &str, seed: u64) -> Self {
        let folder = new_folder();
        Self {
            folder,
            name: name.to_owned(),
            seed,
            rounds: 0,
            events: Vec::new(),
            states: BTreeMap::from([(0, Vec::new())]),
        }
    }

    /// The same in another place, which goes its own way.
    #[must_use]
    pub fn copy(&self) -> Self {
        let folder = new_folder();
        for file in fs::read_dir(self.folder.path()).unwrap() {
            let file = file.unwrap();
            fs::copy(file.path(), folder.path().join(file.file_name())).unwrap();
        }
        let (name, seed) = (self.name.clone(), self.seed + 1_000);
        let (events, states) = (self.events.clone(), self.states.clone());
        Self { folder, name, seed, rounds: self.rounds, events, states }
    }

    /// Opens it, as a process does that has just begun.
    #[must_use]
    pub fn open(&mut self, store: &FaultyStore) -> Db {
        self.seed += 1;
        let (mut random, clock) = (crate::Random(self.seed), store.clone());
        let bits = move || (u128::from(random.bits()) << 64 | u128::from(random.bits())).to_le_bytes();
        let options = Options::new().object(self.name.clone()).clock(move || clock.now()).random(bits);
        options.open(self.folder.path().join("object.db"), collections![Item]).unwrap()
    }

    /// Writes documents: some that are new, one that changes, one that goes.
    pub fn write(&mut self, db: &Db) {
        let first = self.rounds * 2;
        self.rounds += 1;
        db.transaction(|db| {
            let old = if first == 0 { 1_000..1_020 } else { 1_000 + first..1_001 + first };
            for id in (first..first + 4).chain(old) {
                db.upsert(&Item { id, note: format!("{} of round {}", self.name, self.rounds) })?;
            }
            db.update::<Item>(first, |item| item.note.push('!'))?;
            db.delete::<Item>(first + 1).map(drop)
        })
        .unwrap();
        self.note(db);
    }

    /// What it holds and remembers; of the log where it begins and ends, since its bytes hold times.
    pub(crate) fn describe(&self, text: &mut String) {
        writeln!(text, "{} {} {:?} {:?}", self.name, self.rounds, self.events, self.states).unwrap();
        let connection = Connection::open(self.folder.path().join("object.db")).unwrap();
        let own =
            "SELECT name FROM sqlite_schema WHERE type = 'table' AND name GLOB '_terrace_*' ORDER BY name";
        let mut own = connection.prepare(own).unwrap();
        for table in own.query_map([], |row| row.get::<_, String>(0)).unwrap().map(Result::unwrap) {
            let mut rows = connection.prepare(&format!("SELECT * FROM \"{table}\"")).unwrap();
            let columns = rows.column_count();
            let mut rows = rows.query([]).unwrap();
            while let Some(row) = rows.next().unwrap() {
                let values = (0..columns).map(|at| row.get::<_, rusqlite::types::Value>(at).unwrap());
                writeln!(text, "{table} {:?}", values.map(described).collect::<Vec<_>>()).unwrap();
            }
        }
    }

    /// Takes note of the new events, before they are pruned.
    pub fn note(&mut self, db: &Db) {
        let last = self.events.last().map_or(0, |(_, sequence)| sequence.unsigned_abs());
        let events = db.changes().since(last).unwrap().map(|event| {
            let event = event.unwrap();
            (event.lineage.to_string(), event.sequence.cast_signed())
        });
        self.events.extend(events.collect::<Vec<_>>());
        self.states.insert(db.changes().head().unwrap(), crate::documents::<Item>(db).unwrap());
    }
}

/// Of blobs only lineages: the others hold times.
fn described(value: rusqlite::types::Value) -> String {
    match value {
        rusqlite::types::Value::Blob(bytes) => <[u8; 16]>::try_from(bytes)
            .map_or_else(|_| String::new(), |id| format!("{:032x}", u128::from_be_bytes(id))),
        other => format!("{other:?}"),
    }
}

/// What snapshots of the two tables held when they were first seen.
type Seen = BTreeMap<i64, Vec<TableRow>>;

/// Objects and a lake.
#[derive(Debug)]
pub struct Scene {
    /// Where the lake is.
    pub store: FaultyStore,
    /// The objects.
    pub objects: Vec<Object>,
    seen: Seen,
}

impl Scene {
    /// Two objects, and no lake.
    #[must_use]
    pub fn new() -> Self {
        let objects = vec![Object::new("a", 1), Object::new("b", 500)];
        Self { store: FaultyStore::new(7), objects, seen: Seen::new() }
    }

    /// Objects, and the store of their lake.
    #[must_use]
    pub fn of(store: FaultyStore, objects: Vec<Object>) -> Self {
        Self { store, objects, seen: Seen::new() }
    }

    /// The same in another place.
    #[must_use]
    pub fn copy(&self) -> Self {
        let objects = self.objects.iter().map(Object::copy).collect();
        Self { store: self.store.copy(), objects, seen: self.seen.clone() }
    }

    /// Does a step by processes that have just begun; nothing if they crash.
    ///
    /// # Errors
    /// Those of the lake.
    pub fn run(&mut self, step: Step) -> Option<Result<(), StorageError>> {
        let store = self.store.clone();
        let lake = store.lake();
        match step {
            Step::Write(at) => {
                let db = self.objects[at].open(&store);
                self.objects[at].write(&db);
            }
            Step::Fork(at) => {
                let db = self.objects[at].open(&store);
                db.fork().unwrap();
                self.objects[at].note(&db);
            }
            Step::Wait => {
                store.settle();
                store.wait(86_400);
            }
            Step::Sync(at) => {
                let db = self.objects[at].open(&store);
                return drive(&store, async { db.sync(&lake).await.map(drop) });
            }
            Step::Compact => return drive(&store, async { lake.compact::<Item>().await.map(drop) }),
            Step::Expire => {
                let expiry = Expiry { before: Timestamp::from_micros(i64::MAX), keep: 2 };
                return drive(&store, async { lake.expire::<Item>(expiry).await.map(drop) });
            }
            Step::Orphans => return drive(&store, remove_orphans(&lake, 3_600)),
        }
        Some(Ok(()))
    }

    /// What has to be true at every moment.
    pub fn check(&mut self) {
        let changes = self.check_table(CHANGES);
        self.check_table(STATE);
        let rows = changes.as_ref().map_or(&[][..], |changes| changes.present());
        let mut known: Vec<(&str, &str, i64)> = events(rows).collect();
        let all = known.len();
        known.sort_unstable();
        known.dedup();
        assert_eq!(known.len(), all, "invariant 4: an event is in the lake twice");
        let lake = self.store.lake();
        for object in &mut self.objects {
            let db = object.open(&self.store);
            let watermark = db.sync_state(&lake).unwrap().watermark.cast_signed();
            for (lineage, sequence) in object.events.iter().filter(|(_, sequence)| *sequence <= watermark) {
                let event = (object.name.as_str(), lineage.as_str(), *sequence);
                assert!(
                    known.binary_search(&event).is_ok(),
                    "invariant 5: {event:?} is below the watermark {watermark}"
                );
            }
            db.changes().prune(Retention { keep: 0, cap: None }).unwrap();
        }
    }

    /// Invariant 10: every snapshot is there, and holds what it held.
    fn check_table(&mut self, table: &str) -> Option<Audited> {
        let audited = audit(&self.store, table)?;
        for (id, rows) in &audited.rows {
            let seen = self.seen.entry(*id).or_insert_with(|| rows.clone());
            assert_eq!(rows, seen, "snapshot {id} of {table} is not what it was");
        }
        Some(audited)
    }

    /// What has to be true when everything is synced, compacted and cleaned.
    pub fn check_end(&mut self) {
        self.check();
        let (changes, state) = (audit(&self.store, CHANGES).unwrap(), audit(&self.store, STATE).unwrap());
        let lake = self.store.lake();
        let mut expected: Vec<(&str, &str, i64)> = Vec::new();
        for object in &self.objects {
            let name = object.name.as_str();
            expected
                .extend(object.events.iter().map(|(lineage, sequence)| (name, lineage.as_str(), *sequence)));
        }
        let mut known: Vec<(&str, &str, i64)> = events(changes.present()).collect();
        known.sort_unstable();
        expected.sort_unstable();
        assert_eq!(known, expected, "invariant 4: each event is in the lake once");
        for object in &mut self.objects {
            let db = object.open(&self.store);
            let items = crate::documents::<Item>(&db).unwrap();
            assert_eq!(
                folded(changes.present(), &object.name),
                items,
                "invariant 3: the changelog of {}",
                object.name
            );
            assert_eq!(documents_of(state.present(), &object.name), items, "the state of {}", object.name);
            let found = drive(&self.store, lake.find::<Item>(|_| Filter::all()).object(&object.name).all());
            let mut found = found.unwrap().unwrap();
            found.sort();
            assert_eq!(found, items, "what is found of {}", object.name);
        }
        for (table, audited) in [(CHANGES, changes), (STATE, state)] {
            let orphans = unreferenced(&self.store, table, &audited);
            assert!(orphans.is_empty(), "left behind: {orphans:?}");
        }
    }

    /// Goes on to the end: everything is written once more, synced, compacted and cleaned; then checks.
    pub fn finish(&mut self) {
        use Step::{Compact, Orphans, Sync, Wait, Write};
        for step in [Write(0), Write(1), Sync(0), Sync(1), Compact, Wait, Orphans] {
            self.run(step).expect("no crash is planned").unwrap_or_else(|error| panic!("{step:?}: {error}"));
        }
        self.check_end();
    }
}

impl Default for Scene {
    fn default() -> Self {
        Self::new()
    }
}

/// Removes orphans that are older than so many seconds.
///
/// # Errors
/// Those of the lake.
pub async fn remove_orphans(lake: &Lake, seconds: u64) -> Result<(), StorageError> {
    lake.remove_orphans("item", Duration::from_secs(seconds)).await.map(drop)
}

/// Which events rows of a changelog are.
pub fn events(rows: &[TableRow]) -> impl Iterator<Item = (&str, &str, i64)> {
    rows.iter().map(|row| (row.object.as_str(), row.lineage.as_str(), row.sequence))
}
