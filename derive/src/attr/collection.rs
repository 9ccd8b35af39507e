//! `#[collection(…)]`: the options of a struct.

use syn::{Attribute, Ident, LitStr, Path};

use crate::{ctxt::Ctxt, option::Node, spelling};

use super::{
    COLLECTION_KEYS, COLUMN_KEYS, Columnar, RawIndex, RawPartition, RawSort, Snapshot, columnar, duration,
    example, fields, index, krate, mark, options_of, partition, set, snapshot, sort, word, words,
};

/// What an event of the collection holds: the variants of `terrace::schema::Capture`, as they are written.
const CAPTURES: [(&str, &str); 3] = [("full", "Full"), ("after", "After"), ("keys", "Keys")];

/// What `#[collection(…)]` says.
#[derive(Default)]
pub(crate) struct StructOptions {
    pub(crate) krate: Option<Path>,
    pub(crate) name: Option<LitStr>,
    /// The word `id` and the fields.
    pub(crate) id: Option<(Ident, Vec<Ident>)>,
    pub(crate) indexes: Vec<RawIndex>,
    pub(crate) partition: Option<Vec<RawPartition>>,
    pub(crate) sort: Option<Vec<RawSort>>,
    pub(crate) merge_on_read: Option<()>,
    pub(crate) cache_seconds: Option<u64>,
    /// The variant of `Capture`.
    pub(crate) capture: Option<&'static str>,
    pub(crate) columnar: Option<Columnar>,
    pub(crate) snapshot: Option<Snapshot>,
}

impl StructOptions {
    pub(crate) fn parse(ctxt: &Ctxt, attributes: &[Attribute]) -> Self {
        let mut options = Self::default();
        for node in options_of(ctxt, attributes, "collection") {
            options.read(ctxt, &node);
        }
        misplaced(ctxt, attributes);
        options
    }

    fn read(&mut self, ctxt: &Ctxt, node: &Node) {
        let Some(key) = node.key() else {
            return ctxt.error(node, "expected an option, like `name = \"…\"`");
        };
        match key.to_string().as_str() {
            "crate" => set(ctxt, &mut self.krate, key, krate::parse(ctxt, node)),
            "name" => set(ctxt, &mut self.name, key, node.string(ctxt, "name = \"orders\"")),
            "id" => set(ctxt, &mut self.id, key, id(ctxt, key, node)),
            "index" | "unique" => self.indexes.extend(index::parse(ctxt, key, node)),
            "partition" => set(ctxt, &mut self.partition, key, partition::parse(ctxt, key, node)),
            "sort" => set(ctxt, &mut self.sort, key, sort::parse(ctxt, key, node)),
            "merge_on_read" => {
                let written = word(ctxt, key, node, "#[collection(merge_on_read)]");
                set(ctxt, &mut self.merge_on_read, key, written);
            }
            "cache" => set(ctxt, &mut self.cache_seconds, key, duration::parse(ctxt, key, node)),
            "columnar" => set(ctxt, &mut self.columnar, key, columnar::parse(ctxt, key, node)),
            "snapshot" => set(ctxt, &mut self.snapshot, key, snapshot::parse(ctxt, key, node)),
            "capture" => set(ctxt, &mut self.capture, key, capture(ctxt, node)),
            other => unknown(ctxt, key, other),
        }
    }
}

fn id(ctxt: &Ctxt, key: &Ident, node: &Node) -> Option<(Ident, Vec<Ident>)> {
    match node {
        Node::List(_, entries) if !entries.is_empty() => Some((key.clone(), fields(ctxt, entries))),
        _ => {
            ctxt.error(key, "`id` needs the names of its columns\nhelp: write `id(a, b)`");
            None
        }
    }
}

fn capture(ctxt: &Ctxt, node: &Node) -> Option<&'static str> {
    let text = node.string(ctxt, "capture = \"full\"")?;
    let value = text.value();
    let found = CAPTURES.iter().find(|(word, _)| *word == value);
    if found.is_none() {
        let words = CAPTURES.map(|(word, _)| word);
        let hint = spelling::hint(&value, "the captures", &words);
        ctxt.error(&text, format!("unknown capture `{value}`{hint}"));
    }
    found.map(|(_, variant)| *variant)
}

fn unknown(ctxt: &Ctxt, key: &Ident, typed: &str) {
    if let Some(example) = example(&COLUMN_KEYS, typed) {
        ctxt.error(key, format!("`{typed}` belongs on a field\nhelp: write `#[column({example})]` there"));
    } else if mark::named(typed).is_some() {
        ctxt.error(key, format!("`{typed}` belongs on a field\nhelp: write `#[{typed}]` there"));
    } else {
        spelling::unknown(
            ctxt,
            key,
            "collection option",
            "the options of a collection",
            &words(&COLLECTION_KEYS),
        );
    }
}

fn misplaced(ctxt: &Ctxt, attributes: &[Attribute]) {
    for attribute in attributes {
        let name = attribute.path().get_ident().map(ToString::to_string).unwrap_or_default();
        if mark::named(&name).is_some() {
            ctxt.error(attribute.path(), format!("`#[{name}]` belongs on a field"));
        }
    }
}
