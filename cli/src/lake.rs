//! `terrace lake …`: what a lake holds, and keeping it.

use std::time::Duration;

use anyhow::{Context, Result};
use futures_executor::block_on;
use indicatif::{ProgressBar, ProgressStyle};
use terrace::{
    Timestamp,
    cold::{
        Expiry, Lake,
        iceberg::{Snapshot, TableMetadata},
    },
};

use crate::show::{number, size, table};

/// The ending of the names of changelog tables.
const CHANGES: &str = "_changes";

/// The tables, and what each has.
pub(crate) fn ls(url: &str) -> Result<()> {
    let lake = block_on(Lake::open(url))?;
    let mut shown = table(&["table", ">rows", ">files", ">bytes", ">snapshots", "last commit"]);
    for name in block_on(lake.tables())? {
        let metadata = metadata(&lake, &name)?;
        let snapshot = metadata.snapshot();
        let total = |key: &str| snapshot.map_or(0, |snapshot| count(snapshot, key));
        let commit = snapshot.map(|snapshot| moment(snapshot.timestamp_ms)).unwrap_or_default();
        let snapshots = metadata.snapshots.len() as u64;
        shown.add_row([
            name,
            number(snapshot.map_or(0, rows)),
            number(total("total-data-files")),
            size(total("total-files-size")),
            number(snapshots),
            commit,
        ]);
    }
    println!("{shown}");
    Ok(())
}

/// The snapshots of a table, or of all.
pub(crate) fn history(url: &str, name: Option<&str>) -> Result<()> {
    let lake = block_on(Lake::open(url))?;
    for name in names(&lake, name)? {
        let metadata = metadata(&lake, &name)?;
        println!("{name}");
        let mut shown = table(&[">snapshot", "made", "operation", ">added", ">removed", ">rows after", "of"]);
        for snapshot in metadata.snapshots.iter().rev() {
            let files = |files: &str, rows: &str| match count(snapshot, files) {
                0 => String::new(),
                files => format!("{} rows, {} files", number(count(snapshot, rows)), number(files)),
            };
            let by_place = match count(snapshot, "added-position-deletes") {
                0 => String::new(),
                rows => format!("{} rows by place", number(rows)),
            };
            shown.add_row([
                snapshot.snapshot_id.to_string(),
                moment(snapshot.timestamp_ms),
                snapshot.summary.get("operation").cloned().unwrap_or_default(),
                files("added-data-files", "added-records"),
                [files("deleted-data-files", "deleted-records"), by_place].join(" ").trim().to_owned(),
                number(rows(snapshot)),
                origin(snapshot),
            ]);
        }
        println!("{shown}");
    }
    Ok(())
}

/// The columns of a table, or of all.
pub(crate) fn schema(url: &str, name: Option<&str>) -> Result<()> {
    let lake = block_on(Lake::open(url))?;
    for name in names(&lake, name)? {
        let metadata = metadata(&lake, &name)?;
        println!(
            "{name} · {} · schema {} of {}",
            metadata.location,
            metadata.current_schema_id,
            metadata.schemas.len()
        );
        let mut shown = table(&[">id", "column", "type", "NULL", "partitioned by"]);
        for field in metadata.schema().map_or(&[][..], |schema| &schema.fields) {
            let spec = metadata.spec().map_or(&[][..], |spec| &spec.fields);
            let by =
                spec.iter().filter(|part| part.source_id == field.id).map(|part| part.transform.as_str());
            shown.add_row([
                field.id.to_string(),
                field.name.clone(),
                field.kind.to_string(),
                if field.required { "" } else { "allowed" }.to_owned(),
                by.collect::<Vec<_>>().join(", "),
            ]);
        }
        println!("{shown}");
    }
    Ok(())
}

/// Brings the state tables up to their changelogs, and merges small files.
pub(crate) fn compact(url: &str, collection: Option<&str>) -> Result<()> {
    let lake = block_on(Lake::open(url))?;
    for collection in collections(&lake, collection)? {
        let template = "{prefix} {bar:40} {human_pos} of {human_len} events";
        let bar = ProgressBar::new(0)
            .with_style(ProgressStyle::with_template(template)?)
            .with_prefix(collection.clone());
        let done = block_on(lake.compact_collection(&collection, |progress| {
            bar.set_length(progress.of);
            bar.set_position(progress.events);
        }))?;
        bar.finish_and_clear();
        println!(
            "{collection}: {} events taken in, {} files written, {} replaced",
            number(done.events),
            number(done.files_written),
            number(done.files_replaced)
        );
    }
    Ok(())
}

/// Forgets old snapshots, and removes what only they had; then what nothing refers to.
pub(crate) fn expire(url: &str, collection: Option<&str>, older_than: Duration, keep: usize) -> Result<()> {
    let lake = block_on(Lake::open(url))?;
    let age = i64::try_from(older_than.as_micros()).context("that is older than everything")?;
    let expiry = Expiry { before: Timestamp::from_micros(Timestamp::now().micros() - age), keep };
    for collection in collections(&lake, collection)? {
        let done = block_on(lake.expire_collection(&collection, expiry))?;
        let orphans = block_on(lake.remove_orphans(&collection, older_than))?;
        println!(
            "{collection}: {} snapshots forgotten, {} files removed, {} that nothing referred to",
            number(done.snapshots),
            number(done.files),
            number(orphans.files)
        );
    }
    Ok(())
}

fn metadata(lake: &Lake, name: &str) -> Result<TableMetadata> {
    block_on(lake.metadata(name))?.with_context(|| format!("there is no table `{name}` in {}", lake.url()))
}

/// The table that is named, or all.
fn names(lake: &Lake, name: Option<&str>) -> Result<Vec<String>> {
    match name {
        Some(name) => Ok(vec![name.to_owned()]),
        None => Ok(block_on(lake.tables())?),
    }
}

/// The collection that is named, or all.
fn collections(lake: &Lake, collection: Option<&str>) -> Result<Vec<String>> {
    let names = names(lake, collection.map(|name| format!("{name}{CHANGES}")).as_deref())?;
    Ok(names.iter().filter_map(|name| name.strip_suffix(CHANGES)).map(str::to_owned).collect())
}

/// A number of a snapshot's summary.
/// The rows of a snapshot: those of its files, but for those that are deleted by their places.
fn rows(snapshot: &Snapshot) -> u64 {
    count(snapshot, "total-records").saturating_sub(count(snapshot, "total-position-deletes"))
}

fn count(snapshot: &Snapshot, key: &str) -> u64 {
    snapshot.summary.get(key).and_then(|text| text.parse().ok()).unwrap_or(0)
}

/// What a snapshot is of: up to which event of which object, or of which changes.
fn origin(snapshot: &Snapshot) -> String {
    let of = snapshot.summary.iter().filter_map(|(key, value)| {
        let (object, _) = key.strip_prefix("terrace.watermark.")?.rsplit_once('.')?;
        Some(format!("{object} up to event {value}"))
    });
    let of: Vec<String> = of.collect();
    match (of.as_slice(), snapshot.summary.get("terrace.folded")) {
        ([], Some(folded)) => format!("changes up to commit {folded}"),
        ([], None) => String::new(),
        ([one], _) => one.clone(),
        ([one, rest @ ..], _) => format!("{one}, and {} more", rest.len()),
    }
}

/// A moment in milliseconds since 1970, to the second.
fn moment(milliseconds: i64) -> String {
    Timestamp::from_micros(milliseconds.div_euclid(1_000) * 1_000_000).to_string()
}
