//! `terrace db stat`: what a database holds.

use std::path::Path;

use anyhow::Result;
use terrace::hot::{SnapshotStat, Stat};

use crate::show::{bar, number, size, table};

pub(crate) fn stat(path: &Path) -> Result<()> {
    let stat = Stat::of_file(path)?;
    println!("object {} · lineage {} · {}", stat.object, stat.lineage, size(stat.bytes));
    let mut shown =
        table(&["collection", ">documents", ">in segments", ">groups", ">schemas", ">bytes", "share"]);
    let line = |name: String, numbers: [Option<u64>; 4], bytes: u64| {
        let numbers = numbers.map(|value| value.map(number).unwrap_or_default());
        let [documents, segments, groups, schemas] = numbers;
        [name, documents, segments, groups, schemas, size(bytes), bar(bytes, stat.bytes)]
    };
    for of in &stat.collections {
        let segments = of.segments.documents;
        let numbers =
            [Some(of.rows + segments), Some(segments), Some(of.segments.groups), Some(of.schemas as u64)];
        shown.add_row(line(of.name.clone(), numbers, of.row_bytes + of.segments.bytes));
        for (index, bytes) in &of.indexes {
            shown.add_row(line(format!("  {index}"), [None; 4], *bytes));
        }
    }
    shown.add_row(line("the change log".to_owned(), [None; 4], stat.log.bytes));
    let SnapshotStat { snapshots, bytes } = stat.snapshots;
    if snapshots > 0 {
        let name = format!("{} snapshot{}", number(snapshots), if snapshots == 1 { "" } else { "s" });
        shown.add_row(line(name, [None; 4], bytes));
    }
    println!("{shown}");
    let log = &stat.log;
    println!("{} events from number {} on, in {} rows", number(log.events), log.first, number(log.rows));
    for (consumer, lag) in &log.consumers {
        println!("consumer `{consumer}` is {} behind", number(*lag));
    }
    Ok(())
}
