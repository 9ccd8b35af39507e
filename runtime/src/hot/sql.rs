//! The filter in SQL: a `WHERE` clause and its parameters, within the limits of Durable Objects.
//!
//! Conditions joined by AND or OR become a balanced tree, since an expression may be 100 deep. The values of an `IN`
//! travel as JSON arrays, since a statement may have 100 parameters: integers as they are, texts and blobs as
//! hexadecimal, which are exact both ways.

use crate::{
    error::{Cause, Outcome},
    filter::{Comparison, Place, Predicate},
    schema::{Schema, quote},
    value::{Value, ValueRef, hex},
};

/// Up to how many bytes of JSON one parameter of an `IN` has.
const IN_BYTES: usize = 1_000_000;

/// A piece of SQL with its parameters.
#[derive(Debug, Default)]
pub(super) struct Sql {
    pub(super) text: String,
    pub(super) parameters: Vec<Value>,
}

impl Sql {
    /// Adds a parameter and the mark that stands for it.
    pub(super) fn bind(&mut self, value: Value) {
        self.parameters.push(value);
        self.text.push('?');
        self.text.push_str(&self.parameters.len().to_string());
    }

    pub(super) fn push(&mut self, text: &str) {
        self.text.push_str(text);
    }

    /// Adds a predicate on documents of `schema`.
    pub(super) fn predicate(&mut self, schema: &Schema, predicate: &Predicate) -> Outcome<()> {
        match predicate {
            Predicate::And(terms) => self.joined(schema, terms, " AND ", "1"),
            Predicate::Or(terms) => self.joined(schema, terms, " OR ", "0"),
            Predicate::Not(term) => {
                self.push("NOT (");
                self.predicate(schema, term)?;
                self.push(")");
                Ok(())
            }
            Predicate::Compare { column, comparison, value } => {
                self.column(schema, column)?;
                self.push(operator(*comparison));
                self.bind(value.clone());
                Ok(())
            }
            Predicate::In { column, values } => self.one_of(schema, column, values),
            Predicate::IsNull { column } => {
                self.column(schema, column)?;
                self.push(" IS NULL");
                Ok(())
            }
            Predicate::Text { column, place, part } => self.text_part(schema, column, *place, part),
        }
    }

    fn column(&mut self, schema: &Schema, column: &str) -> Outcome<()> {
        known(schema, column)?;
        self.push(&quote(column));
        Ok(())
    }

    /// Terms joined by `operator` as a balanced tree; `empty` where there is none.
    fn joined(&mut self, schema: &Schema, terms: &[Predicate], operator: &str, empty: &str) -> Outcome<()> {
        match terms {
            [] => self.push(empty),
            [term] => self.predicate(schema, term)?,
            terms => {
                let (left, right) = terms.split_at(terms.len() / 2);
                self.push("(");
                self.joined(schema, left, operator, empty)?;
                self.push(operator);
                self.joined(schema, right, operator, empty)?;
                self.push(")");
            }
        }
        Ok(())
    }

    fn one_of(&mut self, schema: &Schema, column: &str, values: &[Value]) -> Outcome<()> {
        let Some(first) = values.first() else {
            self.push("0");
            return Ok(());
        };
        if let Value::Real(_) = first {
            return self.one_of_floats(schema, column, values);
        }
        let item = match first {
            Value::Text(_) => "CAST(unhex(value) AS TEXT)",
            Value::Blob(_) => "unhex(value)",
            _ => "value",
        };
        for (at, array) in json_arrays(values)?.into_iter().enumerate() {
            self.push(if at == 0 { "(" } else { " OR " });
            self.column(schema, column)?;
            self.push(&format!(" IN (SELECT {item} FROM json_each("));
            self.bind(Value::Text(array));
            self.push("))");
        }
        self.push(")");
        Ok(())
    }

