//! Up to which event a changelog table holds an object's lineage.
//!
//! The summaries of snapshots say so, the newest first. Where those that did have been expired, the table's rows do.

use std::collections::{BTreeMap, BTreeSet};

use arrow_array::{Array, Int64Array};

use crate::{cdc::Lineage, filter::Predicate, value::Value};

use super::{
    changes::{equals, of_object},
    error::Result,
    iceberg::{Schema, TableMetadata},
    mapping::{LINEAGE, OBJECT, SEQUENCE},
    scan::{Scan, Scanned, Wanted},
    table::Table,
};

/// An object and a lineage.
type Key = (String, String);

/// The key of a watermark in the summary of a snapshot.
pub(crate) fn watermark_key(object: &str, lineage: &str) -> String {
    format!("terrace.watermark.{object}.{lineage}")
}

/// Watermarks as a snapshot had them.
pub(crate) struct Watermarks {
    snapshot: Option<i64>,
    known: BTreeMap<Key, Option<u64>>,
}

impl Watermarks {
    /// Those of a table's present snapshot.
    pub(crate) async fn read(table: &Table<'_>, keys: &BTreeSet<Key>) -> Result<Self> {
        let mut known = BTreeMap::new();
        for key in keys {
            let found = match from_summaries(table.metadata(), key, None) {
                Found::At(position) => Some(position),
                Found::Never => None,
                Found::Unknown => from_rows(table, key).await?,
            };
            known.insert(key.clone(), found);
        }
        Ok(Self { snapshot: table.metadata().current_snapshot_id, known })
    }

    /// The watermark at the snapshot that was read.
    pub(crate) fn base(&self, key: &Key) -> Option<u64> {
        self.known.get(key).copied().flatten()
    }

    /// The watermark at a later version of the table.
    pub(crate) fn at(&self, table: &TableMetadata, key: &Key) -> std::result::Result<Option<u64>, String> {
        match from_summaries(table, key, self.snapshot) {
            Found::At(position) => Ok(Some(position)),
            Found::Never if self.snapshot.is_none() => Ok(None),
            Found::Never => Ok(self.base(key)),
            Found::Unknown => Err("the snapshot that it was compared with was expired".to_owned()),
        }
    }
}

impl Table<'_> {
    /// Up to where the table holds some lineages of an object; those that it does not hold are missing.
    pub(crate) async fn watermarks(
        &self,
        object: &str,
        lineages: impl Iterator<Item = Lineage>,
    ) -> Result<BTreeMap<Lineage, u64>> {
        let mut found = BTreeMap::new();
        for lineage in lineages {
            let key = (object.to_owned(), lineage.to_string());
            let watermarks = Watermarks::read(self, &BTreeSet::from([key.clone()])).await?;
            found.extend(watermarks.base(&key).map(|position| (lineage, position)));
        }
        Ok(found)
    }
}

/// What the summaries say.
enum Found {
    At(u64),
    /// The history goes back to its beginning, or to where it was asked to, and names none.
    Never,
    /// The history does not go back so far.
    Unknown,
}

/// Looks through the history of a table, back to the snapshot `until`.
fn from_summaries(table: &TableMetadata, (object, lineage): &Key, until: Option<i64>) -> Found {
    let key = watermark_key(object, lineage);
    let mut last = None;
    for snapshot in table.ancestors(table.current_snapshot_id) {
        if until == Some(snapshot.snapshot_id) {
            return Found::Never;
        }
        if let Some(position) = snapshot.summary.get(&key).and_then(|text| text.parse().ok()) {
            return Found::At(position);
        }
        last = Some(snapshot);
    }
    match last {
        None if table.current_snapshot_id.is_none() => Found::Never,
        Some(first) if first.parent_snapshot_id.is_none() && until.is_none() => Found::Never,
        _ => Found::Unknown,
    }
}

/// The greatest position of the rows of an object and lineage.
async fn from_rows(table: &Table<'_>, (object, lineage): &Key) -> Result<Option<u64>> {
    let of_lineage = equals(LINEAGE.name, Value::Text(lineage.clone()));
    let predicate = Predicate::And(vec![of_object(object), of_lineage]);
    let schema = table.metadata().schema().map_or(&[][..], |schema| &schema.fields);
    let is_wanted = |name: &str| [OBJECT.name, LINEAGE.name, SEQUENCE.name].contains(&name);
    let projection = Schema::new(0, schema.iter().filter(|field| is_wanted(&field.name)).cloned().collect());
    let wanted = Wanted { projection, fills: BTreeMap::new(), predicate };
    let mut scan = Scan::of(table, table.metadata().snapshot(), wanted).await?;
    let mut greatest = None;
    while let Some(Scanned { batch, .. }) = scan.next().await? {
        let column = batch.column_by_name(SEQUENCE.name);
        let sequences = column.and_then(|column| column.as_any().downcast_ref::<Int64Array>());
        let positions = sequences.into_iter().flat_map(|array| array.values().iter());
        greatest = greatest.max(positions.max().map(|position| position.cast_unsigned()));
    }
    Ok(greatest)
}
