//! Position deletes: which rows of which files are gone.
//!
//! Source: Iceberg, "Position Delete Files".

use std::{collections::BTreeMap, sync::Arc};

use arrow_array::{Int64Array, RecordBatch, StringArray, cast::AsArray, types::Int64Type};

use crate::{
    filter::{Comparison, Predicate},
    value::Value,
};

use super::{
    error::{Result, refused},
    iceberg::{Content, DataFile, Field, ManifestEntry, Schema, Type},
    parquet::{BoundPredicate, FileReader, FileWriter, Scan as FileScan},
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

/// Stores which rows of a file are deleted, by their places in order.
pub(crate) async fn write(table: &Table<'_>, file: &DataFile, places: &[u64]) -> Result<DataFile> {
    let schema = schema();
    let paths = StringArray::from_iter_values(std::iter::repeat_n(&file.file_path, places.len()));
    let places = Int64Array::from_iter_values(places.iter().map(|place| place.cast_signed()));
    let arrow = Arc::new(schema.arrow()?);
    let rows = RecordBatch::try_new(arrow, vec![Arc::new(paths), Arc::new(places)]);
    let mut writer = FileWriter::new(&schema, &[])?;
    writer.write(&rows.map_err(|error| refused(&error))?)?;
    let (bytes, written) = writer.finish()?;
    // by a bound that is whole, readers that know no `referenced_data_file` see that there is one
    let bound = BTreeMap::from([(FILE_PATH, file.file_path.clone().into_bytes())]);
    let described = DataFile {
        content: Content::PositionDeletes,
        spec_id: file.spec_id,
        partition: file.partition.clone(),
        referenced_data_file: Some(file.file_path.clone()),
        lower_bounds: written.lower_bounds.into_iter().chain(bound.clone()).collect(),
        upper_bounds: written.upper_bounds.into_iter().chain(bound).collect(),
        ..written
    };
    let name = format!("{:032x}-deletes", table.lake.unique());
    table.store_file(&name, bytes, described).await
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
