//! The last word on each document, of many events: keys and positions alone, without values.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use rustc_hash::FxBuildHasher;

use super::super::{
    changes::{Marks, of_object},
    error::Result,
    fold::{Event, Key, Said, fold},
    iceberg::ManifestEntry,
    key::keys,
    scan::{Scan, ScanStat, Scanned, Wanted},
    table::Table,
};

/// The event that is the last word on a document.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Word {
    pub(crate) lineage: u128,
    pub(crate) sequence: i64,
    /// Whether the document is there.
    pub(crate) there: bool,
}

/// The last words.
#[derive(Debug, Default)]
pub(crate) struct Latest {
    pub(crate) words: HashMap<Key, Word, FxBuildHasher>,
    /// The objects of which every document is here.
    pub(crate) whole: BTreeSet<String>,
    /// All objects that were met, with the lineage of their events; none when there is more to them.
    objects: BTreeMap<String, Option<u128>>,
    /// The time of the latest event, in microseconds since 1970 UTC.
    pub(crate) until: i64,
}

impl Latest {
    /// Reads the events of files of a changelog, and of objects that were taken back everything up to `upto`.
    pub(crate) async fn read(
        changelog: &Table<'_>,
        files: &[ManifestEntry],
        all: &[ManifestEntry],
        wanted: &Wanted,
        id: &[&str],
    ) -> Result<Self> {
        let mut latest = Self { until: i64::MIN, ..Self::default() };
        let mut scan = Scan::over(changelog, files.to_vec(), wanted.clone(), ScanStat::default());
        while let Some(scanned) = scan.next().await? {
            latest.add(&scanned, wanted, id)?;
        }
        let rewound = latest.objects.iter().filter(|(_, lineage)| lineage.is_none());
        latest.whole = rewound.map(|(object, _)| object.clone()).collect();
        for object in latest.whole.clone() {
            let wanted = Wanted { predicate: of_object(&object), ..wanted.clone() };
            let mut scan = Scan::over(changelog, all.to_vec(), wanted.clone(), ScanStat::default());
            let mut events = Vec::new();
            while let Some(scanned) = scan.next().await? {
                events.extend(events_of(&scanned, &wanted, id)?);
            }
            latest.replace(events);
        }
        Ok(latest)
    }

    /// The objects that were met.
    pub(crate) fn objects(&self) -> impl ExactSizeIterator<Item = &String> {
        self.objects.keys()
    }

    fn add(&mut self, scanned: &Scanned, wanted: &Wanted, id: &[&str]) -> Result<()> {
        let marks = Marks::of(&scanned.batch)?;
        for (row, event) in events_of(scanned, wanted, id)?.into_iter().enumerate() {
            self.until = self.until.max(marks.timestamp(row));
            let is_plain = matches!(event.said, Said::There | Said::Gone);
            let met = self.objects.get_mut(marks.object(row));
            let lineage = is_plain.then_some(event.lineage);
            match met {
                Some(known) if *known != lineage => *known = None,
                Some(_) => {}
                None => drop(self.objects.insert(marks.object(row).to_owned(), lineage)),
            }
            if is_plain && self.words.get(&event.key).is_none_or(|word| word.sequence < event.sequence) {
                self.words.insert(event.key, word(&event));
            }
        }
        Ok(())
    }

    /// Puts the words of all events of an object in the place of what was gathered of it.
    fn replace(&mut self, events: Vec<Event<()>>) {
        let keys: Vec<Key> = events.iter().map(|event| event.key).collect();
        let last = fold(events);
        for key in keys {
            let gone = Word { lineage: 0, sequence: 0, there: false };
            self.words.insert(key, last.get(&key).map_or(gone, word));
        }
    }
}

fn word(event: &Event<()>) -> Word {
    Word { lineage: event.lineage, sequence: event.sequence, there: event.said == Said::There }
}

fn events_of(scanned: &Scanned, wanted: &Wanted, id: &[&str]) -> Result<Vec<Event<()>>> {
    let marks = Marks::of(&scanned.batch)?;
    let keys = keys(&scanned.batch, &wanted.projection, id)?;
    keys.into_iter().enumerate().map(|(row, key)| marks.event(row, key, scanned.committed, ())).collect()
}
