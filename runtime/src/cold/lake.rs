//! The lake: a store, and a catalog of the tables in it.

use std::{collections::BTreeMap, fmt, sync::Arc};

use uuid::Uuid;

use crate::{
    Timestamp,
    error::{During, Failure, Operation, StorageError},
};

use super::{
    catalog::{Catalog, FileCatalog},
    commit::{Changed, UNKNOWN_OUTCOMES},
    error::Result,
    iceberg::TableMetadata,
    mapping::{Described, Mapped, MappingError, NewTable, Role, TableChange},
    shape,
    store::Store,
    table::Table,
};

/// A clock that threads share.
#[cfg(not(target_family = "wasm"))]
type Clock = Arc<dyn Fn() -> Timestamp + Send + Sync>;
#[cfg(target_family = "wasm")]
type Clock = Arc<dyn Fn() -> Timestamp>;

/// The cold tier: tables of Iceberg in a folder, in memory or in a store that speaks S3, that any number of objects write.
///
/// ```
/// use terrace::{cold::Lake, prelude::*};
///
/// #[derive(Collection, Clone, Debug, PartialEq)]
/// struct City { #[id] name: String, people: i64 }
///
/// # futures_executor::block_on(async {
/// let lake = Lake::open("memory://").await?;
/// let db = Db::open_in_memory(collections![City])?;
/// db.insert(&City { name: "Bonn".into(), people: 330_000 })?;
/// let done = db.sync(&lake).await?;
/// assert_eq!(done.events, 1);
/// let large = lake.find::<City>(|c| c.people.gt(100_000)).all().await?;
/// assert_eq!(large[0].name, "Bonn");
/// # Ok::<(), StorageError>(())
/// # }).unwrap();
/// ```
#[derive(Clone)]
pub struct Lake {
    pub(crate) catalog: Catalog,
    url: Arc<str>,
    clock: Clock,
    random: Random,
}

/// Where 128 random bits come from.
#[cfg(not(target_family = "wasm"))]
type Random = Arc<dyn Fn() -> [u8; 16] + Send + Sync>;
#[cfg(target_family = "wasm")]
type Random = Arc<dyn Fn() -> [u8; 16]>;

impl Lake {
    /// A lake in a store of one's own, whose files other engines find below `url`. In a Durable Object this is how to open one.
    #[must_use]
    pub fn over(store: Arc<dyn Store>, url: &str) -> Self {
        let url = url.trim_end_matches('/');
        Self::with(Catalog::Files(FileCatalog::new(store, url.into())), url)
    }

    pub(super) fn with(catalog: Catalog, url: &str) -> Self {
        Self {
            catalog,
            url: url.into(),
            clock: Arc::new(Timestamp::now),
            random: Arc::new(|| Uuid::new_v4().into_bytes()),
        }
    }

    /// The clock that snapshots are stamped with; this machine's otherwise.
    #[must_use]
    #[cfg(not(target_family = "wasm"))]
    pub fn clock(mut self, clock: impl Fn() -> Timestamp + Send + Sync + 'static) -> Self {
        self.clock = Arc::new(clock);
        self
    }

    /// Where the uuids of new tables and the names of new files come from; random otherwise. No 128 bits may come twice.
    #[must_use]
    #[cfg(not(target_family = "wasm"))]
    pub fn random(mut self, random: impl Fn() -> [u8; 16] + Send + Sync + 'static) -> Self {
        self.random = Arc::new(random);
        self
    }

    /// Where the lake is.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The names of the tables in the lake.
    ///
    /// # Errors
    /// The lake cannot be reached.
    pub async fn tables(&self) -> std::result::Result<Vec<String>, StorageError> {
        self.catalog.tables().await.map_err(Failure::from).during_no_collection(Operation::Open)
    }

