//! PyIceberg reads the manifests and lists that this library writes, and this library reads those of PyIceberg.
//!
//! `TERRACE_PYTHON` names a Python that has it; `cargo xtask test` makes one.
#![cfg(feature = "lake")]
#![allow(clippy::unwrap_used)]

use std::{fmt::Write, fs, path::Path, process::Command};

use serde_json::{Value as Json, json};
use terrace::cold::iceberg::{
    Content, ListMetadata, ManifestEntry, ManifestFile, ManifestMetadata, PartitionSpec, Status, read_list,
    read_manifest, write_list, write_manifest,
};
use terrace_tests::{Random, manifests, seed};

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        write!(text, "{byte:02x}").unwrap();
        text
    })
}

/// What PyIceberg should say of a file.
fn described(entry: &ManifestEntry) -> Json {
    let file = &entry.data_file;
    let partition: Vec<_> =
        file.partition.iter().map(|value| value.as_ref().map(|value| hex(&value.to_bytes()))).collect();
    let bounds = |bounds: &std::collections::BTreeMap<i32, Vec<u8>>| -> Json {
        bounds.iter().map(|(id, bytes)| (id.to_string(), Json::from(hex(bytes)))).collect()
    };
    json!({
        "status": entry.status as u8,
        "snapshot_id": entry.snapshot_id,
        "sequence_number": entry.sequence_number,
        "file_sequence_number": entry.file_sequence_number,
        "content": file.content as u8,
        "file_path": file.file_path,
        "file_format": file.file_format,
        "partition": partition,
        "record_count": file.record_count,
        "file_size_in_bytes": file.file_size_in_bytes,
        "column_sizes": file.column_sizes,
        "value_counts": file.value_counts,
        "null_value_counts": file.null_value_counts,
        "nan_value_counts": file.nan_value_counts,
        "lower_bounds": bounds(&file.lower_bounds),
        "upper_bounds": bounds(&file.upper_bounds),
        "split_offsets": file.split_offsets,
        "sort_order_id": file.sort_order_id,
    })
}

/// What PyIceberg should say of a manifest.
fn listed(manifest: &ManifestFile, entries: &[ManifestEntry]) -> Json {
    let summary = |field: &terrace::cold::iceberg::FieldSummary| {
        let bound = |bound: &Option<Vec<u8>>| bound.as_deref().map(hex);
        let nan = field.contains_nan.unwrap_or(false);
        json!([field.contains_null, nan, bound(&field.lower_bound), bound(&field.upper_bound)])
    };
    json!({
        "path": manifest.manifest_path,
        "length": manifest.manifest_length,
        "spec": manifest.partition_spec_id,
        "content": manifest.content as u8,
        "numbers": [manifest.sequence_number, manifest.min_sequence_number, manifest.added_snapshot_id],
        "files": [manifest.added_files_count, manifest.existing_files_count, manifest.deleted_files_count],
        "rows": [manifest.added_rows_count, manifest.existing_rows_count, manifest.deleted_rows_count],
        "partitions": manifest.partitions.iter().map(summary).collect::<Vec<_>>(),
        "entries": entries.iter().map(described).collect::<Vec<_>>(),
    })
}

/// Compares part by part, so that a failure shows which one differs.
fn same(said: &Json, expected: &Json) {
    let files = |manifest: &Json| manifest["entries"].as_array().unwrap().clone();
    assert_eq!(files(said).len(), files(expected).len());
    for (said, expected) in files(said).iter().zip(&files(expected)) {
        assert_eq!(said, expected);
    }
    assert_eq!(said, expected);
}

