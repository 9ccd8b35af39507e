//! What of a scene decides how it goes on: all but names, times and sizes.
//!
//! Two scenes of one shape differ in the random names of files, snapshots and lineages, in when something was done, and in how many
//! bytes that takes, and nothing in the lake looks at these but to tell whether two are the same, and whether a file is older than an
//! hour: so what is true after one of them is true after the other.

#![allow(clippy::missing_panics_doc, clippy::unwrap_used)]

use std::{
    collections::{BTreeSet, HashMap, hash_map::DefaultHasher},
    fmt::Write,
    hash::{Hash, Hasher},
};

use serde_json::Value;
use terrace::cold::iceberg::{Content, DataFile, TableMetadata, read_list, read_manifest};

use crate::{
    audit::{audit, places_of_file, rows_of_file, unreferenced},
    faulty::FaultyStore,
    scene::{CHANGES, STATE, Scene},
};

/// After so many seconds a file that nothing refers to is an orphan.
const ORPHAN_SECONDS: i64 = 3_600;

impl Scene {
    /// The hash of its shape.
    #[must_use]
    pub fn shape(&self) -> u64 {
        let mut text = String::new();
        for table in [CHANGES, STATE] {
            describe_table(&self.store, table, &mut text);
        }
        for object in &self.objects {
            object.describe(&mut text);
        }
        let mut hasher = DefaultHasher::new();
        unnamed(&text).hash(&mut hasher);
        hasher.finish()
    }
}

fn describe_table(store: &FaultyStore, table: &str, text: &mut String) {
    let file = |name: &str| store.file(&format!("{table}/metadata/{name}"));
    writeln!(text, "{table} {:?}", file("version-hint.text")).unwrap();
    for number in 1.. {
        let Some(json) = file(&format!("v{number}.metadata.json")) else { break };
        let mut version: Value = serde_json::from_slice(&json).unwrap();
        without_sizes(&mut version);
        writeln!(text, "{version}").unwrap();
    }
    let Some(audited) = audit(store, table) else { return };
    describe_snapshots(store, table, &audited.metadata, text);
    let orphans = unreferenced(store, table, &audited);
    let mut orphans: Vec<_> =
        orphans.iter().map(|path| (kind(path), store.age(path) > ORPHAN_SECONDS)).collect();
    orphans.sort_unstable();
    writeln!(text, "{orphans:?}").unwrap();
}

fn describe_snapshots(store: &FaultyStore, table: &str, metadata: &TableMetadata, text: &mut String) {
    let bytes = |location: &str| {
        let path = location.strip_prefix(&metadata.location).unwrap();
        store.file(&format!("{table}{path}")).unwrap()
    };
    let mut known = BTreeSet::new();
    for snapshot in &metadata.snapshots {
        for mut manifest in read_list(&bytes(&snapshot.manifest_list)).unwrap() {
            let entries = read_manifest(&bytes(&manifest.manifest_path), &manifest).unwrap();
            manifest.manifest_length = 0;
            writeln!(text, "{} {manifest:?}", snapshot.snapshot_id).unwrap();
            if !known.insert(manifest.manifest_path.clone()) {
                continue;
            }
            for entry in entries {
                let DataFile { content, file_path, partition, record_count, referenced_data_file, .. } =
                    &entry.data_file;
                let of = (entry.status, entry.snapshot_id, entry.sequence_number, entry.file_sequence_number);
                let file = (content, file_path, partition, record_count, referenced_data_file);
                writeln!(text, "{of:?} {file:?}").unwrap();
                if entry.is_live() && known.insert(file_path.clone()) {
                    match content {
                        Content::Data => writeln!(text, "{:?}", rows_of_file(bytes(file_path))),
                        _ => writeln!(text, "{:?}", places_of_file(bytes(file_path))),
                    }
                    .unwrap();
                }
            }
        }
    }
}

/// The folder and the ending of a file.
fn kind(path: &str) -> (&str, &str) {
    let (folder, name) = path.rsplit_once('/').unwrap();
    (folder, name.rsplit_once('.').unwrap().1)
}

/// Takes times and sizes out.
fn without_sizes(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            fields.retain(|name, _| !name.ends_with("-size") && !name.ends_with("-ms"));
            fields.values_mut().for_each(without_sizes);
        }
        Value::Array(values) => values.iter_mut().for_each(without_sizes),
        _ => {}
    }
}

/// From how many digits on a number is a name: an id of a snapshot, a uuid, a lineage.
const NAME_DIGITS: usize = 12;

/// A text in which the first name is 0, wherever it stands, and so on.
fn unnamed(text: &str) -> String {
    let (mut names, mut unnamed) = (HashMap::new(), String::new());
    let is_of_name = |byte: char| byte.is_ascii_hexdigit() || byte == '-';
    let mut rest = text;
    while let Some(start) = rest.find(is_of_name) {
        let (before, run) = rest.split_at(start);
        let (run, after) = run.split_at(run.find(|byte| !is_of_name(byte)).unwrap_or(run.len()));
        unnamed.push_str(before);
        match run.trim_matches('-') {
            name if name.len() < NAME_DIGITS => unnamed.push_str(run),
            name => {
                let next = names.len();
                write!(unnamed, "<{}>", names.entry(name).or_insert(next)).unwrap();
            }
        }
        rest = after;
    }
    unnamed + rest
}
