//! What the command line tool does with the snapshots of a database, whose structs it does not know.

use std::{error::Error, path::Path, process::Command};

use terrace::{Cause, hot::Maintenance, prelude::*, snapshots::SnapshotKind};

type Tested = Result<(), Box<dyn Error>>;

#[derive(Collection, Clone, Debug, PartialEq)]
#[collection(
    name = "the_bills",
    id(tenant, number),
    unique(code, tenant, where = "paid = 0"),
    index(tenant),
    columnar(threshold = 50)
)]
struct Bill {
    tenant: String,
    number: i64,
    code: String,
    paid: bool,
    sum: Decimal<12, 2>,
    #[column(fill = 7, mask)]
    secret: i64,
    #[was("note")]
    remark: Option<String>,
    kind: Kind,
    #[column(name = "code_tenant")]
    odd: f32,
}

#[derive(Embed, Clone, Copy, Debug, PartialEq)]
enum Kind {
    New,
    Old,
}

#[derive(Collection)]
struct Note {
    #[id]
    id: i64,
    #[unique]
    text: String,
}

fn bill(number: i64) -> Bill {
    Bill {
        tenant: format!("t{}", number % 3),
        number,
        code: format!("c{}", number % 200),
        paid: number >= 200,
        sum: Decimal::from_unscaled(number.into()).expect("it fits"),
        secret: number,
        remark: (number % 2 == 0).then(|| "x".into()),
        kind: if number % 5 == 0 { Kind::Old } else { Kind::New },
        odd: -0.0,
    }
}

fn open(path: &Path) -> Result<Db, StorageError> {
    Db::open(path, collections![Bill, Note])
}

/// The output of `terrace snapshot WORDS…`, or what it said was wrong.
fn snapshot(words: &[&str]) -> Result<Result<String, String>, Box<dyn Error>> {
    let done = Command::new(env!("CARGO_BIN_EXE_terrace")).arg("snapshot").args(words).output()?;
    let (out, wrong) = (String::from_utf8(done.stdout)?, String::from_utf8(done.stderr)?);
    let is_done = done.status.success();
    assert!(is_done || words[0] != "restore" || out.is_empty(), "nothing was restored: {out}");
    Ok(if is_done { Ok(out) } else { Err(wrong) })
}

#[test]
fn snapshots_are_taken_shown_compared_and_gone_back_to() -> Tested {
    let folder = tempfile::tempdir()?;
    let (path, other) = (folder.path().join("bills.db"), folder.path().join("other.db"));
    let [file, copy] = [&path, &other].map(|path| path.to_str().unwrap_or_default());
    let db = open(&path)?;
    db.insert_all(&(0..400).map(bill).collect::<Vec<_>>())?;
    db.insert(&Note { id: 1, text: "a".into() })?;
    db.maintain(Maintenance::default())?;
    assert!(snapshot(&["ls", file])??.contains("there are no snapshots"));

    let first = snapshot(&["create", file])??;
    assert!(first.contains("401 documents"), "{first}");
    let sums = (db.checksum::<Bill>()?, db.checksum::<Note>()?);
    db.update::<Bill>(("t1".to_owned(), 1), |bill| (bill.secret, bill.kind) = (99, Kind::Old))?;
    db.insert(&Note { id: 2, text: "b".into() })?;
    db.delete::<Bill>(("t2".to_owned(), 2))?;
    let second = snapshot(&["create", "--incremental", file])??;
    let [before, after] = [&first, &second].map(|of| &of[..10]);
    let shown = snapshot(&["ls", file])??;
    for part in [before, after, "full", "incremental", "401"] {
        assert!(shown.contains(part), "{part} is missing in\n{shown}");
    }

    let diff = snapshot(&["diff", file, before, after])??;
    let expected = "+ note 2\n    id: 2\n    text: \"b\"\n~ the_bills [\"t1\",\"1\"]\n    secret: changed, masked\n    kind: \"new\" → \"old\"\n- the_bills [\"t2\",\"2\"]\n";
    assert!(diff.starts_with(expected), "{diff}");
    let json = snapshot(&["diff", "--json", file, before, after])??;
    let lines: Vec<serde_json::Value> = json.lines().map(serde_json::from_str).collect::<Result<_, _>>()?;
    assert_eq!((lines.len(), &lines[0]["change"]), (3, &"added".into()));
    assert_eq!(snapshot(&["diff", file, before, before])??, "nothing is different\n");
    assert_eq!(snapshot(&["verify", file])??, "2 sound\n");

    open(&other)?.insert(&Note { id: 5, text: "c".into() })?;
    snapshot(&["restore", file, after, "--into", copy])??;
    let copied = open(&other)?;
    assert_eq!(copied.checksum::<Bill>()?, db.checksum::<Bill>()?);
    assert_eq!(copied.checksum::<Note>()?, db.checksum::<Note>()?);

    snapshot(&["restore", file, before, "--collection", "note"])??;
    assert_eq!(db.all::<Note>().count()?, 1);
    assert!(db.get::<Bill>(("t2".to_owned(), 2))?.is_none());
    let restored = snapshot(&["restore", file, before])??;
    assert!(restored.contains("401 documents"), "{restored}");
    assert_eq!((db.checksum::<Bill>()?, db.checksum::<Note>()?), sums);
    // the unique index holds over what came back in row groups, whose condition the tool knows by name alone
    let twice = db.insert(&Bill { number: 9_003, paid: false, ..bill(3) });
    assert!(matches!(twice.map_err(|error| error.source), Err(Cause::NotUnique { .. })));
    db.insert(&Bill { number: 9_003, paid: true, ..bill(3) })?;
    Ok(())
}

