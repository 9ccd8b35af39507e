//! How a schema may change: wider types, new columns with ids that were never given before.

use super::{Field, Type};

/// The type `to`, if a column of type `from` may become one of it or is one.
///
/// Source: Iceberg, "Schema Evolution".
///
/// ```
/// # use terrace::cold::iceberg::{Type, promote};
/// assert_eq!(promote(&Type::Int, &Type::Long), Some(Type::Long));
/// assert_eq!(promote(&Type::Long, &Type::Int), None);
/// ```
#[must_use]
pub fn promote(from: &Type, to: &Type) -> Option<Type> {
    let may = match (from, to) {
        (Type::Int, Type::Long) | (Type::Float, Type::Double) => true,
        (Type::Decimal { precision: from, scale }, Type::Decimal { precision: to, scale: same }) => {
            from <= to && scale == same
        }
        (from, to) => from == to,
    };
    may.then(|| to.clone())
}

/// Gives new columns the ids after `last_column_id`, in order, and gives the greatest that then is given.
///
/// ```
/// # use terrace::cold::iceberg::{Field, Type, give_ids};
/// let mut added = vec![Field { id: 0, name: "note".into(), required: false, kind: Type::String, doc: None }];
/// assert_eq!(give_ids(&mut added, 7), 8);
/// assert_eq!(added[0].id, 8);
/// ```
pub fn give_ids(added: &mut [Field], last_column_id: i32) -> i32 {
    let mut last = last_column_id;
    for field in added {
        last += 1;
        field.id = last;
    }
    last
}
