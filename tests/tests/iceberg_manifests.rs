//! Manifests and lists of Iceberg tables: what is written comes back, and no bytes do harm (invariant 8).
#![cfg(feature = "lake")]
#![allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, clippy::unwrap_used)] // numbers are cut on purpose

use terrace::cold::iceberg::{
    Content, DataFile, Datum, Field, FieldSummary, ListMetadata, ManifestEntry, ManifestFile,
    ManifestMetadata, PartitionField, PartitionSpec, Schema, Status, Type, read_list, read_manifest,
    write_list, write_manifest,
};
use terrace_tests::{
    Random, cases,
    manifests::{entries, file, schema, spec},
};

/// A manifest, and what a list says of it.
fn manifest(random: &mut Random) -> (Vec<ManifestEntry>, Vec<u8>, ManifestFile) {
    let (schema, spec) = (schema(), spec(random));
    let entries = entries(random, &spec);
    let content = if random.below(2) == 0 { Content::Data } else { Content::PositionDeletes };
    let metadata = ManifestMetadata { schema: &schema, spec: &spec, content };
    let bytes = write_manifest(&metadata, &entries).unwrap();
    let listed = ManifestFile::of("file:///lake/m.avro", bytes.len(), &metadata, (77, 5), &entries).unwrap();
    (entries, bytes, listed)
}

#[test]
fn manifests_and_lists_come_back_as_they_were() {
    cases(300, 20_000, |random| {
        let (entries, bytes, listed) = manifest(random);
        assert_eq!(read_manifest(&bytes, &listed).unwrap(), entries);
        let list: Vec<_> = (0..random.below(4)).map(|_| manifest(random).2).chain([listed]).collect();
        let ids = ListMetadata { snapshot_id: 77, parent_snapshot_id: None, sequence_number: 5 };
        assert_eq!(read_list(&write_list(ids, &list).unwrap()).unwrap(), list);
    });
}

#[test]
fn many_files_need_many_blocks_and_the_same_files_give_the_same_bytes() {
    let mut random = Random(7);
    let (schema, spec) = (schema(), spec(&mut random));
    let entries: Vec<_> = (0..2000).map(|_| ManifestEntry::added(file(&mut random, &spec))).collect();
    let metadata = ManifestMetadata { schema: &schema, spec: &spec, content: Content::Data };
    let bytes = write_manifest(&metadata, &entries).unwrap();
    assert_eq!(bytes, write_manifest(&metadata, &entries).unwrap());
    let listed = ManifestFile::of("m", bytes.len(), &metadata, (77, 5), &entries).unwrap();
    let read = read_manifest(&bytes, &listed).unwrap();
    assert!(read.iter().map(|entry| &entry.data_file).eq(entries.iter().map(|entry| &entry.data_file)));
}

fn one_column(kind: Type, transform: &str) -> (Schema, PartitionSpec) {
    let column = Field { id: 1, name: "c".into(), required: false, kind, doc: None };
    let (source_id, field_id, name) = (1, 1000, "p".to_owned());
    let fields = vec![PartitionField { source_id, field_id, name, transform: transform.to_owned() }];
    (Schema::new(0, vec![column]), PartitionSpec { spec_id: 0, fields })
}

fn entry_of(
    status: Status,
    sequence_number: Option<i64>,
    partition: Option<Datum>,
    rows: i64,
) -> ManifestEntry {
    let data_file = DataFile { record_count: rows, partition: vec![partition], ..DataFile::default() };
    ManifestEntry { status, snapshot_id: None, sequence_number, file_sequence_number: None, data_file }
}

