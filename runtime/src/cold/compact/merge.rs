//! Small files of one partition become one.

use std::collections::{BTreeMap, BTreeSet};

use crate::{filter::Predicate, value::Value};

use super::{
    super::{
        commit::{Commit, Operation},
        error::{Result, refused},
        iceberg::{Content, DataFile, Field, ManifestEntry, Schema, TableMetadata},
        lake::Lake,
        mapping::{Described, OBJECT, Role},
        scan::{Scan, ScanStat, Scanned, Wanted},
        shape,
        table::Table,
        view::folded,
    },
    Compacted, changelog, is_stale,
    rewrite::Rewritten,
    step::{fills_of, folded_by},
    writer::{VALUES, Writer},
};

/// Files below this size are merged.
const SMALL_BYTES: i64 = 8 << 20;

/// How many small files of a partition stay as they are.
const FEW_FILES: usize = 4;

/// The bytes of files that become one.
const MERGED_BYTES: i64 = 32 << 20;

/// Merges the small files of a table, unless others do.
pub(super) async fn run(lake: &Lake, collection: &str, role: Role, done: &mut Compacted) -> Result<()> {
    let changelog = changelog(lake, collection).await?;
    let Some(described) = Described::of(changelog.metadata()) else { return Ok(()) };
    let Some(state) = Table::load(lake, &Role::State.table(collection)).await? else { return Ok(()) };
    let id = shape::id_names(changelog.metadata(), &described);
    let looked_up: Vec<&str> = std::iter::once(OBJECT.name).chain(id.iter().copied()).collect();
    let boundaries: BTreeSet<i64> =
        state.metadata().snapshots.iter().filter_map(folded).map(|(sequence, _)| sequence).collect();
    let (base, _) = folded_by(state.metadata());
    // what is folded meanwhile may delete rows of the files that are merged
    let check = |table: &TableMetadata| match role {
        Role::State if folded_by(table).0 != base => Err("others have folded changes meanwhile".to_owned()),
        _ => Ok(()),
    };
    let fills = if role == Role::State { fills_of(&state, &described) } else { BTreeMap::new() };
    let mut table = if role == Role::State { state } else { changelog.clone() };
    let mut entries = table.files(table.metadata().snapshot()).await?;
    if role == Role::Changelog {
        entries.retain(|entry| !is_data(entry) || !tells_by_lacking(entry, &described));
    }
    let deletes: Vec<ManifestEntry> = entries.iter().filter(|entry| !is_data(entry)).cloned().collect();
    for bin in bins(&entries, role, &boundaries, table.metadata()) {
        let sequence = bin.iter().filter_map(|entry| entry.sequence_number).max();
        let sequence_number = sequence.filter(|_| role == Role::Changelog);
        let added = merged(&table, &bin, &deletes, &looked_up, &fills).await?;
        let mut gone = Rewritten::default();
        for entry in &bin {
            gone.remove(&entry.data_file.file_path, &deletes);
        }
        let removed = gone.removed;
        let names: Vec<&str> = removed.iter().map(String::as_str).collect();
        let commit = Commit {
            id: format!("merge {:032x}", xxhash_rust::xxh3::xxh3_128(names.join(" ").as_bytes())),
            operation: Operation::Replace,
            added,
            sequence_number,
            summary: BTreeMap::new(),
            check: &check,
            removed,
        };
        match table.commit(&commit).await {
            Ok(_) => {
                done.files_written += commit.added.len() as u64;
                done.files_replaced += commit.removed.len() as u64;
            }
            Err(failure) if is_stale(&failure) => return Ok(()),
            Err(failure) => return Err(failure),
        }
    }
    Ok(())
}

/// Whether a file of a changelog lacks a column that may be NULL and has a fill. In its rows the fill stands there, and not NULL,
/// for as long as they are in a file without the column.
fn tells_by_lacking(entry: &ManifestEntry, described: &Described) -> bool {
    let nullable = described.fills.keys().filter(|id| !described.required.contains(id));
    nullable.into_iter().any(|id| !entry.data_file.value_counts.contains_key(id))
}

fn is_data(entry: &ManifestEntry) -> bool {
    entry.data_file.content == Content::Data
}

/// Files that become one each. Those of a changelog are only merged with those that every snapshot of the state table which is
/// there has folded together: so a file is folded whole or not at all, whichever of them is read.
fn bins(
    entries: &[ManifestEntry],
    role: Role,
    boundaries: &BTreeSet<i64>,
    table: &TableMetadata,
) -> Vec<Vec<ManifestEntry>> {
    let mut groups: BTreeMap<(usize, String), Vec<ManifestEntry>> = BTreeMap::new();
    for entry in
        entries.iter().filter(|entry| is_data(entry) && entry.data_file.file_size_in_bytes < SMALL_BYTES)
    {
        let number = entry.sequence_number.unwrap_or(0);
        let epoch = match role {
            Role::State => 0,
            Role::Changelog if boundaries.last().is_none_or(|last| number > *last) => continue,
            Role::Changelog => boundaries.range(..number).count(),
        };
        if entry.data_file.spec_id == table.default_spec_id {
            let partition = format!("{:?}", entry.data_file.partition);
            groups.entry((epoch, partition)).or_default().push(entry.clone());
        }
    }
    let most = VALUES / table.schema().map_or(1, |schema| schema.fields.len().max(1));
    let packed = |files| packed(files, i64::try_from(most).unwrap_or(i64::MAX));
    groups.into_values().flat_map(packed).filter(|bin| bin.len() > FEW_FILES).collect()
}

/// Files in their order, together as many as can be sorted at once into a file that is not too large.
fn packed(mut files: Vec<ManifestEntry>, most_rows: i64) -> Vec<Vec<ManifestEntry>> {
    files.sort_by_key(|entry| entry.sequence_number);
    let mut bins: Vec<Vec<ManifestEntry>> = Vec::new();
    let (mut bytes, mut rows) = (0, 0);
    for entry in files {
        bytes += entry.data_file.file_size_in_bytes;
        rows += entry.data_file.record_count;
        match bins.last_mut() {
            Some(bin) if bytes <= MERGED_BYTES && rows <= most_rows => bin.push(entry),
            _ => {
                (bytes, rows) = (entry.data_file.file_size_in_bytes, entry.data_file.record_count);
                bins.push(vec![entry]);
            }
        }
    }
    bins
}

/// The rows of files, in as few sorted ones as they fit into.
async fn merged(
    table: &Table<'_>,
    files: &[ManifestEntry],
    deletes: &[ManifestEntry],
    looked_up: &[&str],
    filled: &BTreeMap<i32, Value>,
) -> Result<Vec<DataFile>> {
    let schema = table.metadata().schema().ok_or_else(|| refused(&"a table without a schema"))?;
    let fields = schema.fields.iter().map(|field| Field { required: false, ..field.clone() }).collect();
    let projection = Schema::new(0, fields);
    let wanted = Wanted { projection, fills: filled.clone(), predicate: Predicate::And(Vec::new()) };
    let all = files.iter().chain(deletes).cloned().collect();
    let mut scan = Scan::over(table, all, wanted, ScanStat::default());
    let mut writer = Writer::new(table, looked_up)?;
    while let Some(Scanned { batch, .. }) = scan.next().await? {
        writer.write(batch).await?;
    }
    writer.finish().await
}