#[test]
fn a_moment_is_gone_back_to() -> Tested {
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("bills.db");
    let file = path.to_str().unwrap_or_default();
    let times = std::sync::Arc::new(std::sync::atomic::AtomicI64::new(1_000_000));
    let clock = times.clone();
    let now = move || Timestamp::from_micros(clock.load(std::sync::atomic::Ordering::Relaxed));
    let db = terrace::Options::new().clock(now).open(&path, collections![Bill, Note])?;
    db.insert(&Note { id: 1, text: "a".into() })?;
    times.store(60_000_000, std::sync::atomic::Ordering::Relaxed);
    db.delete::<Note>(1)?;
    assert!(snapshot(&["restore", file, "--to", "1970-01-01T00:00:30Z"])??.contains("1 documents"));
    assert!(db.get::<Note>(1)?.is_some());
    let wrong = snapshot(&["restore", file, "--to", "1969-01-01T00:00:00Z"])?.unwrap_err();
    assert!(wrong.contains("the object begins at 1970-01-01T00:00:01Z"), "{wrong}");
    Ok(())
}

#[test]
fn what_cannot_be_done_is_said() -> Tested {
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("bills.db");
    let file = path.to_str().unwrap_or_default();
    let missing = snapshot(&["ls", file])?.unwrap_err();
    assert!(missing.contains("bills.db"), "{missing}");
    assert!(!path.exists(), "nothing was made");
    let db = open(&path)?;
    db.insert(&Note { id: 1, text: "a".into() })?;
    let taken = db.snapshots().create(terrace::snapshots::SnapshotKind::Full)?.id.to_string();
    let wrong = snapshot(&["restore", file, "zz"])?.unwrap_err();
    assert!(wrong.contains("there is no snapshot `zz`"), "{wrong}");
    assert!(snapshot(&["restore", file])?.is_err(), "of what?");
    let wrong = snapshot(&["restore", file, &taken, "--collection", "nothing"])?.unwrap_err();
    assert!(wrong.contains("has no collection `nothing`"), "{wrong}");
    Ok(())
}

#[test]
fn a_snapshot_whose_metadata_is_damaged_stands_in_nobodys_way() -> Tested {
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("bills.db");
    let file = path.to_str().unwrap_or_default();
    let db = open(&path)?;
    db.insert(&bill(1))?;
    let [damaged, sound] =
        [(); 2].map(|()| db.snapshots().create(SnapshotKind::Full).map(|of| of.id.to_string()));
    let (damaged, sound) = (damaged?, sound?);
    let raw = rusqlite::Connection::open(&path)?;
    let changed = raw.execute(
        "UPDATE _terrace_snapshot SET metadata = '{}' WHERE number = (SELECT min(number) FROM _terrace_snapshot)",
        [],
    )?;
    assert_eq!(changed, 1);
    let shown = snapshot(&["ls", file])??;
    assert!(
        shown.contains(&damaged[..12]) && shown.contains("damaged") && shown.contains(&sound[..12]),
        "{shown}"
    );
    let wrong = snapshot(&["verify", file])?.unwrap_err();
    assert!(wrong.contains("1 of 2 cannot be restored"), "{wrong}");
    assert!(snapshot(&["restore", file, &sound[..12]])??.contains("1 documents"));
    Ok(())
}
