//! What of a file is read: which row groups, and which rows of them, by statistics and by the index of pages.

use std::{collections::BTreeMap, ops::Range, sync::Arc};

use arrow_schema::DataType;
use parquet::{
    arrow::arrow_reader::{ArrowReaderMetadata, ArrowReaderOptions},
    basic::{ColumnOrder, Type as Physical},
    data_type::AsBytes,
    file::{
        metadata::{ColumnChunkMetaData, ParquetMetaData},
        page_index::{
            column_index::{ColumnIndexMetaData, PrimitiveColumnIndex},
            offset_index::PageLocation,
        },
        statistics::Statistics,
    },
};

use super::{
    super::iceberg::Type,
    error::{Outcome, damaged},
    predicate::{Leaf, Node},
    prune::{Bounds, Possible},
    ranges::{Ranges, intersection, push, union},
    scalar::Scalar,
};

/// A file whose metadata was read.
#[derive(Clone, Debug)]
pub(super) struct Opened {
    pub(super) arrow: ArrowReaderMetadata,
    /// The leaves that are columns by themselves, and their types, by the ids of the columns.
    pub(super) leaves: BTreeMap<i32, (usize, DataType)>,
}

impl Opened {
    pub(super) fn new(metadata: ParquetMetaData) -> Outcome<Self> {
        // types come from Parquet alone, whatever the writer's own were
        let options = ArrowReaderOptions::new().with_skip_arrow_metadata(true);
        let arrow = ArrowReaderMetadata::try_new(Arc::new(metadata), options).map_err(damaged)?;
        let schema = arrow.parquet_schema();
        let leaves = schema.columns().iter().enumerate().filter_map(|(leaf, column)| {
            let root = column.path().parts().len() == 1 && column.max_rep_level() == 0;
            let info = column.self_type().get_basic_info();
            let field = arrow.schema().fields().get(schema.get_column_root_idx(leaf))?;
            (root && info.has_id()).then(|| (info.id(), (leaf, field.data_type().clone())))
        });
        let leaves: BTreeMap<_, _> = leaves.collect();
        if leaves.is_empty() && schema.num_columns() > 0 {
            return Err(damaged("its columns have no ids"));
        }
        Ok(Self { arrow, leaves })
    }

    pub(super) fn metadata(&self) -> &ParquetMetaData {
        self.arrow.metadata()
    }

    pub(super) fn column(&self, group: usize, field: i32) -> Option<&ColumnChunkMetaData> {
        let (leaf, _) = self.leaves.get(&field)?;
        self.metadata().row_group(group).columns().get(*leaf)
    }

    /// The rows of a row group.
    pub(super) fn rows(&self, group: usize) -> u64 {
        u64::try_from(self.metadata().row_group(group).num_rows()).unwrap_or(0)
    }

    /// The bounds of the values of a column in a row group.
    pub(super) fn group_bounds(&self, group: usize, leaf: &Leaf) -> Bounds {
        let Some(column) = self.column(group, leaf.field) else { return Bounds::unknown() };
        let Some(statistics) = column.statistics() else { return Bounds::unknown() };
        let ordered = self.is_ordered(leaf) && has_order(statistics);
        let bound = |bytes: Option<&[u8]>| {
            let bytes = bytes.filter(|_| ordered)?;
            Scalar::of_parquet(&leaf.kind, column.column_type(), bytes)
        };
        let (least, greatest) = (bound(statistics.min_bytes_opt()), bound(statistics.max_bytes_opt()));
        Bounds::counted(least, greatest, statistics.null_count_opt(), self.rows(group))
    }

    /// Whether the bounds of the column are in the order of its type.
    fn is_ordered(&self, leaf: &Leaf) -> bool {
        let Some((at, _)) = self.leaves.get(&leaf.field) else { return false };
        let orders = self.metadata().file_metadata().column_orders();
        matches!(orders.and_then(|orders| orders.get(*at)), Some(ColumnOrder::TYPE_DEFINED_ORDER(_)))
    }

    /// The rows of a row group for which the filter may be true, by the index of pages.
    pub(super) fn may_match(&self, group: usize, node: &Node) -> Ranges {
        self.sets(group, node).yes
    }

    fn sets(&self, group: usize, node: &Node) -> Sets {
        match node {
            Node::And(terms) => {
                let terms = terms.iter().map(|term| self.sets(group, term));
                terms.reduce(both).unwrap_or_else(|| self.all(group, node.possible(&|_| Possible::ANY)))
            }
            Node::Or(terms) => {
                let terms = terms.iter().map(|term| opposite(self.sets(group, term)));
                terms
                    .reduce(both)
                    .map_or_else(|| self.all(group, node.possible(&|_| Possible::ANY)), opposite)
            }
            Node::Not(term) => opposite(self.sets(group, term)),
            Node::Known(_) => self.all(group, node.possible(&|_| Possible::ANY)),
            Node::Leaf(leaf) => self.leaf_sets(group, leaf),
        }
    }

    fn all(&self, group: usize, possible: Possible) -> Sets {
        let mut sets = Sets::default();
        sets.add(0..self.rows(group), possible);
        sets
    }

