//! What the state table of a collection looks like: as its changelog table says, column by column.
//!
//! The two tables have field ids of their own; the state table remembers which of its columns is which of the changelog. So
//! it follows every change there, whoever compacts, and needs no struct for it.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    iceberg::{Field, Schema, TableMetadata, Type, Update, promote},
    layout::{order_updates, partition_spec, sort_order, spec_updates},
    mapping::{
        Described, MappingError, NewTable, OBJECT, Role, TableChange, next_schema_id, requirements,
        schema_updates,
    },
};

/// The property of a state table that holds its columns by those of the changelog.
const FIELDS: &str = "terrace.fields";

/// The property of tables by which Iceberg's own engines choose as well.
const MERGE_MODE: &str = "write.merge.mode";
const MERGE_ON_READ: &str = "merge-on-read";
const COPY_ON_WRITE: &str = "copy-on-write";

/// Which column of a state table is which of the changelog table.
pub(crate) fn fields_of(state: &TableMetadata) -> BTreeMap<i32, i32> {
    state.properties.get(FIELDS).and_then(|json| serde_json::from_str(json).ok()).unwrap_or_default()
}

/// As [`fields_of`]; of a table that does not remember yet, by name.
fn known(changelog: &TableMetadata, state: &TableMetadata) -> BTreeMap<i32, i32> {
    if state.properties.contains_key(FIELDS) {
        return fields_of(state);
    }
    let same = |field: &Field| Some((field.id, state.schema()?.field(&field.name)?.id));
    of_documents(changelog).filter_map(same).collect()
}

/// The columns of a changelog table that are of documents.
fn of_documents(changelog: &TableMetadata) -> impl Iterator<Item = &Field> {
    let own = |field: &&Field| Role::Changelog.meta().iter().all(|meta| meta.name != field.name);
    changelog.schema().into_iter().flat_map(|schema| &schema.fields).filter(own)
}

/// A new state table, without its uuid and location.
pub(crate) fn create(changelog: &TableMetadata, described: &Described) -> Result<NewTable, MappingError> {
    let (schema, fields) = evolved(changelog, described, None)?;
    let spec = partition_spec(&schema, partition_by(changelog, described), &[], 999);
    let sort = sort_order(&schema, sorted_by(changelog, described), &[]);
    Ok(NewTable { properties: properties(&fields, described), schema, spec, sort })
}

/// What has to change in a state table before it can hold what the changelog holds; nothing when it can.
pub(crate) fn evolve(
    changelog: &TableMetadata,
    described: &Described,
    state: &TableMetadata,
) -> Result<Option<TableChange>, MappingError> {
    let (mut schema, fields) = evolved(changelog, described, Some(state))?;
    let mut updates = schema_updates(state, &mut schema);
    let by = partition_by(changelog, described);
    updates.extend(spec_updates(
        state,
        partition_spec(&schema, by, &state.partition_specs, state.last_partition_id),
    ));
    let order = sort_order(&schema, sorted_by(changelog, described), &state.sort_orders);
    updates.extend(order_updates(state, order));
    if fields != fields_of(state) || described.merge_on_read != merges_on_read(state) {
        updates.push(Update::SetProperties { updates: properties(&fields, described) });
    }
    Ok((!updates.is_empty()).then(|| (requirements(state), updates)))
}

/// Whether compaction says which rows are gone, where it can, instead of writing files anew.
pub(crate) fn merges_on_read(state: &TableMetadata) -> bool {
    state.properties.get(MERGE_MODE).is_some_and(|mode| mode == MERGE_ON_READ)
}

fn properties(fields: &BTreeMap<i32, i32>, described: &Described) -> BTreeMap<String, String> {
    let mode = if described.merge_on_read { MERGE_ON_READ } else { COPY_ON_WRITE };
    BTreeMap::from([
        (FIELDS.to_owned(), serde_json::to_string(fields).unwrap_or_default()),
        (MERGE_MODE.to_owned(), mode.to_owned()),
    ])
}

