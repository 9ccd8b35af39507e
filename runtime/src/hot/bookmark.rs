//! Bookmarks: points in time to which the platform can take the database of an object back.
//!
//! Keeps invariants 2 and 6. A rewind takes the change log back too, so what is written after it gets sequence numbers
//! that were given before. A rewound database looks like one that is merely old. So a bookmark is taken while the
//! database holds a mark, which is removed at once: who finds one when it is opened was rewound, and begins a new lineage.
//! (Or its process ended in the middle of this, and the new lineage does no harm.)

use std::fmt;

use js_sys::Promise;
use wasm_bindgen::JsValue;
use worker::{State, wasm_bindgen_futures::JsFuture};

use crate::{
    Timestamp,
    error::{During, Operation, Outcome, StorageError},
    value::ValueRef,
};

use super::{
    Db,
    backends::durable::{refused, storage_of},
};

/// A point in time of an object's database, as the platform names it.
///
/// As text it can be kept and taken back. Bookmarks of one object sort by time.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Bookmark(String);

impl Bookmark {
    /// The bookmark's text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Bookmark {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl From<String> for Bookmark {
    fn from(text: String) -> Self {
        Self(text)
    }
}

impl Db {
    /// A bookmark of the database as it is now. An object that is taken back to it begins a new lineage, with a
    /// `RESTORE` event, by itself.
    ///
    /// The database is marked meanwhile, which writes two rows.
    ///
    /// # Errors
    /// [`crate::Cause::Bookmark`] where the platform gives none.
    ///
    /// ```ignore
    /// let before = db.current_bookmark(&state).await?;
    /// import(&db)?;
    /// // and, should it have gone wrong, up to 30 days later:
    /// let undo = db.restore_on_next_session(&state, &before).await?;
    /// ```
    pub async fn current_bookmark(&self, state: &State) -> Result<Bookmark, StorageError> {
        let mark = self.mark().during_no_collection(Operation::Bookmark)?;
        let bookmark = bookmark(storage_of(state).get_current_bookmark()).await;
        self.remove_mark(mark).and(bookmark).during_no_collection(Operation::Bookmark)
    }

    /// A bookmark of the database as it was at a time, up to 30 days ago.
    ///
    /// It holds no mark. An object that is taken back to it has to be told so: call [`Db::fork`] before anything else
    /// is written. What is written before has ids of events that were given already, and who had seen those takes it for a
    /// repetition.
    ///
    /// # Errors
    /// [`crate::Cause::Bookmark`] where the platform gives none: in local development, and for times too long ago.
    pub async fn bookmark_for_time(&self, state: &State, time: Timestamp) -> Result<Bookmark, StorageError> {
        #[allow(clippy::cast_precision_loss)] // JavaScript's own time
        let milliseconds = time.micros().div_euclid(1_000) as f64;
        let bookmark = bookmark(storage_of(state).get_bookmark_for_time(milliseconds)).await;
        bookmark.during_no_collection(Operation::Bookmark)
    }

    /// Has the platform take the database back to a bookmark when the object is started the next time. Gives the
    /// bookmark that undoes it: of the database as it is at the end of this session.
    ///
    /// The session goes on. To end it once the answer is out, fail in `State::block_concurrency_while`.
    ///
    /// # Errors
    /// [`crate::Cause::Bookmark`] where the platform refuses it: in local development, and for what is no bookmark of
    /// this object.
    pub async fn restore_on_next_session(
        &self,
        state: &State,
        to: &Bookmark,
    ) -> Result<Bookmark, StorageError> {
        let mark = self.mark().during_no_collection(Operation::Bookmark)?;
        let storage = storage_of(state);
        let undo = bookmark(storage.on_next_session_restore_bookmark(&to.0)).await;
        // The end of this session is what `undo` goes back to: then the mark stays.
        let kept = if undo.is_ok() { Ok(()) } else { self.remove_mark(mark) };
        kept.and(undo).during_no_collection(Operation::Bookmark)
    }

    fn mark(&self) -> Outcome<[u8; 16]> {
        let mark = (self.random.borrow_mut())();
        let sql = "INSERT INTO _terrace_bookmark (mark) VALUES (?1)";
        self.backend.execute(sql, &[ValueRef::Blob(&mark)].as_slice())?;
        Ok(mark)
    }

    fn remove_mark(&self, mark: [u8; 16]) -> Outcome<()> {
        let sql = "DELETE FROM _terrace_bookmark WHERE mark = ?1";
        self.backend.execute(sql, &[ValueRef::Blob(&mark)].as_slice()).map(drop)
    }
}

/// What the platform answers.
async fn bookmark(asked: Result<Promise, JsValue>) -> Outcome<Bookmark> {
    let answer = match asked {
        Ok(promise) => JsFuture::from(promise).await,
        Err(thrown) => Err(thrown),
    };
    let text = answer.map_err(|thrown| refused(&thrown))?.as_string();
    text.map(Bookmark).ok_or_else(|| refused(&JsValue::from("the platform's answer is no text")).into())
}
