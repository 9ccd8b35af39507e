//! Commits: the one place where a table changes.
//!
//! Keeps invariant 4 together with `sync`. A commit has an id, which stands in its snapshot. Before each attempt the table is
//! loaded and looked through for that id, so that what an earlier attempt did without an answer is found, not done again;
//! and what has to be true of the table is checked against what was loaded. Afterwards the table is read back.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    catalog::{CatalogError, Change, CommitError},
    error::{LakeError, Result},
    iceberg::{
        BoundField, Content, DataFile, Datum, ListMetadata, MAIN, ManifestEntry, ManifestFile,
        ManifestMetadata, Reference, Requirement, Snapshot, Status, TableMetadata, Update, write_list,
        write_manifest,
    },
    table::Table,
    view::{FOLDED, FOLDED_UNTIL},
};

/// The commit's id in the summary of its snapshot.
pub(crate) const COMMIT_ID: &str = "terrace.commit-id";

/// How often a commit is tried when others are first.
const ATTEMPTS: usize = 64;

/// How often an unknown outcome is looked into before it is the caller's.
pub(crate) const UNKNOWN_OUTCOMES: usize = 2;

/// How many entries a manifest has at most after it took others in.
const MERGED_ENTRIES: usize = 8_192;

/// What is to be committed.
pub(crate) struct Commit<'c> {
    /// Its name: the same whenever it is tried.
    pub(crate) id: String,
    pub(crate) operation: Operation,
    /// The files that are new.
    pub(crate) added: Vec<DataFile>,
    /// The locations of the files that go.
    pub(crate) removed: BTreeSet<String>,
    /// The sequence number of the new files, where it is not that of the commit.
    pub(crate) sequence_number: Option<i64>,
    /// What else stands in the snapshot's summary.
    pub(crate) summary: BTreeMap<String, String>,
    /// What has to be true of the table; why it is not.
    pub(crate) check: Check<'c>,
}

/// What became of a change.
#[derive(Debug)]
pub(crate) enum Changed {
    /// It is the present version, or was.
    Done,
    /// Another was first.
    Conflict,
    /// It may have been done.
    Unknown(CatalogError),
}

impl Changed {
    /// What a catalog says of a change; an error, where it has refused it.
    pub(crate) fn of(done: std::result::Result<(), CommitError>) -> Result<Self> {
        match done {
            Ok(()) => Ok(Self::Done),
            Err(CommitError::Conflict) => Ok(Self::Conflict),
            Err(CommitError::Unknown(error)) => Ok(Self::Unknown(error)),
            Err(CommitError::Failed(error)) => Err(error.into()),
        }
    }
}

/// Looks at a table before a commit.
pub(crate) type Check<'c> = &'c (dyn Fn(&TableMetadata) -> std::result::Result<(), String> + Sync);

/// What a commit does, in the words of the specification.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Operation {
    Append,
    Overwrite,
    Replace,
}

impl Operation {
    fn name(self) -> &'static str {
        match self {
            Self::Append => "append",
            Self::Overwrite => "overwrite",
            Self::Replace => "replace",
        }
    }
}

