//! One step of folding: some commits of the changelog into the state table.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use crate::{filter::Predicate, value::Value};

use super::{
    super::{
        batch::filtered,
        changes::Marks,
        commit::{Commit, Operation},
        error::{Result, refused},
        fold::Said,
        iceberg::{Content, DataFile, Field, ManifestEntry, Schema, TableMetadata},
        key::keys,
        lake::Lake,
        mapping::{Described, OBJECT, OPERATION, PARENT, Role},
        scan::{Scan, ScanStat, Scanned, Wanted},
        shape,
        table::Table,
        view::{FOLDED, FOLDED_UNTIL, folded},
    },
    CompactProgress, Compacted, changelog,
    latest::Latest,
    rewrite::Rewritten,
    writer::Writer,
};

/// How many events a step takes in, if one commit does not have more.
const STEP_EVENTS: i64 = 1 << 18;

/// A step.
pub(super) struct Step<'t, 'l> {
    changelog: &'t Table<'l>,
    pub(super) state: &'t Table<'l>,
    pub(super) described: &'t Described,
    pub(super) id: Vec<&'t str>,
    /// The files that it folds.
    files: Vec<ManifestEntry>,
    /// Those and all before.
    all: Vec<ManifestEntry>,
}

/// Folds some commits; false when there were none.
pub(super) async fn run(
    lake: &Lake,
    collection: &str,
    done: &mut Compacted,
    progress: &mut impl FnMut(CompactProgress),
) -> Result<bool> {
    let changelog = changelog(lake, collection).await?;
    let described =
        Described::of(changelog.metadata()).ok_or_else(|| refused(&"a changelog of no collection"))?;
    if described.keys_alone {
        return Ok(false);
    }
    let mut state = lake.state_for(collection, changelog.metadata(), &described).await?;
    let (base, until) = folded_by(state.metadata());
    let mut all = changelog.files(changelog.metadata().snapshot()).await?;
    all.sort_by_key(|entry| entry.sequence_number);
    let number = |entry: &ManifestEntry| entry.sequence_number.unwrap_or(0);
    let new: Vec<&ManifestEntry> = all.iter().filter(|entry| number(entry) > base).collect();
    let pending: i64 = new.iter().map(|entry| entry.data_file.record_count).sum();
    let upto = match end_of_step(&new) {
        Some(upto) => upto,
        None if lacks_fills(&state, &described).await? => base,
        None => return Ok(false),
    };
    let files: Vec<ManifestEntry> =
        new.iter().filter(|entry| number(entry) <= upto).map(|&entry| entry.clone()).collect();
    all.retain(|entry| number(entry) <= upto);
    let events: i64 = files.iter().map(|entry| entry.data_file.record_count).sum();
    let id = shape::id_names(changelog.metadata(), &described);
    let step = Step { changelog: &changelog, state: &state, described: &described, id, files, all };
    let (added, removed, latest) = step.fold().await?;
    let check = |table: &TableMetadata| match folded_by(table).0 {
        now if now == base => Ok(()),
        now => Err(format!("it has folded the changes up to {now}, not up to {base}")),
    };
    let commit = Commit {
        id: format!("fold {base}-{upto} as {}", state.metadata().current_schema_id),
        operation: if removed.is_empty() && added.iter().all(is_data) {
            Operation::Append
        } else {
            Operation::Overwrite
        },
        sequence_number: None,
        summary: BTreeMap::from([
            (FOLDED.to_owned(), upto.to_string()),
            (FOLDED_UNTIL.to_owned(), latest.max(until).to_string()),
        ]),
        check: &check,
        added,
        removed,
    };
    state.commit(&commit).await?;
    let count = |number: usize| number as u64;
    done.files_written += count(commit.added.len());
    done.files_replaced += count(commit.removed.len());
    done.events += events.unsigned_abs();
    progress(CompactProgress { events: done.events, of: done.events + (pending - events).unsigned_abs() });
    Ok(true)
}

/// Up to which sequence number the state table has folded, and the time of the latest event in it.
pub(super) fn folded_by(state: &TableMetadata) -> (i64, i64) {
    state.ancestors(state.current_snapshot_id).find_map(folded).unwrap_or((0, i64::MIN))
}

/// Whether the table has a new schema since its files were written. Then some of them may lack columns that have fills.
pub(super) fn is_older(state: &Table<'_>) -> bool {
    let metadata = state.metadata();
    metadata.snapshot().is_some_and(|snapshot| snapshot.schema_id != Some(metadata.current_schema_id))
}

/// The fills of the state table's columns, by their ids.
pub(super) fn fills_of(state: &Table<'_>, described: &Described) -> BTreeMap<i32, Value> {
    let fields = shape::fields_of(state.metadata());
    described.fills.iter().filter_map(|(id, fill)| Some((*fields.get(id)?, fill.clone()))).collect()
}

/// Whether a file has no column for a fill: other engines would read NULL there.
pub(super) fn lacks(entry: &ManifestEntry, fills: &BTreeMap<i32, Value>) -> bool {
    fills.keys().any(|id| !entry.data_file.value_counts.contains_key(id))
}