    fn leaf_sets(&self, group: usize, leaf: &Leaf) -> Sets {
        let Some((index, pages)) = self.pages(group, leaf.field) else {
            return self.all(group, leaf.possible(&self.group_bounds(group, leaf)));
        };
        let mut sets = Sets::default();
        for (at, rows) in page_rows(pages, self.rows(group)).enumerate() {
            let count = rows.end - rows.start;
            let bounds = page_bounds(index, at, count, &leaf.kind, self.is_ordered(leaf));
            sets.add(rows, leaf.possible(&bounds));
        }
        sets
    }

    fn pages(&self, group: usize, field: i32) -> Option<(&ColumnIndexMetaData, &[PageLocation])> {
        let (leaf, _) = self.leaves.get(&field)?;
        let index = self.metadata().column_index()?.get(group)?.get(*leaf)?;
        let pages = self.page_locations(group, *leaf)?;
        (page_count(index) == Some(pages.len())).then_some((index, pages))
    }

    /// Where the pages of a leaf are.
    pub(super) fn page_locations(&self, group: usize, leaf: usize) -> Option<&[PageLocation]> {
        Some(self.metadata().offset_index()?.get(group)?.get(leaf)?.page_locations())
    }
}

/// Writers before format 2.4 compared bytes as signed; only numbers have the same order then.
fn has_order(statistics: &Statistics) -> bool {
    let bytes = matches!(statistics.physical_type(), Physical::BYTE_ARRAY | Physical::FIXED_LEN_BYTE_ARRAY);
    !(bytes && statistics.is_min_max_deprecated())
}

/// The rows for which a condition may be true, and those for which it may be false.
#[derive(Default)]
struct Sets {
    yes: Ranges,
    no: Ranges,
}

impl Sets {
    fn add(&mut self, rows: Range<u64>, possible: Possible) {
        if possible.yes {
            push(&mut self.yes, rows.clone(), 0);
        }
        if possible.no {
            push(&mut self.no, rows, 0);
        }
    }
}

fn both(a: Sets, b: Sets) -> Sets {
    Sets { yes: intersection(&a.yes, &b.yes), no: union(&a.no, &b.no) }
}

fn opposite(sets: Sets) -> Sets {
    Sets { yes: sets.no, no: sets.yes }
}

/// The rows of each page, of a row group that has `rows`.
pub(super) fn page_rows(pages: &[PageLocation], rows: u64) -> impl Iterator<Item = Range<u64>> + '_ {
    let start = |page: &PageLocation| u64::try_from(page.first_row_index).unwrap_or(0);
    let ends = pages.iter().skip(1).map(start).chain([rows]);
    pages.iter().map(start).zip(ends).map(|(start, end)| start..end)
}

fn page_count(index: &ColumnIndexMetaData) -> Option<usize> {
    match index {
        ColumnIndexMetaData::NONE | ColumnIndexMetaData::INT96(_) => None,
        other => usize::try_from(other.num_pages()).ok(),
    }
}

fn page_bounds(index: &ColumnIndexMetaData, page: usize, rows: u64, kind: &Type, ordered: bool) -> Bounds {
    if index.is_null_page(page) {
        return Bounds::counted(None, None, Some(rows), rows);
    }
    let nulls = index.null_count(page).and_then(|nulls| u64::try_from(nulls).ok());
    let (least, greatest) = if ordered { limits(index, page, kind) } else { (None, None) };
    Bounds::counted(least, greatest, nulls, rows)
}

/// The least and the greatest value of a page, about.
fn limits(index: &ColumnIndexMetaData, page: usize, kind: &Type) -> (Option<Scalar>, Option<Scalar>) {
    match index {
        ColumnIndexMetaData::BOOLEAN(index) => numbers(index, page, kind, Physical::BOOLEAN),
        ColumnIndexMetaData::INT32(index) => numbers(index, page, kind, Physical::INT32),
        ColumnIndexMetaData::INT64(index) => numbers(index, page, kind, Physical::INT64),
        ColumnIndexMetaData::FLOAT(index) => numbers(index, page, kind, Physical::FLOAT),
        ColumnIndexMetaData::DOUBLE(index) => numbers(index, page, kind, Physical::DOUBLE),
        ColumnIndexMetaData::BYTE_ARRAY(index) | ColumnIndexMetaData::FIXED_LEN_BYTE_ARRAY(index) => {
            let scalar = |bytes| Scalar::of_parquet(kind, Physical::BYTE_ARRAY, bytes);
            (index.min_value(page).and_then(scalar), index.max_value(page).and_then(scalar))
        }
        ColumnIndexMetaData::INT96(_) | ColumnIndexMetaData::NONE => (None, None),
    }
}

fn numbers<T: AsBytes>(
    index: &PrimitiveColumnIndex<T>,
    page: usize,
    kind: &Type,
    physical: Physical,
) -> (Option<Scalar>, Option<Scalar>) {
    let scalar = |value: &T| Scalar::of_parquet(kind, physical, value.as_bytes());
    (index.min_value(page).and_then(scalar), index.max_value(page).and_then(scalar))
}
