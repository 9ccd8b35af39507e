//! What JavaScript gives an object, as far as the `worker` crate does not bind it, or does not catch what it throws.

use js_sys::{Array, JsString};
use wasm_bindgen::{JsValue, closure::ScopedClosure, prelude::wasm_bindgen};

#[wasm_bindgen]
extern "C" {
    /// `DurableObjectStorage`
    pub(super) type Storage;

    #[wasm_bindgen(method, getter)]
    pub(super) fn sql(this: &Storage) -> Sql;

    #[wasm_bindgen(method, catch, js_name = transactionSync)]
    pub(super) fn transaction_sync(
        this: &Storage,
        body: &ScopedClosure<'_, dyn FnMut() -> Result<(), JsValue>>,
    ) -> Result<(), JsValue>;

    /// `SqlStorage`
    pub(super) type Sql;

    #[wasm_bindgen(method, catch, variadic)]
    pub(super) fn exec(this: &Sql, statement: &JsString, parameters: &Array) -> Result<SqlCursor, JsValue>;

    /// `SqlStorageCursor`
    pub(super) type SqlCursor;

    #[wasm_bindgen(method, getter, js_name = columnNames)]
    pub(super) fn column_names(this: &SqlCursor) -> Vec<String>;

    #[wasm_bindgen(method, getter, js_name = rowsWritten)]
    pub(super) fn rows_written(this: &SqlCursor) -> f64;

    #[wasm_bindgen(method)]
    pub(super) fn raw(this: &SqlCursor) -> RawRows;

    /// The iterator of a cursor's rows as arrays.
    pub(super) type RawRows;
}

#[wasm_bindgen(inline_js = r"
export function take(rows, most) {
    const taken = [];
    while (taken.length < most) {
        const { done, value } = rows.next();
        if (done) break;
        taken.push(value);
    }
    return taken;
}
export function finish(rows) {
    while (!rows.next().done);
}
")]
extern "C" {
    /// Up to `most` rows; fewer only at the end.
    #[wasm_bindgen(catch)]
    pub(super) fn take(rows: &RawRows, most: u32) -> Result<Array, JsValue>;

    /// Reads the rest, and forgets it.
    #[wasm_bindgen(catch)]
    pub(super) fn finish(rows: &RawRows) -> Result<(), JsValue>;
}