async fn lacks_fills(state: &Table<'_>, described: &Described) -> Result<bool> {
    let fills = fills_of(state, described);
    if fills.is_empty() || !is_older(state) {
        return Ok(false);
    }
    let entries = state.files(state.metadata().snapshot()).await?;
    Ok(entries.iter().any(|entry| entry.data_file.content == Content::Data && lacks(entry, &fills)))
}

fn is_data(file: &DataFile) -> bool {
    file.content == Content::Data
}

/// The sequence number with which a step ends.
fn end_of_step(new: &[&ManifestEntry]) -> Option<i64> {
    let mut events = 0;
    let mut end = None;
    for entry in new {
        if events >= STEP_EVENTS && end != entry.sequence_number {
            break;
        }
        events += entry.data_file.record_count;
        end = entry.sequence_number;
    }
    end
}

impl Step<'_, '_> {
    /// Writes the files; gives them, the locations of those that they replace, and the time of the latest event.
    async fn fold(&self) -> Result<(Vec<DataFile>, BTreeSet<String>, i64)> {
        let wanted = self.keys_alone()?;
        let mut latest = Latest::read(self.changelog, &self.files, &self.all, &wanted, &self.id).await?;
        let looked_up: Vec<&str> = std::iter::once(OBJECT.name).chain(self.id.iter().copied()).collect();
        let mut writer = Writer::new(self.state, &looked_up)?;
        let Rewritten { removed, deletes } = self.rewrite(&latest, &mut writer).await?;
        self.write_last_rows(&mut latest, &mut writer).await?;
        let files = writer.finish().await?.into_iter().chain(deletes).collect();
        Ok((files, removed, latest.until))
    }

    /// terrace's own columns and the id's.
    fn keys_alone(&self) -> Result<Wanted> {
        let schema =
            self.changelog.metadata().schema().ok_or_else(|| refused(&"a table without a schema"))?;
        let own = |field: &&Field| {
            Role::Changelog.meta().iter().any(|meta| meta.name == field.name)
                || self.id.contains(&&*field.name)
        };
        let projection = Schema::new(0, schema.fields.iter().filter(own).cloned().collect());
        Ok(Wanted { projection, fills: BTreeMap::new(), predicate: Predicate::And(Vec::new()) })
    }

    /// Writes the rows that are the last word on documents, as the state table has them. Each is written once.
    async fn write_last_rows(&self, latest: &mut Latest, writer: &mut Writer<'_, '_>) -> Result<()> {
        let wanted = self.as_state()?;
        let state = self.state.metadata().schema().ok_or_else(|| refused(&"a table without a schema"))?;
        let files = if latest.whole.is_empty() { &self.files } else { &self.all };
        let mut scan = Scan::over(self.changelog, files.clone(), wanted.clone(), ScanStat::default());
        while let Some(Scanned { batch, committed, .. }) = scan.next().await? {
            let marks = Marks::of(&batch)?;
            let keys = keys(&batch, &wanted.projection, &self.id)?;
            let mut kept = Vec::with_capacity(keys.len());
            for (row, key) in keys.into_iter().enumerate() {
                let event = marks.event(row, key, committed, ())?;
                let is_last = event.said == Said::There
                    && latest.words.get(&key).is_some_and(|word| {
                        word.there && (word.lineage, word.sequence) == (event.lineage, event.sequence)
                    });
                if is_last && let Some(word) = latest.words.get_mut(&key) {
                    word.there = false;
                }
                kept.push(is_last);
            }
            let batch = filtered(&batch, kept)?;
            if batch.num_rows() > 0 {
                let columns: Vec<usize> = (0..state.fields.len()).collect();
                let batch = batch.project(&columns).map_err(|error| refused(&error))?;
                writer.write(self.filled(batch, state)?).await?;
            }
        }
        Ok(())
    }

    /// How the changelog is read in the columns of the state table; what else is needed of it comes after them.
    fn as_state(&self) -> Result<Wanted> {
        let changelog =
            self.changelog.metadata().schema().ok_or_else(|| refused(&"a table without a schema"))?;
        let state = self.state.metadata().schema().ok_or_else(|| refused(&"a table without a schema"))?;
        let pairs: HashMap<i32, i32> =
            shape::fields_of(self.state.metadata()).into_iter().map(|(of, state)| (state, of)).collect();
        let field = |field: &Field| {
            let own = Role::State.meta().iter().find(|meta| meta.name == field.name);
            let id = match own {
                Some(meta) => meta.find(changelog, &self.changelog.name)?.id,
                None => {
                    *pairs.get(&field.id).ok_or_else(|| refused(&format!("the column `{}`", field.name)))?
                }
            };
            Ok(Field { id, required: false, ..field.clone() })
        };
        let fields: Result<Vec<Field>> = state.fields.iter().map(field).collect();
        let rest: Result<Vec<Field>> = [&OPERATION, &PARENT]
            .iter()
            .map(|meta| Ok(meta.find(changelog, &self.changelog.name)?.clone()))
            .collect();
        let projection = Schema::new(0, fields?.into_iter().chain(rest?).collect());
        Ok(Wanted { projection, fills: self.described.fills.clone(), predicate: Predicate::And(Vec::new()) })
    }
}
