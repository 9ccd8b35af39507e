//! `PyIceberg` and `DuckDB`, in a Python process that answers one question a line.

use std::{
    ffi::OsString,
    io::{BufRead, BufReader, Write},
    path::Path,
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
};

use serde_json::{Value as Json, json};

/// The process.
pub(crate) struct Engines {
    child: Child,
    questions: ChildStdin,
    answers: BufReader<ChildStdout>,
    /// Rows that were compared, of both engines.
    pub(crate) rows: u64,
    /// Tables at a snapshot that were read.
    pub(crate) reads: u64,
}

impl Engines {
    /// The Python that `TERRACE_PYTHON` names; none where it is not set.
    pub(crate) fn start() -> Option<Self> {
        let Some(python) = std::env::var_os("TERRACE_PYTHON") else {
            println!(
                "not run: TERRACE_PYTHON names no Python with the packages of tests/lake/requirements.txt"
            );
            return None;
        };
        Some(Self::of(&python))
    }

    fn of(python: &OsString) -> Self {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("lake/engines.py");
        let mut child = Command::new(python)
            .arg(script)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("the Python of TERRACE_PYTHON");
        let questions = child.stdin.take().expect("it is piped");
        let answers = BufReader::new(child.stdout.take().expect("it is piped"));
        Self { child, questions, answers, rows: 0, reads: 0 }
    }

    /// Asks; a problem that the engines have found is a failure of the test.
    pub(crate) fn ask(&mut self, question: &Json) -> Json {
        writeln!(self.questions, "{question}").expect("the process listens");
        self.questions.flush().expect("the process listens");
        let mut line = String::new();
        self.answers.read_line(&mut line).expect("an answer");
        let answer: Json = serde_json::from_str(&line).unwrap_or_else(|_| panic!("no answer, but {line:?}"));
        if let Some(problem) = answer["problem"].as_str() {
            let mut brief = question.clone();
            brief["expected"] = Json::Null;
            panic!("{brief}\n{problem}");
        }
        answer
    }

    /// Both engines read a table, and find what is expected.
    pub(crate) fn compare(&mut self, table: &Path, snapshot: Option<i64>, expected: &Json) {
        self.compare_filtered(table, snapshot, expected, None);
    }

    /// As [`Engines::compare`], with a filter: PyIceberg's class with its arguments, and SQL.
    pub(crate) fn compare_filtered(
        &mut self,
        table: &Path,
        snapshot: Option<i64>,
        expected: &Json,
        filter: Option<(&Json, &str)>,
    ) {
        let answer = self.ask(&json!({
            "do": "compare", "table": table, "snapshot": snapshot, "expected": expected, "filter": filter,
        }));
        self.rows += answer["rows"].as_u64().expect("a count");
        self.reads += 2;
    }
}

impl Drop for Engines {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
