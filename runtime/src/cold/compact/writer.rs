//! Rows into files, each of one partition.

use std::collections::BTreeMap;

use arrow_array::RecordBatch;

use crate::value::Row;

use super::{
    super::{
        error::{Result, refused},
        iceberg::{DataFile, Datum, PartitionSpec, Schema},
        parquet::{BatchRows, FileWriter},
        prune::literal,
        table::Table,
    },
    sorted::{gathered, order},
};

/// The bytes of a file after which the next begins, and of all that are being written at once.
const FILE_BYTES: usize = 32 << 20;

/// How many files are being written at once.
const OPEN_FILES: usize = 32;

/// How many rows are written together.
const BATCH: usize = 8_192;

/// The values of a partition.
type Partition = Vec<Option<Datum>>;

/// The number of each row's partition, by batches.
type Groups = Vec<Vec<u32>>;

/// Writes rows of a table's present schema into files of its present partition.
pub(crate) struct Writer<'t, 'l> {
    table: &'t Table<'l>,
    schema: Schema,
    spec: PartitionSpec,
    looked_up: Vec<i32>,
    sorted_by: Vec<usize>,
    /// The files that are being written, by partitions as text.
    open: BTreeMap<String, (Partition, FileWriter)>,
    pub(crate) files: Vec<DataFile>,
}

impl<'t, 'l> Writer<'t, 'l> {
    /// A writer of rows that are looked up by some columns, and sorted by them.
    pub(crate) fn new(table: &'t Table<'l>, looked_up: &[&str]) -> Result<Self> {
        let metadata = table.metadata();
        let (Some(schema), Some(spec)) = (metadata.schema(), metadata.spec()) else {
            return Err(refused(&"a table without a schema"));
        };
        let place = |name: &&str| schema.fields.iter().position(|field| field.name == *name);
        let sorted_by: Vec<usize> = looked_up.iter().filter_map(place).collect();
        Ok(Self {
            table,
            looked_up: sorted_by.iter().map(|&at| schema.fields[at].id).collect(),
            schema: schema.clone(),
            spec: spec.clone(),
            sorted_by,
            open: BTreeMap::new(),
            files: Vec::new(),
        })
    }

    /// Puts bloom filters on other columns than those that rows are sorted by.
    pub(crate) fn looked_up_by(mut self, names: &[&str]) -> Self {
        let fields = names.iter().filter_map(|name| self.schema.field(name));
        self.looked_up = fields.map(|field| field.id).collect();
        self
    }

    /// Writes rows in their order, each batch into the files of its partitions.
    pub(crate) async fn write(&mut self, batch: RecordBatch) -> Result<()> {
        let batches = [batch];
        let (groups, partitions) = self.groups(&batches)?;
        let mut places: Vec<(usize, usize)> = (0..batches[0].num_rows()).map(|row| (0, row)).collect();
        places.sort_by_key(|&(_, row)| groups[0][row]);
        self.write_places(&batches, &places, &groups, &partitions).await
    }

    /// Sorts rows, and writes them.
    pub(crate) async fn write_sorted(&mut self, batches: &[RecordBatch]) -> Result<()> {
        let (groups, partitions) = self.groups(batches)?;
        let places = order(batches, &self.sorted_by, &groups)?;
        self.write_places(batches, &places, &groups, &partitions).await
    }

    async fn write_places(
        &mut self,
        batches: &[RecordBatch],
        places: &[(usize, usize)],
        groups: &[Vec<u32>],
        partitions: &[Partition],
    ) -> Result<()> {
        let group = |&(batch, row): &(usize, usize)| groups[batch][row];
        for of_group in places.chunk_by(|a, b| group(a) == group(b)) {
            let partition = &partitions[group(&of_group[0]) as usize];
            for chunk in of_group.chunks(BATCH) {
                self.append(partition, &gathered(batches, chunk)?).await?;
            }
        }
        Ok(())
    }

    async fn append(&mut self, partition: &[Option<Datum>], rows: &RecordBatch) -> Result<()> {
        let key = format!("{partition:?}");
        if !self.open.contains_key(&key) {
            let writer = FileWriter::new(&self.schema, &self.looked_up)?;
            self.open.insert(key.clone(), (partition.to_vec(), writer));
        }
        if let Some((_, writer)) = self.open.get_mut(&key) {
            let rows = RecordBatch::try_new(writer.arrow_schema().clone(), rows.columns().to_vec());
            writer.write(&rows.map_err(|error| refused(&error))?)?;
        }
        let bytes: usize = self.open.values().map(|(_, writer)| writer.estimated_bytes()).sum();
        if bytes < FILE_BYTES && self.open.len() <= OPEN_FILES {
            return Ok(());
        }
        let largest = self.open.iter().max_by_key(|(_, (_, writer))| writer.estimated_bytes());
        let largest = largest.map(|(key, _)| key.clone());
        match largest.and_then(|key| self.open.remove(&key)) {
            Some((partition, writer)) => self.store(partition, writer).await,
            None => Ok(()),
        }
    }

    /// Stores the files that are being written, and gives all.
    pub(crate) async fn finish(mut self) -> Result<Vec<DataFile>> {
        for (partition, writer) in std::mem::take(&mut self.open).into_values() {
            self.store(partition, writer).await?;
        }
        Ok(self.files)
    }

    async fn store(&mut self, partition: Partition, writer: FileWriter) -> Result<()> {
        let (bytes, file) = writer.finish()?;
        let file = DataFile { spec_id: self.spec.spec_id, partition, ..file };
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
