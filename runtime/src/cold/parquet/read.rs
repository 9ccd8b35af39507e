//! Reading a data file from any store: only the ranges that hold what is wanted.
//!
//! The end of the file comes first, with its metadata. Row groups are ruled out by statistics, then by bloom filters, then
//! pages by their index; of the rows that are left the columns of the filter are decoded, and of those for which it is
//! true, the others. None of it changes which rows come out.

use std::{
    ops::Range,
    sync::{Arc, Mutex, PoisonError},
};

use arrow_array::RecordBatch;
use arrow_buffer::BooleanBuffer;
use arrow_schema::Schema as ArrowSchema;
use bytes::Bytes;
use parquet::{
    DecodeResult,
    arrow::{
        ProjectionMask,
        arrow_reader::{ArrowPredicateFn, ParquetRecordBatchReader, RowFilter, RowSelection},
        push_decoder::{ParquetPushDecoder, ParquetPushDecoderBuilder},
    },
    file::metadata::ColumnChunkMetaData,
};

use super::{
    super::{iceberg::DataFile, store::Store},
    bloom,
    error::{FileError, Outcome, damaged},
    fetch::Fetch,
    filter::{Columns, Filter},
    guard::guarded,
    open, pages,
    plan::{Opened, page_rows},
    positions::Positions,
    predicate::{Leaf, Node},
    prune::Possible,
    ranges::{self, Ranges},
    scan::{Counters, Scan},
};

/// How much of the end is read first when little of the file may be wanted: the metadata of a narrow table.
const END_BYTES: u64 = 12 * 1024;
/// A file up to this size is read whole when all of its rows are wanted.
const WHOLE_BYTES: u64 = 1024 * 1024;

/// Reads the rows of one data file.
#[derive(Debug)]
pub struct FileReader {
    fetch: Fetch,
    file: Opened,
    scan: Arc<Scan>,
    deleted: Vec<u64>,
    /// What is read of the file, and how the batches are made of it.
    output: Columns,
    /// The filter, with constants for the columns that the file lacks; none when it is true for every row.
    filter: Option<Arc<Filter>>,
    indexed: bool,
    groups: Range<usize>,
    /// The first row of the next row group.
    first_row: u64,
    current: Option<Current>,
    counters: Counters,
}

/// Rows of a data file.
#[derive(Clone, Debug)]
pub struct FileBatch {
    /// The rows, in the columns that were asked for.
    pub rows: RecordBatch,
    /// Where they are in the file, from 0, in order; empty unless [`Scan::positions`] is set.
    pub positions: Vec<Range<u64>>,
}

/// The row group that is being read.
#[derive(Debug)]
struct Current {
    reader: ParquetRecordBatchReader,
    /// How many rows it has yet to give.
    left: u64,
    positions: Option<Positions>,
}

impl FileReader {
    /// Opens the file at `path`, of which `file` says how large it is and how many rows it has. Rows at the places
    /// `deleted`, which are in order, are left out.
    ///
    /// # Errors
    /// The store's own, a damaged file, and columns that cannot be those of the table.
    pub async fn open(
        store: Arc<dyn Store>,
        path: String,
        file: &DataFile,
        scan: Arc<Scan>,
        deleted: Vec<u64>,
    ) -> Result<Self, FileError> {
        let size = u64::try_from(file.file_size_in_bytes).map_err(damaged)?;
        let rows = u64::try_from(file.record_count).map_err(damaged)?;
        Self::of(Fetch::new(store, path, size), rows, scan, deleted).await
    }

    /// Opens a file of so many rows that is in memory.
    pub(crate) async fn in_memory(bytes: Bytes, rows: u64, scan: Arc<Scan>) -> Outcome<Self> {
        Self::of(Fetch::in_memory(bytes), rows, scan, Vec::new()).await
    }

    async fn of(mut fetch: Fetch, rows: u64, scan: Arc<Scan>, deleted: Vec<u64>) -> Outcome<Self> {
        let size = fetch.size();
        let everything = matches!(scan.predicate.0, Node::Known(Some(true)));
        let end = if everything && size <= WHOLE_BYTES { size } else { END_BYTES };
        let opened = Opened::new(open::metadata(&mut fetch, rows, end).await?)?;
        let output = Columns::of(&scan.schema, &opened, &scan)?;
        let filter = Filter::new(&opened, &scan)?;
        let groups = 0..opened.metadata().num_row_groups();
        let (indexed, first_row, current, counters) = (false, 0, None, Counters::default());
        let file = opened;
        Ok(Self { fetch, file, scan, deleted, output, filter, indexed, groups, first_row, current, counters })
    }

    /// The columns of the batches.
    #[must_use]
    pub fn schema(&self) -> &Arc<ArrowSchema> {
        self.output.projection.schema()
    }

    /// What it took so far.
    #[must_use]
    pub fn counters(&self) -> Counters {
        Counters { requests: self.fetch.requests, bytes: self.fetch.bytes, ..self.counters }
    }

