//! Transactions of an object: `transactionSync`, nested as savepoints.
//!
//! Keeps invariant 1 where the object would not. When SQLite ends a transaction by itself (a full disk, a trigger that
//! raises ROLLBACK), each later statement would be a transaction of its own, and kept. So after a statement that failed
//! we look whether the transaction is still there; if not, nothing more is let through until its end.

use std::cell::Cell;

use wasm_bindgen::{JsValue, closure::ScopedClosure};

use crate::{
    error::{Cause, Failure, Outcome},
    hot::backend::Verdict,
};

use super::{
    bindings::{Gate, Storage},
    failure::failure,
};

/// What is known of the open transaction.
#[derive(Default)]
pub(super) struct Transactions {
    /// How many are open, one inside of the other.
    depth: Cell<usize>,
    /// Whether SQLite has ended the outermost one.
    ended: Cell<bool>,
}

impl Transactions {
    /// Refuses a statement in a transaction that SQLite has ended.
    pub(super) fn check(&self, sql: &str) -> Outcome<()> {
        if self.ended.get() { Err(Failure::from(Cause::RolledBack).within(sql)) } else { Ok(()) }
    }

    /// A statement has failed: looks whether the transaction went with it.
    pub(super) fn failed(&self, gate: &Gate) {
        if self.depth.get() > 0 {
            self.ended.set(!gate.in_transaction().unwrap_or_default());
        }
    }

    /// Runs `body` in a transaction.
    pub(super) fn run(&self, storage: &Storage, body: &mut dyn FnMut() -> Verdict) -> Outcome<()> {
        self.check("")?;
        let mut entered = false;
        let mut verdict = None;
        let mut run = || -> Result<(), JsValue> {
            entered = true;
            let reached = body();
            verdict = Some(reached);
            // Only what is thrown makes `transactionSync` roll back.
            if reached == Verdict::Commit { Ok(()) } else { Err(JsValue::UNDEFINED) }
        };
        let closure =
            ScopedClosure::<dyn FnMut() -> Result<(), JsValue>>::borrow_mut_assert_unwind_safe(&mut run);
        self.depth.update(|depth| depth + 1);
        let done = storage.transaction_sync(&closure);
        drop(closure);
        let ended = self.leave();
        match (done, verdict) {
            (_, Some(Verdict::Commit)) if ended => Err(Cause::RolledBack.into()),
            (_, Some(Verdict::Rollback)) | (Ok(()), _) => Ok(()),
            (Err(_), None) if entered => {
                std::panic::resume_unwind(Box::new("the body of a transaction panicked"))
            }
            (Err(error), _) => Err(failure(&error, "")),
        }
    }

    /// The innermost one is over; says whether SQLite had ended it.
    fn leave(&self) -> bool {
        let depth = self.depth.get() - 1;
        self.depth.set(depth);
        if depth == 0 { self.ended.take() } else { self.ended.get() }
    }
}
