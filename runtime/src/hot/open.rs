//! Opening a database: its own tables, its collections' schemas, and what a new object begins with.
//!
//! Where it is, a file or a Durable Object, only the modules below know.

#[cfg(all(feature = "worker", target_family = "wasm"))]
mod durable;
#[cfg(feature = "native")]
mod native;

#[cfg(feature = "native")]
use std::time::Duration;
use std::{
    cell::{Cell, RefCell},
    collections::BTreeMap,
    sync::Arc,
};

use crate::{
    Timestamp,
    cdc::{EventSchema, Lens, Lineage, frame::Layout},
    error::{Cause, Failure, Outcome},
    schema::{Collections, MAX_COLUMNS, Registered, Schema, StoredSchema},
    value::{RowBuf, ValueRef, hex},
};

use super::{
    Db,
    backend::{self, Backend},
    columnar::{self, Source},
    lineage,
    log::{self, Log},
    migrate,
    read::{self, corrupt, integer},
    table::Table,
};

/// Where the time of events comes from.
pub(super) type Clock = Box<dyn Fn() -> Timestamp + Send>;
/// Where lineages and the names of new objects come from.
pub(super) type Random = Box<dyn FnMut() -> [u8; 16] + Send>;

/// The format of the database's own tables.
const FORMAT: i64 = 1;

const TABLES: [&str; 2] = [
    "CREATE TABLE IF NOT EXISTS _terrace_object (format INTEGER NOT NULL, object TEXT NOT NULL) STRICT",
    "CREATE TABLE IF NOT EXISTS _terrace_schema (number INTEGER PRIMARY KEY, collection TEXT NOT NULL, \
     definition TEXT NOT NULL) STRICT",
];

/// How to open a database, where [`Db::open`] does not say enough.
///
/// ```
/// # use terrace::{Options, prelude::*};
/// let clock = || Timestamp::from_micros(0);
/// let db = Options::new().object("shop-7").clock(clock).open_in_memory(collections![])?;
/// assert_eq!(db.object_id(), "shop-7");
/// # Ok::<(), StorageError>(())
/// ```
pub struct Options {
    object: Option<String>,
    clock: Clock,
    random: Random,
    #[cfg(feature = "native")]
    busy_timeout: Duration,
}

impl Default for Options {
    fn default() -> Self {
        Self::new()
    }
}

impl std::fmt::Debug for Options {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Options").field("object", &self.object).finish_non_exhaustive()
    }
}

impl Options {
    /// What [`Db::open`] uses: this machine's clock and random numbers, a random object id, five seconds of waiting.
    #[must_use]
    pub fn new() -> Self {
        Self {
            object: None,
            clock: Box::new(Timestamp::now),
            random: Box::new(|| uuid::Uuid::new_v4().into_bytes()),
            #[cfg(feature = "native")]
            busy_timeout: Duration::from_secs(5),
        }
    }

    /// The id of an object that is created; one that exists keeps its own.
    #[must_use]
    pub fn object(mut self, id: impl Into<String>) -> Self {
        self.object = Some(id.into());
        self
    }

    /// Where the time of events comes from.
    #[must_use]
    pub fn clock(mut self, clock: impl Fn() -> Timestamp + Send + 'static) -> Self {
        self.clock = Box::new(clock);
        self
    }

    /// Where 128 random bits come from, for lineages and object ids.
    #[must_use]
    pub fn random(mut self, random: impl FnMut() -> [u8; 16] + Send + 'static) -> Self {
        self.random = Box::new(random);
        self
    }

    fn on(mut self, backend: Box<dyn Backend>, collections: &Collections) -> Outcome<Db> {
        for registered in collections.iter() {
            let valid = validate(registered.schema);
            valid.map_err(|problem| Failure::from(problem).of(registered.schema.name))?;
        }
        refuse_namesakes(collections)?;
        let mut catalog = Catalog::read(&*backend)?;
        if catalog.as_ref().is_none_or(|catalog| catalog.lacks(collections)) {
            catalog =
                Some(backend::atomically(&*backend, || self.create_or_migrate(&*backend, collections))?);
        }
        let catalog = catalog.unwrap_or_default();
        let schemas = catalog.event_schemas();
        let tables = collections
            .iter()
            .map(|registered| catalog.table(&*backend, registered))
            .collect::<Outcome<_>>()?;
        let db = Db {
            backend,
            tables,
            object: catalog.object.into(),
            schemas,
            log: RefCell::new(Log::default()),
            clock: self.clock,
            random: RefCell::new(self.random),
            reading: Cell::new(0),
            opened: RefCell::default(),
        };
        if catalog.rewound {
            db.after_rewind()?;
        }
        Ok(db)
    }