    /// Floats have no text that SQLite reads back exactly, so each is a parameter.
    fn one_of_floats(&mut self, schema: &Schema, column: &str, values: &[Value]) -> Outcome<()> {
        self.column(schema, column)?;
        for (at, value) in values.iter().enumerate() {
            self.push(if at == 0 { " IN (" } else { ", " });
            self.bind(value.clone());
        }
        self.push(")");
        Ok(())
    }

    fn text_part(&mut self, schema: &Schema, column: &str, place: Place, part: &str) -> Outcome<()> {
        match place {
            Place::Anywhere => {
                self.push("instr(");
                self.column(schema, column)?;
                self.push(", ");
                self.bind(Value::Text(part.to_owned()));
                self.push(") > 0");
            }
            Place::Start => {
                self.push("(");
                self.column(schema, column)?;
                self.push(" >= ");
                self.bind(Value::Text(part.to_owned()));
                if let Some(end) = after_prefix(part) {
                    self.push(" AND ");
                    self.column(schema, column)?;
                    self.push(" < ");
                    self.bind(Value::Text(end));
                }
                self.push(")");
            }
            Place::End => self.text_end(schema, column, part)?,
        }
        Ok(())
    }

    /// Compares the last bytes, since SQLite's functions of text stop at a NUL; the `substr` of an empty blob is NULL.
    fn text_end(&mut self, schema: &Schema, column: &str, part: &str) -> Outcome<()> {
        if part.is_empty() {
            self.push("length(");
            self.column(schema, column)?;
            self.push(") >= 0");
            return Ok(());
        }
        known(schema, column)?;
        let bytes = format!("CAST({} AS BLOB)", quote(column));
        self.push(&format!("ifnull(substr({bytes}, -{}), {bytes}) = ", part.len()));
        self.bind(Value::Blob(part.as_bytes().to_vec()));
        Ok(())
    }
}

fn known(schema: &Schema, column: &str) -> Outcome<()> {
    let unknown = || Cause::Schema(format!("there is no column `{column}` in `{}`", schema.name));
    schema.column(column).ok_or_else(unknown)?;
    Ok(())
}

fn operator(comparison: Comparison) -> &'static str {
    match comparison {
        Comparison::Eq => " = ",
        Comparison::Ne => " <> ",
        Comparison::Lt => " < ",
        Comparison::Le => " <= ",
        Comparison::Gt => " > ",
        Comparison::Ge => " >= ",
    }
}

/// The least text that is greater than every text with this prefix, in the order of their bytes; none when there is
/// no such text.
fn after_prefix(prefix: &str) -> Option<String> {
    let mut end: Vec<char> = prefix.chars().collect();
    while let Some(last) = end.pop() {
        let next = (u32::from(last) + 1..=u32::from(char::MAX)).find_map(char::from_u32);
        if let Some(next) = next {
            end.push(next);
            return Some(end.into_iter().collect());
        }
    }
    None
}

/// The values as JSON arrays of up to [`IN_BYTES`] each.
fn json_arrays(values: &[Value]) -> Outcome<Vec<String>> {
    let mut arrays = Vec::new();
    let mut array = String::from("[");
    for value in values {
        let item = json_item(value)?;
        if array.len() + item.len() > IN_BYTES && array.len() > 1 {
            array.push(']');
            arrays.push(std::mem::replace(&mut array, String::from("[")));
        }
        if array.len() > 1 {
            array.push(',');
        }
        array.push_str(&item);
    }
    array.push(']');
    arrays.push(array);
    Ok(arrays)
}

fn json_item(value: &Value) -> Outcome<String> {
    Ok(match value.as_ref() {
        ValueRef::Integer(integer) => integer.to_string(),
        ValueRef::Text(text) => format!("\"{}\"", hex(text.as_bytes())),
        ValueRef::Blob(bytes) => format!("\"{}\"", hex(bytes)),
        ValueRef::Real(_) | ValueRef::Null => {
            return Err(Cause::Schema("the values of an `is_in` are of one type".to_owned()).into());
        }
    })
}
