//! From events to documents: which row of a changelog is the last word on each document.
//!
//! An object's history is a chain of lineages: that of its last restore, before it the one that the restore goes on from, and
//! so on. An event counts if its lineage is in the chain and the next one had not begun; what was written to a branch that was
//! left behind counts no more. Where all documents were read anew, nothing counts that came before.

use std::collections::HashMap;

use rustc_hash::FxBuildHasher;

/// A document of an object: a hash of 128 bits of both.
pub(crate) type Key = u128;

/// What a row of a changelog says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Said {
    /// A new lineage begins.
    Restore,
    /// Events are missing.
    Gap,
    /// All documents follow as they were read.
    Snapshot,
    /// The document is there.
    There,
    /// It is not.
    Gone,
}

impl Said {
    /// What an `_op` says; none of one that is not known.
    pub(crate) fn of(operation: &str) -> Option<Self> {
        Some(match operation {
            "INSERT" | "UPDATE" | super::change_rows::READ => Self::There,
            "DELETE" => Self::Gone,
            "RESTORE" => Self::Restore,
            "GAP" => Self::Gap,
            super::change_rows::SNAPSHOT => Self::Snapshot,
            _ => return None,
        })
    }
}

/// A row of a changelog, without its values.
#[derive(Clone, Debug)]
pub(crate) struct Event<P> {
    pub(crate) key: Key,
    pub(crate) lineage: u128,
    /// Of a restore, the lineage that it goes on from.
    pub(crate) parent: Option<u128>,
    pub(crate) sequence: i64,
    pub(crate) said: Said,
    /// When the row was committed, among the changes of the table.
    pub(crate) committed: i64,
    /// Where it is.
    pub(crate) place: P,
}

/// The last word on each document of one object, by all of its events.
pub(crate) fn fold<P>(events: Vec<Event<P>>) -> HashMap<Key, Event<P>, FxBuildHasher> {
    let chain = Chain::of(&events);
    let mut living: Vec<Event<P>> = events.into_iter().filter(|event| chain.holds(event)).collect();
    living.sort_by_key(|event| (event.sequence, event.said));
    let mut last = HashMap::default();
    for event in living {
        match event.said {
            Said::Snapshot => last.clear(),
            Said::There | Said::Gone => drop(last.insert(event.key, event)),
            Said::Restore | Said::Gap => {}
        }
    }
    last
}

/// The lineages that count, each with the positions of its events that do: from the first, and before the second.
struct Chain(HashMap<u128, (i64, i64), FxBuildHasher>);

impl Chain {
    fn of<P>(events: &[Event<P>]) -> Self {
        let restores = events.iter().filter(|event| event.said == Said::Restore);
        let begins: HashMap<u128, &Event<P>, FxBuildHasher> =
            restores.map(|event| (event.lineage, event)).collect();
        // an object that was made anew begins with all of its documents, which are none
        let beginnings = events.iter().filter(|event| matches!(event.said, Said::Restore | Said::Snapshot));
        let newest = beginnings.max_by_key(|event| (event.committed, event.sequence));
        let only = events.iter().max_by_key(|event| (event.committed, event.sequence));
        let mut next = newest.or(only).map(|event| event.lineage);
        let mut chain: HashMap<u128, (i64, i64), FxBuildHasher> = HashMap::default();
        let mut end = i64::MAX;
        while let Some(lineage) = next.filter(|lineage| !chain.contains_key(lineage)) {
            let begin = begins.get(&lineage);
            let from = begin.map_or(i64::MIN, |event| event.sequence);
            chain.insert(lineage, (from, end));
            end = end.min(from);
            next = begin.and_then(|event| event.parent);
        }
        Self(chain)
    }

    fn holds<P>(&self, event: &Event<P>) -> bool {
        self.0.get(&event.lineage).is_some_and(|(from, to)| (*from..*to).contains(&event.sequence))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(key: Key, lineage: u128, sequence: i64, said: Said) -> Event<()> {
        Event { key, lineage, parent: None, sequence, said, committed: sequence, place: () }
    }

    fn restore(lineage: u128, parent: u128, sequence: i64, committed: i64) -> Event<()> {
        Event { parent: Some(parent), committed, ..event(0, lineage, sequence, Said::Restore) }
    }

    /// The documents that are there, each with the lineage and position of its last event.
    fn there(events: Vec<Event<()>>) -> Vec<(Key, u128, i64)> {
        let last = fold(events).into_iter().filter(|(_, event)| event.said == Said::There);
        let mut there: Vec<_> = last.map(|(key, event)| (key, event.lineage, event.sequence)).collect();
        there.sort_unstable();
        there
    }

    #[test]
    fn the_last_event_of_a_document_counts() {
        let events = vec![
            event(1, 7, 1, Said::There),
            event(2, 7, 2, Said::There),
            event(1, 7, 3, Said::There),
            event(2, 7, 4, Said::Gone),
        ];
        assert_eq!(there(events), [(1, 7, 3)]);
    }

    #[test]
    fn a_branch_that_was_left_counts_no_more() {
        // 7 went on to 5, and the object was taken back to 2.
        let mut events: Vec<_> =
            (1..=5_i64).map(|at| event(Key::from(at.unsigned_abs()), 7, at, Said::There)).collect();
        events.push(restore(8, 7, 3, 6));
        events.push(event(9, 8, 4, Said::There));
        assert_eq!(there(events), [(1, 7, 1), (2, 7, 2), (9, 8, 4)]);
    }

    #[test]
    fn a_lineage_between_that_was_skipped_counts_no_more() {
        let events = vec![
            event(1, 7, 1, Said::There),
            event(2, 7, 2, Said::There),
            restore(8, 7, 3, 3),
            event(3, 8, 4, Said::There),
            // Back to before 8 had begun.
            restore(9, 7, 2, 5),
            event(4, 9, 3, Said::There),
        ];
        assert_eq!(there(events), [(1, 7, 1), (4, 9, 3)]);
    }

    #[test]
    fn an_object_that_was_made_anew_has_nothing_of_its_earlier_life() {
        let mut events = vec![
            event(1, 7, 1, Said::There),
            restore(8, 7, 2, 2),
            event(2, 8, 3, Said::There),
            Event { committed: 4, ..event(0, 9, 0, Said::Snapshot) },
        ];
        assert_eq!(there(events.clone()), []);
        events.push(Event { committed: 5, ..event(3, 9, 1, Said::There) });
        assert_eq!(there(events), [(3, 9, 1)]);
    }

    #[test]
    fn what_was_read_anew_replaces_what_came_before() {
        let events = vec![
            event(1, 7, 1, Said::There),
            event(2, 7, 2, Said::There),
            restore(8, 7, 9, 9),
            event(0, 8, 9, Said::Snapshot),
            event(2, 8, 9, Said::There),
            event(3, 8, 10, Said::There),
        ];
        assert_eq!(there(events), [(2, 8, 9), (3, 8, 10)]);
    }
}