    fn create_or_migrate(&mut self, backend: &dyn Backend, collections: &Collections) -> Outcome<Catalog> {
        let mut catalog = match Catalog::read(backend)? {
            Some(catalog) => catalog,
            None => self.create(backend)?,
        };
        for registered in collections.iter() {
            let migrated = catalog.migrate(backend, registered.schema);
            migrated.map_err(|failure| failure.of(registered.schema.name))?;
        }
        Ok(catalog)
    }

    fn create(&mut self, backend: &dyn Backend) -> Outcome<Catalog> {
        for sql in TABLES.iter().chain(&log::TABLES) {
            backend.execute(sql, &RowBuf::new())?;
        }
        let object = self.object.take().unwrap_or_else(|| hex(&(self.random)()));
        let sql = "INSERT INTO _terrace_object (format, object) VALUES (?1, ?2)";
        backend.execute(sql, &[ValueRef::Integer(FORMAT), ValueRef::Text(&object)].as_slice())?;
        lineage::write(backend, 1, Lineage((self.random)()))?;
        Ok(Catalog { object, ..Catalog::default() })
    }
}

/// What a database says of itself.
#[derive(Debug, Default)]
pub(super) struct Catalog {
    pub(super) object: String,
    /// Whether the database holds the mark of a bookmark.
    rewound: bool,
    /// Every schema that was ever stored, by its number.
    pub(super) schemas: BTreeMap<u64, StoredSchema>,
    /// The collections of which documents may live in row groups.
    columnar: Vec<String>,
}

impl Catalog {
    pub(super) fn read(backend: &dyn Backend) -> Outcome<Option<Self>> {
        let Some(columnar) = columnar::collections(backend)? else { return Ok(None) };
        let sql = "SELECT format, object, EXISTS (SELECT 1 FROM _terrace_bookmark) FROM _terrace_object";
        let row = read::first(backend, sql, &RowBuf::new(), |row| {
            let format = read::unsigned(row, 0)?.cast_signed();
            Ok((format, read::text(row, 1)?.to_owned(), read::unsigned(row, 2)? == 1))
        })?;
        let (stored, object, rewound) =
            row.ok_or_else(|| corrupt("the object's own row", "it is missing"))?;
        if stored > FORMAT {
            return Err(Cause::NewerFormat { stored, known: FORMAT }.into());
        }
        let mut schemas = BTreeMap::new();
        let sql = "SELECT number, definition FROM _terrace_schema";
        read::each(backend, sql, &RowBuf::new(), |row| {
            let schema = serde_json::from_str(read::text(row, 1)?);
            let schema = schema.map_err(|error| corrupt("a stored schema", &error.to_string()))?;
            schemas.insert(read::unsigned(row, 0)?, schema);
            Ok(())
        })?;
        Ok(Some(Self { object, rewound, schemas, columnar }))
    }

    /// The newest schema of each collection.
    #[cfg(feature = "native")]
    fn newest(&self) -> impl Iterator<Item = &StoredSchema> {
        let names: std::collections::BTreeSet<&str> =
            self.schemas.values().map(|schema| &*schema.name).collect();
        names.into_iter().filter_map(|name| Some(self.versions(name).next_back()?.1))
    }

