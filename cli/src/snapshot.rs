//! `terrace snapshot`: snapshots inside of a database.

use std::{path::Path, time::Duration};

use anyhow::{Context, Result, bail};
use indicatif::ProgressBar;
use terrace::{
    Db, Options, Timestamp,
    snapshots::{DocumentChange, DocumentDiff, Restored, SnapshotId, SnapshotKind, SnapshotMetadata},
};

use crate::show::{number, size, table};

pub(crate) fn ls(path: &Path) -> Result<()> {
    let db = open(path)?;
    let (all, damaged) = (db.snapshots().list()?, db.snapshots().damaged()?);
    if all.is_empty() && damaged.is_empty() {
        println!("there are no snapshots; `terrace snapshot create` takes one");
        return Ok(());
    }
    let mut shown = table(&["snapshot", "taken", "kind", "builds on", ">event", ">documents", ">bytes", ""]);
    for of in &all {
        let kind = if of.kind == SnapshotKind::Full { "full" } else { "incremental" };
        let parent = of.parent.map(short).unwrap_or_default();
        let marks = [(of.held, "held"), (of.automatic, "by itself")];
        let mut marks: Vec<String> =
            marks.iter().filter(|(is, _)| *is).map(|(_, mark)| (*mark).to_owned()).collect();
        if of.object != db.object_id() {
            marks.push(format!("of `{}`", of.object));
        }
        shown.add_row([
            short(of.id),
            of.timestamp.to_string(),
            kind.to_owned(),
            parent,
            number(of.sequence),
            number(of.documents()),
            size(of.bytes),
            marks.join(", "),
        ]);
    }
    for id in damaged {
        shown.add_row([short(id), "its metadata is damaged: it can only be deleted".to_owned()]);
    }
    println!("{shown}");
    Ok(())
}

pub(crate) fn create(path: &Path, incremental: bool) -> Result<()> {
    let kind = if incremental { SnapshotKind::Incremental } else { SnapshotKind::Full };
    let db = open(path)?;
    let taken = busy("taking a snapshot", || db.snapshots().create(kind))?;
    if taken.kind != kind {
        println!("there is none that can be built on: it is a full one");
    }
    println!("{} · {} documents · {}", taken.id, number(taken.documents()), size(taken.bytes));
    Ok(())
}

pub(crate) fn verify(path: &Path, name: Option<&str>) -> Result<()> {
    let db = open(path)?;
    let all = db.snapshots().list()?;
    let meant = match name {
        Some(name) => vec![named(&all, name)?],
        None => all.iter().collect(),
    };
    let bar = ProgressBar::new(meant.len() as u64);
    let unreadable = if name.is_none() { db.snapshots().damaged()? } else { Vec::new() };
    for id in &unreadable {
        println!("{}: its metadata is damaged", short(*id));
    }
    let mut damaged = unreadable.len();
    for of in &meant {
        if let Err(error) = db.snapshots().verify(of.id) {
            damaged += 1;
            bar.suspend(|| println!("{}: {error}", short(of.id)));
        }
        bar.inc(1);
    }
    bar.finish_and_clear();
    if damaged > 0 {
        bail!("{damaged} of {} cannot be restored", meant.len() + unreadable.len());
    }
    println!("{} sound", meant.len());
    Ok(())
}

pub(crate) fn restore(path: &Path, name: &str, collection: Option<&str>, into: Option<&Path>) -> Result<()> {
    let db = open(path)?;
    let all = db.snapshots().list()?;
    let SnapshotMetadata { id, timestamp, .. } = *named(&all, name)?;
    let into = into.map(open).transpose()?;
    let restored = busy("restoring", || match (collection, &into) {
        (Some(collection), _) => db.snapshots().restore_collection_named(id, collection),
        (None, Some(into)) => db.snapshots().restore_into(id, into),
        (None, None) => db.snapshots().restore(id),
    })?;
    let what = collection.map_or_else(|| "everything".to_owned(), |collection| format!("`{collection}`"));
    println!("{what} is as in {} of {timestamp}", short(id));
    say(restored);
    Ok(())
}

pub(crate) fn restore_to(path: &Path, time: Timestamp) -> Result<()> {
    let db = open(path)?;
    say(busy("restoring", || db.snapshots().restore_to(time))?);
    Ok(())
}

pub(crate) fn diff(path: &Path, before: &str, after: &str, json: bool) -> Result<()> {
    let db = open(path)?;
    let all = db.snapshots().list()?;
    let (before, after) = (named(&all, before)?.id, named(&all, after)?.id);
    let diff = busy("comparing", || db.snapshots().diff(before, after))?;
    for of in &diff {
        if json {
            println!("{}", serde_json::to_string(of)?);
        } else {
            print!("{}", lines(of));
        }
    }
    if diff.is_empty() && !json {
        println!("nothing is different");
    }
    Ok(())
}

fn open(path: &Path) -> Result<Db> {
    Options::new().open_as_stored(path).with_context(|| format!("cannot open {}", path.display()))
}

/// Runs what takes its time and cannot say how far it has come.
fn busy<T>(what: &'static str, run: impl FnOnce() -> T) -> T {
    let spinner = ProgressBar::new_spinner().with_message(what);
    spinner.enable_steady_tick(Duration::from_millis(100));
    let done = run();
    spinner.finish_and_clear();
    done
}

fn say(restored: Restored) {
    println!("{} documents · lineage {}", number(restored.documents), restored.lineage);
}

/// The snapshot whose name begins so.
fn named<'s>(all: &'s [SnapshotMetadata], name: &str) -> Result<&'s SnapshotMetadata> {
    let mut found = all.iter().filter(|of| !name.is_empty() && of.id.to_string().starts_with(name));
    match (found.next(), found.next()) {
        (Some(one), None) => Ok(one),
        (None, _) => bail!("there is no snapshot `{name}`; `terrace snapshot ls` has all that there are"),
        _ => bail!("several snapshots begin with `{name}`; give more of the name"),
    }
}

/// As much of a name as tells snapshots apart.
fn short(id: SnapshotId) -> String {
    id.to_string()[..12].to_owned()
}

/// A document that is different: `~ city Bonn`, and a line for each field.
fn lines(of: &DocumentDiff) -> String {
    let mark = match of.change {
        DocumentChange::Added => '+',
        DocumentChange::Removed => '-',
        DocumentChange::Changed => '~',
    };
    let id = of.id.as_str().map_or_else(|| of.id.to_string(), str::to_owned);
    let fields = of.fields.iter().map(|field| {
        let values = match of.change {
            DocumentChange::Added => field.after.to_string(),
            DocumentChange::Removed => field.before.to_string(),
            DocumentChange::Changed if field.before == field.after => "changed, masked".to_owned(),
            DocumentChange::Changed => format!("{} → {}", field.before, field.after),
        };
        format!("    {}: {values}\n", field.name)
    });
    format!("{mark} {} {id}\n{}", of.collection, fields.collect::<String>())
}
