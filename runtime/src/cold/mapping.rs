//! What a collection's tables look like: its columns as fields of Iceberg, and how they follow a struct that changes.
//!
//! A column is found in a table by the name that it has, or had, in the struct; from then on by its field id, which is the
//! table's own. A table remembers under which of its schemas each version of a struct writes, so that objects with older
//! code go on beside those with newer code and change nothing.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{
    schema::{
        Capture, Kind, Partition, Schema as Collection, Sort, Source, StoredColumn, StoredSchema, Transform,
    },
    value::Value,
};

use super::{
    iceberg::{Field, PartitionSpec, Requirement, Schema, SortOrder, TableMetadata, Type, Update, promote},
    layout::{partition_spec, sort_order, spec_updates},
};

/// Which of the two tables of a collection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Role {
    /// `<collection>_changes`: every event, and never anything else.
    Changelog,
    /// `<collection>`: every living document.
    State,
}

/// A column that is terrace's own.
pub(crate) struct Meta {
    pub(crate) name: &'static str,
    kind: Type,
    required: bool,
    doc: &'static str,
}

const fn meta(name: &'static str, kind: Type, required: bool, doc: &'static str) -> Meta {
    Meta { name, kind, required, doc }
}

/// Those of both tables.
pub(crate) const OBJECT: Meta = meta("_object", Type::String, true, "the object that it is in");
/// The lineage of the event that wrote the row.
pub(crate) const LINEAGE: Meta =
    meta("_lineage", Type::String, true, "the lineage of the event, in hexadecimal");
/// Its position.
pub(crate) const SEQUENCE: Meta = meta("_seq", Type::Long, true, "the event's position in its lineage");
/// When its transaction was committed.
pub(crate) const TIMESTAMP: Meta =
    meta("_ts", Type::Timestamptz, true, "when the event's transaction was committed");
/// What happened.
pub(crate) const OPERATION: Meta = meta(
    "_op",
    Type::String,
    true,
    "INSERT, UPDATE, DELETE; RESTORE, GAP: nothing of a document; SNAPSHOT, READ: read anew",
);
/// The schema of the object.
pub(crate) const SCHEMA: Meta =
    meta("_schema", Type::Int, false, "the version of the object's schema that the event was written under");
/// Of a restore, what it follows.
pub(crate) const PARENT: Meta =
    meta("_parent", Type::String, false, "of a RESTORE, the lineage that it goes on from");

/// The property of a changelog table that holds [`Described`].
const DESCRIBED: &str = "terrace.collection";

/// How the rows of a changelog's files are sorted.
pub(crate) fn by_event() -> [(&'static str, bool); 2] {
    [(OBJECT.name, false), (SEQUENCE.name, false)]
}

const CHANGELOG: [&Meta; 7] = [&OBJECT, &LINEAGE, &SEQUENCE, &TIMESTAMP, &OPERATION, &SCHEMA, &PARENT];
const STATE: [&Meta; 4] = [&OBJECT, &LINEAGE, &SEQUENCE, &TIMESTAMP];

impl Role {
    /// The name of the table.
    pub(crate) fn table(self, collection: &str) -> String {
        match self {
            Self::Changelog => format!("{collection}_changes"),
            Self::State => collection.to_owned(),
        }
    }

    /// terrace's own columns, which come first.
    pub(crate) fn meta(self) -> &'static [&'static Meta] {
        match self {
            Self::Changelog => &CHANGELOG,
            Self::State => &STATE,
        }
    }
}

/// What the newest version of a struct says of its collection, by the ids of the changelog's columns: so that the tables can
/// be kept without the struct.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Described {
    /// The columns of the id, in its order.
    pub(crate) id: Vec<i32>,
    /// The columns that are never NULL.
    pub(crate) required: Vec<i32>,
    /// What stands in rows that are older than a column.
    pub(crate) fills: BTreeMap<i32, Value>,
    /// How the state table is partitioned: by what of which column, or, where none is named, of the object.
    pub(crate) partition: Vec<(Option<i32>, String)>,
    /// By which columns the state table's files are sorted, or, where none is named, the object; and whether the greatest comes
    /// first. Nothing: by the object and the id.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) sort: Vec<(Option<i32>, bool)>,
    /// Whether events hold the id alone: then documents cannot be made of them.
    #[serde(default)]
    pub(crate) keys_alone: bool,
    /// Whether the state table says which rows are gone by position deletes.
    #[serde(default)]
    pub(crate) merge_on_read: bool,
}

impl Described {
    /// What a changelog table says.
    pub(crate) fn of(table: &TableMetadata) -> Option<Self> {
        serde_json::from_str(table.properties.get(DESCRIBED)?).ok()
    }
}

