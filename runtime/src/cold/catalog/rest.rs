//! A catalog that is a service: the REST protocol of Iceberg.
//!
//! The tables are those of one namespace, which is made with the first table. The catalog says where a table is and what its
//! columns' ids are; so a new table gets no properties, and what terrace remembers of ids there is set by the first change,
//! made from the schema that the catalog has.
//!
//! Source: Iceberg, REST catalog specification.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
};

use reqwest::Url;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    super::{
        error::LakeError,
        iceberg::TableMetadata,
        store::{Store, native},
    },
    CatalogError, Change, CommitError, Place, RestError, RestErrorKind, Version, checked,
    http::Http,
};

/// The namespace where a URL names none.
const NAMESPACE: &str = "terrace";

/// The catalog.
#[derive(Clone, Debug)]
pub(crate) struct RestCatalog {
    http: Http,
    /// The address of the namespaces.
    namespaces: Url,
    namespace: Vec<String>,
    /// The stores of tables, by location.
    stores: Arc<Mutex<BTreeMap<String, Opened>>>,
}

/// A store, and the options that it was opened with.
type Opened = (Options, Arc<dyn Store>);

/// Options by the names that the specification gives them: of the catalog, and of the store of a table.
type Options = BTreeMap<String, String>;

/// The answer to the first question.
#[derive(Deserialize)]
struct Config {
    #[serde(default)]
    defaults: Options,
    #[serde(default)]
    overrides: Options,
}

#[derive(Deserialize)]
struct Listed {
    identifiers: Vec<Identifier>,
}

#[derive(Deserialize)]
struct Identifier {
    name: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
struct Loaded {
    #[serde(default)]
    metadata_location: Option<String>,
    metadata: Value,
    #[serde(default)]
    config: Option<Options>,
}

impl RestCatalog {
    /// Asks the catalog at a URL for its options.
    pub(crate) async fn open(url: &str) -> super::super::error::Result<Self> {
        let wrong = |problem: String| LakeError::Url { url: url.to_owned(), problem };
        let mut base = Url::parse(url).map_err(|error| wrong(error.to_string()))?;
        let (mut warehouse, mut namespace) = (None, NAMESPACE.to_owned());
        for (name, value) in base.query_pairs() {
            match &*name {
                "warehouse" => warehouse = Some(value.into_owned()),
                "namespace" => namespace = value.into_owned(),
                other => {
                    let problem = format!("`{other}` is no parameter; give `warehouse` or `namespace`");
                    return Err(wrong(problem).into());
                }
            }
        }
        base.set_query(None);
        let http = Http::from_environment().map_err(wrong)?;
        let mut question = below(&base, ["v1", "config"]);
        if let Some(warehouse) = warehouse {
            question.query_pairs_mut().append_pair("warehouse", &warehouse);
        }
        let config = http.get(&question).await.map_err(CatalogError::from)?;
        let Config { defaults, overrides } = config;
        let option = |name| overrides.get(name).or_else(|| defaults.get(name));
        if let Some(elsewhere) = option("uri") {
            let parsed = Url::parse(elsewhere);
            base = parsed.map_err(|error| wrong(format!("it goes on at `{elsewhere}`: {error}")))?;
        }
        let prefix = option("prefix").map_or("", String::as_str).split('/').filter(|part| !part.is_empty());
        let namespaces = below(&base, ["v1"].into_iter().chain(prefix).chain(["namespaces"]));
        let namespace = namespace.split('.').map(str::to_owned).collect();
        Ok(Self { http, namespaces, namespace, stores: Arc::default() })
    }

    /// The address of the tables, or of one.
    fn address(&self, table: Option<&str>) -> Url {
        let namespace = self.namespace.join("\u{1f}");
        below(&self.namespaces, [&*namespace, "tables"].into_iter().chain(table))
    }

