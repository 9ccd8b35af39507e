//! terrace's side: the format of this repository.

use anyhow::Result;
use terrace::vortex::{File, FileWriter, Profile, encode};

use crate::data::Table;

/// The rows of a batch, as Vortex has them.
const BATCH: usize = 8192;

/// The table as a file.
pub(crate) fn write(table: &Table, profile: Profile) -> Result<Vec<u8>> {
    let mut writer = FileWriter::new(table.names.iter().copied());
    for group in &table.groups {
        let segments: Result<Vec<_>, _> = group.iter().map(|column| encode(column, profile)).collect();
        writer.push(&segments?)?;
    }
    Ok(writer.finish()?)
}

/// Decodes every column to Arrow; gives the number of rows.
pub(crate) fn read(bytes: &[u8]) -> Result<usize> {
    let file = File::open(bytes)?;
    let columns: Vec<usize> = (0..file.names().len()).collect();
    let mut rows = 0;
    for batch in file.arrow_batches(&columns, BATCH) {
        rows += batch?.num_rows();
    }
    Ok(rows)
}
