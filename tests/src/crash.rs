//! What the crash tests and the processes that they kill share.

use std::{
    io::{BufRead, BufReader},
    process::{Command, Stdio},
};

use terrace::prelude::*;

/// Runs a process and kills it once `is_enough` says so of a line that it writes, counted from 1; what it had written by then
/// is given to `is_enough` too.
///
/// # Panics
/// It ended by itself.
pub fn killed(command: &mut Command, mut is_enough: impl FnMut(u64, &str) -> bool) {
    let mut process = command.stdout(Stdio::piped()).spawn().expect("the process starts");
    let output = BufReader::new(process.stdout.take().expect("its output is piped"));
    let mut alive = true;
    for (count, line) in (1..).zip(output.lines()) {
        // What the pipe holds after the kill was written before, and is read until it is empty.
        if is_enough(count, &line.expect("a line of text")) && alive {
            process.kill().expect("kill -9");
            alive = false;
        }
    }
    let status = process.wait().expect("the process has ended");
    assert!(!alive && !status.success(), "it ended by itself: {status}");
    #[cfg(unix)]
    assert_eq!(std::os::unix::process::ExitStatusExt::signal(&status), Some(9), "{status}");
}

/// A document that the process writes.
#[derive(Collection, Clone, Debug, PartialEq)]
#[collection(columnar(threshold = 50))]
pub struct Entry {
    /// Counted up.
    #[id]
    pub id: i64,
    /// Of random length.
    pub text: String,
    /// Changes.
    #[index]
    pub count: i64,
}
