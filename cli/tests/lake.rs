//! What the command line tool says of lakes, and what it does to them.

use std::{error::Error, process::Command};

use futures_executor::block_on;
use terrace::{cold::Lake, prelude::*};

type Tested = Result<(), Box<dyn Error>>;

#[derive(Collection, Clone, Debug, PartialEq)]
#[collection(partition(bucket(4, object), month(founded)))]
struct City {
    #[id]
    name: String,
    people: i64,
    founded: Option<Date>,
}

/// The output, or what it said was wrong.
fn terrace(words: &[&str]) -> Result<Result<String, String>, Box<dyn Error>> {
    let done = Command::new(env!("CARGO_BIN_EXE_terrace")).arg("lake").args(words).output()?;
    let (out, wrong) = (String::from_utf8(done.stdout)?, String::from_utf8(done.stderr)?);
    Ok(if done.status.success() { Ok(out) } else { Err(wrong) })
}

/// A lake of two syncs of an object.
fn lake(folder: &str) -> Tested {
    let lake = block_on(Lake::open(folder))?;
    let db = Db::open_in_memory(collections![City])?;
    for name in ["Bonn", "Kiel"] {
        db.insert(&City { name: name.into(), people: 300_000, founded: None })?;
        block_on(db.sync(&lake))?;
    }
    Ok(())
}

#[test]
fn a_lake_is_shown_compacted_and_expired() -> Tested {
    let folder = tempfile::tempdir()?;
    let url = folder.path().to_str().ok_or("the path is no text")?;
    lake(url)?;
    let says = |words: &[&str], parts: &[&str]| -> Tested {
        let shown = terrace(words)??;
        for part in parts {
            assert!(shown.contains(part), "{words:?}: {part} is missing in\n{shown}");
        }
        Ok(())
    };
    says(&["ls", url], &["city_changes", "last commit"])?;
    says(&["history", url, "city_changes"], &["append", "up to event 2"])?;
    says(&["compact", url], &["city: 2 events taken in"])?;
    says(&["schema", url, "city"], &["people", "long", "bucket[4]", "month", "allowed"])?;
    says(&["history", url], &["city_changes", "changes up to commit 2"])?;
    says(&["expire", url, "--older-than", "0s"], &["city: 1 snapshots forgotten"])?;
    let cities = block_on(async { Lake::open(url).await?.find::<City>(|_| Filter::all()).count().await })?;
    assert_eq!(cities, 2);
    Ok(())
}

#[test]
fn what_is_no_lake_is_refused_with_a_cure() -> Tested {
    let refused = terrace(&["ls", "ftp://nowhere"])?.err().ok_or("it was taken")?;
    assert!(refused.contains("is no lake"), "{refused}");
    let folder = tempfile::tempdir()?;
    let url = folder.path().to_str().ok_or("the path is no text")?;
    let refused = terrace(&["compact", url, "city"])?.err().ok_or("it was done")?;
    assert!(refused.contains("there is no table `city_changes`"), "{refused}");
    Ok(())
}
