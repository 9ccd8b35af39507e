//! What is different between two snapshots.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use serde::Serialize;

use crate::{
    cdc::{Hasher, Lens, SnapshotId, column_json, document_id},
    error::{During, Operation, Outcome, StorageError},
    hot::{Schemas, apply},
    schema::StoredSchema,
    value::{Row as _, RowBuf, Value, ValueError, ValueRef},
};

use super::{
    Snapshots,
    contents::{Contents, key},
};

/// A document that is different in two snapshots, from [`Snapshots::diff`].
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct DocumentDiff {
    /// Its collection.
    pub collection: String,
    /// Its id as text; of an id of several columns, an array of texts.
    pub id: serde_json::Value,
    /// What happened to it.
    pub change: DocumentChange,
    /// The fields that are different; of a document that was added or removed, all that are not NULL.
    pub fields: Vec<FieldDiff>,
}

/// What happened to a document between two snapshots.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum DocumentChange {
    /// Only the second snapshot has it.
    Added,
    /// Only the first one has it.
    Removed,
    /// Both have it, with other values.
    Changed,
}

/// A field that is different in two snapshots. Values are as in [`CdcEvent::to_json`](crate::cdc::CdcEvent::to_json), so
/// that of a masked column is `"***"`.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct FieldDiff {
    /// The column.
    pub name: String,
    /// Its value in the first snapshot; null where it has no such document.
    pub before: serde_json::Value,
    /// Its value in the second one.
    pub after: serde_json::Value,
}

impl Snapshots<'_> {
    /// The documents that are different in two snapshots, by collection and id, with the fields that are.
    ///
    /// Where the struct has changed between the two, the documents of the first are compared as a migration to the second's
    /// schema would have left them. Holds a hash of each document of a collection in memory, and the documents that differ.
    ///
    /// # Errors
    /// [`SnapshotError`](super::SnapshotError): one of them, or one that it builds on, is missing or damaged.
    ///
    /// ```
    /// # use terrace::{prelude::*, snapshots::{DocumentChange, SnapshotKind::{Full, Incremental}}};
    /// # #[derive(Collection)]
    /// # struct City { #[id] name: String, people: i64 }
    /// # let db = Db::open_in_memory(collections![City])?;
    /// db.insert(&City { name: "Bonn".into(), people: 330_000 })?;
    /// let before = db.snapshots().create(Full)?;
    /// db.update::<City>("Bonn", |city| city.people += 1)?;
    /// let after = db.snapshots().create(Incremental)?;
    /// let diff = db.snapshots().diff(before.id, after.id)?;
    /// assert_eq!((diff[0].id.as_str(), diff[0].change), (Some("Bonn"), DocumentChange::Changed));
    /// assert_eq!((diff[0].fields[0].name.as_str(), &diff[0].fields[0].after), ("people", &330_001.into()));
    /// # Ok::<(), StorageError>(())
    /// ```
    pub fn diff(self, before: SnapshotId, after: SnapshotId) -> Result<Vec<DocumentDiff>, StorageError> {
        let diff = || {
            let (before, after) = (self.contents(before)?, self.contents(after)?);
            let all = [&before, &after].into_iter().flat_map(|of| &of.chain.last().collections);
            let names: BTreeSet<&str> = all.map(|of| of.name.as_str()).collect();
            let mut diff = Vec::new();
            for name in names {
                compare(name, &before, &after, &mut diff)?;
            }
            Ok(diff)
        };
        self.db.consistently(diff).during_no_collection(Operation::Snapshot)
    }
}

/// Runs `each` over the documents of a collection of a snapshot, with the key of each, as `schema` has them; `later` has the
/// steps on the way there.
fn each_document(
    of: &Contents<'_>,
    schema: &StoredSchema,
    later: &Schemas,
    each: &mut dyn FnMut(Vec<u8>, &RowBuf) -> Outcome<()>,
) -> Outcome<()> {
    let Some(own) = of.chain.schema(&schema.name) else { return Ok(()) };
    let lens = later.lens_from(own).cloned().unwrap_or_else(|| Lens::between(own, schema));
    let mut row = RowBuf::new();
    of.each_document(&schema.name, &mut |stored| {
        row.clear();
        apply(&lens, stored, &mut row)?;
        each(key(&schema.id, &row)?, &row)
    })
}

fn compare(
    name: &str,
    before: &Contents<'_>,
    after: &Contents<'_>,
    diff: &mut Vec<DocumentDiff>,
) -> Outcome<()> {
    let schemas = [before.chain.schema(name), after.chain.schema(name)];
    let Some(schema) = schemas[1].or(schemas[0]) else { return Ok(()) };
    let checksum = |of: &Contents<'_>| of.chain.last().collection(name).map(|of| of.after);
    if schemas[0] == schemas[1] && checksum(before) == checksum(after) {
        return Ok(());
    }
    // one without the collection has its schemas still
    let steps = if schemas[1].is_some() { &after.chain.schemas } else { &before.chain.schemas };
    let mut hasher = Hasher::new(schema);
    // of the first snapshot; what is left in the end is not in the second one as it was
    let mut unlike = HashMap::new();
    each_document(before, schema, steps, &mut |key, row| {
        unlike.insert(key, hasher.hash(row)?);
        Ok(())
    })?;
    let mut pairs: BTreeMap<Vec<u8>, [Option<RowBuf>; 2]> = BTreeMap::new();
    each_document(after, schema, steps, &mut |key, row| {
        if unlike.get(&key) == Some(&hasher.hash(row)?) {
            unlike.remove(&key);
        } else {
            pairs.entry(key).or_default()[1] = Some(row.clone());
        }
        Ok(())
    })?;
    each_document(before, schema, steps, &mut |key, row| {
        if unlike.contains_key(&key) {
            pairs.entry(key).or_default()[0] = Some(row.clone());
        }
        Ok(())
    })?;
    for pair in pairs.into_values() {
        diff.push(document(schema, &pair)?);
    }
    Ok(())
}

fn document(schema: &StoredSchema, [before, after]: &[Option<RowBuf>; 2]) -> Outcome<DocumentDiff> {
    let change = match (before, after) {
        (None, _) => DocumentChange::Added,
        (_, None) => DocumentChange::Removed,
        _ => DocumentChange::Changed,
    };
    let (before, after) = (values(schema, before.as_ref())?, values(schema, after.as_ref())?);
    let here = if change == DocumentChange::Removed { &before } else { &after };
    let id: Vec<Value> = schema.id.iter().map(|&at| here[at].clone()).collect();
    let columns = schema.columns.iter().zip(before.iter().zip(&after));
    let fields = columns.filter(|(_, (before, after))| before != after).map(|(column, (before, after))| {
        let [before, after] = [before, after].map(|value| column_json(column, value));
        FieldDiff { name: column.name.clone(), before, after }
    });
    let fields = fields.collect();
    Ok(DocumentDiff { collection: schema.name.clone(), id: document_id(schema, &id), change, fields })
}

/// The values of a document; without one, NULL for each.
fn values(schema: &StoredSchema, row: Option<&RowBuf>) -> Result<Vec<Value>, ValueError> {
    let value = |at| row.map_or(Ok(Value::Null), |row| row.value(at).map(ValueRef::to_owned));
    (0..schema.columns.len()).map(value).collect()
}
