//! What the peers of the bench share: the document, its data, and how the driver and a peer talk.
//!
//! Knows no database. A peer does one [`Job`] a process, times only the work, and prints one [`Report`].

mod data;
mod job;

pub use data::{Digest, Label, Sale, Status, event};
pub use job::{Clock, DDL, DDL_INDEXED, DDL_OUTBOX, Elapsed, Job, Report, Workload, run};
