//! Where the files of a table are.

use std::sync::Arc;

use super::super::store::Store;

/// A store, and which of its files are a table's.
#[derive(Clone, Debug)]
pub(crate) struct Place {
    pub(crate) store: Arc<dyn Store>,
    /// What the locations of the store's files begin with.
    pub(crate) root: Arc<str>,
    /// The path of the table's folder in the store; empty where the store holds nothing else.
    pub(crate) folder: String,
}

impl Place {
    /// The path of a location, of a table that says that it is at `table`. A lake that was moved as a whole still names the
    /// place where it was.
    pub(crate) fn path(&self, table: &str, location: &str) -> Option<String> {
        let below = |root: &str| location.strip_prefix(root)?.strip_prefix('/');
        match below(table) {
            Some(rest) if self.folder.is_empty() => Some(rest.to_owned()),
            Some(rest) => Some(format!("{}/{rest}", self.folder)),
            None => below(&self.root).map(str::to_owned),
        }
    }
}
