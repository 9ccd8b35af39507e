//! Two tasks over one store, in every order of their operations.

use std::task::{Context, Waker};

use crate::faulty::Job;

/// The choices of a run, of which the first ones are given: whether the second task does the next operation.
#[derive(Clone, Debug, Default)]
pub struct Choices {
    taken: Vec<bool>,
    next: usize,
}

impl Choices {
    fn take(&mut self) -> bool {
        if self.next == self.taken.len() {
            self.taken.push(false);
        }
        self.next += 1;
        self.taken[self.next - 1]
    }

    /// Goes on to the next order; false where that was the last one.
    pub fn advance(&mut self) -> bool {
        self.next = 0;
        while self.taken.last() == Some(&true) {
            self.taken.pop();
        }
        self.taken.last_mut().map(|last| *last = true).is_some()
    }

    /// Whether the second task was the first to begin: from here on two tasks that are alike do what they have done before, each
    /// in the place of the other.
    #[must_use]
    pub fn is_mirrored(&self) -> bool {
        self.taken.first() == Some(&true)
    }

    /// Runs both tasks to their ends, in the order of the choices.
    pub fn run(&mut self, [first, second]: [Job<'_>; 2]) {
        let mut jobs = [Some(first), Some(second)];
        while jobs.iter().any(Option::is_some) {
            let both = jobs.iter().all(Option::is_some);
            let at = if both { usize::from(self.take()) } else { usize::from(jobs[0].is_none()) };
            // an operation is begun, or the one before is answered, at the first poll, and applied at the second
            for _ in 0..2 {
                let mut context = Context::from_waker(Waker::noop());
                if jobs[at].as_mut().is_some_and(|job| job.as_mut().poll(&mut context).is_ready()) {
                    jobs[at] = None;
                }
            }
        }
    }
}