    /// The stored schemas of a collection, the oldest first.
    fn versions<'a>(
        &'a self,
        collection: &'a str,
    ) -> impl DoubleEndedIterator<Item = (u64, &'a StoredSchema)> {
        versions(&self.schemas, collection)
    }

    fn lacks(&self, collections: &Collections) -> bool {
        collections.iter().any(|registered| {
            let present = self.versions(registered.schema.name).next_back();
            present.is_none_or(|(_, stored)| *stored != StoredSchema::from(registered.schema))
        })
    }

    fn migrate(&mut self, backend: &dyn Backend, schema: &'static Schema) -> Outcome<()> {
        let later = StoredSchema::from(schema);
        let versions: Vec<(u64, StoredSchema)> =
            self.versions(schema.name).map(|(number, stored)| (number, stored.clone())).collect();
        let (Some((collection, _)), Some((_, earlier))) = (versions.first(), versions.last()) else {
            migrate::create(backend, schema)?;
            return self.store(backend, &later);
        };
        if *earlier == later {
            return Ok(());
        }
        let known = versions.iter().position(|(_, version)| *version == later);
        let rows = columnar::rows_table(schema.name, self.is_columnar(schema.name));
        let migration = migrate::Migration { earlier, later: &later, schema, collection: *collection, rows };
        if let (Some(known), false) = (known, migration.is_lossless()) {
            return Err(Cause::NewerSchema { stored: versions.len(), known: known + 1 }.into());
        }
        migration.run(backend)?;
        self.store(backend, &later)?;
        let opened = RefCell::default();
        migration.finish(Source { backend, schemas: &self.event_schemas(), opened: &opened })
    }

    /// Whether documents of the collection may live in row groups.
    pub(super) fn is_columnar(&self, collection: &str) -> bool {
        self.columnar.iter().any(|name| name == collection)
    }

    /// Adds the newest schema of a collection.
    fn store(&mut self, backend: &dyn Backend, schema: &StoredSchema) -> Outcome<()> {
        let number = self.schemas.keys().next_back().unwrap_or(&0) + 1;
        let definition = serde_json::to_string(schema).map_err(|error| Cause::Schema(error.to_string()))?;
        let sql = "INSERT INTO _terrace_schema (number, collection, definition) VALUES (?1, ?2, ?3)";
        let parameters = [integer(number), ValueRef::Text(&schema.name), ValueRef::Text(&definition)];
        backend.execute(sql, &parameters.as_slice())?;
        self.schemas.insert(number, schema.clone());
        Ok(())
    }

    fn table(&self, backend: &dyn Backend, registered: Registered) -> Outcome<Table> {
        let mut versions = self.versions(registered.schema.name);
        let first = versions.next();
        let last = versions.next_back().or(first);
        let (Some((collection, _)), Some((number, stored))) = (first, last) else {
            return Err(Cause::NotOpened.into());
        };
        let is_columnar = self.is_columnar(registered.schema.name);
        Ok(Table::new(backend, registered, collection, Layout::new(number, stored), stored, is_columnar))
    }

    fn event_schemas(&self) -> BTreeMap<u64, Arc<EventSchema>> {
        event_schemas(&self.schemas)
    }
}

/// The stored schemas of a collection, the oldest first.
fn versions<'a>(
    schemas: &'a BTreeMap<u64, StoredSchema>,
    collection: &'a str,
) -> impl DoubleEndedIterator<Item = (u64, &'a StoredSchema)> {
    let of = schemas.iter().filter(move |(_, schema)| schema.name == collection);
    of.map(|(&number, schema)| (number, schema))
}

/// How what was written under each schema is read, and what it is under the newest of its collection.
pub(super) fn event_schemas(schemas: &BTreeMap<u64, StoredSchema>) -> BTreeMap<u64, Arc<EventSchema>> {
    let names: std::collections::BTreeSet<&str> = schemas.values().map(|schema| &*schema.name).collect();
    let mut event_schemas = BTreeMap::new();
    for name in names {
        let versions: Vec<(u64, &StoredSchema)> = versions(schemas, name).collect();
        let Some((_, newest)) = versions.last() else { continue };
        let current = Arc::new((*newest).clone());
        let mut lens = Lens::identity(newest.columns.len());
        for (at, (number, stored)) in versions.iter().enumerate().rev() {
            if let Some((_, next)) = versions.get(at + 1) {
                lens = Lens::between(stored, next).then(&lens);
            }
            let schema = EventSchema {
                stored: (*stored).clone(),
                version: at as u64 + 1,
                layout: Layout::new(*number, stored),
                lens: lens.clone(),
                current: current.clone(),
            };
            event_schemas.insert(*number, Arc::new(schema));
        }
    }
    event_schemas
}

/// Refuses two collections of one name: each would be a migration of the other. SQLite does not tell `Order` from `order`.
fn refuse_namesakes(collections: &Collections) -> Outcome<()> {
    let mut names = std::collections::BTreeSet::new();
    for registered in collections.iter() {
        let name = registered.schema.name;
        if !names.insert(name.to_ascii_lowercase()) {
            let problem =
                "two collections have this name; give one of them another: `#[collection(name = \"…\")]`";
            return Err(Failure::from(Cause::Schema(problem.to_owned())).of(name));
        }
    }
    Ok(())
}

/// Refuses a schema that no table can have. The derive does so at compile time; this is for schemas made by hand.
fn validate(schema: &Schema) -> Result<(), Cause> {
    let columns = schema.columns.len();
    if columns == 0 || schema.id.is_empty() {
        return Err(Cause::Schema("a collection needs a column and an id".to_owned()));
    }
    if columns > MAX_COLUMNS {
        return Err(Cause::Schema(format!(
            "it has {columns} columns, and a table of a Durable Object holds at most {MAX_COLUMNS}; group some of them in a `#[json]` field"
        )));
    }
    Ok(())
}