    /// The next rows; none when there are no more. After an error there are none.
    ///
    /// # Errors
    /// The store's own, and a damaged file.
    pub async fn next(&mut self) -> Result<Option<FileBatch>, FileError> {
        loop {
            match self.batch() {
                Ok(None) => {}
                ended => return self.ended_by(ended),
            }
            let Some(group) = self.groups.next() else { return Ok(None) };
            self.fetch.forget();
            self.current = match self.open_group(group).await {
                Ok(current) => current,
                failed => return self.ended_by(failed.map(|_| None)),
            };
        }
    }

    fn ended_by<T>(&mut self, outcome: Outcome<T>) -> Outcome<T> {
        if outcome.is_err() {
            (self.groups, self.current) = (0..0, None);
        }
        outcome
    }

    /// The next rows of the row group that is being read.
    fn batch(&mut self) -> Outcome<Option<FileBatch>> {
        let Some(current) = &mut self.current else { return Ok(None) };
        let Some(batch) = guarded(|| current.reader.next().transpose().map_err(damaged))? else {
            counted(current.left == 0)?;
            self.current = None;
            return Ok(None);
        };
        let rows = self.output.projection.batch(&batch)?;
        let count = rows.num_rows() as u64;
        counted(count <= current.left)?;
        current.left -= count;
        self.counters.rows_given += count;
        let positions = current.positions.as_mut().map(|positions| positions.take(count)).unwrap_or_default();
        Ok(Some(FileBatch { rows, positions }))
    }

    /// The reader of the rows that are wanted of a row group; none when there are none.
    async fn open_group(&mut self, group: usize) -> Outcome<Option<Current>> {
        let first_row = self.first_row;
        let rows = self.file.rows(group);
        self.first_row += rows;
        let filter = self.filter.clone();
        let (filter, selection) = match self.plan(group, filter.as_deref()).await? {
            Plan::None => (None, Ranges::new()),
            Plan::All => (None, ranges::one(0..rows)),
            Plan::Some(selection) => (filter, selection),
        };
        let selection = self.without_deleted(selection, first_row, rows);
        if selection.is_empty() {
            self.counters.row_groups_skipped += 1;
            return Ok(None);
        }
        self.counters.row_groups_read += 1;
        self.counters.rows_decoded += ranges::count(&selection);
        self.count_pages(group, filter.as_deref(), &selection);
        let found = Arc::new(Mutex::new(Vec::new()));
        let filtered = filter.is_some();
        let decoder = self.decoder(group, &selection, filter, &found)?;
        let reader = self.decode(group, decoder).await?;
        let found = std::mem::take(&mut *found.lock().unwrap_or_else(PoisonError::into_inner));
        let left = rows_found(&selection, filtered, &found)?;
        let Some(reader) = reader else { return counted(left == 0).map(|()| None) };
        let positions = self.scan.positions.then(|| Positions::new(&selection, &found, first_row));
        Ok(Some(Current { reader, left, positions }))
    }

    /// What the filter leaves of a row group.
    async fn plan(&mut self, group: usize, filter: Option<&Filter>) -> Outcome<Plan> {
        let Some(filter) = filter else { return Ok(Plan::All) };
        let possible = filter.node.possible(&|leaf| leaf.possible(&self.file.group_bounds(group, leaf)));
        if !possible.yes || self.is_absent(group, &filter.node).await? {
            return Ok(Plan::None);
        }
        if possible.is_certain() {
            return Ok(Plan::All);
        }
        self.read_index().await?;
        Ok(Plan::Some(self.file.may_match(group, &filter.node)))
    }

    fn without_deleted(&self, selection: Ranges, first_row: u64, rows: u64) -> Ranges {
        let start = self.deleted.partition_point(|&row| row < first_row);
        let end = self.deleted.partition_point(|&row| row < first_row.saturating_add(rows));
        if start >= end {
            return selection;
        }
        let deleted: Vec<u64> = self.deleted[start..end].iter().map(|row| row - first_row).collect();
        ranges::without(&selection, &deleted)
    }

    /// Whether bloom filters say that the filter is true for no row of the row group. Only those are read that decide it.
    async fn is_absent(&mut self, group: usize, node: &Node) -> Outcome<bool> {
        let (file, size) = (&self.file, self.fetch.size());
        let mut questions: Vec<bloom::Question<'_>> = Vec::new();
        node.each_leaf(&mut |leaf| {
            let column = file.column(group, leaf.field);
            questions.extend(column.and_then(|column| bloom::Question::new(leaf, column, size)));
        });
        let may_match = |absent: &[&Leaf]| {
            let possible = node.possible(&|leaf| {
                let possible = leaf.possible(&file.group_bounds(group, leaf));
                let absent = absent.iter().any(|&other| std::ptr::eq(leaf, other));
                Possible { yes: possible.yes && !absent, ..possible }
            });
            possible.yes
        };
        let all: Vec<&Leaf> = questions.iter().map(|question| question.leaf).collect();
        if all.is_empty() || may_match(&all) {
            return Ok(false);
        }
        let mut absent = Vec::new();
        for question in &questions {
            self.counters.bloom_filters += 1;
            if !question.may_be_there(&mut self.fetch).await? {
                absent.push(question.leaf);
                if !may_match(&absent) {
                    return Ok(true);
                }
            }
        }
        Ok(false)
    }

