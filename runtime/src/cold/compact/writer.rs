//! Rows into files, each of one partition and sorted.

use std::collections::BTreeMap;

use arrow_array::RecordBatch;
use arrow_row::{OwnedRow, Row as Key, Rows};

use crate::value::Row;

use super::{
    super::{
        error::{Result, refused},
        iceberg::{DataFile, Datum, PartitionSpec, Schema},
        parquet::{BatchRows, FileWriter},
        prune::literal,
        table::Table,
    },
    sorted::{Place, Sorting, gathered, order},
};

/// The bytes of a file after which the next begins, and of all that are being written at once.
const FILE_BYTES: usize = 32 << 20;

/// How many files are being written at once.
const OPEN_FILES: usize = 32;

/// How many rows are written together.
const BATCH: usize = 8_192;

/// How many values are gathered and sorted together.
pub(super) const VALUES: usize = 2 << 20;

/// The bytes of rows that are gathered, at most about.
const GATHERED_BYTES: usize = 256 << 20;

/// The values of a partition.
type Partition = Vec<Option<Datum>>;

/// The number of each row's partition, by batches.
type Groups = Vec<Vec<u32>>;

/// Writes rows of a table's present schema into files of its present partition, in its present sort order.
pub(crate) struct Writer<'t, 'l> {
    table: &'t Table<'l>,
    schema: Schema,
    spec: PartitionSpec,
    sorting: Sorting,
    /// The columns with bloom filters.
    looked_up: Vec<i32>,
    /// Rows that are not sorted yet.
    gathered: Vec<RecordBatch>,
    values: usize,
    bytes: usize,
    /// The files that are being written, by partitions as text.
    open: BTreeMap<String, OpenFile>,
    files: Vec<DataFile>,
}

/// A file that is being written.
struct OpenFile {
    partition: Partition,
    writer: FileWriter,
    /// The key of its last row.
    last: OwnedRow,
}

impl<'t, 'l> Writer<'t, 'l> {
    /// A writer of rows that are looked up by some columns.
    pub(crate) fn new(table: &'t Table<'l>, looked_up: &[&str]) -> Result<Self> {
        let metadata = table.metadata();
        let (Some(schema), Some(spec)) = (metadata.schema(), metadata.spec()) else {
            return Err(refused(&"a table without a schema"));
        };
        let looked_up = looked_up.iter().filter_map(|name| schema.field(name));
        Ok(Self {
            table,
            looked_up: looked_up.map(|field| field.id).collect(),
            sorting: Sorting::of(metadata, schema)?,
            schema: schema.clone(),
            spec: spec.clone(),
            gathered: Vec::new(),
            values: 0,
            bytes: 0,
            open: BTreeMap::new(),
            files: Vec::new(),
        })
    }

    /// Takes rows, in any order.
    pub(crate) async fn write(&mut self, batch: RecordBatch) -> Result<()> {
        self.values += batch.num_rows() * batch.num_columns();
        self.bytes += batch.get_array_memory_size();
        self.gathered.push(batch);
        if self.values < VALUES && self.bytes < GATHERED_BYTES { Ok(()) } else { self.flush().await }
    }

    /// Sorts what was gathered, and writes it.
    async fn flush(&mut self) -> Result<()> {
        (self.values, self.bytes) = (0, 0);
        let batches = std::mem::take(&mut self.gathered);
        let (groups, partitions) = self.groups(&batches)?;
        let keys: Vec<Rows> = batches.iter().map(|batch| self.sorting.keys(batch)).collect::<Result<_>>()?;
        let places = order(&keys, &groups);
        let group = |&(batch, row): &Place| groups[batch][row];
        let key = |(batch, row): Place| keys[batch].row(row);
        for of_group in places.chunk_by(|a, b| group(a) == group(b)) {
            let partition = &partitions[group(&of_group[0]) as usize];
            for chunk in of_group.chunks(BATCH) {
                let ends = (key(chunk[0]), key(chunk[chunk.len() - 1]));
                self.append(partition, &gathered(&batches, chunk)?, ends).await?;
            }
        }
        Ok(())
    }

    /// Adds sorted rows, with the keys of the first and the last, to the file of their partition: to a new one if they do not come
    /// after those that it has.
    async fn append(
        &mut self,
        partition: &[Option<Datum>],
        rows: &RecordBatch,
        (first, last): (Key<'_>, Key<'_>),
    ) -> Result<()> {
        let key = format!("{partition:?}");
        let open = match self.open.remove(&key) {
            Some(open) if open.last.row() > first => {
                self.store(open).await?;
                None
            }
            open => open,
        };
        let mut writer = match open {
            Some(open) => open.writer,
            None => FileWriter::new(&self.schema, &self.looked_up)?,
        };
        let rows = RecordBatch::try_new(writer.arrow_schema().clone(), rows.columns().to_vec());
        writer.write(&rows.map_err(|error| refused(&error))?)?;
        self.open.insert(key, OpenFile { partition: partition.to_vec(), writer, last: last.owned() });
        self.store_largest().await
    }

    /// Stores the largest of the files that are being written, if they are too many or too large.
    async fn store_largest(&mut self) -> Result<()> {
        let bytes: usize = self.open.values().map(|open| open.writer.estimated_bytes()).sum();
        if bytes < FILE_BYTES && self.open.len() <= OPEN_FILES {
            return Ok(());
        }
        let largest = self.open.iter().max_by_key(|(_, open)| open.writer.estimated_bytes());
        let largest = largest.map(|(key, _)| key.clone());
        match largest.and_then(|key| self.open.remove(&key)) {
            Some(open) => self.store(open).await,
            None => Ok(()),
        }
    }

