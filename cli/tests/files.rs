//! What the command line tool says of files, and what it makes of them.

use std::{error::Error, fs, path::Path, process::Command};

use parquet::file::reader::{FileReader, SerializedFileReader};
use terrace::{
    hot::Maintenance,
    prelude::*,
    snapshots::SnapshotKind,
    value::ValueRef,
    vortex::{Column, DataType, FileWriter, Profile, encode},
};

type Tested = Result<(), Box<dyn Error>>;

/// The output, or what it said was wrong.
fn terrace(words: &[&str], file: &Path) -> Result<Result<String, String>, Box<dyn Error>> {
    let done = Command::new(env!("CARGO_BIN_EXE_terrace")).args(words).arg(file).output()?;
    let (out, wrong) = (String::from_utf8(done.stdout)?, String::from_utf8(done.stderr)?);
    Ok(if done.status.success() { Ok(out) } else { Err(wrong) })
}

/// Two row groups of a name, a day and a price.
fn file(folder: &Path) -> Result<std::path::PathBuf, Box<dyn Error>> {
    let mut writer = FileWriter::new(["name", "day", "price"]);
    for names in [["Bonn", "Kiel"], ["Ulm", "Zürich, \"ZH\""]] {
        let mut columns = [
            Column::new(DataType::Text, false),
            Column::new(DataType::Date, false),
            Column::new(DataType::Decimal { precision: 9, scale: 2 }, true),
        ];
        for name in names {
            columns[0].push(ValueRef::Text(name))?;
            columns[1].push(ValueRef::Integer(20_000))?;
            columns[2].push(if name == "Ulm" { ValueRef::Null } else { ValueRef::Integer(-5) })?;
        }
        let segments: Vec<Vec<u8>> =
            columns.iter().map(|column| encode(column, Profile::Fast)).collect::<Result<_, _>>()?;
        writer.push(&segments)?;
    }
    let path = folder.join("cities.vrtx");
    fs::write(&path, writer.finish()?)?;
    Ok(path)
}

#[test]
fn inspect_shows_every_column() -> Tested {
    let folder = tempfile::tempdir()?;
    let shown = terrace(&["vrtx", "inspect"], &file(folder.path())?)??;
    for part in ["4 rows in 2 row groups, 3 columns", "Bonn", "Zürich", "2024-10-04", "-0.05", "Date", "NULL"]
    {
        assert!(shown.contains(part), "{part} is missing in\n{shown}");
    }
    Ok(())
}

#[test]
fn export_writes_csv_json_and_parquet() -> Tested {
    let folder = tempfile::tempdir()?;
    let path = file(folder.path())?;
    let csv = terrace(&["vrtx", "export", "--csv"], &path)??;
    assert_eq!(
        csv,
        "name,day,price\nBonn,2024-10-04,-0.05\nKiel,2024-10-04,-0.05\nUlm,2024-10-04,\n\"Zürich, \"\"ZH\"\"\",2024-10-04,-0.05\n"
    );
    let json = terrace(&["vrtx", "export", "--json"], &path)??;
    assert_eq!(json.lines().next(), Some(r#"{"name":"Bonn","day":"2024-10-04","price":-0.05}"#));
    assert_eq!(json.lines().count(), 4);
    terrace(&["vrtx", "export", "--parquet"], &path)??;
    let parquet = SerializedFileReader::new(fs::File::open(path.with_extension("parquet"))?)?;
    assert_eq!(parquet.metadata().file_metadata().num_rows(), 4);
    Ok(())
}

#[test]
fn what_is_no_file_of_terrace_is_refused() -> Tested {
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("text");
    fs::write(&path, "no such thing, but long enough to be one")?;
    let wrong = terrace(&["vrtx", "inspect"], &path)?.unwrap_err();
    assert!(wrong.contains("is not a VRTX file"), "{wrong}");
    let wrong = terrace(&["db", "stat"], &path)?.unwrap_err();
    assert!(wrong.contains("not a SQLite database"), "{wrong}");
    let missing = folder.path().join("missing");
    assert!(terrace(&["db", "stat"], &missing)?.is_err());
    assert!(!missing.exists());
    Ok(())
}

#[derive(Collection)]
struct City {
    #[id]
    name: String,
    #[index]
    people: i64,
}

#[test]
fn stat_shows_collections_indexes_and_the_log() -> Tested {
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("cities.db");
    let db = Db::open(&path, collections![City])?;
    let cities: Vec<City> = (0..2_000).map(|n| City { name: format!("city {n}"), people: n }).collect();
    db.insert_all(&cities)?;
    db.changes().register("lake")?.acknowledge(500)?;
    assert_eq!(db.maintain(Maintenance::default())?.moved, 1_000);
    assert!(!terrace(&["db", "stat"], &path)??.contains("snapshot"));
    db.snapshots().create(SnapshotKind::Full)?;
    db.snapshots().create(SnapshotKind::Full)?;
    let shown = terrace(&["db", "stat"], &path)??;
    for part in [
        "city",
        "2,000",
        "city(people)",
        "2,000 events from number 1 on",
        "consumer `lake` is 1,500 behind",
        "2 snapshots",
    ] {
        assert!(shown.contains(part), "{part} is missing in\n{shown}");
    }
    Ok(())
}