impl Table<'_> {
    /// Commits; gives the snapshot's id. The table is at that version, or at a later one, afterwards.
    pub(crate) async fn commit(&mut self, commit: &Commit<'_>) -> Result<i64> {
        let mut unknown = 0;
        for attempt in 0..ATTEMPTS {
            if attempt > 0 {
                self.reload().await?;
            }
            if let Some(snapshot) = self.find_commit(&commit.id) {
                return Ok(snapshot);
            }
            (commit.check)(self.metadata()).map_err(|problem| self.stale(problem))?;
            let snapshot = self.write_snapshot(commit).await?;
            let id = snapshot.snapshot_id;
            match self.change(&self.requirements(), &added(snapshot)).await? {
                Changed::Done => return self.read_back(&commit.id, id).await,
                Changed::Conflict => {}
                Changed::Unknown(_) if unknown < UNKNOWN_OUTCOMES => unknown += 1,
                Changed::Unknown(error) => return Err(error.into()),
            }
        }
        Err(LakeError::Contended { table: self.name.clone(), attempts: ATTEMPTS }.into())
    }

    /// Changes the table.
    pub(crate) async fn change(
        &mut self,
        requirements: &[Requirement],
        updates: &[Update],
    ) -> Result<Changed> {
        let change = Change { requirements, updates, now_ms: self.lake.now_ms() };
        let committed = self.lake.catalog.commit(&self.name, &self.version, change).await;
        Changed::of(committed.map(|version| self.version = version))
    }

    /// The snapshot of a commit, if it is in the history of the present one.
    pub(crate) fn find_commit(&self, id: &str) -> Option<i64> {
        let table = self.metadata();
        let mut history = table.ancestors(table.current_snapshot_id);
        let found = history.find(|snapshot| snapshot.summary.get(COMMIT_ID).is_some_and(|found| found == id));
        found.map(|snapshot| snapshot.snapshot_id)
    }

    async fn read_back(&mut self, commit: &str, snapshot: i64) -> Result<i64> {
        self.reload().await?;
        if self.find_commit(commit) == Some(snapshot) {
            return Ok(snapshot);
        }
        Err(LakeError::Lost { table: self.name.clone(), commit: commit.to_owned() }.into())
    }

    fn requirements(&self) -> Vec<Requirement> {
        let table = self.metadata();
        vec![
            Requirement::AssertTableUuid { uuid: table.table_uuid },
            Requirement::AssertRefSnapshotId {
                ref_name: MAIN.to_owned(),
                snapshot_id: table.refs.get(MAIN).map(|reference| reference.snapshot_id),
            },
        ]
    }

    pub(crate) fn stale(&self, problem: String) -> LakeError {
        LakeError::Stale { table: self.name.clone(), problem }
    }

    /// Writes the manifests and the list of a snapshot that follows the present one.
    async fn write_snapshot(&self, commit: &Commit<'_>) -> Result<Snapshot> {
        let table = self.metadata();
        let parent = table.snapshot();
        let snapshot_id = snapshot_id(self.lake.unique());
        let sequence_number = table.last_sequence_number + 1;
        let writing = Writing { table: self, snapshot_id, sequence_number };
        let (manifests, gone) = writing.manifests(commit).await?;
        let location = self.location(&format!("metadata/snap-{snapshot_id}.avro"));
        let parent_id = parent.map(|snapshot| snapshot.snapshot_id);
        let ids = ListMetadata { snapshot_id, parent_snapshot_id: parent_id, sequence_number };
        let list = write_list(ids, &manifests);
        self.put(&location, list.map_err(|error| self.damaged(&location, &error))?).await?;
        let mut summary = summary(commit, parent, &gone);
        let carried = parent.into_iter().flat_map(|parent| &parent.summary);
        let carried = carried.filter(|(key, _)| [FOLDED, FOLDED_UNTIL].contains(&key.as_str()));
        summary.extend(carried.map(|(key, value)| (key.clone(), value.clone())));
        summary.extend(commit.summary.clone());
        Ok(Snapshot {
            snapshot_id,
            parent_snapshot_id: parent_id,
            sequence_number,
            timestamp_ms: self.lake.now_ms().max(table.last_updated_ms),
            manifest_list: location,
            summary,
            schema_id: Some(table.current_schema_id),
            other: BTreeMap::new(),
        })
    }
}

/// A snapshot that is being written.
struct Writing<'t, 'l> {
    table: &'t Table<'l>,
    snapshot_id: i64,
    sequence_number: i64,
}

impl Writing<'_, '_> {
    /// The manifests of the snapshot, and the files that it removes.
    async fn manifests(&self, commit: &Commit<'_>) -> Result<(Vec<ManifestFile>, Vec<DataFile>)> {
        let mut present = self.table.manifests(self.table.metadata().snapshot()).await?;
        present.retain(ManifestFile::has_live_files);
        let (mut kept, gone) = self.without(present, &commit.removed).await?;
        self.require_referenced(&kept, &commit.added).await?;
        let mut new = Vec::new();
        let mut kinds: Vec<(i32, Content)> =
            commit.added.iter().map(|file| (file.spec_id, file.content)).collect();
        kinds.sort_unstable_by_key(|(spec_id, content)| (*spec_id, *content as u8));
        kinds.dedup();
        for (spec_id, content) in kinds {
            let of_kind = |file: &&DataFile| (file.spec_id, file.content) == (spec_id, content);
            let added = commit.added.iter().filter(of_kind).cloned();
            let mut entries: Vec<ManifestEntry> = added
                .map(|file| ManifestEntry {
                    sequence_number: commit.sequence_number,
                    ..ManifestEntry::added(file)
                })
                .collect();
            self.take_in(&mut kept, (spec_id, content), &mut entries).await?;
            new.push(self.write(entries, spec_id, content, new.len()).await?);
        }
        new.extend(kept);
        Ok((new, gone))
    }

