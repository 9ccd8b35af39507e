//! A row group as the present schema has it: whichever schema its segments were written under.

use std::{cmp::Ordering, ops::Range, sync::Arc};

use crate::{
    cdc::EventSchema,
    error::{Cause, Outcome},
    filter::Predicate,
    schema::{Kind, StoredColumn},
    value::{Row, RowBuf, Value, ValueRef},
    vortex::{
        Bitmap, Column, DataType, OwnedSegment, Profile, Segment, VrtxError, encode, may_match, select,
    },
};

use super::{
    group::{Group, Source},
    order,
};

/// How many values are decoded together.
const VECTOR: usize = 1_024;

/// A row group, read through the lens of its schema.
pub(in crate::hot) struct Reader<'a> {
    source: Source<'a>,
    pub(super) group: Group,
    schema: Arc<EventSchema>,
}

impl<'a> Reader<'a> {
    pub(super) fn new(source: Source<'a>, group: Group) -> Outcome<Self> {
        let schema = source.schemas.get(&group.schema).cloned().ok_or(Cause::Migrated)?;
        Ok(Self { source, group, schema })
    }

    /// Whether its segments were written under an earlier schema.
    pub(super) fn is_outdated(&self) -> bool {
        self.schema.stored.columns != self.schema.current.columns
    }

    /// How many places there are.
    pub(in crate::hot) fn len(&self) -> usize {
        self.group.rows
    }

    /// A column, whole.
    pub(in crate::hot) fn column(&self, position: usize) -> Outcome<Column> {
        self.part(position, 0..self.group.rows)
    }

    /// The different values of a column by their codes, where the segment has them so.
    pub(in crate::hot) fn dictionary(&self, position: usize) -> Outcome<Option<Column>> {
        let Some(stored) = self.stored(position)? else { return Ok(None) };
        let Some(values) = stored.segment().decode_dictionary()? else { return Ok(None) };
        Ok(Some(present(values, &self.schema.current.columns[position], None)?))
    }

    /// The codes of some rows of a column that has a dictionary.
    pub(in crate::hot) fn codes(&self, position: usize, rows: Range<usize>) -> Outcome<Vec<u32>> {
        let codes = match self.stored(position)? {
            Some(stored) => stored.segment().decode_codes(rows)?,
            None => None,
        };
        Ok(codes.ok_or(VrtxError::Mismatch("the column has no dictionary"))?)
    }

    /// Some rows of a column.
    pub(in crate::hot) fn part(&self, position: usize, rows: Range<usize>) -> Outcome<Column> {
        let source = &self.schema.lens.sources()[position];
        let column = &self.schema.current.columns[position];
        match self.stored(position)? {
            Some(stored) => present(stored.segment().decode_range(rows)?, column, source.null_fill()),
            None => filled(column, source.new_fill(), rows.len()),
        }
    }

    /// The documents that are there and for which `predicate` is true; none where statistics say that there is none.
    pub(super) fn select(&self, predicate: &Predicate) -> Outcome<Option<Bitmap>> {
        let mut names = Vec::new();
        columns_of(predicate, &mut names);
        let opened: Vec<(&str, Arc<OwnedSegment>)> =
            names.into_iter().map(|name| Ok((name, self.encoded(name)?))).collect::<Outcome<_>>()?;
        let find =
            |name: &str| opened.iter().find(|(known, _)| *known == name).map(|(_, opened)| opened.segment());
        if !may_match(predicate, &|name| find(name).map(Segment::statistics)) {
            return Ok(None);
        }
        let found = select(predicate, self.group.rows, &mut |name: &str| Ok::<_, VrtxError>(find(name)))?;
        let found = found.and(&self.group.deleted.clone().not());
        Ok((found.count() > 0).then_some(found))
    }

    /// The segment that a column was stored as; none where the group is older than the column.
    fn stored(&self, position: usize) -> Outcome<Option<Arc<OwnedSegment>>> {
        let Some(earlier) = self.schema.lens.sources()[position].earlier else { return Ok(None) };
        let stored = self.source.segment(self.group.number, earlier)?;
        if stored.segment().rows() != self.group.rows {
            return Err(VrtxError::Damaged("a segment has another number of rows than its group").into());
        }
        Ok(Some(stored))
    }

    /// The segment of a column; one that the group lacks, or that a migration has filled, is made.
    fn encoded(&self, name: &str) -> Outcome<Arc<OwnedSegment>> {
        let position = self.schema.current.column(name);
        let position = position.ok_or_else(|| Cause::Schema(format!("there is no column `{name}`")))?;
        match self.stored(position)? {
            Some(stored) if self.schema.lens.sources()[position].null_fill().is_none() => Ok(stored),
            _ => Ok(Arc::new(OwnedSegment::open(encode(&self.column(position)?, Profile::Fast)?)?)),
        }
    }

