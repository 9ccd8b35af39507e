//! Position deletes: which rows of which files are gone.
//!
//! Source: Iceberg, "Position Delete Files".

use std::sync::Arc;

use arrow_array::{Int64Array, cast::AsArray, types::Int64Type};

use crate::{
    filter::{Comparison, Predicate},
    value::Value,
};

use super::{
    error::{Result, refused},
    iceberg::{Field, ManifestEntry, Schema, Type},
    parquet::{BoundPredicate, FileReader, Scan as FileScan},
    table::Table,
};

/// The ids that the specification has reserved.
const FILE_PATH: i32 = 2_147_483_546;
const POSITION: i32 = 2_147_483_545;

/// The columns of a file of position deletes.
pub(crate) fn schema() -> Schema {
    let field = |id, name: &str, kind| Field { id, name: name.to_owned(), required: true, kind, doc: None };
    Schema::new(0, vec![field(FILE_PATH, "file_path", Type::String), field(POSITION, "pos", Type::Long)])
}

/// The places of the rows of a file that are deleted.
pub(crate) async fn read(table: &Table<'_>, deletes: &ManifestEntry, file: &str) -> Result<Vec<u64>> {
    let of_file = Predicate::Compare {
        column: "file_path".into(),
        comparison: Comparison::Eq,
        value: Value::Text(file.to_owned()),
    };
    let schema = schema();
    let path = table.path(&deletes.data_file.file_path)?;
    let scan = Arc::new(FileScan::new(schema.clone(), BoundPredicate::new(&of_file, &schema)));
    let store = table.store().clone();
    let mut reader = FileReader::open(store, path, &deletes.data_file, scan, Vec::new()).await?;
    let mut places = Vec::new();
    while let Some(batch) = reader.next().await? {
        let positions: Option<&Int64Array> = batch.rows.column(1).as_primitive_opt::<Int64Type>();
        let positions = positions.ok_or_else(|| refused(&"positions that are no numbers"))?;
        places.extend(positions.values().iter().map(|position| position.cast_unsigned()));
    }
    Ok(places)
}
