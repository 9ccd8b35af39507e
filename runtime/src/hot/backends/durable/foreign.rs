//! SQL of the user's own: held to reading, and made to give its values exactly.
//!
//! The statement becomes a table of a SELECT around it, where SQLite accepts nothing that writes. The SELECT marks what
//! JavaScript would not tell apart: integers come as `i…`, texts as `t…`, so a number is a float. A parameter that is an
//! integer is cast to one, since it would be a float in arithmetic.

use crate::{
    error::{Cause, Failure, Outcome},
    hot::backend::wrong_count,
    schema::{Storage, quote},
    value::{Row, ValueError, ValueRef},
};

use super::crossing::JsRef;

/// With what a statement begins that is no table of a SELECT.
const NO_READ: [&str; 18] = [
    "INSERT",
    "UPDATE",
    "DELETE",
    "REPLACE",
    "CREATE",
    "DROP",
    "ALTER",
    "PRAGMA",
    "BEGIN",
    "COMMIT",
    "ROLLBACK",
    "SAVEPOINT",
    "RELEASE",
    "ATTACH",
    "DETACH",
    "VACUUM",
    "REINDEX",
    "ANALYZE",
];

/// How many bytes a statement may have. It is cut shorter, and SQLite would not see it whole.
const MAX_STATEMENT: usize = 100_000;

/// The statement without comments and the last semicolon, its integer parameters cast.
pub(super) fn inner(sql: &str, parameters: &dyn Row) -> Outcome<String> {
    if sql.len() > MAX_STATEMENT {
        return Err(Failure::from(Cause::Limit { limit: "statement too long".to_owned() }).within(sql));
    }
    if writes(sql) {
        return Err(Failure::from(Cause::NotARead).within(sql));
    }
    let mut inner = Inner { text: String::with_capacity(sql.len()), parameters, marks: Vec::new(), bound: 0 };
    let read = inner.read(sql).and_then(|()| inner.check_count());
    read.map_err(|cause| Failure::from(cause).within(sql))?;
    Ok(inner.text)
}

/// A statement that gives the names of the columns, and no row.
pub(super) fn names(inner: &str) -> String {
    format!("SELECT * FROM (\n{inner}\n) LIMIT 0")
}

/// The statement that gives the rows.
pub(super) fn outer(inner: &str, columns: usize) -> String {
    let names: Vec<String> = (0..columns).map(|at| format!("c{at}")).collect();
    let values: Vec<String> = names
        .iter()
        .map(|c| {
            format!(
                "CASE typeof({c}) WHEN 'integer' THEN 'i' || {c} WHEN 'text' THEN 't' || {c} ELSE {c} END"
            )
        })
        .collect();
    let table = quote("_terrace_rows");
    format!("WITH {table}({}) AS (\n{inner}\n) SELECT {} FROM {table}", names.join(", "), values.join(", "))
}

/// A value as [`outer`] marks it.
#[allow(clippy::unnecessary_wraps)] // has the signature of `values::decode`
pub(super) fn decode(value: JsRef<'_>, _: Option<Storage>) -> Result<ValueRef<'_>, ValueError> {
    Ok(match value {
        JsRef::Null => ValueRef::Null,
        JsRef::Number(real) => ValueRef::Real(real),
        JsRef::Text(marked) => match marked.strip_prefix('i').map(str::parse) {
            Some(Ok(integer)) => ValueRef::Integer(integer),
            _ => ValueRef::Text(marked.get(1..).unwrap_or_default()),
        },
        JsRef::Blob(bytes) => ValueRef::Blob(bytes),
    })
}

/// The failure of a statement: that of the user's own, or that it does more than read.
pub(super) fn refusal(failure: Failure, sql: &str) -> Failure {
    let near = match &failure.cause {
        Cause::Sqlite(source) => word_of_syntax_error(&source.to_string()),
        _ => None,
    };
    let writes = near.is_some_and(|word| writes(&word));
    let failure = if writes { Cause::NotARead.into() } else { failure };
    failure.within(sql)
}

/// Whether a statement, or a part of one that is no read, begins with a word of [`NO_READ`].
fn writes(sql: &str) -> bool {
    let sql = &sql[leading_comments(sql)..];
    let word = &sql[..sql.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(sql.len())];
    NO_READ.iter().any(|known| word.eq_ignore_ascii_case(known))
}

fn word_of_syntax_error(text: &str) -> Option<String> {
    let (word, rest) = text.strip_prefix("near \"")?.split_once('"')?;
    rest.starts_with(": syntax error").then(|| word.to_owned())
}

/// A statement while it is read.
struct Inner<'a> {
    text: String,
    parameters: &'a dyn Row,
    /// The marks with a name, in the order of their numbers.
    marks: Vec<(String, usize)>,
    /// The highest number of a parameter.
    bound: usize,
}

