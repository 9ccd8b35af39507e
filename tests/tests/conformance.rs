//! The conformance suite over files of this machine. `tests/object` runs it inside of a Durable Object.

use std::{cell::RefCell, fs};

use terrace::{Options, prelude::*, schema::Collections};
use terrace_tests::{
    Place,
    conformance::{Checked, Home, cases},
};

#[derive(Default)]
struct File(RefCell<Place>);

impl Home for File {
    fn open_with(&self, options: Options, collections: Collections) -> Result<Db, StorageError> {
        options.open(self.0.borrow().path(), collections)
    }

    fn clear(&self) -> Checked {
        let before = self.0.replace(Place::new());
        Ok(fs::remove_file(before.path())?)
    }
}

#[test]
fn files_pass_every_case() {
    let failed: Vec<String> = cases()
        .iter()
        .filter_map(|case| Some(format!("{}: {}", case.name, (case.run)(&File::default()).err()?)))
        .collect();
    assert!(failed.is_empty(), "{}", failed.join("\n"));
}
