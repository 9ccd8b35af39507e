//! Schemas without structs: what a database has stored of a collection, as the constant that the derive would have made.
//!
//! For tools, which open databases whose structs they do not know. Whatever only the struct says (how the lake lays the
//! collection out, how long a cache may serve it) is as if it said nothing.

use super::{
    ColumnDef, Fill, Index, Schema, StoredColumn, StoredIndex, StoredSchema,
    sqlite::{UNIQUE, WHERE},
};
use crate::value::Value;

impl StoredSchema {
    /// The schema for as long as the program runs; none where it is not one that the derive makes.
    pub(crate) fn unbound(&self) -> Option<&'static Schema> {
        let schema = Schema {
            name: leaked(&self.name),
            columns: leak(self.columns.iter().map(column).collect::<Option<Vec<_>>>()?),
            id: leak(self.id.clone()),
            indexes: leak(self.indexes.iter().map(|index| self.index(index)).collect::<Option<Vec<_>>>()?),
            version: None,
            capture: self.capture,
            partition: &[],
            sort: &[],
            merge_on_read: false,
            cache_seconds: None,
            columnar: None,
            snapshot: None,
        };
        (Self::from(&schema) == *self).then(|| &*Box::leak(Box::new(schema)))
    }

    /// What the name of an index says: `unique orders(a, b) where a > 0`.
    fn index(&self, stored: &StoredIndex) -> Option<Index> {
        let named = stored.name.strip_prefix(UNIQUE).unwrap_or(&stored.name);
        let mut rest = named.strip_prefix(&*self.name)?.strip_prefix('(')?;
        let mut columns = Vec::new();
        loop {
            let next = |at: &usize| {
                let behind = rest.strip_prefix(&*self.columns[*at].name)?;
                behind
                    .strip_prefix(", ")
                    .map(|more| (more, true))
                    .or(behind.strip_prefix(')').map(|end| (end, false)))
            };
            let at = (0..self.columns.len()).find(|at| next(at).is_some())?;
            let (behind, more) = next(&at)?;
            columns.push(at);
            rest = behind;
            if !more {
                break;
            }
        }
        let filter = rest.strip_prefix(WHERE).map(leaked);
        Some(Index { columns: leak(columns), unique: stored.unique, filter })
    }
}

fn column(stored: &StoredColumn) -> Option<ColumnDef> {
    let fill = match &stored.fill {
        None => None,
        Some(Value::Integer(integer)) => Some(Fill::Integer(*integer)),
        Some(Value::Real(real)) => Some(Fill::Real(*real)),
        Some(Value::Text(text)) => Some(Fill::Text(leaked(text))),
        Some(_) => return None,
    };
    Some(ColumnDef {
        name: leaked(&stored.name),
        kind: stored.kind,
        labels: leak(stored.labels.iter().map(|label| leaked(label)).collect()),
        nullable: stored.nullable,
        was: leak(stored.was.iter().map(|name| leaked(name)).collect()),
        mask: stored.mask,
        fill,
    })
}

fn leaked(text: &str) -> &'static str {
    Box::leak(text.into())
}

fn leak<T>(values: Vec<T>) -> &'static [T] {
    Vec::leak(values)
}
