//! How a table is laid out: by what its rows go into files of their own, and in which order they are in a file.
//!
//! Both may change; files of before keep what they were written under. A file names a sort order only if its rows are in it.

use super::iceberg::{PartitionField, PartitionSpec, Schema, SortField, SortOrder, TableMetadata, Update};

/// How a table comes to a partition.
pub(crate) fn spec_updates(table: &TableMetadata, spec: PartitionSpec) -> Vec<Update> {
    let of = |spec: &PartitionSpec| -> Vec<(i32, String)> {
        spec.fields.iter().map(|field| (field.source_id, field.transform.clone())).collect()
    };
    match table.partition_specs.iter().find(|known| of(known) == of(&spec)) {
        Some(known) if known.spec_id == table.default_spec_id => Vec::new(),
        Some(known) => vec![Update::SetDefaultSpec { spec_id: known.spec_id }],
        None => {
            let spec_id = spec.spec_id;
            vec![Update::AddSpec { spec }, Update::SetDefaultSpec { spec_id }]
        }
    }
}

/// A partition by transforms of columns. A field that an earlier one had keeps its id.
pub(crate) fn partition_spec<'n>(
    schema: &Schema,
    by: impl Iterator<Item = (&'n str, String)>,
    earlier: &[PartitionSpec],
    mut last: i32,
) -> PartitionSpec {
    let mut fields: Vec<PartitionField> = Vec::new();
    for (name, transform) in by {
        let Some(column) = schema.field(name) else { continue };
        let mut known = earlier.iter().flat_map(|spec| &spec.fields);
        let known = known.find(|field| field.source_id == column.id && field.transform == transform);
        let field_id = known.map_or_else(
            || {
                last += 1;
                last
            },
            |field| field.field_id,
        );
        let mut name = partition_name(name, &transform);
        while schema.field(&name).is_some_and(|other| transform != "identity" || other.id != column.id) {
            name.push('_');
        }
        fields.push(PartitionField { source_id: column.id, field_id, name, transform });
    }
    PartitionSpec { spec_id: earlier.iter().map(|spec| spec.spec_id + 1).max().unwrap_or(0), fields }
}

/// The name of a partition field, as the reference implementation gives it.
fn partition_name(column: &str, transform: &str) -> String {
    match transform.split_once('[').map_or(transform, |(word, _)| word) {
        "identity" => column.to_owned(),
        "truncate" => format!("{column}_trunc"),
        word => format!("{column}_{word}"),
    }
}

/// An order by columns: each by its name, and whether the greatest comes first. `NULL` is less than all else. It gets the
/// number after those of `earlier`.
pub(crate) fn sort_order<'n>(
    schema: &Schema,
    by: impl IntoIterator<Item = (&'n str, bool)>,
    earlier: &[SortOrder],
) -> SortOrder {
    let field = |(name, greatest_first): (&str, bool)| {
        let (direction, nulls) = if greatest_first { ("desc", "nulls-last") } else { ("asc", "nulls-first") };
        Some(SortField {
            transform: "identity".to_owned(),
            source_id: schema.field(name)?.id,
            direction: direction.to_owned(),
            null_order: nulls.to_owned(),
        })
    };
    let greatest = earlier.iter().map(|order| order.order_id).max().unwrap_or(0);
    SortOrder { order_id: greatest + 1, fields: by.into_iter().filter_map(field).collect() }
}

/// How a table comes to an order; one that it has already keeps the number that it has there.
pub(crate) fn order_updates(table: &TableMetadata, order: SortOrder) -> Vec<Update> {
    match known_order(table, &order) {
        Some(sort_order_id) if sort_order_id == table.default_sort_order_id => Vec::new(),
        Some(sort_order_id) => vec![Update::SetDefaultSortOrder { sort_order_id }],
        None => {
            let sort_order_id = order.order_id;
            vec![Update::AddSortOrder { sort_order: order }, Update::SetDefaultSortOrder { sort_order_id }]
        }
    }
}

/// The number that an order has in a table.
pub(crate) fn known_order(table: &TableMetadata, order: &SortOrder) -> Option<i32> {
    let mut orders = table.sort_orders.iter();
    orders.find(|known| known.fields == order.fields).map(|known| known.order_id)
}
