//! SQLite on this machine, by rusqlite, under the limits of a Durable Object.

use std::{
    cell::Cell,
    ops::ControlFlow,
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use rusqlite::{
    CachedStatement, Connection, Error, OpenFlags, Statement, ToSql,
    ffi::{self, ErrorCode},
    hooks::{AuthAction, AuthContext, Authorization},
    limits::Limit,
    types::{ToSqlOutput, ValueRef as SqliteRef},
};

use crate::{
    error::{Cause, Failure, Outcome},
    hot::{
        backend::{Backend, EachRow, Insert, NextRow, Verdict, fill, wrong_count},
        backends::{BEYOND_LIMIT, columns},
    },
    schema::Storage,
    value::{Row, RowBuf, ValueError, ValueRef},
};

/// How many prepared statements are kept.
const STATEMENTS: usize = 256;

/// The limits of Durable Objects. `LENGTH` is what workerd was measured to set; a single value is held to the
/// documented 2 MB before it comes here.
const LIMITS: [(Limit, i32); 8] = [
    (Limit::SQLITE_LIMIT_LENGTH, 2_200_000),
    (Limit::SQLITE_LIMIT_SQL_LENGTH, 100_000),
    (Limit::SQLITE_LIMIT_COLUMN, 100),
    (Limit::SQLITE_LIMIT_EXPR_DEPTH, 100),
    (Limit::SQLITE_LIMIT_COMPOUND_SELECT, 5),
    (Limit::SQLITE_LIMIT_FUNCTION_ARG, 32),
    (Limit::SQLITE_LIMIT_LIKE_PATTERN_LENGTH, 50),
    (Limit::SQLITE_LIMIT_VARIABLE_NUMBER, 100),
];

/// A connection to a file, or to memory.
pub(crate) struct Native {
    connection: Connection,
    /// Whether the statement that is being prepared is the user's own, and may only read.
    foreign: Arc<AtomicBool>,
    /// How many transactions are open, one inside of the other.
    depth: Cell<usize>,
}

impl Native {
    pub(crate) fn open(path: &Path, busy_timeout: Duration) -> Outcome<Self> {
        Self::of(Connection::open(path), busy_timeout)
    }

    pub(crate) fn in_memory() -> Outcome<Self> {
        Self::of(Connection::open_in_memory(), Duration::ZERO)
    }

    /// Opens a file that is there.
    pub(crate) fn open_existing(path: &Path, busy_timeout: Duration) -> Outcome<Self> {
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        Self::of(Connection::open_with_flags(path, flags), busy_timeout)
    }

    /// Opens a file that is there, and writes nothing to it.
    pub(crate) fn open_to_read(path: &Path) -> Outcome<Self> {
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(path, flags).map_err(|error| failure(error, ""))?;
        Ok(Self { connection, foreign: Arc::default(), depth: Cell::new(0) })
    }

    fn of(connection: rusqlite::Result<Connection>, busy_timeout: Duration) -> Outcome<Self> {
        let mut connection = connection.map_err(|error| failure(error, ""))?;
        let foreign = Arc::new(AtomicBool::new(false));
        set_up(&mut connection, busy_timeout, foreign.clone()).map_err(|error| failure(error, ""))?;
        Ok(Self { connection, foreign, depth: Cell::new(0) })
    }

    fn prepare(&self, sql: &str) -> Outcome<CachedStatement<'_>> {
        if self.depth.get() > 0 && self.connection.is_autocommit() {
            return Err(Failure::from(Cause::RolledBack).within(sql));
        }
        self.connection.prepare_cached(sql).map_err(|error| failure(error, sql))
    }

    fn command(&self, sql: &str) -> Outcome<()> {
        self.prepare(sql)?.raw_execute().map(drop).map_err(|error| failure(error, sql))
    }
}

fn set_up(
    connection: &mut Connection,
    busy_timeout: Duration,
    foreign: Arc<AtomicBool>,
) -> rusqlite::Result<()> {
    connection.busy_timeout(busy_timeout)?;
    for (limit, value) in LIMITS {
        connection.set_limit(limit, value)?;
    }
    connection.authorizer(Some(move |context: AuthContext<'_>| {
        if foreign.load(Ordering::Relaxed) {
            authorize_foreign(&context.action)
        } else {
            Authorization::Allow
        }
    }))?;
    connection.set_prepared_statement_cache_capacity(STATEMENTS);
    connection.pragma_update(None, "journal_mode", "WAL")?;
    connection.pragma_update(None, "synchronous", "NORMAL")
}

