//! From the names of fields to the positions of columns: the id, the indexes, the partition and the sort order.

use syn::{Ident, ext::IdentExt};

use crate::{
    ast::{Collection, Column, Id, Index, Partition, Sort},
    attr::{
        RawIndex, RawPartition, RawSort,
        collection::StructOptions,
        mark::{Kind, Mark},
    },
    ctxt::Ctxt,
    spelling,
};

/// Fills in what `options` and the marks of the fields say; a name that is no column is reported.
pub(crate) fn resolve(ctxt: &Ctxt, collection: &mut Collection, options: StructOptions) {
    collection.id = id(ctxt, collection, options.id);
    collection.indexes = marked_indexes(collection);
    let listed = options.indexes.into_iter().filter_map(|raw| index(ctxt, collection, raw));
    let listed: Vec<Index> = listed.collect();
    collection.indexes.extend(listed);
    let partition = options.partition.unwrap_or_default().into_iter();
    collection.partition = partition.filter_map(|raw| part(ctxt, collection, raw)).collect();
    let sort = options.sort.unwrap_or_default().into_iter();
    collection.sort = sort.filter_map(|raw| sorted_by(ctxt, collection, raw)).collect();
}

/// The positions of these fields; less of them than `fields` if some were reported.
fn positions(ctxt: &Ctxt, collection: &Collection, fields: &[Ident]) -> Vec<usize> {
    fields.iter().filter_map(|field| position(ctxt, collection, field)).collect()
}

/// The position of the column of this field.
fn position(ctxt: &Ctxt, collection: &Collection, field: &Ident) -> Option<usize> {
    let wanted = field.unraw();
    let found = collection.columns.iter().position(|column| column.ident.unraw() == wanted);
    if found.is_none() {
        ctxt.error(field, no_column(collection, &wanted));
    }
    found
}

fn no_column(collection: &Collection, wanted: &Ident) -> String {
    if collection.skipped.iter().any(|column| column.ident.unraw() == *wanted) {
        return format!("`{wanted}` is skipped and has no column");
    }
    let titles: Vec<String> = collection.columns.iter().map(Column::title).collect();
    if let Some(column) = collection.columns.iter().find(|column| *wanted == column.name.text) {
        let field = column.title();
        return format!("`{wanted}` is the name of a column\nhelp: write the name of its field, `{field}`");
    }
    let meant = spelling::nearest(&wanted.to_string(), titles.iter().map(String::as_str))
        .map(|title| format!("\nhelp: did you mean `{title}`?"));
    format!("no field `{wanted}` in `{}`{}", collection.title(), meant.unwrap_or_default())
}

fn id(ctxt: &Ctxt, collection: &Collection, listed: Option<(Ident, Vec<Ident>)>) -> Id {
    let columns = match &listed {
        Some((_, fields)) => positions(ctxt, collection, fields),
        None => marked(collection, Kind::Id).collect(),
    };
    Id { columns, listed }
}

fn marked(collection: &Collection, kind: Kind) -> impl Iterator<Item = usize> {
    let columns = collection.columns.iter().enumerate();
    columns.filter(move |(_, column)| column.has(kind)).map(|(position, _)| position)
}

/// The indexes of `#[index]` and `#[unique]`, in the order of the fields.
fn marked_indexes(collection: &Collection) -> Vec<Index> {
    let of = |(position, column): (usize, &Column)| {
        let marks = [Kind::Index, Kind::Unique].into_iter().filter_map(|kind| column.mark(kind));
        let index = |mark: &Mark| Index {
            key: mark.ident.clone(),
            columns: vec![position],
            listed: Vec::new(),
            unique: mark.kind == Kind::Unique,
            filter: None,
        };
        marks.map(index).collect::<Vec<Index>>()
    };
    collection.columns.iter().enumerate().flat_map(of).collect()
}

fn index(ctxt: &Ctxt, collection: &Collection, raw: RawIndex) -> Option<Index> {
    let columns = positions(ctxt, collection, &raw.fields);
    let complete = columns.len() == raw.fields.len();
    complete.then_some(Index {
        key: raw.key,
        columns,
        listed: raw.fields,
        unique: raw.unique,
        filter: raw.filter,
    })
}

/// Whether a partition or a sort order means the object's id; a field of that name is written `r#object`.
fn is_object(source: &Ident) -> bool {
    source == "object"
}

fn part(ctxt: &Ctxt, collection: &Collection, raw: RawPartition) -> Option<Partition> {
    let column = if is_object(&raw.source) { None } else { Some(position(ctxt, collection, &raw.source)?) };
    Some(Partition { transform: raw.transform, number: raw.number, source: raw.source, column })
}

fn sorted_by(ctxt: &Ctxt, collection: &Collection, raw: RawSort) -> Option<Sort> {
    let column = if is_object(&raw.source) { None } else { Some(position(ctxt, collection, &raw.source)?) };
    Some(Sort { source: raw.source, column, descending: raw.descending })
}
