//! How many rows an object writes, counted from every cursor that it opens.

use wasm_bindgen::{JsValue, prelude::wasm_bindgen};

#[wasm_bindgen(inline_js = r"
export function count(storage) {
    const prototype = Object.getPrototypeOf(storage.sql);
    const exec = prototype.exec;
    const cursors = [];
    prototype.exec = function (...words) {
        const cursor = exec.apply(this, words);
        cursors.push(cursor);
        return cursor;
    };
    return () => {
        prototype.exec = exec;
        return cursors.reduce((rows, cursor) => rows + cursor.rowsWritten, 0);
    };
}
")]
extern "C" {
    /// Counts from here on; the function that it gives ends the counting.
    pub(crate) fn count(storage: &JsValue) -> js_sys::Function;
}