/// Iceberg, "Sequence Number Inheritance".
#[test]
fn what_a_file_does_not_say_comes_from_its_manifest() {
    let (schema, spec) = one_column(Type::Int, "identity");
    let metadata = ManifestMetadata { schema: &schema, spec: &spec, content: Content::Data };
    let entries = [
        entry_of(Status::Added, None, None, 1),
        entry_of(Status::Existing, Some(2), None, 1),
        entry_of(Status::Deleted, Some(3), None, 1),
    ];
    let bytes = write_manifest(&metadata, &entries).unwrap();
    let listed = ManifestFile::of("m", bytes.len(), &metadata, (77, 5), &entries).unwrap();
    let read = read_manifest(&bytes, &listed).unwrap();
    let numbers = read.iter().map(|e| (e.snapshot_id, e.sequence_number, e.file_sequence_number));
    let expected = [(Some(77), Some(5), Some(5)), (Some(77), Some(2), None), (Some(77), Some(3), None)];
    assert!(numbers.eq(expected));

    let lost = [entry_of(Status::Existing, None, None, 1)];
    assert!(write_manifest(&metadata, &lost).is_err(), "whose place among the changes is not known");
}

#[test]
fn a_list_sums_up_its_manifests() {
    let (schema, spec) = one_column(Type::Double, "identity");
    let metadata = ManifestMetadata { schema: &schema, spec: &spec, content: Content::Data };
    let double = |value| Some(Datum::Double(value));
    let entries = [
        entry_of(Status::Added, None, double(0.0), 1),
        entry_of(Status::Existing, Some(4), double(-0.0), 10),
        entry_of(Status::Existing, Some(3), double(f64::NAN), 100),
        entry_of(Status::Deleted, Some(1), None, 1000),
    ];
    let listed = ManifestFile::of("m", 9, &metadata, (77, 5), &entries).unwrap();
    let expected = ManifestFile {
        manifest_path: "m".into(),
        manifest_length: 9,
        partition_spec_id: 0,
        content: Content::Data,
        sequence_number: 5,
        min_sequence_number: 3,
        added_snapshot_id: 77,
        added_files_count: 1,
        existing_files_count: 2,
        deleted_files_count: 1,
        added_rows_count: 1,
        existing_rows_count: 110,
        deleted_rows_count: 1000,
        partitions: vec![FieldSummary {
            contains_null: true,
            contains_nan: Some(true),
            lower_bound: Some((-0.0f64).to_le_bytes().to_vec()),
            upper_bound: Some(0.0f64.to_le_bytes().to_vec()),
        }],
    };
    assert_eq!(listed, expected);
}

#[test]
fn a_partition_that_does_not_fit_is_refused() {
    let (schema, spec) = one_column(Type::Int, "bucket[4]");
    let metadata = ManifestMetadata { schema: &schema, spec: &spec, content: Content::Data };
    let text = entry_of(Status::Added, None, Some(Datum::String("x".into())), 1);
    assert!(write_manifest(&metadata, &[text]).is_err());
    let mut none = entry_of(Status::Added, None, None, 1);
    none.data_file.partition.clear();
    assert!(write_manifest(&metadata, &[none]).is_err());
    let (schema, spec) = one_column(Type::Int, "zorder");
    assert!(
        write_manifest(&ManifestMetadata { schema: &schema, spec: &spec, content: Content::Data }, &[])
            .is_err()
    );
}

/// Numbers of Avro.
fn put(to: &mut Vec<u8>, number: usize) {
    let mut number = (number as u64) << 1;
    while number >= 0x80 {
        to.push(number as u8 | 0x80);
        number >>= 7;
    }
    to.push(number as u8);
}

fn take(from: &mut &[u8]) -> usize {
    let mut number = 0;
    for shift in (0..).step_by(7) {
        let byte = from[0];
        *from = &from[1..];
        number |= u64::from(byte & 0x7f) << shift;
        if byte < 0x80 {
            break;
        }
    }
    (number >> 1) as usize
}

fn take_bytes<'a>(from: &mut &'a [u8]) -> &'a [u8] {
    let length = take(from);
    let (bytes, rest) = from.split_at(length);
    *from = rest;
    bytes
}

