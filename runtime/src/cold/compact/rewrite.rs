//! What becomes of the state table's files that hold documents which changed.
//!
//! A file is written anew without them (copy-on-write). Where the table's property `write.merge.mode` says `merge-on-read`, a file
//! of position deletes says which rows are gone, until they are too many: then it is written anew as well. Each data file has
//! one file of deletes at most, which names it, and which goes when it does.

use std::collections::BTreeSet;

use arrow_array::{BooleanArray, RecordBatch};

use crate::{filter::Predicate, value::Value, vortex::Column};

use super::{
    super::{
        batch::{filtered, objects},
        deletes,
        error::{Result, refused},
        iceberg::{Content, DataFile, Field, ManifestEntry, Schema},
        key::keys,
        mapping::OBJECT,
        parquet::data_type,
        scan::{Scan, ScanStat, Scanned, Wanted, deleted, files},
        shape,
    },
    latest::Latest,
    step::{Step, fills_of, is_older, lacks},
    writer::Writer,
};

/// Of more objects than these, every file is looked at.
const MANY_OBJECTS: usize = 1_000;

/// A file is written anew when more than this part of its rows is gone.
const GONE_PART: u64 = 4;

/// What is done about files that were there before.
#[derive(Debug, Default)]
pub(super) struct Rewritten {
    /// The locations of those that go.
    pub(super) removed: BTreeSet<String>,
    /// New files of position deletes.
    pub(super) deletes: Vec<DataFile>,
}

impl Rewritten {
    /// A data file goes, and so do the deletes that are about it alone.
    pub(super) fn remove(&mut self, file: &str, deletes: &[ManifestEntry]) {
        self.removed.insert(file.to_owned());
        self.remove_deletes(file, deletes);
    }

    fn remove_deletes(&mut self, file: &str, deletes: &[ManifestEntry]) {
        let about =
            deletes.iter().filter(|entry| entry.data_file.referenced_data_file.as_deref() == Some(file));
        self.removed.extend(about.map(|entry| entry.data_file.file_path.clone()));
    }
}

impl Step<'_, '_> {
    /// Takes the documents that changed out of the state table's files; `writer` gets what is left of those that are written
    /// anew. So are files that lack columns with fills.
    pub(super) async fn rewrite(&self, latest: &Latest, writer: &mut Writer<'_, '_>) -> Result<Rewritten> {
        let state = self.state.metadata();
        let schema = state.schema().ok_or_else(|| refused(&"a table without a schema"))?;
        let fills = fills_of(self.state, self.described);
        let projection = Schema::new(0, schema.fields.iter().map(optional).collect());
        let is_older = is_older(self.state) && !fills.is_empty();
        let predicate = if is_older { Predicate::And(Vec::new()) } else { of_objects(latest) };
        let wanted = Wanted { projection, fills, predicate };
        let candidates =
            files(self.state, state.snapshot(), &wanted, i64::MIN, &mut ScanStat::default()).await?;
        let everything = Wanted { predicate: Predicate::And(Vec::new()), ..wanted };
        let (data, deletes): (Vec<ManifestEntry>, Vec<ManifestEntry>) =
            candidates.into_iter().partition(|entry| entry.data_file.content == Content::Data);
        let merges_on_read = shape::merges_on_read(state);
        let mut rewritten = Rewritten::default();
        for entry in data {
            let gone = self.gone(latest, with(&entry, &deletes), &everything).await?;
            let lacks_a_fill = is_older && lacks(&entry, &everything.fills);
            if gone.is_empty() && !lacks_a_fill {
                continue;
            }
            if merges_on_read && !lacks_a_fill && self.delete(&entry, &deletes, gone, &mut rewritten).await? {
                continue;
            }
            rewritten.remove(&entry.data_file.file_path, &deletes);
            let mut scan =
                Scan::over(self.state, with(&entry, &deletes), everything.clone(), ScanStat::default());
            while let Some(Scanned { batch, .. }) = scan.next().await? {
                let replaced = self.replaced(latest, &batch, &everything)?;
                let batch = filtered(&batch, replaced.into_iter().map(|replaced| !replaced).collect())?;
                writer.write(self.filled(batch, schema)?).await?;
            }
        }
        Ok(rewritten)
    }