fn evolved(
    changelog: &TableMetadata,
    described: &Described,
    state: Option<&TableMetadata>,
) -> Result<(Schema, BTreeMap<i32, i32>), MappingError> {
    let present = state.and_then(TableMetadata::schema);
    let known = state.map(|state| known(changelog, state)).unwrap_or_default();
    let mut last = state.map_or(0, |state| state.last_column_id);
    let mut next = || {
        last += 1;
        last
    };
    let mut fields = Vec::new();
    for meta in Role::State.meta() {
        fields.push(match present {
            None => meta.field(next()),
            Some(schema) => meta.find(schema, "state")?.clone(),
        });
    }
    let mut pairs = known.clone();
    for field in of_documents(changelog) {
        let continued = known.get(&field.id).and_then(|&id| present?.field_by_id(id));
        let is_required = described.required.contains(&field.id);
        let of = match continued {
            Some(of) => Field {
                name: field.name.clone(),
                kind: promote(&of.kind, &field.kind).unwrap_or_else(|| of.kind.clone()),
                required: of.required && is_required,
                ..of.clone()
            },
            // Files that are older than a column lack it, so it is only required in a new table.
            None => Field { id: next(), required: present.is_none() && is_required, ..field.clone() },
        };
        pairs.insert(field.id, of.id);
        fields.push(of);
    }
    for field in state.into_iter().flat_map(laid_out_by) {
        if fields.iter().all(|kept| kept.id != field.id) {
            fields.push(left(field, &fields));
        }
    }
    let mut schema = Schema::new(next_schema_id(state), fields);
    schema.identifier_field_ids = identifier(&schema, &id_names(changelog, described));
    Ok((schema, pairs))
}

/// The columns by which the table is or was partitioned or sorted. They stay when the struct drops them: the reference
/// implementation opens no table that lacks one of the former (apache/iceberg#4563), and its 1.11.0 writes into none that lacks
/// one of the latter (apache/iceberg#16519).
fn laid_out_by(state: &TableMetadata) -> impl Iterator<Item = &Field> {
    let partitioned = state.partition_specs.iter().flat_map(|spec| &spec.fields).map(|field| field.source_id);
    let sorted = state.sort_orders.iter().flat_map(|order| &order.fields).map(|field| field.source_id);
    let sources: BTreeSet<i32> = partitioned.chain(sorted).collect();
    let fields = state.schema().into_iter().flat_map(|schema| &schema.fields);
    fields.filter(move |field| sources.contains(&field.id))
}

/// A column that the struct has no more, under a name that none of the others has.
fn left(field: &Field, others: &[Field]) -> Field {
    let mut left = Field { required: false, ..field.clone() };
    while others.iter().any(|other| other.name.eq_ignore_ascii_case(&left.name)) {
        left.name.push('_');
    }
    left
}

/// The names of the id's columns.
pub(crate) fn id_names<'c>(changelog: &'c TableMetadata, described: &Described) -> Vec<&'c str> {
    let schema = changelog.schema();
    let name = |id: &i32| schema?.field_by_id(*id).map(|field| field.name.as_str());
    described.id.iter().filter_map(name).collect()
}

fn partition_by<'c>(
    changelog: &'c TableMetadata,
    described: &'c Described,
) -> impl Iterator<Item = (&'c str, String)> {
    let by = described.partition.iter();
    by.filter_map(|(source, transform)| Some((source_name(changelog, *source)?, transform.clone())))
}

fn sorted_by<'c>(changelog: &'c TableMetadata, described: &Described) -> Vec<(&'c str, bool)> {
    if described.sort.is_empty() {
        let id = id_names(changelog, described).into_iter();
        return std::iter::once(OBJECT.name).chain(id).map(|name| (name, false)).collect();
    }
    let by = described.sort.iter();
    by.filter_map(|(source, greatest_first)| Some((source_name(changelog, *source)?, *greatest_first)))
        .collect()
}

/// The name of a column of the changelog; without one, of that of the object.
fn source_name(changelog: &TableMetadata, source: Option<i32>) -> Option<&str> {
    match source {
        None => Some(OBJECT.name),
        Some(id) => Some(&changelog.schema()?.field_by_id(id)?.name),
    }
}

/// The object and the id, where all of them are there always.
fn identifier(schema: &Schema, id: &[&str]) -> Vec<i32> {
    let fields: Vec<&Field> = std::iter::once(OBJECT.name)
        .chain(id.iter().copied())
        .filter_map(|name| schema.field(name))
        .collect();
    let suits = |field: &&Field| field.required && !matches!(field.kind, Type::Float | Type::Double);
    if fields.iter().all(suits) { fields.iter().map(|field| field.id).collect() } else { Vec::new() }
}