    /// The manifests without files that go. Those that named one are written anew, and say that it is gone.
    async fn without(
        &self,
        manifests: Vec<ManifestFile>,
        removed: &BTreeSet<String>,
    ) -> Result<(Vec<ManifestFile>, Vec<DataFile>)> {
        if removed.is_empty() {
            return Ok((manifests, Vec::new()));
        }
        let (mut kept, mut gone) = (Vec::new(), Vec::new());
        for manifest in manifests {
            let entries = self.table.entries(&manifest).await?;
            let goes = |entry: &ManifestEntry| removed.contains(&entry.data_file.file_path);
            if !entries.iter().any(goes) {
                kept.push(manifest);
                continue;
            }
            let rewritten: Vec<ManifestEntry> = entries
                .into_iter()
                .map(|entry| {
                    let status = if goes(&entry) { Status::Deleted } else { Status::Existing };
                    self.carried(entry, status)
                })
                .collect();
            gone.extend(rewritten.iter().filter(|entry| goes(entry)).map(|entry| entry.data_file.clone()));
            let number = 1_000 + kept.len();
            kept.push(self.write(rewritten, manifest.partition_spec_id, manifest.content, number).await?);
        }
        if gone.len() == removed.len() {
            return Ok((kept, gone));
        }
        let missing = removed.len() - gone.len();
        Err(self.table.stale(format!("{missing} of the files that the commit replaces are gone")).into())
    }

    /// Deletes must be about files that are there: of others the rows are in other files by now.
    async fn require_referenced(&self, manifests: &[ManifestFile], added: &[DataFile]) -> Result<()> {
        let mut missing: BTreeSet<&str> =
            added.iter().filter_map(|file| file.referenced_data_file.as_deref()).collect();
        for manifest in manifests.iter().filter(|manifest| manifest.content == Content::Data) {
            if missing.is_empty() {
                break;
            }
            for entry in self.table.entries(manifest).await? {
                missing.remove(&*entry.data_file.file_path);
            }
        }
        match missing.first() {
            None => Ok(()),
            Some(file) => Err(self.table.stale(format!("{file}, of which rows are deleted, is gone")).into()),
        }
    }

    /// An entry of an earlier snapshot; one that goes was there until this one.
    fn carried(&self, entry: ManifestEntry, status: Status) -> ManifestEntry {
        let gone = status == Status::Deleted;
        let snapshot_id = if gone { Some(self.snapshot_id) } else { entry.snapshot_id };
        ManifestEntry { status, snapshot_id, ..entry }
    }

    /// Takes the entries of small manifests into a new one: each that has no more of them than were gathered before. So there
    /// are only as many manifests as the number of files has digits in base two, and an entry is written as often.
    async fn take_in(
        &self,
        kept: &mut Vec<ManifestFile>,
        (spec_id, content): (i32, Content),
        entries: &mut Vec<ManifestEntry>,
    ) -> Result<()> {
        let mut at = 0;
        while at < kept.len() {
            let manifest = &kept[at];
            let count = usize::try_from(manifest.added_files_count + manifest.existing_files_count)
                .unwrap_or(usize::MAX);
            let fits = manifest.partition_spec_id == spec_id
                && manifest.content == content
                && manifest.deleted_files_count == 0
                && count <= entries.len()
                && count + entries.len() <= MERGED_ENTRIES;
            if !fits {
                at += 1;
                continue;
            }
            let manifest = kept.remove(at);
            let earlier = self.table.entries(&manifest).await?;
            entries.extend(earlier.into_iter().map(|entry| self.carried(entry, Status::Existing)));
        }
        Ok(())
    }

