//! What an object does with the platform's bookmarks, as far as there are any on this machine.

use std::{future::poll_fn, pin::pin};

use serde_json::json;
use terrace::{hot::Bookmark, prelude::*};
use worker::{Error, Response, SqlStorageValue};

use crate::ledger::{Answer, Ledger};

impl Ledger {
    /// Takes bookmarks; says what is given and what is refused.
    pub(crate) async fn bookmarks(&self) -> Answer {
        let state = &self.state;
        let first = self.db.current_bookmark(state).await?;
        let mut taking = pin!(self.db.current_bookmark(state));
        let mut marked_meanwhile = None;
        let second = poll_fn(|context| {
            let polled = taking.as_mut().poll(context);
            if polled.is_pending() {
                marked_meanwhile = Some(self.marks());
            }
            polled
        });
        let second = second.await?;
        let bookmark_for_time = self.db.bookmark_for_time(state, Timestamp::now()).await;
        let restore = self.db.restore_on_next_session(state, &first).await;
        let nonsense = self.db.restore_on_next_session(state, &Bookmark::from("nonsense".to_owned())).await;
        let refusals: Vec<String> = [bookmark_for_time, restore, nonsense]
            .into_iter()
            .map(|refused| refused.map_or_else(|error| error.to_string(), |given| given.to_string()))
            .collect();
        Ok(Response::from_json(&json!({
            "sorted": first < second,
            "marked meanwhile": marked_meanwhile.transpose()?,
            "marked": self.marks()?,
            "refusals": refusals,
        }))?)
    }

    /// Leaves the database as a bookmark would hold it.
    pub(crate) fn leave_mark(&self) -> Answer {
        let mark = Some(vec![SqlStorageValue::Blob(vec![0; 16])]);
        self.sql().exec("INSERT INTO _terrace_bookmark (mark) VALUES (?)", mark)?;
        Ok(Response::ok(self.db.lineage()?.to_string())?)
    }

    /// Ends the session of the object; the next request meets a new one.
    pub(crate) async fn restart(&self) -> Answer {
        let failed = async { Err::<(), _>(Error::from("the session ends here")) };
        self.state.block_concurrency_while(failed).await?;
        Ok(Response::ok("the session goes on")?)
    }

    fn marks(&self) -> worker::Result<usize> {
        let marks = self.sql().exec("SELECT mark FROM _terrace_bookmark", None)?;
        Ok(marks.raw().count())
    }
}
