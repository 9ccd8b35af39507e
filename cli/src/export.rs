//! `terrace vrtx export`: the rows of a file in another format, a row group at a time.

use std::{
    fs,
    io::{self, BufWriter, Write},
    path::{Path, PathBuf},
    sync::Arc,
};

use anyhow::{Context, Result};
use indicatif::ProgressBar;
use parquet::{
    arrow::ArrowWriter,
    basic::{Compression, ZstdLevel},
    file::properties::WriterProperties,
};
use terrace::vortex::{File, MAX_ROWS};

use crate::Format;

pub(crate) fn run(path: &Path, format: Format, output: Option<PathBuf>) -> Result<()> {
    let name = path.display();
    let bytes = fs::read(path).with_context(|| format!("cannot read {name}"))?;
    let file = File::open(&bytes).with_context(|| format!("{name} is not a VRTX file"))?;
    let output = output.or_else(|| format.parquet.then(|| path.with_extension("parquet")));
    let Some(output) = output else { return write(&file, format, &mut BufWriter::new(io::stdout())) };
    // A file that is only half written would look whole.
    let shown = output.display().to_string();
    let part = output.with_extension("part");
    let mut to = BufWriter::new(fs::File::create(&part).with_context(|| format!("cannot write {shown}"))?);
    let written = write(&file, format, &mut to).and_then(|()| Ok(to.into_inner()?.sync_all()?));
    if written.is_err() {
        fs::remove_file(&part)?;
    } else {
        fs::rename(&part, &output)?;
        eprintln!("wrote {} rows to {shown}", file.rows());
    }
    written.with_context(|| format!("cannot write {shown}"))
}

fn write(file: &File<'_>, format: Format, to: &mut (impl Write + Send)) -> Result<()> {
    let columns: Vec<usize> = (0..file.names().len()).collect();
    let progress = ProgressBar::new(file.rows() as u64).with_message("rows");
    let batches = file.arrow_batches(&columns, MAX_ROWS).inspect(|batch| {
        progress.inc(batch.as_ref().map_or(0, |batch| batch.num_rows() as u64));
    });
    if format.parquet {
        let properties = WriterProperties::builder().set_compression(Compression::ZSTD(ZstdLevel::default()));
        let schema = Arc::new(file.arrow_schema());
        let mut writer = ArrowWriter::try_new(to, schema, Some(properties.build()))?;
        for batch in batches {
            writer.write(&batch?)?;
        }
        writer.close()?;
    } else if format.csv {
        let mut writer = arrow_csv::Writer::new(to);
        for batch in batches {
            writer.write(&batch?)?;
        }
    } else {
        let mut writer = arrow_json::LineDelimitedWriter::new(to);
        for batch in batches {
            writer.write(&batch?)?;
        }
        writer.finish()?;
    }
    Ok(())
}