    /// Writes which rows of a file are gone; not when they are too many.
    async fn delete(
        &self,
        entry: &ManifestEntry,
        deletes: &[ManifestEntry],
        gone: Vec<u64>,
        rewritten: &mut Rewritten,
    ) -> Result<bool> {
        let mut places = deleted(self.state, deletes, entry).await?;
        places.extend(gone);
        places.sort_unstable();
        if places.len() as u64 * GONE_PART > entry.data_file.record_count.unsigned_abs() {
            return Ok(false);
        }
        rewritten.remove_deletes(&entry.data_file.file_path, deletes);
        rewritten.deletes.push(deletes::write(self.state, &entry.data_file, &places).await?);
        Ok(true)
    }

    /// The places of the rows of a file that changed.
    async fn gone(&self, latest: &Latest, file: Vec<ManifestEntry>, everything: &Wanted) -> Result<Vec<u64>> {
        let wanted = Wanted { projection: self.keys_of(&everything.projection), ..everything.clone() };
        let scan = Scan::over(self.state, file, wanted.clone(), ScanStat::default());
        let (mut scan, mut gone) = (scan.with_positions(), Vec::new());
        while let Some(Scanned { batch, positions, .. }) = scan.next().await? {
            let replaced = self.replaced(latest, &batch, &wanted)?;
            let places = positions.into_iter().flatten().zip(replaced);
            gone.extend(places.filter_map(|(place, replaced)| replaced.then_some(place)));
        }
        Ok(gone)
    }

    fn keys_of(&self, schema: &Schema) -> Schema {
        let is_key = |field: &&Field| field.name == OBJECT.name || self.id.contains(&&*field.name);
        Schema::new(0, schema.fields.iter().filter(is_key).cloned().collect())
    }

    /// Which rows of the state table changed.
    fn replaced(&self, latest: &Latest, batch: &RecordBatch, wanted: &Wanted) -> Result<Vec<bool>> {
        let keys = keys(batch, &wanted.projection, &self.id)?;
        let objects = objects(batch)?;
        let changed =
            |(row, key)| latest.words.contains_key(&key) || latest.whole.contains(objects.value(row));
        Ok(keys.into_iter().enumerate().map(changed).collect())
    }

    /// Rows of the state table in which a column that became required has its fill in the place of NULL.
    pub(super) fn filled(&self, batch: RecordBatch, schema: &Schema) -> Result<RecordBatch> {
        let fields = shape::fields_of(self.state.metadata());
        let mut columns = batch.columns().to_vec();
        for id in &self.described.required {
            let (Some(fill), Some(of)) = (self.described.fills.get(id), fields.get(id)) else { continue };
            let Some(at) = schema.fields.iter().position(|field| field.id == *of) else { continue };
            let there = columns[at].nulls().map(|nulls| BooleanArray::new(nulls.inner().clone(), None));
            let Some(there) = there else { continue };
            let mut one = Column::new(data_type(&schema.fields[at].name, &schema.fields[at].kind)?, true);
            one.push(fill.as_ref())?;
            let one = arrow_array::Scalar::new(one.into_arrow()?);
            columns[at] =
                arrow_select::zip::zip(&there, &columns[at], &one).map_err(|error| refused(&error))?;
        }
        RecordBatch::try_new(batch.schema(), columns).map_err(|error| refused(&error))
    }
}

/// A file and the deletes that may be about it.
fn with(entry: &ManifestEntry, deletes: &[ManifestEntry]) -> Vec<ManifestEntry> {
    std::iter::once(entry).chain(deletes).cloned().collect()
}

/// The rows of the state table that are of objects which changed; of all when these are many.
fn of_objects(latest: &Latest) -> Predicate {
    if latest.objects().len() > MANY_OBJECTS {
        return Predicate::And(Vec::new());
    }
    let values = latest.objects().map(|object| Value::Text(object.clone())).collect();
    Predicate::In { column: OBJECT.name.into(), values }
}

fn optional(field: &Field) -> Field {
    Field { required: false, ..field.clone() }
}