fn authorize_foreign(action: &AuthAction<'_>) -> Authorization {
    match action {
        AuthAction::Select
        | AuthAction::Read { .. }
        | AuthAction::Function { .. }
        | AuthAction::Recursive => Authorization::Allow,
        _ => Authorization::Deny,
    }
}

impl Backend for Native {
    fn execute(&self, sql: &str, parameters: &dyn Row) -> Outcome<u64> {
        let mut statement = self.prepare(sql)?;
        bind(&mut statement, parameters, 0, sql)?;
        let changed = statement.raw_execute().map_err(|error| failure(error, sql))?;
        Ok(changed as u64)
    }

    fn insert_rows(&self, insert: &Insert, next: NextRow<'_>) -> Outcome<()> {
        let mut rows = Vec::new();
        let mut many = None;
        while fill(&mut rows, insert.rows, next)? == insert.rows {
            let many = match &mut many {
                Some(many) => many,
                None => many.insert(self.prepare(&insert.many)?),
            };
            run(many, &rows, &insert.one)?;
        }
        let mut one = self.prepare(&insert.one)?;
        rows.chunks(1).try_for_each(|row| run(&mut one, row, &insert.one))
    }

    fn query(&self, sql: &str, _: &[Storage], parameters: &dyn Row, each: EachRow<'_>) -> Outcome<()> {
        step(&mut *self.prepare(sql)?, sql, parameters, each)
    }

    fn query_foreign(&self, sql: &str, parameters: &dyn Row, each: EachRow<'_>) -> Outcome<()> {
        self.foreign.store(true, Ordering::Relaxed);
        let prepared = self.connection.prepare(sql);
        self.foreign.store(false, Ordering::Relaxed);
        let mut statement = prepared.map_err(|error| match error {
            Error::SqliteFailure(ffi::Error { code: ErrorCode::AuthorizationForStatementDenied, .. }, _) => {
                Failure::from(Cause::NotARead).within(sql)
            }
            other => failure(other, sql),
        })?;
        if !statement.readonly() {
            return Err(Failure::from(Cause::NotARead).within(sql));
        }
        if statement.parameter_count() != parameters.len() {
            let problem = wrong_count(statement.parameter_count(), parameters.len());
            return Err(Failure::from(problem).within(sql));
        }
        step(&mut statement, sql, parameters, each)
    }

    fn transaction(&self, body: &mut dyn FnMut() -> Verdict) -> Outcome<()> {
        let level = Level::begin(self, "BEGIN IMMEDIATE")?;
        match body() {
            Verdict::Commit => level.commit(),
            Verdict::Rollback => Ok(()),
        }
    }

    fn snapshot(&self, body: &mut dyn FnMut()) -> Outcome<()> {
        if self.depth.get() > 0 {
            body();
            return Ok(());
        }
        let level = Level::begin(self, "BEGIN")?;
        body();
        level.commit()
    }
}

/// One open transaction or savepoint; rolled back when it is dropped, so also on a panic.
struct Level<'a> {
    backend: &'a Native,
    depth: usize,
}

impl<'a> Level<'a> {
    /// Begins a savepoint, or outside of a transaction one by the statement `begin`.
    fn begin(backend: &'a Native, begin: &str) -> Outcome<Self> {
        let depth = backend.depth.get();
        backend.command(if depth == 0 { begin } else { "SAVEPOINT _terrace" })?;
        backend.depth.set(depth + 1);
        Ok(Self { backend, depth })
    }

    fn commit(self) -> Outcome<()> {
        self.backend.command(if self.depth == 0 { "COMMIT" } else { "RELEASE _terrace" })?;
        self.backend.depth.set(self.depth);
        std::mem::forget(self);
        Ok(())
    }
}

impl Drop for Level<'_> {
    fn drop(&mut self) {
        self.backend.depth.set(self.depth);
        // SQLite itself rolls back on some errors (disk full, out of memory); then there is nothing left to do, and
        // these commands fail.
        if self.depth == 0 {
            let _ = self.backend.command("ROLLBACK");
        } else {
            let _ = self.backend.command("ROLLBACK TO _terrace");
            let _ = self.backend.command("RELEASE _terrace");
        }
    }
}

/// Binds the parameters that come after the first `bound`.
fn bind<R: Row + ?Sized>(
    statement: &mut Statement<'_>,
    parameters: &R,
    bound: usize,
    sql: &str,
) -> Outcome<()> {
    for position in 0..parameters.len() {
        let value = Parameter(parameters.value(position)?);
        statement.raw_bind_parameter(bound + position + 1, value).map_err(|error| failure(error, sql))?;
    }
    Ok(())
}

