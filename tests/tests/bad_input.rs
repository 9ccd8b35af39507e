//! Bad input of every kind is a typed error that says what to do, and leaves the database as it was.

use std::{path::Path, process::Command, time::Duration};

use terrace::{
    Cause, Options,
    prelude::*,
    schema::{Capture, Collections, ColumnDef, FieldError, KeyOf, Kind, Registered, Schema},
    value::{Row, RowBuf, ValueError},
};
use terrace_tests::{Place, documents, options};

#[derive(Collection, Clone, Debug, PartialEq)]
struct Note {
    #[id]
    id: i64,
    text: String,
    #[column(mask)]
    picture: Vec<u8>,
}

fn note(id: i64) -> Note {
    Note { id, text: format!("note {id}"), picture: vec![1, 2, 3] }
}

#[test]
fn a_file_that_is_no_database_is_refused_and_untouched() {
    let place = Place::new();
    let bytes = b"this is a letter to my grandmother, and not a database at all".repeat(100);
    std::fs::write(place.path(), &bytes).expect("the file is written");
    let error = place.open(collections![Note]).expect_err("a refusal");
    assert!(matches!(error.source, Cause::NotADatabase { .. }), "{error}");
    assert_eq!(std::fs::read(place.path()).expect("the file is there"), bytes);
}

#[test]
fn a_path_that_cannot_be_opened_is_an_error_of_the_disk() {
    let error = Db::open("/nonexistent/folder/object.db", collections![Note]).expect_err("a refusal");
    assert!(matches!(error.source, Cause::Io { .. }), "{error}");
}

#[test]
fn a_locked_database_says_that_another_process_is_writing() -> Result<(), Box<dyn std::error::Error>> {
    let place = Place::new();
    let open = || options(1).busy_timeout(Duration::ZERO).open(place.path(), collections![Note]);
    let db = open()?;
    db.insert(&note(1))?;
    let other = place.sqlite();
    other.execute_batch("BEGIN IMMEDIATE")?;
    let error = db.insert(&note(2)).expect_err("a refusal");
    assert!(matches!(error.source, Cause::Locked { .. }), "{error}");
    assert_eq!(open()?.all::<Note>().count()?, 1, "reading goes on");
    other.execute_batch("ROLLBACK")?;
    db.insert(&note(2))?;
    assert_eq!((db.all::<Note>().count()?, db.changes().head()?), (2, 2));
    Ok(())
}

#[test]
fn a_value_above_2_mb_is_refused_by_name() -> Result<(), StorageError> {
    let db = Db::open_in_memory(collections![Note])?;
    let error = db.insert(&Note { picture: vec![0; 2_000_001], ..note(1) }).expect_err("a refusal");
    let Cause::Field(FieldError { column: "picture", source: ValueError::TooLarge { bytes: 2_000_001 } }) =
        error.source
    else {
        panic!("{error}")
    };
    db.insert(&Note { picture: vec![0; 2_000_000], ..note(1) })?;
    let two = Note { text: "x".repeat(1_500_000), picture: vec![0; 1_500_000], ..note(2) };
    let error = db.insert(&two).expect_err("a row that is too large");
    assert!(matches!(error.source, Cause::Limit { .. }), "{error}");
    assert_eq!((db.all::<Note>().count()?, db.changes().head()?), (1, 1));
    Ok(())
}

#[test]
fn an_update_of_a_large_value_has_an_event_of_several_parts() -> Result<(), StorageError> {
    let place = Place::new();
    let db = place.open(collections![Note])?;
    db.insert(&Note { picture: vec![1; 1_900_000], ..note(1) })?;
    db.update::<Note>(1, |n| n.picture = vec![2; 1_900_000])?;
    db.insert(&note(2))?;
    let copy = terrace_tests::replayed(&db, collections![Note])?;
    assert_eq!(documents::<Note>(&copy)?, documents::<Note>(&db)?);
    assert_eq!(
        db.changes().prune(Retention { keep: 0, cap: None })?.rows,
        6,
        "two rows, and a part and three"
    );
    Ok(())
}

/// A collection that no derive would make: 101 columns.
struct Wide;

const WIDE: [ColumnDef; 101] = [ColumnDef {
    name: "a",
    kind: Kind::I64,
    labels: &[],
    nullable: false,
    was: &[],
    mask: false,
    fill: None,
}; 101];

impl Collection for Wide {
    type Id = WideId;
    type Columns = ();
    const SCHEMA: &'static Schema = &Schema {
        name: "wide",
        columns: &WIDE,
        id: &[0],
        indexes: &[],
        version: None,
        capture: Capture::Full,
        partition: &[],
        sort: &[],
        merge_on_read: false,
        cache_seconds: None,
        columnar: None,
        snapshot: None,
    };
    const COLUMNS: () = ();

    fn write(&self, _: &mut RowBuf) -> Result<(), FieldError> {
        Ok(())
    }

    fn read(_: &(impl Row + ?Sized)) -> Result<Self, FieldError> {
        Ok(Self)
    }
}

