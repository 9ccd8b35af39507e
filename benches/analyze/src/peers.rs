//! Who else is asked.

use std::{
    io::{BufRead, BufReader, Write},
    path::Path,
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
};

use anyhow::{Context, Result, ensure};
use rusqlite::Connection;

use crate::flight::Flight;

/// SQLite over a table of rows.
pub(crate) struct Sqlite(Connection);

impl Sqlite {
    pub(crate) fn fill(path: &Path, flights: &[Flight]) -> Result<Self> {
        Ok(Self(crate::sqlite::fill(path, flights)?))
    }

    pub(crate) fn ask(&self, question: &str) -> Result<String> {
        let mut statement = self.0.prepare_cached(question)?;
        let rows = statement.query_map([], |row| {
            let (carrier, count, distance): (String, i64, i64) = (row.get(0)?, row.get(1)?, row.get(2)?);
            Ok(format!("{carrier},{count},{distance},{}", row.get::<_, i64>(3)?))
        })?;
        Ok(rows.collect::<rusqlite::Result<Vec<_>>>()?.join("|"))
    }
}

/// `DuckDB` over a table of its own, in a process of Python that times the question itself.
pub(crate) struct DuckDb {
    process: Child,
    questions: ChildStdin,
    answers: BufReader<ChildStdout>,
}

impl DuckDb {
    pub(crate) fn start(
        python: &Path,
        script: &Path,
        flights: &Path,
        question: &str,
        path: &Path,
    ) -> Result<Self> {
        let mut command = Command::new(python);
        command.arg(script).arg(flights).arg(question).arg(path);
        let mut process = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .with_context(|| format!("cannot start {command:?}"))?;
        let questions = process.stdin.take().context("DuckDB has no input")?;
        let answers = BufReader::new(process.stdout.take().context("DuckDB has no output")?);
        let mut peer = Self { process, questions, answers };
        let ready = peer.line()?;
        ensure!(ready == "ready", "DuckDB says {ready}");
        Ok(peer)
    }

    fn line(&mut self) -> Result<String> {
        let mut line = String::new();
        self.answers.read_line(&mut line)?;
        Ok(line.trim_end().to_owned())
    }

    /// How many milliseconds it took, and the answer.
    pub(crate) fn ask(&mut self) -> Result<(f64, String)> {
        writeln!(self.questions, "ask")?;
        self.questions.flush()?;
        let line = self.line()?;
        let (milliseconds, answer) = line.split_once(' ').context("DuckDB gave no answer")?;
        Ok((milliseconds.parse()?, answer.to_owned()))
    }
}

impl Drop for DuckDb {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