    /// What the present version of a table says of it; nothing where there is no such table.
    ///
    /// # Errors
    /// The lake cannot be reached; the metadata is damaged.
    pub async fn metadata(&self, table: &str) -> std::result::Result<Option<TableMetadata>, StorageError> {
        let loaded = self.catalog.load(table).await.map_err(Failure::from);
        let version = loaded.during_no_collection(Operation::Open)?;
        Ok(version.map(|version| version.metadata))
    }

    pub(crate) fn now(&self) -> Timestamp {
        (self.clock)()
    }

    /// A name for a file that no other file ever has: so a file that is stored or removed late, by whoever has tried the same
    /// before, is never one that someone else has committed since.
    pub(crate) fn unique(&self) -> u128 {
        u128::from_be_bytes((self.random)())
    }

    /// Milliseconds since 1970 UTC.
    pub(crate) fn now_ms(&self) -> i64 {
        self.now().micros().div_euclid(1_000)
    }

    /// The changelog table of a collection, made where there is none, and with room for what this struct writes.
    pub(crate) async fn changelog_for(&self, mapped: &Mapped) -> Result<Table<'_>> {
        let name = Role::Changelog.table(&mapped.schema.name);
        self.table_for(&name, || mapped.create(), |table| mapped.evolve(table)).await
    }

    /// The state table of a collection, made where there is none, and with room for what the changelog table holds.
    pub(crate) async fn state_for(
        &self,
        collection: &str,
        changelog: &TableMetadata,
        described: &Described,
    ) -> Result<Table<'_>> {
        let name = Role::State.table(collection);
        let create = || shape::create(changelog, described);
        let evolve = |table: &TableMetadata| match Described::of(table) {
            Some(_) => Err(MappingError::Taken { name: name.clone() }),
            None => shape::evolve(changelog, described, table),
        };
        self.table_for(&name, create, evolve).await
    }

    async fn table_for(
        &self,
        name: &str,
        create: impl Fn() -> std::result::Result<NewTable, MappingError>,
        evolve: impl Fn(&TableMetadata) -> std::result::Result<Option<TableChange>, MappingError>,
    ) -> Result<Table<'_>> {
        let mut unknown = 0;
        loop {
            let changed = match Table::load(self, name).await? {
                None => self.create(name, create()?).await?,
                Some(mut table) => match evolve(table.metadata())? {
                    None => return Ok(table),
                    Some((requirements, updates)) => table.change(&requirements, &updates).await?,
                },
            };
            match changed {
                Changed::Done | Changed::Conflict => {}
                Changed::Unknown(_) if unknown < UNKNOWN_OUTCOMES => unknown += 1,
                Changed::Unknown(error) => return Err(error.into()),
            }
        }
    }

    /// Makes a table.
    async fn create(&self, name: &str, new: NewTable) -> Result<Changed> {
        let metadata = TableMetadata {
            format_version: 2,
            table_uuid: uuid::Builder::from_random_bytes((self.random)()).into_uuid(),
            location: format!("{}/{name}", self.url),
            last_sequence_number: 0,
            last_updated_ms: self.now_ms(),
            last_column_id: new.schema.fields.iter().map(|field| field.id).max().unwrap_or(0),
            current_schema_id: new.schema.schema_id,
            schemas: vec![new.schema],
            default_spec_id: new.spec.spec_id,
            last_partition_id: new.spec.fields.iter().map(|field| field.field_id).max().unwrap_or(999),
            partition_specs: vec![new.spec],
            properties: new.properties,
            current_snapshot_id: None,
            snapshots: Vec::new(),
            snapshot_log: Vec::new(),
            metadata_log: Vec::new(),
            default_sort_order_id: new.sort.order_id,
            sort_orders: vec![new.sort],
            refs: BTreeMap::new(),
            other: BTreeMap::new(),
        };
        Changed::of(self.catalog.create(name, metadata).await)
    }
}

impl fmt::Debug for Lake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Lake").field("url", &self.url).finish_non_exhaustive()
    }
}