/// A collection as the lake knows it: its schema, and how it is to be partitioned and sorted.
#[derive(Clone, Debug)]
pub(crate) struct Mapped {
    pub(crate) schema: StoredSchema,
    /// Partition fields: of a column by its name, or of the object.
    partition: Vec<(Option<String>, Transform)>,
    /// Columns of the sort order, likewise, and whether the greatest comes first.
    sort: Vec<(Option<String>, bool)>,
    /// Whether compaction deletes rows by their places.
    merge_on_read: bool,
}

/// Why a collection does not fit its table.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum MappingError {
    /// A column with the name of one of terrace's own.
    #[error(
        "column `{column}`: the lake has a column of its own with this name; rename it, with #[was(\"{column}\")]"
    )]
    Reserved {
        /// The column.
        column: String,
    },
    /// A column whose type is not one that the table's can become.
    #[error(
        "column `{column}` is `{table}` in the table `{name}` and cannot become `{wanted}`; give the new column another name, without #[was]"
    )]
    Type {
        /// The table.
        name: String,
        /// The column.
        column: String,
        /// Its type in the table.
        table: String,
        /// The type that the struct asks for.
        wanted: String,
    },
    /// A table that terrace did not make.
    #[error("the table `{name}` is not one that terrace made: it has no column `{column}`")]
    Foreign {
        /// The table.
        name: String,
        /// What it lacks.
        column: &'static str,
    },
    /// Two collections that would have one table.
    #[error(
        "the table `{name}` is the changelog of another collection; give one of the two another name: #[collection(name = \"…\")]"
    )]
    Taken {
        /// The table.
        name: String,
    },
    /// A column that the table does not have, and that no document can do without.
    #[error(
        "the table `{name}` has no column `{column}`, and it has no fill; sync an object with this struct first, or give it #[column(fill = …)]"
    )]
    Missing {
        /// The table.
        name: String,
        /// The column.
        column: String,
    },
}

impl Mapped {
    /// A collection of this code.
    pub(crate) fn of(schema: &Collection) -> Self {
        let source = |source: Source| match source {
            Source::Object => None,
            Source::Column(at) => Some(schema.columns[at].name.to_owned()),
        };
        let partition = |partition: &Partition| (source(partition.source), partition.transform);
        let sort = |sort: &Sort| (source(sort.source), sort.descending);
        Self {
            schema: StoredSchema::from(schema),
            partition: schema.partition.iter().map(partition).collect(),
            sort: schema.sort.iter().map(sort).collect(),
            merge_on_read: schema.merge_on_read,
        }
    }

    /// A collection that an object has and this code does not name.
    pub(crate) fn stored(schema: &StoredSchema) -> Self {
        Self { schema: schema.clone(), partition: Vec::new(), sort: Vec::new(), merge_on_read: false }
    }

    /// The name of this version of the struct in a table's properties.
    fn property(&self) -> String {
        #[derive(Serialize)]
        struct Version<'a>(&'a [StoredColumn], &'a [usize], String, bool);
        let layout = format!("{:?} {:?}", self.partition, self.sort);
        let version = Version(&self.schema.columns, &self.schema.id, layout, self.merge_on_read);
        let json = serde_json::to_vec(&version).unwrap_or_default();
        format!("terrace.schema.{:032x}", xxhash_rust::xxh3::xxh3_128(&json))
    }

