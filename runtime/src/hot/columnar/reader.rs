//! A row group as the present schema has it: whichever schema its segments were written under.

use std::{ops::Range, sync::Arc};

use crate::{
    cdc::EventSchema,
    error::{Cause, Outcome},
    filter::Predicate,
    schema::{Kind, StoredColumn},
    value::{RowBuf, Value, ValueRef},
    vortex::{Bitmap, Column, DataType, Profile, Segment, VrtxError, encode, may_match, select},
};

use super::group::{Group, Source};

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

    /// A column, whole.
    pub(in crate::hot) fn column(&self, position: usize) -> Outcome<Column> {
        self.part(position, 0..self.group.rows)
    }

    /// The different values of a column and the place of each row's own among them, where the segment has them so.
    pub(in crate::hot) fn dictionary(&self, position: usize) -> Outcome<Option<(Column, Vec<u32>)>> {
        let source = &self.schema.lens.sources()[position];
        let Some(earlier) = source.earlier else { return Ok(None) };
        let bytes = self.source.segment(self.group.number, earlier)?;
        let Some((values, codes)) = Segment::parse(&bytes)?.decode_dictionary()? else { return Ok(None) };
        Ok(Some((present(values, &self.schema.current.columns[position], None)?, codes)))
    }

    /// Some rows of a column.
    pub(super) fn part(&self, position: usize, rows: Range<usize>) -> Outcome<Column> {
        let source = &self.schema.lens.sources()[position];
        let column = &self.schema.current.columns[position];
        let Some(earlier) = source.earlier else {
            return filled(column, source.new_fill(), rows.len());
        };
        let bytes = self.source.segment(self.group.number, earlier)?;
        present(Segment::parse(&bytes)?.decode_range(rows)?, column, source.null_fill())
    }

    /// The documents that are there and for which `predicate` is true; none where statistics say that there is none.
    pub(super) fn select(&self, predicate: &Predicate) -> Outcome<Option<Bitmap>> {
        let live = self.group.deleted.clone().not();
        let mut names = Vec::new();
        columns_of(predicate, &mut names);
        let mut segments = Vec::new();
        for &name in &names {
            let position = self.schema.current.column(name);
            let position = position.ok_or_else(|| Cause::Schema(format!("there is no column `{name}`")))?;
            segments.push((name, self.encoded(position)?));
        }
        let mut opened = Vec::new();
        for (name, bytes) in &segments {
            let segment = Segment::parse(bytes)?;
            if segment.rows() != self.group.rows {
                return Err(VrtxError::Damaged("a segment has another number of rows than its group").into());
            }
            opened.push((*name, segment));
        }
        let find = |name: &str| opened.iter().find(|(known, _)| *known == name);
        if !may_match(predicate, &|name| find(name).map(|(_, segment)| segment.statistics())) {
            return Ok(None);
        }
        let mut segment = |name: &str| match segments.iter().find(|(known, _)| *known == name) {
            Some((_, bytes)) => Segment::parse(bytes).map(Some),
            None => Ok(None),
        };
        let found = select::<VrtxError>(predicate, self.group.rows, &mut segment)?.and(&live);
        Ok((found.count() > 0).then_some(found))
    }

    /// The segment of a column; one that the group lacks, or that a migration has filled, is made.
    fn encoded(&self, position: usize) -> Outcome<Arc<Vec<u8>>> {
        let source = &self.schema.lens.sources()[position];
        match source.earlier {
            Some(earlier) if source.null_fill().is_none() => self.source.segment(self.group.number, earlier),
            _ => Ok(Arc::new(encode(&self.column(position)?, Profile::Fast)?)),
        }
    }

    /// The columns of the id.
    pub(super) fn ids(&self) -> Outcome<Arc<Vec<Column>>> {
        let id = &self.schema.current.id;
        self.source.ids(self.group.number, || id.iter().map(|&position| self.column(position)).collect())
    }

    /// The documents at some places; the values of columns that are not `wanted` are NULL.
    pub(super) fn rows(&self, places: &[usize], wanted: Option<&[usize]>) -> Outcome<Vec<RowBuf>> {
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

    /// The document at `at`. Those around it, which are decoded with it, are kept for the next.
    pub(super) fn row(&self, at: usize) -> Outcome<RowBuf> {
        let first = at - at % VECTOR;
        let last = self.group.rows.min(first + VECTOR);
        let columns = self.source.rows(self.group.number, first, || {
            (0..self.schema.current.columns.len()).map(|position| self.part(position, first..last)).collect()
        })?;
        let mut row = RowBuf::new();
        columns.iter().try_for_each(|column| row.push(column.get(at - first).as_ref()))?;
        Ok(row)
    }

    /// Every document that is there.
    pub(super) fn live_rows(&self) -> Outcome<Vec<RowBuf>> {
        self.rows(&self.group.deleted.clone().not().ones().collect::<Vec<_>>(), None)
    }
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