    /// Reads the index of pages, once, where the file has one.
    async fn read_index(&mut self) -> Outcome<()> {
        if std::mem::replace(&mut self.indexed, true) {
            return Ok(());
        }
        if let Some(metadata) = open::index(&mut self.fetch, self.file.metadata()).await? {
            self.file = Opened::new(metadata)?;
        }
        Ok(())
    }

    fn count_pages(&mut self, group: usize, filter: Option<&Filter>, selection: &[Range<u64>]) {
        let mut leaves = self.output.leaves.clone();
        leaves.extend(filter.into_iter().flat_map(|filter| &filter.columns.leaves));
        leaves.sort_unstable();
        leaves.dedup();
        let rows = self.file.rows(group);
        for pages in leaves.iter().filter_map(|&leaf| self.file.page_locations(group, leaf)) {
            let skipped = page_rows(pages, rows)
                .filter(|page| ranges::intersection(std::slice::from_ref(page), selection).is_empty());
            self.counters.pages_skipped += skipped.count() as u64;
        }
    }

    fn decoder(
        &self,
        group: usize,
        selection: &[Range<u64>],
        filter: Option<Arc<Filter>>,
        found: &Arc<Mutex<Vec<BooleanBuffer>>>,
    ) -> Outcome<ParquetPushDecoder> {
        let mask = |leaves: &[usize]| {
            ProjectionMask::leaves(self.file.arrow.parquet_schema(), leaves.iter().copied())
        };
        let mut builder = ParquetPushDecoderBuilder::new_with_metadata(self.file.arrow.clone())
            .with_batch_size(self.scan.batch_rows.max(1))
            .with_row_groups(vec![group])
            .with_projection(mask(&self.output.leaves));
        let rows = self.file.rows(group);
        if ranges::count(selection) < rows {
            builder = builder.with_row_selection(row_selection(selection, rows)?);
        }
        if let Some(filter) = filter {
            let found = found.clone();
            let mask = mask(&filter.columns.leaves);
            let test = move |batch| filter.test(&batch, &found);
            builder =
                builder.with_row_filter(RowFilter::new(vec![Box::new(ArrowPredicateFn::new(mask, test))]));
        }
        builder.build().map_err(damaged)
    }

    /// Gives the decoder what it asks for, until it has all that it needs of its row group.
    async fn decode(
        &mut self,
        group: usize,
        mut decoder: ParquetPushDecoder,
    ) -> Outcome<Option<ParquetRecordBatchReader>> {
        loop {
            match guarded(|| decoder.try_next_reader().map_err(damaged))? {
                DecodeResult::NeedsData(ranges) => {
                    let bytes = self.fetch.get(&ranges).await?;
                    let of = self.file.metadata().row_group(group);
                    for (range, bytes) in ranges.iter().zip(&bytes) {
                        let holds = |column: &&ColumnChunkMetaData| {
                            let (start, length) = column.byte_range();
                            (start..start.saturating_add(length)).contains(&range.start)
                        };
                        let columns: Vec<_> = of.columns().iter().filter(holds).collect();
                        pages::check(bytes, &columns, of.num_rows())?;
                    }
                    decoder.push_ranges(ranges, bytes).map_err(damaged)?;
                }
                DecodeResult::Data(reader) => return Ok(Some(reader)),
                DecodeResult::Finished => return Ok(None),
            }
        }
    }
}

/// What is to be read of a row group.
enum Plan {
    None,
    /// All rows, and the filter is true for them.
    All,
    /// The filter may be true for these.
    Some(Ranges),
}

/// How many rows of the selection are wanted: all, or those that the filter found, one bit for each of them.
fn rows_found(selection: &[Range<u64>], filtered: bool, found: &[BooleanBuffer]) -> Outcome<u64> {
    let selected = ranges::count(selection);
    if !filtered {
        return Ok(selected);
    }
    let sum = |count: fn(&BooleanBuffer) -> usize| found.iter().map(count).sum::<usize>() as u64;
    counted(sum(BooleanBuffer::len) == selected)?;
    Ok(sum(BooleanBuffer::count_set_bits))
}

/// Pages say for themselves how many values they have, and the metadata how many rows there are.
fn counted(equal: bool) -> Outcome<()> {
    equal.then_some(()).ok_or_else(|| damaged("its pages have not as many values as there are rows"))
}

fn row_selection(selection: &[Range<u64>], rows: u64) -> Outcome<RowSelection> {
    let at = |row: u64| usize::try_from(row).map_err(damaged);
    let selection: Outcome<Vec<_>> =
        selection.iter().map(|range| Ok(at(range.start)?..at(range.end)?)).collect();
    Ok(RowSelection::from_consecutive_ranges(selection?.into_iter(), at(rows)?))
}