    /// The documents at some places; the values of columns that are not `wanted` are NULL.
    pub(in crate::hot) fn rows(&self, places: &[usize], wanted: Option<&[usize]>) -> Outcome<Vec<RowBuf>> {
        let (Some(&first), Some(&last)) = (places.iter().min(), places.iter().max()) else {
            return Ok(Vec::new());
        };
        let mut rows = vec![RowBuf::new(); places.len()];
        for position in 0..self.schema.current.columns.len() {
            if wanted.is_some_and(|wanted| !wanted.contains(&position)) {
                rows.iter_mut().try_for_each(|row| row.push(ValueRef::Null))?;
                continue;
            }
            let column = self.part(position, first..last + 1)?;
            for (row, at) in rows.iter_mut().zip(places) {
                row.push(column.get(at - first).as_ref())?;
            }
        }
        Ok(rows)
    }

    /// The document at `at`.
    pub(super) fn row(&self, at: usize) -> Outcome<RowBuf> {
        let mut row = RowBuf::new();
        for position in 0..self.schema.current.columns.len() {
            row.push(self.value(position, at)?.as_ref())?;
        }
        Ok(row)
    }

    fn value(&self, position: usize, at: usize) -> Outcome<Value> {
        Ok(self.part(position, at..at + 1)?.get(0))
    }

    /// The place of the document with this id, whether it is there or was deleted.
    pub(super) fn position(&self, id: &RowBuf) -> Outcome<Option<usize>> {
        // Decoding one value takes as long as decoding all before it in its vector, so the vector is found by the first
        // values and then decoded.
        let vectors = self.group.rows.div_ceil(VECTOR);
        let begins_before = |vector: usize| {
            let first = self.ids(vector * VECTOR..vector * VECTOR + 1)?;
            Ok(compare(&first, 0, id)?.is_le())
        };
        let Some(vector) = partition_point(vectors, begins_before)?.checked_sub(1) else { return Ok(None) };
        let start = vector * VECTOR;
        let ids = self.ids(start..self.group.rows.min(start + VECTOR))?;
        let len = ids.first().map_or(0, Column::len);
        let at = partition_point(len, |at| Ok(compare(&ids, at, id)?.is_lt()))?;
        let found = at < len && compare(&ids, at, id)?.is_eq();
        Ok(found.then_some(start + at))
    }

    fn ids(&self, rows: Range<usize>) -> Outcome<Vec<Column>> {
        self.schema.current.id.iter().map(|&position| self.part(position, rows.clone())).collect()
    }

    /// Every document that is there.
    pub(super) fn live_rows(&self) -> Outcome<Vec<RowBuf>> {
        self.rows(&self.group.deleted.clone().not().ones().collect::<Vec<_>>(), None)
    }
}

/// The order of the id at a place of columns and another one.
fn compare(ids: &[Column], at: usize, id: &RowBuf) -> Outcome<Ordering> {
    let mut order = Ordering::Equal;
    for (column, ids) in ids.iter().enumerate() {
        order = order.then(order::values(ids.get(at).as_ref(), id.value(column)?));
    }
    Ok(order)
}

/// The first of `len` places for which `before` is not true, as `partition_point` of slices.
fn partition_point(len: usize, mut before: impl FnMut(usize) -> Outcome<bool>) -> Outcome<usize> {
    let (mut from, mut to) = (0, len);
    while from < to {
        let at = usize::midpoint(from, to);
        if before(at)? { from = at + 1 } else { to = at }
    }
    Ok(from)
}

/// The names of the columns that a predicate is about, each once.
fn columns_of<'p>(predicate: &'p Predicate, names: &mut Vec<&'p str>) {
    match predicate {
        Predicate::And(terms) | Predicate::Or(terms) => {
            for term in terms {
                columns_of(term, names);
            }
        }
        Predicate::Not(term) => columns_of(term, names),
        Predicate::Compare { column, .. }
        | Predicate::In { column, .. }
        | Predicate::IsNull { column }
        | Predicate::Text { column, .. } => {
            if !names.contains(&&**column) {
                names.push(column);
            }
        }
    }
}

/// An empty column as the present schema has it.
pub(super) fn empty(kind: Kind, nullable: bool) -> Column {
    Column::new(DataType::of(kind), nullable)
}

fn filled(column: &StoredColumn, fill: &Value, rows: usize) -> Outcome<Column> {
    let mut filled = empty(column.kind, column.nullable);
    for _ in 0..rows {
        filled.push(fill.as_ref())?;
    }
    Ok(filled)
}

/// The values of an earlier column as the present one.
fn present(earlier: Column, column: &StoredColumn, fill: Option<&Value>) -> Outcome<Column> {
    if earlier.data_type() == DataType::of(column.kind) && earlier.is_nullable() == column.nullable {
        return Ok(earlier);
    }
    let mut present = empty(column.kind, column.nullable);
    for at in 0..earlier.len() {
        let value = earlier.get(at);
        let value = if value == Value::Null { fill.unwrap_or(&value) } else { &value };
        present.push(value.as_ref())?;
    }
    Ok(present)
}
