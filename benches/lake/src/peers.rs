//! Who else does it: the crate iceberg, and PyIceberg in a process of its own.

use std::{
    collections::HashMap,
    io::{BufRead, BufReader, Write},
    path::Path,
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
    sync::Arc,
};

use anyhow::{Context, Result, ensure};
use arrow_array::RecordBatch;
use futures::TryStreamExt;
use iceberg::{
    Catalog, CatalogBuilder, NamespaceIdent, TableCreation, TableIdent,
    io::{FileIO, LocalFsStorageFactory},
    memory::{MEMORY_CATALOG_WAREHOUSE, MemoryCatalogBuilder},
    spec::{DataFileFormat, Schema},
    table::StaticTable,
    transaction::{ApplyTransactionAction, Transaction},
    writer::{
        IcebergWriter, IcebergWriterBuilder,
        base_writer::data_file_writer::DataFileWriterBuilder,
        file_writer::{
            ParquetWriterBuilder,
            location_generator::{DefaultFileNameGenerator, DefaultLocationGenerator},
            rolling_writer::RollingFileWriterBuilder,
        },
    },
};
use parquet::{basic::Compression, file::properties::WriterProperties};

/// The rows of a table, by the crate iceberg.
pub(crate) async fn scan(metadata: &str) -> Result<(Vec<RecordBatch>, Schema)> {
    let name = TableIdent::from_strs(["bench", "flight"])?;
    let table = StaticTable::from_metadata_file(metadata, name, FileIO::new_with_fs()).await?;
    let batches = table.scan().build()?.to_arrow().await?.try_collect().await?;
    Ok((batches, table.metadata().current_schema().as_ref().clone()))
}

/// Appends ready batches to a new table in a folder, by the crate iceberg.
pub(crate) async fn append(folder: &Path, schema: &Schema, batches: &[RecordBatch]) -> Result<()> {
    let warehouse = format!("file://{}", folder.display());
    let catalog = MemoryCatalogBuilder::default()
        .with_storage_factory(Arc::new(LocalFsStorageFactory))
        .load("bench", HashMap::from([(MEMORY_CATALOG_WAREHOUSE.to_owned(), warehouse)]))
        .await?;
    let namespace = NamespaceIdent::new("bench".to_owned());
    catalog.create_namespace(&namespace, HashMap::new()).await?;
    let creation = TableCreation::builder().name("flight".to_owned()).schema(schema.clone()).build();
    let table = catalog.create_table(&namespace, creation).await?;
    let zstd = Compression::ZSTD(parquet::basic::ZstdLevel::default());
    let properties = WriterProperties::builder().set_compression(zstd).build();
    let rows = ParquetWriterBuilder::new(properties, table.metadata().current_schema().clone());
    let names = DefaultFileNameGenerator::new("bench".to_owned(), None, DataFileFormat::Parquet);
    let locations = DefaultLocationGenerator::new(table.metadata())?;
    let rolling = RollingFileWriterBuilder::new_with_default_file_size(rows, table.file_io().clone(), locations, names);
    let mut writer = DataFileWriterBuilder::new(rolling).build(None).await?;
    for batch in batches {
        writer.write(batch.clone()).await?;
    }
    let files = writer.close().await?;
    let transaction = Transaction::new(&table);
    let append = transaction.fast_append().add_data_files(files);
    append.apply(transaction)?.commit(&catalog).await?;
    Ok(())
}

/// PyIceberg, in a process of Python that times the job itself.
pub(crate) struct PyIceberg {
    process: Child,
    jobs: ChildStdin,
    answers: BufReader<ChildStdout>,
}

impl PyIceberg {
    pub(crate) fn start(python: &Path, script: &Path) -> Result<Self> {
        let mut command = Command::new(python);
        command.arg(script).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut process = command.spawn().with_context(|| format!("cannot start {command:?}"))?;
        let jobs = process.stdin.take().context("PyIceberg has no input")?;
        let answers = BufReader::new(process.stdout.take().context("PyIceberg has no output")?);
        let mut peer = Self { process, jobs, answers };
        let ready = peer.line()?;
        ensure!(ready == "ready", "PyIceberg says {ready}");
        Ok(peer)
    }

    fn line(&mut self) -> Result<String> {
        let mut line = String::new();
        self.answers.read_line(&mut line)?;
        Ok(line.trim_end().to_owned())
    }

    /// How many milliseconds it took, and how many rows there were.
    pub(crate) fn append(&mut self, database: &Path, folder: &Path) -> Result<(f64, u64)> {
        writeln!(self.jobs, "{}\t{}", database.display(), folder.display())?;
        self.jobs.flush()?;
        let line = self.line()?;
        let (milliseconds, rows) = line.split_once(' ').context("PyIceberg gave no answer")?;
        Ok((milliseconds.parse()?, rows.parse()?))
    }
}

impl Drop for PyIceberg {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