    /// The schema of the table under which this version of the struct writes; none when it has not written there yet.
    pub(crate) fn known<'t>(&self, table: &'t TableMetadata) -> Option<&'t Schema> {
        let id = table.properties.get(&self.property())?.parse().ok()?;
        table.schema_by_id(id)
    }

    /// A new changelog table, without its uuid and location.
    pub(crate) fn create(&self) -> Result<NewTable, MappingError> {
        let schema = self.evolved(None)?;
        let spec = self.spec(&schema, &[], 999);
        let sort = sort_order(&schema, by_event(), &[]);
        Ok(NewTable { properties: self.properties(&schema), schema, spec, sort })
    }

    /// What has to change in a changelog table before this version of the struct can write; nothing when it has written there.
    pub(crate) fn evolve(&self, table: &TableMetadata) -> Result<Option<TableChange>, MappingError> {
        if self.known(table).is_some() {
            return Ok(None);
        }
        let mut schema = self.evolved(Some(table))?;
        let spec = self.spec(&schema, &table.partition_specs, table.last_partition_id);
        let mut updates = schema_updates(table, &mut schema);
        updates.extend(spec_updates(table, spec));
        updates.push(Update::SetProperties { updates: self.properties(&schema) });
        Ok(Some((requirements(table), updates)))
    }

    /// The names of the id's columns.
    pub(crate) fn id_names(&self) -> impl Iterator<Item = &str> {
        self.schema.id.iter().map(|&at| self.schema.columns[at].name.as_str())
    }

    /// The columns by which documents are looked up: the object and the id.
    pub(crate) fn looked_up(&self, schema: &Schema) -> Vec<i32> {
        let fields =
            std::iter::once(OBJECT.name).chain(self.id_names()).filter_map(|name| schema.field(name));
        fields.map(|field| field.id).collect()
    }

    fn properties(&self, schema: &Schema) -> BTreeMap<String, String> {
        let described = serde_json::to_string(&self.described(schema)).unwrap_or_default();
        BTreeMap::from([(self.property(), schema.schema_id.to_string()), (DESCRIBED.to_owned(), described)])
    }

    fn described(&self, schema: &Schema) -> Described {
        let of = |name: &str| schema.field(name).map(|field| field.id);
        let columns = || self.schema.columns.iter().filter_map(|column| Some((of(&column.name)?, column)));
        let partition = self
            .partition
            .iter()
            .map(|(source, transform)| (source.as_deref().and_then(of), transform_text(*transform)));
        Described {
            id: self.schema.id.iter().filter_map(|&at| of(&self.schema.columns[at].name)).collect(),
            required: columns().filter(|(_, column)| !column.nullable).map(|(id, _)| id).collect(),
            fills: columns().filter_map(|(id, column)| Some((id, column.fill.clone()?))).collect(),
            partition: partition.collect(),
            sort: self
                .sort
                .iter()
                .map(|(source, greatest)| (source.as_deref().and_then(of), *greatest))
                .collect(),
            keys_alone: self.schema.capture == Capture::Keys,
            merge_on_read: self.merge_on_read,
        }
    }

    /// The schema that this version of the struct asks for, after those of the table.
    fn evolved(&self, table: Option<&TableMetadata>) -> Result<Schema, MappingError> {
        let name = Role::Changelog.table(&self.schema.name);
        let present = table.and_then(TableMetadata::schema);
        let mut last = table.map_or(0, |table| table.last_column_id);
        let mut next = || {
            last += 1;
            last
        };
        let mut fields = Vec::new();
        for meta in Role::Changelog.meta() {
            fields.push(match present {
                None => meta.field(next()),
                Some(schema) => meta.find(schema, &name)?.clone(),
            });
        }
        for column in &self.schema.columns {
            if CHANGELOG.iter().any(|meta| meta.name.eq_ignore_ascii_case(&column.name)) {
                return Err(MappingError::Reserved { column: column.name.clone() });
            }
            fields.push(match present.and_then(|schema| self.predecessor(schema, column)) {
                Some(field) => continued(field, column, &name)?,
                // Not every event is of a document, so no column is required.
                None => Field {
                    id: next(),
                    name: column.name.clone(),
                    required: false,
                    kind: type_of(column.kind),
                    doc: None,
                },
            });
        }
        Ok(Schema::new(next_schema_id(table), fields))
    }

    /// The field of a table that a column continues: by its name, else by an earlier name of it that no other has.
    fn predecessor<'s>(&self, schema: &'s Schema, column: &StoredColumn) -> Option<&'s Field> {
        schema.field(&column.name).or_else(|| {
            let free = |name: &&String| self.schema.column(name).is_none();
            column.was.iter().filter(free).find_map(|name| schema.field(name))
        })
    }

    /// The field of the changelog table that holds a column, for reading.
    pub(crate) fn find<'t>(&self, table: &'t TableMetadata, column: &StoredColumn) -> Option<&'t Field> {
        let present = table.schema()?;
        match self.known(table) {
            Some(known) => present.field_by_id(known.field(&column.name)?.id),
            None => self.predecessor(present, column),
        }
    }

    /// A changelog is partitioned by what concerns the object: other columns change from event to event.
    fn spec(&self, schema: &Schema, earlier: &[PartitionSpec], last: i32) -> PartitionSpec {
        let of_object = self.partition.iter().filter(|(source, _)| source.is_none());
        let fields = of_object.map(|(_, transform)| (OBJECT.name, transform_text(*transform)));
        partition_spec(schema, fields, earlier, last)
    }
}

/// What is asked of a catalog.
pub(crate) type TableChange = (Vec<Requirement>, Vec<Update>);