    /// Stores the files that are being written, and gives all.
    pub(crate) async fn finish(mut self) -> Result<Vec<DataFile>> {
        self.flush().await?;
        for open in std::mem::take(&mut self.open).into_values() {
            self.store(open).await?;
        }
        Ok(self.files)
    }

    async fn store(&mut self, open: OpenFile) -> Result<()> {
        let (bytes, file) = open.writer.finish()?;
        let (spec_id, sort_order_id) = (self.spec.spec_id, self.sorting.order_id);
        let file = DataFile { spec_id, partition: open.partition, sort_order_id, ..file };
        let name = format!("{:032x}", self.table.lake.unique());
        let stored = self.table.store_file(&name, bytes, file).await?;
        self.files.push(stored);
        Ok(())
    }

    /// The partition of each row, as a number, and the partitions by these numbers.
    fn groups(&self, batches: &[RecordBatch]) -> Result<(Groups, Vec<Partition>)> {
        if self.spec.fields.is_empty() {
            let all = batches.iter().map(|batch| vec![0; batch.num_rows()]).collect();
            return Ok((all, vec![Vec::new()]));
        }
        let mut numbers: BTreeMap<String, u32> = BTreeMap::new();
        let mut partitions = Vec::new();
        let mut groups = Vec::with_capacity(batches.len());
        for batch in batches {
            let mut of_rows = Vec::with_capacity(batch.num_rows());
            let mut rows = BatchRows::new(batch, &self.schema);
            while rows.advance() {
                let partition = self.partition(&rows)?;
                let number = *numbers.entry(format!("{partition:?}")).or_insert_with(|| {
                    partitions.push(partition);
                    u32::try_from(partitions.len() - 1).unwrap_or(u32::MAX)
                });
                of_rows.push(number);
            }
            groups.push(of_rows);
        }
        Ok((groups, partitions))
    }

    fn partition(&self, row: &BatchRows<'_>) -> Result<Partition> {
        let sources = self.spec.fields.iter().map(|field| {
            let place = self.schema.fields.iter().position(|column| column.id == field.source_id);
            let Some(place) = place else { return Ok((field.source_id, None)) };
            let value = row.value(place)?.to_owned();
            Ok((field.source_id, literal(&value, &self.schema.fields[place].kind)))
        });
        let sources: BTreeMap<i32, Option<Datum>> = sources.collect::<Result<_>>()?;
        let partition = self.spec.partition(&self.schema, |id| sources.get(&id)?.as_ref());
        partition.map_err(|error| refused(&error))
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::sync::Arc;

    use arrow_array::{ArrayRef, Int64Array, StringArray, TimestampMicrosecondArray};
    use futures_executor::block_on;

    use super::*;
    use crate::{
        cold::{Lake, mapping::Role},
        prelude::*,
    };

    #[derive(crate::Collection)]
    #[collection(crate = crate, sort(-people))]
    struct City {
        #[id]
        name: String,
        people: Option<i64>,
    }

    fn rows(table: &Table<'_>, people: &[Option<i64>]) -> RecordBatch {
        let texts = |text: &str| -> ArrayRef { Arc::new(StringArray::from(vec![text; people.len()])) };
        let numbers: ArrayRef = Arc::new(Int64Array::from(vec![1; people.len()]));
        let times = TimestampMicrosecondArray::from(vec![1; people.len()]).with_timezone("UTC");
        let people: ArrayRef = Arc::new(Int64Array::from(people.to_vec()));
        let columns = vec![texts("object"), texts("00"), numbers, Arc::new(times), texts("name"), people];
        let schema = table.metadata().schema().unwrap().arrow().unwrap();
        RecordBatch::try_new(Arc::new(schema), columns).unwrap()
    }

    /// How many rows each file has, when rows are sorted and written in such parts.
    fn files(parts: &[&[Option<i64>]]) -> Vec<i64> {
        block_on(async {
            let lake = Lake::open("memory://").await.unwrap();
            let db = Db::open_in_memory(crate::collections![City]).unwrap();
            db.insert(&City { name: "Bonn".into(), people: None }).unwrap();
            db.sync(&lake).await.unwrap();
            lake.compact::<City>().await.unwrap();
            let table = Table::load(&lake, &Role::State.table("city")).await.unwrap().unwrap();
            let mut writer = Writer::new(&table, &["_object", "name"]).unwrap();
            for part in parts {
                writer.write(rows(&table, part)).await.unwrap();
                writer.flush().await.unwrap();
            }
            let files = writer.finish().await.unwrap();
            assert!(files.iter().all(|file| file.sort_order_id == Some(1)));
            files.iter().map(|file| file.record_count).collect()
        })
    }

    #[test]
    fn a_file_goes_on_as_long_as_its_rows_are_sorted() {
        assert_eq!(files(&[&[Some(9), Some(8)], &[Some(1), Some(8), Some(5)], &[None, Some(1)]]), [7]);
        assert_eq!(files(&[&[Some(1), Some(8)], &[Some(9)]]), [2, 1]);
        assert_eq!(files(&[&[Some(1)], &[Some(1)], &[None], &[Some(-1)]]), [3, 1]);
        assert_eq!(files(&[&[], &[Some(1)]]), [1]);
    }
}