    async fn write(
        &self,
        mut entries: Vec<ManifestEntry>,
        spec_id: i32,
        content: Content,
        number: usize,
    ) -> Result<ManifestFile> {
        let location = self.table.location(&format!("metadata/{}-m{number}.avro", self.snapshot_id));
        let damaged = |error: super::iceberg::IcebergError| self.table.damaged(&location, &error);
        let (schema, spec) = self.table.spec(spec_id)?;
        let fields = spec.bind(schema).map_err(damaged)?;
        for entry in &mut entries {
            widen(&mut entry.data_file.partition, &fields);
        }
        let metadata = ManifestMetadata { schema, spec, content };
        let bytes = write_manifest(&metadata, &entries).map_err(damaged)?;
        let ids = (self.snapshot_id, self.sequence_number);
        let file = ManifestFile::of(&location, bytes.len(), &metadata, ids, &entries).map_err(damaged)?;
        self.table.put(&location, bytes).await?;
        Ok(file)
    }
}

/// The values of a partition as its fields have them now, whose columns may have been widened since.
fn widen(partition: &mut [Option<Datum>], fields: &[BoundField<'_>]) {
    for (value, field) in partition.iter_mut().zip(fields) {
        *value = value.take().map(|value| value.clone().cast(&field.kind).unwrap_or(value));
    }
}

/// The id of a snapshot, by which its manifests and their list are named: another for each attempt.
fn snapshot_id(unique: u128) -> i64 {
    let bits = unique & u128::from(i64::MAX.unsigned_abs());
    i64::try_from(bits).unwrap_or(1).max(1)
}

fn added(snapshot: Snapshot) -> Vec<Update> {
    let reference = Reference::branch(snapshot.snapshot_id);
    vec![Update::AddSnapshot { snapshot }, Update::SetSnapshotRef { ref_name: MAIN.to_owned(), reference }]
}

/// The counts of a snapshot: what it changed, and what there is now.
fn summary(commit: &Commit<'_>, parent: Option<&Snapshot>, gone: &[DataFile]) -> BTreeMap<String, String> {
    let mut summary = BTreeMap::from([
        ("operation".to_owned(), commit.operation.name().to_owned()),
        (COMMIT_ID.to_owned(), commit.id.clone()),
    ]);
    let mut put = |name: &str, value: i64| {
        if value != 0 || name.starts_with("total-") {
            summary.insert(name.to_owned(), value.to_string());
        }
    };
    let before =
        |name: &str| -> i64 { parent.and_then(|parent| parent.summary.get(name)?.parse().ok()).unwrap_or(0) };
    let (new, old) = (Total::of(&commit.added, Content::Data), Total::of(gone, Content::Data));
    let kind = Content::PositionDeletes;
    let (new_deletes, old_deletes) = (Total::of(&commit.added, kind), Total::of(gone, kind));
    let (bytes, old_bytes) = (new.bytes + new_deletes.bytes, old.bytes + old_deletes.bytes);
    put("added-data-files", new.files);
    put("added-records", new.records);
    put("added-files-size", bytes);
    put("deleted-data-files", old.files);
    put("deleted-records", old.records);
    put("removed-files-size", old_bytes);
    put("added-delete-files", new_deletes.files);
    put("added-position-delete-files", new_deletes.files);
    put("added-position-deletes", new_deletes.records);
    put("removed-delete-files", old_deletes.files);
    put("removed-position-delete-files", old_deletes.files);
    put("removed-position-deletes", old_deletes.records);
    put("total-data-files", before("total-data-files") + new.files - old.files);
    put("total-records", before("total-records") + new.records - old.records);
    put("total-files-size", before("total-files-size") + bytes - old_bytes);
    put("total-delete-files", before("total-delete-files") + new_deletes.files - old_deletes.files);
    let deletes = before("total-position-deletes") + new_deletes.records - old_deletes.records;
    put("total-position-deletes", deletes);
    put("total-equality-deletes", 0);
    summary
}

/// What files come to together.
#[derive(Clone, Copy, Debug, Default)]
struct Total {
    files: i64,
    records: i64,
    bytes: i64,
}

impl Total {
    fn of(files: &[DataFile], content: Content) -> Self {
        files.iter().filter(|file| file.content == content).fold(Self::default(), |total, file| Self {
            files: total.files + 1,
            records: total.records + file.record_count,
            bytes: total.bytes + file.file_size_in_bytes,
        })
    }
}