/// A container file without compression.
fn container(schema: &str, metadata: &[(&str, &[u8])], count: usize, block: &[u8]) -> Vec<u8> {
    let mut file = b"Obj\x01".to_vec();
    put(&mut file, metadata.len() + 1);
    for (key, value) in metadata.iter().copied().chain([("avro.schema", schema.as_bytes())]) {
        put(&mut file, key.len());
        file.extend(key.as_bytes());
        put(&mut file, value.len());
        file.extend(value);
    }
    file.push(0);
    file.extend([7; 16]);
    put(&mut file, count);
    put(&mut file, block.len());
    file.extend(block);
    file.extend([7; 16]);
    file
}

/// The same file without compression, so that damage reaches what is read from it.
fn plain(file: &[u8]) -> Vec<u8> {
    let mut from = &file[4..];
    let mut metadata = Vec::new();
    for _ in 0..take(&mut from) {
        metadata.push((std::str::from_utf8(take_bytes(&mut from)).unwrap(), take_bytes(&mut from)));
    }
    from = &from[17..]; // the end of the metadata and the marker
    let (mut count, mut block) = (0, Vec::new());
    while !from.is_empty() {
        count += take(&mut from);
        block.extend(miniz_oxide::inflate::decompress_to_vec(take_bytes(&mut from)).unwrap());
        from = &from[16..];
    }
    let schema = metadata.iter().find(|(key, _)| *key == "avro.schema").unwrap().1;
    let rest: Vec<_> = metadata.iter().copied().filter(|(key, _)| !key.starts_with("avro.")).collect();
    container(std::str::from_utf8(schema).unwrap(), &rest, count, &block)
}

#[test]
fn no_damage_of_a_manifest_or_a_list_does_harm() {
    cases(30, 3000, |random| {
        let (entries, bytes, listed) = manifest(random);
        let ids = ListMetadata { snapshot_id: 77, parent_snapshot_id: Some(76), sequence_number: 5 };
        let list = write_list(ids, &[listed.clone(), listed.clone()]).unwrap();
        assert_eq!(read_manifest(&plain(&bytes), &listed).unwrap(), entries);
        for sound in [plain(&bytes), bytes, plain(&list), list] {
            for _ in 0..200 {
                let mut damaged = sound.clone();
                match random.below(3) {
                    0 => damaged.truncate(random.below(sound.len() as u64) as usize),
                    _ => {
                        for _ in 0..=random.below(3) {
                            let at = random.below(sound.len() as u64) as usize;
                            damaged[at] ^= 1 << random.below(8);
                        }
                    }
                }
                // an error, or other values: never a panic
                let _ = read_manifest(&damaged, &listed);
                let _ = read_list(&damaged);
            }
        }
    });
}

/// Small files that claim to be large.
#[test]
fn nothing_is_allocated_for_what_bytes_merely_claim() {
    let manifest = |schema: &str, block: &[u8]| read_list(&container(schema, &[], 1, block));
    let huge = [0xfe, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01];
    let field = |kind: &str| {
        let kind = kind.replace('\'', "\"");
        format!(r#"{{"type":"record","name":"r","fields":[{{"name":"x","field-id":500,"type":{kind}}}]}}"#)
    };
    for kind in [
        "'string'",
        "'bytes'",
        "{'type':'array','items':'null'}",
        "{'type':'array','items':{'type':'record','name':'e','fields':[]}}",
        "{'type':'map','values':'null'}",
        "{'type':'fixed','name':'f','size':9000000000000000000}",
    ] {
        assert!(manifest(&field(kind), &huge).is_err(), "{kind}");
    }
    // types that contain themselves
    for kind in ["'r'", "['null','r']", "{'type':'array','items':'r'}"] {
        assert!(manifest(&field(kind), &[2; 1000]).is_err(), "{kind}");
    }
    let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    assert!(manifest(&deep, &[0]).is_err());
    assert!(
        read_list(&container(r#"{"type":"record","name":"r","fields":[]}"#, &[], usize::MAX >> 2, &[]))
            .is_err()
    );
}