struct WideId;

impl KeyOf<Wide> for WideId {
    fn store(&self, _: &mut RowBuf) -> Result<(), FieldError> {
        Ok(())
    }
}

#[test]
fn a_collection_of_101_columns_is_refused_by_name() {
    let place = Place::new();
    let error = place.open(Collections::from([Registered::of::<Wide>()])).expect_err("a refusal");
    assert_eq!(error.collection.as_deref(), Some("wide"));
    assert!(error.to_string().contains("it has 101 columns"), "{error}");
}

#[test]
fn two_collections_of_one_name_are_refused() {
    #[derive(Collection)]
    #[collection(name = "NOTE")]
    struct Other {
        #[id]
        id: i64,
    }

    let error = Db::open_in_memory(collections![Note, Other]).expect_err("a refusal");
    assert_eq!(error.collection.as_deref(), Some("NOTE"));
}

#[test]
fn a_reader_is_told_that_another_process_has_migrated() -> Result<(), StorageError> {
    #[derive(Collection)]
    struct Later {
        #[id]
        id: i64,
    }

    let place = Place::new();
    let db = place.open(collections![Note])?;
    drop(place.open(collections![Note, Later])?);
    let error = db.changes().since(0).expect_err("a refusal");
    assert!(matches!(error.source, Cause::Migrated), "{error}");
    Ok(())
}

#[test]
fn a_database_can_be_sent_to_another_thread() -> Result<(), StorageError> {
    let db = Db::open_in_memory(collections![Note])?;
    let inserted = std::thread::spawn(move || db.insert(&note(1))).join();
    inserted.expect("the thread ends well")
}

#[test]
fn a_collection_that_was_not_opened_says_where_to_name_it() -> Result<(), StorageError> {
    let db = Db::open_in_memory(collections![])?;
    let error = db.insert(&note(1)).expect_err("a refusal");
    assert_eq!(error.collection.as_deref(), Some("note"));
    assert!(error.to_string().contains("collections![…]"), "{error}");
    Ok(())
}

#[test]
fn a_corrupted_log_row_is_named_and_the_documents_stay_readable() -> Result<(), Box<dyn std::error::Error>> {
    let place = Place::new();
    let db = place.open(collections![Note])?;
    db.insert(&note(1))?;
    db.insert(&note(2))?;
    let damage =
        "UPDATE _terrace_log SET bytes = CAST(substr(bytes, 1, 20) || x'ff' || substr(bytes, 22) AS BLOB)";
    place.sqlite().execute(damage, [])?;
    let problem = db.changes().since(0)?.find_map(Result::err).ok_or("an error")?;
    let Cause::Corrupt { what, .. } = &problem.source else { panic!("{problem}") };
    assert_eq!(what, "the row of the change log that begins with event 1");
    assert_eq!(documents::<Note>(&db)?, [note(1), note(2)]);

    let copy = Db::open_in_memory(collections![Note])?;
    assert!(copy.replay(db.changes().since(0)?).is_err());
    assert_eq!((copy.all::<Note>().count()?, copy.changes().head()?), (0, 0), "all or nothing");
    Ok(())
}

#[test]
fn a_damaged_schema_is_named() -> Result<(), Box<dyn std::error::Error>> {
    let place = Place::new();
    drop(place.open(collections![Note])?);
    place.sqlite().execute("UPDATE _terrace_schema SET definition = '{'", [])?;
    let error = place.open(collections![Note]).expect_err("a refusal");
    assert!(matches!(error.source, Cause::Corrupt { .. }), "{error}");
    Ok(())
}

#[test]
fn a_database_of_a_newer_format_is_refused() -> Result<(), Box<dyn std::error::Error>> {
    let place = Place::new();
    drop(place.open(collections![Note])?);
    place.sqlite().execute("UPDATE _terrace_object SET format = 2", [])?;
    let error = place.open(collections![Note]).expect_err("a refusal");
    assert!(matches!(error.source, Cause::NewerFormat { stored: 2, known: 1 }), "{error}");
    Ok(())
}

#[test]
fn a_second_document_of_the_same_id_names_the_column() -> Result<(), StorageError> {
    let db = Db::open_in_memory(collections![Note])?;
    db.insert(&note(1))?;
    let error = db.insert(&note(1)).expect_err("a refusal");
    let Cause::NotUnique { columns, .. } = &error.source else { panic!("{error}") };
    assert_eq!(columns, "note.id");
    assert!(error.statement.is_some());
    assert_eq!(db.changes().head()?, 1);
    Ok(())
}