/// A manifest in the folder, what a list says of it, and what its readers then know of its files.
fn manifest(
    folder: &Path,
    spec: &PartitionSpec,
    content: Content,
    mut entries: Vec<ManifestEntry>,
) -> (ManifestFile, Vec<ManifestEntry>) {
    let metadata = ManifestMetadata { schema: &manifests::schema(), spec, content };
    let bytes = write_manifest(&metadata, &entries).unwrap();
    let path = folder.join(format!("{content:?}.avro"));
    fs::write(&path, &bytes).unwrap();
    let manifest =
        ManifestFile::of(path.to_str().unwrap(), bytes.len(), &metadata, (77, 5), &entries).unwrap();
    for entry in &mut entries {
        entry.snapshot_id.get_or_insert(77);
        if entry.status == Status::Added {
            entry.sequence_number.get_or_insert(5);
            entry.file_sequence_number.get_or_insert(5);
        }
    }
    (manifest, entries)
}

/// Files that PyIceberg has words for.
fn entries(random: &mut Random, spec: &PartitionSpec, content: Content) -> Vec<ManifestEntry> {
    let mut entries = manifests::entries(random, spec);
    entries.push(ManifestEntry::added(manifests::file(random, spec)));
    for file in entries.iter_mut().map(|entry| &mut entry.data_file) {
        file.content = content;
        file.equality_ids.clear();
        file.referenced_data_file = None;
    }
    entries
}

/// What PyIceberg wrote of `entries` in this version of the format.
fn check_written(folder: &Path, version: u8, ours: &ManifestFile, entries: &[ManifestEntry]) {
    let read = |name: &str| fs::read(folder.join(name)).unwrap();
    let list = read_list(&read(&format!("v{version}-list.avro"))).unwrap();
    let [theirs] = list.as_slice() else { panic!("{list:?}") };
    let read = read_manifest(&read(&format!("v{version}.avro")), theirs).unwrap();
    let expected = entries.iter().cloned().map(|mut entry| {
        if version == 1 {
            (entry.sequence_number, entry.file_sequence_number) = (Some(0), Some(0));
        }
        entry
    });
    assert_eq!(read.len(), entries.len());
    for (read, expected) in read.iter().zip(expected) {
        assert_eq!(*read, expected, "in version {version}");
    }
    let mut expected = ours.clone();
    expected.manifest_path.clone_from(&theirs.manifest_path);
    expected.manifest_length = theirs.manifest_length;
    for summary in &mut expected.partitions {
        summary.contains_nan.get_or_insert(false); // PyIceberg says it of every type
    }
    if version == 1 {
        (expected.sequence_number, expected.min_sequence_number) = (0, 0);
    }
    assert_eq!(*theirs, expected);
}

#[test]
fn pyiceberg_and_terrace_read_each_others_manifests() {
    let Some(python) = std::env::var_os("TERRACE_PYTHON") else {
        println!("not run: TERRACE_PYTHON names no Python");
        return;
    };
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("iceberg/manifests.py");
    for seed in (0..12).map(|by| seed() + by) {
        println!("TERRACE_SEED={seed}");
        let random = &mut Random(seed);
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path();
        let spec = manifests::spec(random);
        fs::write(folder.join("schema.json"), serde_json::to_string(&manifests::schema()).unwrap()).unwrap();
        fs::write(folder.join("spec.json"), serde_json::to_string(&spec).unwrap()).unwrap();
        let rows = entries(random, &spec, Content::Data);
        let (rows, rows_read) = manifest(folder, &spec, Content::Data, rows);
        let deletes = entries(random, &spec, Content::PositionDeletes);
        let (deletes, deletes_read) = manifest(folder, &spec, Content::PositionDeletes, deletes);
        let ids = ListMetadata { snapshot_id: 77, parent_snapshot_id: Some(76), sequence_number: 5 };
        let list = write_list(ids, &[rows.clone(), deletes.clone()]).unwrap();
        fs::write(folder.join("list.avro"), list).unwrap();

        let output = Command::new(&python).arg(&script).arg(folder).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let said: Json = serde_json::from_slice(&output.stdout).unwrap();
        let [said_rows, said_deletes] = said.as_array().unwrap().as_slice() else { panic!("{said}") };
        same(said_rows, &listed(&rows, &rows_read));
        same(said_deletes, &listed(&deletes, &deletes_read));
        check_written(folder, 1, &rows, &rows_read);
        check_written(folder, 2, &rows, &rows_read);
    }
}