    pub(super) async fn tables(&self) -> Result<Vec<String>, CatalogError> {
        let listed: Option<Listed> = there(self.http.get(&self.address(None)).await)?;
        let identifiers = listed.map_or_else(Vec::new, |listed| listed.identifiers);
        let mut tables: Vec<String> = identifiers.into_iter().map(|table| table.name).collect();
        tables.sort_unstable();
        Ok(tables)
    }

    pub(super) async fn load(&self, table: &str) -> Result<Option<Version>, CatalogError> {
        let loaded = there(self.http.get(&self.address(Some(table))).await)?;
        loaded.map(|loaded| self.version(table, loaded)).transpose()
    }

    pub(super) async fn create(&self, table: &str, metadata: &TableMetadata) -> Result<(), CommitError> {
        let body = json!({
            "name": table,
            "schema": metadata.schema(),
            "partition-spec": metadata.spec(),
            "write-order": metadata.sort_orders.first(),
            "properties": {"format-version": "2"},
        });
        let tables = self.address(None);
        match self.http.post::<Value>(&tables, &body).await {
            Err(error) if error.kind == RestErrorKind::NotFound => {
                self.create_namespace().await?;
                self.http.post::<Value>(&tables, &body).await?;
            }
            done => drop(done?),
        }
        Ok(())
    }

    /// Makes the namespace; that another was first is as well.
    async fn create_namespace(&self) -> Result<(), RestError> {
        for levels in 1..=self.namespace.len() {
            let body = json!({"namespace": self.namespace[..levels], "properties": {}});
            match self.http.post::<Value>(&self.namespaces, &body).await {
                Err(error) if error.kind != RestErrorKind::Conflict => return Err(error),
                _ => {}
            }
        }
        Ok(())
    }

    pub(super) async fn commit(&self, table: &str, change: Change<'_>) -> Result<Version, CommitError> {
        let body = json!({
            "identifier": {"namespace": self.namespace, "name": table},
            "requirements": change.requirements,
            "updates": change.updates,
        });
        let committed = self.http.post(&self.address(Some(table)), &body).await?;
        self.version(table, committed).map_err(CommitError::Failed)
    }

    fn version(&self, table: &str, loaded: Loaded) -> Result<Version, CatalogError> {
        let file = loaded.metadata_location.unwrap_or_default();
        let metadata = serde_json::from_value(loaded.metadata).map_err(|error| CatalogError::Damaged {
            table: table.to_owned(),
            file: file.clone(),
            problem: error.to_string(),
        })?;
        let metadata = checked(table, metadata)?;
        let location = metadata.location.trim_end_matches('/');
        let store = self.store(table, location, loaded.config)?;
        let place = Place { store, root: location.into(), folder: String::new() };
        Ok(Version { metadata, number: 0, file, place })
    }

    /// The store of a table, which stays open while its options are the same. The answer to a commit has no options.
    fn store(
        &self,
        table: &str,
        location: &str,
        options: Option<Options>,
    ) -> Result<Arc<dyn Store>, CatalogError> {
        let mut stores = self.stores.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((opened_with, store)) = stores.get(location)
            && options.as_ref().is_none_or(|options| options == opened_with)
        {
            return Ok(store.clone());
        }
        let options = options.unwrap_or_default();
        let (store, _) = native::open(location, &options)?.ok_or_else(|| CatalogError::Location {
            table: table.to_owned(),
            location: location.to_owned(),
        })?;
        stores.insert(location.to_owned(), (options, store.clone()));
        Ok(store)
    }
}

/// The address below another.
fn below<'p>(base: &Url, parts: impl IntoIterator<Item = &'p str>) -> Url {
    let mut address = base.clone();
    if let Ok(mut path) = address.path_segments_mut() {
        path.pop_if_empty().extend(parts);
    }
    address
}

/// Nothing where there is no such thing.
fn there<R>(found: Result<R, RestError>) -> Result<Option<R>, RestError> {
    match found {
        Ok(found) => Ok(Some(found)),
        Err(error) if error.kind == RestErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}