/// Runs `crash_writer` under a shell command that takes room away, until it fails; what it had acknowledged is there
/// when there is room again. Gives what it said.
fn fill_up(place: &Path, shell: &str) -> (i64, String) {
    let script =
        format!("{shell} exec {} {}/object.db 1", env!("CARGO_BIN_EXE_crash_writer"), place.display());
    let output = Command::new("sh").arg("-c").arg(script).output().expect("a shell");
    let acknowledged = String::from_utf8_lossy(&output.stdout).lines().last().map(str::to_owned);
    let next = acknowledged.and_then(|line| line.split(' ').nth(1)?.parse().ok()).unwrap_or(0);
    (next, String::from_utf8_lossy(&output.stderr).into_owned())
}

#[test]
fn a_file_that_may_not_grow_is_a_typed_error_and_loses_nothing() -> Result<(), StorageError> {
    use terrace_tests::crash::Entry;

    let place = Place::new();
    let folder = place.path().parent().expect("a folder").to_path_buf();
    let (next, said) = fill_up(&folder, "trap '' XFSZ; ulimit -f 2000;");
    assert!(said.contains("Io {") || said.contains("DiskFull"), "{said}");
    let db = Db::open(place.path(), collections![Entry])?;
    assert_eq!(db.all::<Entry>().order_by(|e| e.id.desc()).first()?.map_or(0, |entry| entry.id + 1), next);
    let copy = terrace_tests::replayed(&db, collections![Entry])?;
    assert_eq!(copy.checksum::<Entry>()?, db.checksum::<Entry>()?);
    Ok(())
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_is_a_typed_error_and_loses_nothing() {
    let place = Place::new();
    let folder = place.path().parent().expect("a folder").display().to_string();
    // A file system of 2 MB, seen by this process and its children alone; what is left on it is checked there too.
    let writer = env!("CARGO_BIN_EXE_crash_writer");
    let script = format!(
        "mount -t tmpfs -o size=2m tmpfs {folder} && {{ {writer} {folder}/object.db 1 >{folder}.out; cp {folder}/object.db* {folder}.copy/; }}"
    );
    std::fs::create_dir(format!("{folder}.copy")).expect("a folder");
    let unshare =
        Command::new("unshare").args(["-rm", "sh", "-c", &script]).output().expect("unshare of util-linux");
    let said = String::from_utf8_lossy(&unshare.stderr);
    assert!(said.contains("DiskFull"), "{said}");

    let acknowledged = std::fs::read_to_string(format!("{folder}.out")).expect("what the writer said");
    let next: i64 = acknowledged
        .lines()
        .last()
        .and_then(|line| line.split(' ').nth(1)?.parse().ok())
        .expect("the writer acknowledged something");
    let db = Options::new()
        .open(format!("{folder}.copy/object.db"), collections![terrace_tests::crash::Entry])
        .expect("the copied database opens");
    let last =
        db.all::<terrace_tests::crash::Entry>().order_by(|e| e.id.desc()).first().expect("it can be read");
    assert_eq!(last.map_or(0, |entry| entry.id + 1), next);
    std::fs::remove_dir_all(format!("{folder}.copy")).expect("the copy is removed");
    std::fs::remove_file(format!("{folder}.out")).expect("the output is removed");
}

#[test]
fn a_stored_schema_that_no_struct_has_is_refused() -> Result<(), StorageError> {
    let place = Place::new();
    place.open(collections![Note])?.insert(&note(1))?;
    let raw = place.sqlite();
    let known: String =
        raw.query_row("SELECT definition FROM _terrace_schema", [], |row| row.get(0)).expect("a schema");
    let decimal = r#""kind":{"decimal":{"precision":39,"scale":2}}"#;
    let mangled = [
        known.replace(r#""id":[0]"#, r#""id":[]"#),
        known.replace(r#""id":[0]"#, r#""id":[3]"#),
        known.replacen(r#""kind":"text""#, decimal, 1),
        known.replacen(r#""kind":"text""#, &decimal.replace("39", "1"), 1),
        known.replacen(r#""kind":"text""#, &decimal.replace("39", "0"), 1),
    ];
    for json in mangled {
        assert_ne!(json, known);
        raw.execute("UPDATE _terrace_schema SET definition = ?1", [&json]).expect("SQLite writes");
        let opened = place.open(collections![Note]).map(drop);
        let without = Options::new().open_as_stored(place.path()).map(drop);
        for refused in [opened, without, terrace::hot::Stat::of_file(place.path()).map(drop)] {
            let error = refused.expect_err("no struct has it");
            assert!(matches!(error.source, Cause::Corrupt { .. }), "{error}");
        }
    }
    raw.execute("UPDATE _terrace_schema SET definition = ?1", [&known]).expect("SQLite writes");
    assert_eq!(documents::<Note>(&place.open(collections![Note])?)?, [note(1)]);
    Ok(())
}