/// That a table's shape is as it was.
pub(crate) fn requirements(table: &TableMetadata) -> Vec<Requirement> {
    vec![
        Requirement::AssertTableUuid { uuid: table.table_uuid },
        Requirement::AssertCurrentSchemaId { current_schema_id: table.current_schema_id },
        Requirement::AssertLastAssignedFieldId { last_assigned_field_id: table.last_column_id },
        Requirement::AssertDefaultSpecId { default_spec_id: table.default_spec_id },
        Requirement::AssertDefaultSortOrderId { default_sort_order_id: table.default_sort_order_id },
    ]
}

/// The number of a table's next schema.
pub(crate) fn next_schema_id(table: Option<&TableMetadata>) -> i32 {
    let greatest = table.and_then(|table| table.schemas.iter().map(|schema| schema.schema_id).max());
    greatest.map_or(0, |id| id + 1)
}

/// How a table comes to a schema; one that it has already gets the number that it has there.
pub(crate) fn schema_updates(table: &TableMetadata, schema: &mut Schema) -> Vec<Update> {
    let same = |known: &&Schema| known.fields == schema.fields;
    if let Some(present) = table.schema().filter(same) {
        schema.schema_id = present.schema_id;
        return Vec::new();
    }
    // Catalogs number the schemas, and give one that a table had before no new number.
    let had = table
        .schemas
        .iter()
        .find(|had| had.fields == schema.fields && had.identifier_field_ids == schema.identifier_field_ids);
    if let Some(had) = had {
        schema.schema_id = had.schema_id;
        return vec![Update::SetCurrentSchema { schema_id: had.schema_id }];
    }
    let greatest = schema.fields.iter().map(|field| field.id).max().unwrap_or(0);
    let last_column_id = table.last_column_id.max(greatest);
    vec![
        Update::AddSchema { schema: schema.clone(), last_column_id },
        Update::SetCurrentSchema { schema_id: schema.schema_id },
    ]
}

/// What a table is made from.
pub(crate) struct NewTable {
    pub(crate) schema: Schema,
    pub(crate) spec: PartitionSpec,
    pub(crate) sort: SortOrder,
    pub(crate) properties: BTreeMap<String, String>,
}

impl Meta {
    pub(crate) fn field(&self, id: i32) -> Field {
        Field {
            id,
            name: self.name.to_owned(),
            required: self.required,
            kind: self.kind.clone(),
            doc: Some(self.doc.to_owned()),
        }
    }

    /// The field of a table.
    pub(crate) fn find<'s>(&self, schema: &'s Schema, table: &str) -> Result<&'s Field, MappingError> {
        let found = schema.field(self.name).filter(|field| field.kind == self.kind);
        found.ok_or_else(|| MappingError::Foreign { name: table.to_owned(), column: self.name })
    }
}

/// A field as a column continues it: perhaps renamed, or wider.
fn continued(field: &Field, column: &StoredColumn, table: &str) -> Result<Field, MappingError> {
    let wanted = type_of(column.kind);
    let kind =
        promote(&field.kind, &wanted).or_else(|| promote(&wanted, &field.kind).map(|_| field.kind.clone()));
    let kind = kind.ok_or_else(|| MappingError::Type {
        name: table.to_owned(),
        column: column.name.clone(),
        table: field.kind.to_string(),
        wanted: wanted.to_string(),
    })?;
    Ok(Field { name: column.name.clone(), kind, required: false, ..field.clone() })
}

/// The type of a column in the lake.
pub(crate) fn type_of(kind: Kind) -> Type {
    match kind {
        Kind::Bool => Type::Boolean,
        Kind::I8 | Kind::I16 | Kind::I32 | Kind::U8 | Kind::U16 => Type::Int,
        Kind::U32 | Kind::I64 => Type::Long,
        Kind::F32 => Type::Float,
        Kind::F64 => Type::Double,
        Kind::Text | Kind::Enum | Kind::Json => Type::String,
        Kind::Bytes => Type::Binary,
        Kind::Fixed(length) => Type::Fixed(length),
        Kind::Uuid => Type::Uuid,
        Kind::Timestamp => Type::Timestamptz,
        Kind::Date => Type::Date,
        Kind::Decimal { precision, scale } => Type::Decimal { precision, scale },
    }
}

fn transform_text(transform: Transform) -> String {
    match transform {
        Transform::Identity => "identity".to_owned(),
        Transform::Year => "year".to_owned(),
        Transform::Month => "month".to_owned(),
        Transform::Day => "day".to_owned(),
        Transform::Hour => "hour".to_owned(),
        Transform::Bucket(count) => format!("bucket[{count}]"),
        Transform::Truncate(width) => format!("truncate[{width}]"),
    }
}