/// Runs a statement with the values of these rows, one after the other, as its parameters.
fn run(statement: &mut Statement<'_>, rows: &[RowBuf], sql: &str) -> Outcome<()> {
    for (at, row) in rows.iter().enumerate() {
        bind(statement, row, at * row.len(), sql)?;
    }
    statement.raw_execute().map(drop).map_err(|error| failure(error, sql))
}

fn step(statement: &mut Statement<'_>, sql: &str, parameters: &dyn Row, each: EachRow<'_>) -> Outcome<()> {
    bind(statement, parameters, 0, sql)?;
    let columns = statement.column_count();
    let mut rows = statement.raw_query();
    while let Some(row) = rows.next().map_err(|error| failure(error, sql))? {
        if let ControlFlow::Break(()) = each(&NativeRow { row, columns })? {
            break;
        }
    }
    Ok(())
}

struct Parameter<'a>(ValueRef<'a>);

impl ToSql for Parameter<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(match self.0 {
            ValueRef::Null => SqliteRef::Null,
            ValueRef::Integer(integer) => SqliteRef::Integer(integer),
            ValueRef::Real(real) => SqliteRef::Real(real),
            ValueRef::Text(text) => SqliteRef::Text(text.as_bytes()),
            ValueRef::Blob(bytes) => SqliteRef::Blob(bytes),
        }))
    }
}

struct NativeRow<'a, 'stmt> {
    row: &'a rusqlite::Row<'stmt>,
    columns: usize,
}

impl Row for NativeRow<'_, '_> {
    fn len(&self) -> usize {
        self.columns
    }

    fn value(&self, column: usize) -> Result<ValueRef<'_>, ValueError> {
        let value = self
            .row
            .get_ref(column)
            .map_err(|_| ValueError::Mismatch { expected: "one more column", found: "the end of the row" })?;
        Ok(match value {
            SqliteRef::Null => ValueRef::Null,
            SqliteRef::Integer(integer) => ValueRef::Integer(integer),
            SqliteRef::Real(real) => ValueRef::Real(real),
            SqliteRef::Text(text) => {
                ValueRef::Text(std::str::from_utf8(text).map_err(|_| ValueError::NotUtf8)?)
            }
            SqliteRef::Blob(bytes) => ValueRef::Blob(bytes),
        })
    }

    fn name(&self, column: usize) -> Option<&str> {
        self.row.as_ref().column_name(column).ok()
    }
}

/// An error of SQLite with the statement that met it.
fn failure(error: Error, sql: &str) -> Failure {
    Failure::from(cause(error)).within(sql)
}

fn cause(error: Error) -> Cause {
    let (code, extended, text) = match &error {
        Error::SqliteFailure(code, text) => (code.code, code.extended_code, text.clone().unwrap_or_default()),
        Error::SqlInputError { error, msg, .. } => (error.code, error.extended_code, msg.clone()),
        _ => return Cause::Sqlite(error.into()),
    };
    let source = error.into();
    match code {
        ErrorCode::ConstraintViolation if is_unique(extended) => {
            Cause::NotUnique { columns: columns(&text), source }
        }
        ErrorCode::ConstraintViolation => Cause::Constraint { source },
        ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked => Cause::Locked { source },
        ErrorCode::DiskFull => Cause::DiskFull { source },
        ErrorCode::SystemIoFailure if extended == ffi::SQLITE_IOERR_SHMSIZE => Cause::DiskFull { source },
        ErrorCode::SystemIoFailure | ErrorCode::CannotOpen | ErrorCode::ReadOnly => Cause::Io { source },
        ErrorCode::NotADatabase => Cause::NotADatabase { source },
        ErrorCode::DatabaseCorrupt => Cause::Corrupt { what: "the database file".to_owned(), problem: text },
        ErrorCode::TooBig => Cause::Limit { limit: format!("{text}; a row holds at most 2 MB") },
        _ if BEYOND_LIMIT.iter().any(|part| text.contains(part)) => Cause::Limit { limit: text },
        _ => Cause::Sqlite(source),
    }
}

fn is_unique(extended: i32) -> bool {
    [ffi::SQLITE_CONSTRAINT_UNIQUE, ffi::SQLITE_CONSTRAINT_PRIMARYKEY, ffi::SQLITE_CONSTRAINT_ROWID]
        .contains(&extended)
}