impl Inner<'_> {
    fn read(&mut self, sql: &str) -> Result<(), Cause> {
        let mut rest = sql;
        let mut depth = 0_usize;
        while let Some(first) = rest.chars().next() {
            let length = token(rest);
            let (token, after) = rest.split_at(length);
            rest = after;
            match first {
                '-' | '/' if length > 1 => self.text.push(' '),
                ';' if leading_comments(rest) == rest.len() => break,
                ';' => return Err(Cause::Sqlite("Multiple statements provided".into())),
                '?' | ':' | '@' | '$' => self.parameter(token)?,
                '(' | ')' => {
                    depth = if first == '(' { Some(depth + 1) } else { depth.checked_sub(1) }
                        .ok_or_else(|| Cause::Sqlite("near \")\": syntax error".into()))?;
                    self.text.push(first);
                }
                _ => self.text.push_str(token),
            }
        }
        if depth == 0 { Ok(()) } else { Err(Cause::Sqlite("incomplete input".into())) }
    }

    fn parameter(&mut self, mark: &str) -> Result<(), Cause> {
        let number = self.number(mark);
        self.bound = self.bound.max(number);
        let mark = if mark == "?" { format!("?{number}") } else { mark.to_owned() };
        let is_integer = number <= self.parameters.len()
            && matches!(self.parameters.value(number - 1)?, ValueRef::Integer(_));
        // The plus takes the affinity away that the cast would bring into comparisons.
        let parts = if is_integer { ["+CAST(", &mark, " AS INTEGER)"] } else { ["", &mark, ""] };
        self.text.extend(parts);
        Ok(())
    }

    /// The number of a parameter, from 1.
    fn number(&mut self, mark: &str) -> usize {
        if let Some(number) = mark.strip_prefix('?').and_then(|number| number.parse().ok()) {
            return std::cmp::max(number, 1);
        }
        if let Some((_, number)) = self.marks.iter().find(|(known, _)| known == mark && mark != "?") {
            return *number;
        }
        self.marks.push((mark.to_owned(), self.bound + 1));
        self.bound + 1
    }

    fn check_count(&self) -> Result<(), Cause> {
        let given = self.parameters.len();
        if self.bound == given { Ok(()) } else { Err(wrong_count(self.bound, given)) }
    }
}

/// How many bytes of white space, comments and semicolons a statement begins with.
fn leading_comments(sql: &str) -> usize {
    let mut at = 0;
    while let Some(first) = sql[at..].chars().next() {
        let length = token(&sql[at..]);
        let comment = matches!(first, '-' | '/') && length > 1;
        if !comment && !first.is_whitespace() && first != ';' {
            break;
        }
        at += length;
    }
    at
}

/// The length of the first token: a quoted one, a comment, a parameter, or one character.
fn token(sql: &str) -> usize {
    let first = sql.chars().next().unwrap_or_default();
    let to = |end: &str, from: usize| {
        sql.get(from..).and_then(|rest| rest.find(end)).map_or(sql.len(), |at| from + at + end.len())
    };
    match first {
        // Two quotes in a row, which stand for one, are read as the end of a token and the beginning of the next.
        '\'' | '"' | '`' => to(first.encode_utf8(&mut [0; 4]), 1),
        '[' => to("]", 1),
        '-' if sql.starts_with("--") => to("\n", 2),
        '/' if sql.starts_with("/*") => to("*/", 2),
        '?' | ':' | '@' | '$' => {
            let name = |c: char| c.is_alphanumeric() || c == '_';
            sql.char_indices().skip(1).find(|(_, c)| !name(*c)).map_or(sql.len(), |(at, _)| at)
        }
        // So that no parameter is seen in the middle of a name such as `a$b`.
        c if c.is_alphanumeric() || c == '_' => {
            let name = |c: char| c.is_alphanumeric() || c == '_' || c == '$';
            sql.find(|c| !name(c)).unwrap_or(sql.len())
        }
        c => c.len_utf8(),
    }
}
