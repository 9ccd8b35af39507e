//! The fields of a partition are different from each other, and none repeats what another says.

use crate::{
    ast::{Collection, Partition},
    attr::mark::Kind,
    ctxt::Ctxt,
};

/// The transforms of time, from the coarsest to the finest.
const TIMES: [&str; 4] = ["year", "month", "day", "hour"];

pub(super) fn check(ctxt: &Ctxt, collection: &Collection) {
    for (at, part) in collection.partition.iter().enumerate() {
        let before = &collection.partition[..at];
        json(ctxt, collection, part);
        object(ctxt, part);
        again(ctxt, before, part);
    }
}

fn json(ctxt: &Ctxt, collection: &Collection, part: &Partition) {
    if part.column.is_some_and(|column| collection.columns[column].has(Kind::Json)) {
        let source = &part.source;
        ctxt.error(source, format!("`{source}` is stored as JSON and cannot be partitioned"));
    }
}

fn object(ctxt: &Ctxt, part: &Partition) {
    if part.column.is_none() && granularity(part).is_some() {
        let transform = &part.transform;
        let note = "note: `object` is the id of the object; a field of that name is written `r#object`";
        ctxt.error(&part.source, format!("an object cannot be partitioned by {transform}\n{note}"));
    }
}

fn again(ctxt: &Ctxt, before: &[Partition], part: &Partition) {
    let mut same_source = before.iter().filter(|other| other.column == part.column);
    let (transform, source) = (&part.transform, &part.source);
    if same_source.clone().any(|other| other.transform == *transform) {
        ctxt.error(transform, format!("`{source}` is partitioned by `{transform}` twice"));
    } else if let Some(other) = same_source.find(|other| granularity(other).is_some())
        && granularity(part).is_some()
    {
        let (fine, coarse) =
            if granularity(other) > granularity(part) { (other, part) } else { (part, other) };
        ctxt.error(
            transform,
            format!("`{}({source})` already contains `{}({source})`", fine.transform, coarse.transform),
        );
    }
}

/// How fine a transform of time is; none for the others.
fn granularity(part: &Partition) -> Option<usize> {
    TIMES.iter().position(|time| part.transform == *time)
}
