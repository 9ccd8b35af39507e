//! A snapshot together with those that it builds on, checked link by link before anything stands on it.

use crate::{
    Cause,
    cdc::SnapshotId,
    error::{Failure, Outcome},
    hot::{Content, Overlay, Schemas},
};

use super::{SnapshotError, SnapshotKind, SnapshotMetadata, Snapshots};

/// A full snapshot and the incremental ones up to the last, whose parts are all as they were written.
#[derive(Debug)]
pub(super) struct Chain {
    /// Each with the number that it has in this database.
    pub(super) links: Vec<(u64, SnapshotMetadata)>,
    /// The schemas, which are the same in each.
    pub(super) schemas: Schemas,
}

impl Snapshots<'_> {
    /// The chain that ends with this snapshot. Every part of it is read and compared with what was written.
    pub(super) fn chain(self, id: SnapshotId) -> Outcome<Chain> {
        let stored = self.db.stored_snapshots()?;
        let mut links: Vec<(u64, SnapshotMetadata)> = Vec::new();
        let mut next = Some(id);
        while let Some(id) = next {
            let child = links.last().map(|(_, child)| child.id);
            if links.iter().any(|(_, link)| link.id == id) {
                return Err(SnapshotError::Damaged { id, problem: "it builds on itself".to_owned() }.into());
            }
            let found = stored.iter().find(|stored| stored.id == id);
            let link = found.ok_or(match child {
                None => SnapshotError::NotFound { id },
                Some(child) => SnapshotError::Missing { id, child },
            })?;
            let metadata = super::metadata::parse(link)?;
            if self.db.digest_of(link.number)? != metadata.digest() {
                let problem = "its parts are not those that were written".to_owned();
                return Err(SnapshotError::Damaged { id, problem }.into());
            }
            if let Some((_, child)) = links.last() {
                meets(&metadata, child)?;
            }
            next = metadata.parent;
            links.push((link.number, metadata));
        }
        links.reverse();
        if links[0].1.kind != SnapshotKind::Full {
            let problem = "it is incremental and names none that it builds on".to_owned();
            return Err(SnapshotError::Damaged { id: links[0].1.id, problem }.into());
        }
        let schemas = Schemas::new(&links[0].1.schemas);
        Ok(Chain { links, schemas })
    }
}

impl Snapshots<'_> {
    /// As [`Snapshots::chain`]; none where a link is missing or damaged.
    pub(super) fn sound(self, id: SnapshotId) -> Outcome<Option<Chain>> {
        match self.chain(id) {
            Err(Failure { cause: Cause::Snapshot(_), .. }) => Ok(None),
            chain => chain.map(Some),
        }
    }
}

/// Refuses a link that does not go on where the one before ends.
fn meets(parent: &SnapshotMetadata, child: &SnapshotMetadata) -> Result<(), SnapshotError> {
    let problem = if child.kind == SnapshotKind::Full {
        "it is a full one".to_owned()
    } else if (&parent.object, parent.lineage) != (&child.object, child.lineage) {
        "they are of different lineages".to_owned()
    } else if parent.sequence > child.sequence {
        format!("it ends with event {} and the other with {}", child.sequence, parent.sequence)
    } else if parent.schemas != child.schemas {
        "they are of different schemas".to_owned()
    } else {
        let differs = child.collections.iter().find(|of| {
            parent.collection(&of.name).map(|before| before.after).unwrap_or_default() != of.before
        });
        let Some(of) = differs else { return Ok(()) };
        format!("the checksums of `{}` do not meet", of.name)
    };
    Err(SnapshotError::Broken { id: child.id, parent: parent.id, problem })
}

impl Chain {
    /// The full snapshot.
    pub(super) fn base(&self) -> &(u64, SnapshotMetadata) {
        &self.links[0]
    }

    /// The snapshot that the chain ends with.
    pub(super) fn last(&self) -> &SnapshotMetadata {
        &self.links[self.links.len() - 1].1
    }

    /// What the incremental ones say of each document.
    pub(super) fn overlay(&self, db: &crate::Db) -> Outcome<Overlay> {
        let mut overlay = Overlay::new();
        for pair in self.links.windows(2) {
            let [(_, before), (number, link)] = pair else { continue };
            db.each_part(*number, &mut |content, bytes| {
                let Content::Log { first, .. } = content else { return Ok(()) };
                self.schemas.events((*first, &bytes), (before.sequence, link.sequence), &mut overlay)
            })?;
        }
        Ok(overlay)
    }
}
