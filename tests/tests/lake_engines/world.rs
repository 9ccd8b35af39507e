//! Objects, a lake in a folder, the oracle, and the engines.

use std::{
    collections::BTreeMap,
    ops::Range,
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
};

use futures_executor::block_on;
use serde_json::{Value as Json, json};
use terrace::{
    Options,
    cold::{Expiry, Lake},
    prelude::*,
    schema::{Collections, KeyOf, Registered},
};
use terrace_tests::Random;

use super::{
    engines::Engines,
    oracle::{Oracle, columns_of, hex},
    things::{Thing, thing},
};

/// A table and one of its snapshots; none is what is there now.
type Place = (&'static str, Option<i64>);

pub(crate) struct World {
    pub(crate) engines: Engines,
    pub(crate) lake: Lake,
    folder: tempfile::TempDir,
    name: String,
    random: Random,
    now: Arc<AtomicI64>,
    oracle: Oracle,
    /// The newest version of the struct that was synced.
    newest: usize,
    /// What every snapshot has to hold.
    snapshots: BTreeMap<Place, Json>,
    /// Those that were compared already.
    checked: Vec<Place>,
}

pub(crate) fn block<T>(future: impl Future<Output = T>) -> T {
    block_on(future)
}

/// The tables of the collection.
const CHANGES: &str = "thing_changes";
const STATE: &str = "thing";

impl World {
    /// None where there is no Python.
    pub(crate) fn new(seed: u64, name: &str) -> Option<Self> {
        let engines = Engines::start()?;
        println!("TERRACE_SEED={seed}");
        let folder = tempfile::tempdir().unwrap();
        let now = Arc::new(AtomicI64::new(1_700_000_000_000_000));
        let path = folder.path().join(name);
        let clock = now.clone();
        let lake = block(Lake::open(path.to_str().unwrap())).unwrap();
        let lake = lake.clock(move || Timestamp::from_micros(clock.fetch_add(1_000, Ordering::SeqCst)));
        Some(Self {
            engines,
            lake,
            name: name.to_owned(),
            random: Random(seed),
            now,
            oracle: Oracle::default(),
            newest: 0,
            snapshots: BTreeMap::new(),
            checked: Vec::new(),
            folder,
        })
    }

    /// The folder of a table.
    pub(crate) fn table(&self, table: &str) -> PathBuf {
        self.folder.path().join(&self.name).join(table)
    }

    fn open<T: Thing>(&self, object: &str) -> Result<Db, StorageError> {
        let clock = self.now.clone();
        let options = Options::new()
            .object(object)
            .clock(move || Timestamp::from_micros(clock.fetch_add(1, Ordering::SeqCst)));
        let name = hex(object.as_bytes());
        options.open(self.folder.path().join(name), Collections::from([Registered::of::<T>()]))
    }

    /// New documents of an object.
    pub(crate) fn insert<T: Thing>(&mut self, object: &str, ids: Range<i64>) -> Result<(), StorageError> {
        let documents: Vec<T> = ids.map(|id| thing(&mut self.random, id)).collect();
        self.open::<T>(object)?.insert_all(&documents).map(drop)
    }

    /// A third of the documents with ids below `end` is written anew, and some are deleted; some are new with that.
    pub(crate) fn change<T: Thing>(&mut self, object: &str, end: u64) -> Result<(), StorageError>
    where
        i64: KeyOf<T>,
    {
        let db = self.open::<T>(object)?;
        for _ in 0..end / 3 {
            let id = self.random.below(end).cast_signed();
            match self.random.below(4) {
                0 => drop(db.delete::<T>(id)?),
                _ => drop(db.upsert(&thing::<T>(&mut self.random, id))?),
            }
        }
        Ok(())
    }

    /// An object loses all documents.
    pub(crate) fn empty<T: Thing>(&mut self, object: &str) -> Result<(), StorageError> {
        self.open::<T>(object)?.find::<T>(|_| Filter::all()).delete().map(drop)
    }

    pub(crate) fn fork<T: Thing>(&mut self, object: &str) -> Result<(), StorageError> {
        self.open::<T>(object)?.fork().map(drop)
    }

    /// Syncs an object that has no event.
    pub(crate) fn sync_nothing<T: Thing>(&mut self, object: &str) -> Result<(), StorageError> {
        self.sync::<T>(object)
    }

    pub(crate) fn sync<T: Thing>(&mut self, object: &str) -> Result<(), StorageError> {
        let db = self.open::<T>(object)?;
        let done = block(db.sync(&self.lake))?;
        self.oracle.synced::<T>(&db)?;
        if T::VERSION >= self.newest {
            self.newest = T::VERSION;
            self.oracle.columns = columns_of::<T>();
            self.oracle.left = T::LEFT;
        }
        for collection in done.collections {
            self.snapshots.insert((CHANGES, collection.snapshot), self.oracle.changelog());
        }
        Ok(())
    }

    /// terrace itself reads what an object has, with the newest struct.
    pub(crate) fn check_own<T: Thing>(&self, object: &str) -> Result<(), StorageError> {
        let mut found = block(self.lake.find::<T>(|_| Filter::all()).object(object).all())?;
        found.sort_by_key(Thing::id);
        assert_eq!(found, self.open::<T>(object)?.all::<T>().limit(u64::MAX).all()?);
        Ok(())
    }

    /// Compacts: every new snapshot of the changelog and the last of the state table hold what was synced.
    pub(crate) fn compact(&mut self) -> Result<(), StorageError> {
        block(self.lake.compact_collection(STATE, |_| {}))?;
        for (table, expected) in [(CHANGES, self.oracle.changelog()), (STATE, self.oracle.state())] {
            for id in self.ids(table) {
                self.snapshots.entry((table, Some(id))).or_insert_with(|| expected.clone());
            }
        }
        self.snapshots.insert((STATE, None), self.oracle.state());
        Ok(())
    }

    pub(crate) fn expire(&mut self, expiry: Expiry) -> Result<(), StorageError> {
        block(self.lake.expire_collection(STATE, expiry))?;
        block(self.lake.remove_orphans(STATE, std::time::Duration::ZERO))?;
        let kept: Vec<Place> = [CHANGES, STATE]
            .into_iter()
            .flat_map(|table| self.ids(table).into_iter().map(move |id| (table, Some(id))))
            .collect();
        self.snapshots.retain(|place, _| place.1.is_none() || kept.contains(place));
        assert_eq!(kept.len(), 6, "three of each table");
        Ok(())
    }

    /// The ids of the snapshots that a table has.
    fn ids(&self, table: &str) -> Vec<i64> {
        let metadata = metadata(&self.table(table));
        let snapshots = metadata["snapshots"].as_array().unwrap();
        snapshots.iter().map(|snapshot| snapshot["snapshot-id"].as_i64().unwrap()).collect()
    }

    /// The engines read what is there now, and the snapshots that are new.
    pub(crate) fn check(&mut self, when: &str) {
        println!("{when}");
        self.snapshots.insert((CHANGES, None), self.oracle.changelog());
        self.checked.retain(|(_, snapshot)| snapshot.is_some());
        let new: Vec<Place> =
            self.snapshots.keys().filter(|place| !self.checked.contains(place)).copied().collect();
        for place in new {
            self.compare(place);
        }
        for table in [CHANGES, STATE] {
            if self.table(table).exists() {
                let told = self.engines.ask(&json!({ "do": "inspect", "table": self.table(table) }));
                assert_eq!(told["unsorted"], json!([]), "every data file names a sort order");
            }
        }
    }

    /// `PyIceberg` sees the state table's sort order: columns, each with its direction and the place of NULL.
    pub(crate) fn check_sort(&mut self, expected: &[(&str, &str, &str)]) {
        let told = self.engines.ask(&json!({ "do": "inspect", "table": self.table(STATE) }));
        assert_eq!(told["sort"], json!(expected));
    }

    /// They read everything that is kept.
    pub(crate) fn check_all(&mut self) {
        self.checked.clear();
        self.check("all snapshots");
    }

    fn compare(&mut self, place: Place) {
        let (table, snapshot) = place;
        self.engines.compare(&self.table(table), snapshot, &self.snapshots[&place]);
        self.checked.push(place);
    }

    /// Filters of columns by which the tables are or were partitioned, and of ids, find the rows that they should.
    pub(crate) fn check_filters(&mut self) {
        let objects: Vec<String> = self.oracle.objects.keys().cloned().collect();
        for table in [CHANGES, STATE] {
            let all = if table == CHANGES { self.oracle.changelog() } else { self.oracle.state() };
            for id in [0, 7, 39] {
                let filter = (json!(["EqualTo", "id", id]), format!("id = {id}"));
                self.filtered(table, &all, filter, |row| row("id") == Some(&id.to_string()));
            }
            for object in &objects {
                let sql = format!("_object = '{}'", object.replace('\'', "''"));
                self.filtered(table, &all, (json!(["EqualTo", "_object", object]), sql), |row| {
                    row("_object") == Some(object)
                });
            }
            let number = |text: &str| text.parse::<i64>().unwrap();
            let zero = "1970-01-01T00:00:00+00:00";
            let filter = (json!(["GreaterThanOrEqual", "at", zero]), format!("\"at\" >= '{zero}'"));
            self.filtered(table, &all, filter, |row| row("at").is_some_and(|time| number(time) >= 0));
            let filter = (json!(["EqualTo", "flag", true]), "flag".to_owned());
            self.filtered(table, &all, filter, |row| row("flag") == Some("true"));
            let filter = (json!(["LessThan", "medium", -5]), "medium < -5".to_owned());
            self.filtered(table, &all, filter, |row| row("medium").is_some_and(|it| number(it) < -5));
            let title = "ü, 木, 🦀";
            let filter = (json!(["EqualTo", "title", title]), format!("title = '{title}'"));
            self.filtered(table, &all, filter, |row| row("title") == Some(title));
            let filter = (json!(["IsNull", "o_text"]), "o_text IS NULL".to_owned());
            self.filtered(table, &all, filter, |row| row("o_text").is_none());
        }
    }

    fn filtered<'j>(
        &mut self,
        table: &str,
        all: &'j Json,
        (filter, sql): (Json, String),
        is_expected: impl Fn(&dyn Fn(&str) -> Option<&'j str>) -> bool,
    ) {
        let columns: Vec<&str> =
            all["columns"].as_array().unwrap().iter().map(|name| name.as_str().unwrap()).collect();
        let rows = all["rows"].as_array().unwrap().iter().filter(|row| {
            is_expected(&|name: &str| {
                row[columns.iter().position(|column| *column == name).unwrap()].as_str()
            })
        });
        let expected = json!({ "columns": columns, "rows": rows.collect::<Vec<_>>() });
        self.engines.compare_filtered(&self.table(table), None, &expected, Some((&filter, &sql)));
    }

    pub(crate) fn report(&self) {
        println!(
            "{} tables at a snapshot read, {} rows compared, {} snapshots at the end",
            self.engines.reads,
            self.engines.rows,
            self.ids(CHANGES).len() + self.ids(STATE).len()
        );
    }
}

/// A table's metadata, as the version hint names it.
fn metadata(table: &Path) -> Json {
    let folder = table.join("metadata");
    let number = std::fs::read_to_string(folder.join("version-hint.text")).unwrap();
    let json = std::fs::read(folder.join(format!("v{number}.metadata.json"))).unwrap();
    serde_json::from_slice(&json).unwrap()
}
