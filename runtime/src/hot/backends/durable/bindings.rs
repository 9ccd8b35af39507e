//! What JavaScript gives an object, as far as the `worker` crate does not bind it, or does not catch what it throws.

use js_sys::{Float64Array, JsString, Promise, Uint8Array};
use wasm_bindgen::{JsValue, closure::ScopedClosure, prelude::wasm_bindgen};

use super::crossing::Packed;

#[wasm_bindgen]
extern "C" {
    /// `DurableObjectStorage`
    pub(in crate::hot) type Storage;

    #[wasm_bindgen(method, getter)]
    pub(super) fn sql(this: &Storage) -> Sql;

    #[wasm_bindgen(method, catch, js_name = transactionSync)]
    pub(super) fn transaction_sync(
        this: &Storage,
        body: &ScopedClosure<'_, dyn FnMut() -> Result<(), JsValue>>,
    ) -> Result<(), JsValue>;

    #[wasm_bindgen(method, catch, js_name = getCurrentBookmark)]
    pub(in crate::hot) fn get_current_bookmark(this: &Storage) -> Result<Promise, JsValue>;

    /// The time is in milliseconds since 1970 UTC.
    #[wasm_bindgen(method, catch, js_name = getBookmarkForTime)]
    pub(in crate::hot) fn get_bookmark_for_time(this: &Storage, time: f64) -> Result<Promise, JsValue>;

    #[wasm_bindgen(method, catch, js_name = onNextSessionRestoreBookmark)]
    pub(in crate::hot) fn on_next_session_restore_bookmark(
        this: &Storage,
        bookmark: &str,
    ) -> Result<Promise, JsValue>;

    /// `SqlStorage`
    pub(super) type Sql;

    /// `SqlStorageCursor`
    pub(super) type SqlCursor;

    #[wasm_bindgen(method, getter, js_name = columnNames)]
    pub(super) fn column_names(this: &SqlCursor) -> Vec<String>;

    #[wasm_bindgen(method)]
    pub(super) fn raw(this: &SqlCursor) -> RawRows;

    /// The iterator of a cursor's rows as arrays.
    pub(super) type RawRows;

    /// What [`take`] gives.
    pub(super) type Taken;

    /// How many rows there are.
    #[wasm_bindgen(method, getter)]
    pub(super) fn count(this: &Taken) -> usize;

    /// Whether they are the last.
    #[wasm_bindgen(method, getter)]
    pub(super) fn ended(this: &Taken) -> bool;

    /// Each value as two numbers.
    #[wasm_bindgen(method, getter)]
    pub(super) fn values(this: &Taken) -> Float64Array;

    /// All texts together.
    #[wasm_bindgen(method, getter)]
    pub(super) fn text(this: &Taken) -> JsString;

    /// All blobs together.
    #[wasm_bindgen(method, getter)]
    pub(super) fn blob(this: &Taken) -> Uint8Array;
}

#[wasm_bindgen(module = "/src/hot/backends/durable/crossing.js")]
extern "C" {
    /// `SqlStorage`, and the statements that it is given again and again.
    pub(super) type Gate;

    #[wasm_bindgen(constructor)]
    pub(super) fn new(sql: &Sql, memory: &JsValue) -> Gate;

    /// Keeps a statement; gives its number.
    #[wasm_bindgen(method)]
    pub(super) fn keep(this: &Gate, statement: &str) -> usize;

    /// Forgets all statements.
    #[wasm_bindgen(method)]
    pub(super) fn forget(this: &Gate);

    #[wasm_bindgen(method, catch, js_name = execute)]
    fn execute_at(
        this: &Gate,
        statement: usize,
        count: usize,
        values: *const f64,
        text: *const u8,
        text_length: usize,
        blob: *const u8,
    ) -> Result<f64, JsValue>;

    #[wasm_bindgen(method, catch, js_name = query)]
    fn query_at(
        this: &Gate,
        statement: usize,
        count: usize,
        values: *const f64,
        text: *const u8,
        text_length: usize,
        blob: *const u8,
    ) -> Result<SqlCursor, JsValue>;

    /// Whether SQLite has a transaction open: inside of one it ignores that a setting is changed.
    ///
    /// Source: SQLite, "PRAGMA `foreign_keys`".
    #[wasm_bindgen(method, catch, js_name = inTransaction)]
    pub(super) fn in_transaction(this: &Gate) -> Result<bool, JsValue>;

    /// Up to `most` rows. Where `blobs` is 1, a text is a blob in the digits of `hex`.
    #[wasm_bindgen(catch)]
    pub(super) fn take(rows: &RawRows, most: u32, blobs: &[u8]) -> Result<Taken, JsValue>;

    /// Reads the rest, and forgets it.
    #[wasm_bindgen(catch)]
    pub(super) fn finish(rows: &RawRows) -> Result<(), JsValue>;
}

impl Gate {
    /// Runs a statement that gives no rows; gives the number of rows that it wrote.
    pub(super) fn execute(&self, statement: usize, parameters: &Packed) -> Result<f64, JsValue> {
        let Packed { values, text, blob } = parameters;
        let (text, length) = (text.as_ptr(), text.len());
        self.execute_at(statement, parameters.len(), values.as_ptr(), text, length, blob.as_ptr())
    }

    /// Begins a statement that gives rows.
    pub(super) fn query(&self, statement: usize, parameters: &Packed) -> Result<SqlCursor, JsValue> {
        let Packed { values, text, blob } = parameters;
        let (text, length) = (text.as_ptr(), text.len());
        self.query_at(statement, parameters.len(), values.as_ptr(), text, length, blob.as_ptr())
    }
}
