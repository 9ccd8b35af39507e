//! The main job, on real input: the flights that left New York City in the first quarter of 2013 become typed
//! documents; some are changed and deleted; then the change log is read, and replayed into an empty database. A lake of
//! Iceberg tables gets all of it, and is asked how things are and were.
//!
//! `cargo run --release --example quickstart [PATH OF A NEW DATABASE [FOLDER OF THE LAKE]]`

use std::{error::Error, fs::File, path::Path, time::Instant};

use flate2::read::GzDecoder;
use futures_executor::block_on;
use indicatif::{ProgressBar, ProgressStyle};
use serde::Deserialize;
use terrace::{cold::Lake, prelude::*};

/// A flight from New York.
#[derive(Collection, Clone, Debug, PartialEq)]
#[collection(
    id(date, carrier, number, origin),
    index(destination, date),
    partition(month(date)),
    cache = "1h"
)]
struct Flight {
    date: Date,
    carrier: String,
    number: u16,
    origin: Airport,
    destination: Airport,
    aircraft: Option<String>,
    scheduled: Timestamp,
    #[index]
    status: Status,
    departure_delay: Option<Minutes>,
    arrival_delay: Option<Minutes>,
    air_time: Option<Minutes>,
    /// In miles.
    distance: u16,
    #[version]
    version: u32,
}

/// An airline.
#[derive(Collection, Clone, Debug, PartialEq, Deserialize)]
struct Airline {
    #[id]
    carrier: String,
    name: String,
}

/// The code of an airport, as "JFK".
#[derive(Embed, Clone, Debug, PartialEq, Deserialize)]
struct Airport(String);

#[derive(Embed, Clone, Copy, Debug, PartialEq, Deserialize)]
struct Minutes(i16);

#[derive(Embed, Clone, Copy, Debug, PartialEq)]
enum Status {
    Flown,
    Cancelled,
}

fn main() -> Result<(), Box<dyn Error>> {
    let path = std::env::args().nth(1);
    let db = match &path {
        Some(path) => Db::open(path, collections![Flight, Airline])?,
        None => Db::open_in_memory(collections![Flight, Airline])?,
    };

    let folder = std::env::args().nth(2).map_or_else(new_folder, |folder| Ok(folder.into()))?;
    let lake = block_on(Lake::open(&folder.to_string_lossy()))?;

    load(&db)?;
    let loaded = Timestamp::now();
    change(&db)?;
    ask(&db)?;
    log(&db)?;
    replay(&db)?;
    sync(&db, &lake)?;
    travel(&db, &lake, loaded)
}

/// An empty folder for the lake, the same each time.
fn new_folder() -> std::io::Result<std::path::PathBuf> {
    let folder = std::env::temp_dir().join("terrace-quickstart-lake");
    if folder.exists() {
        std::fs::remove_dir_all(&folder)?;
    }
    Ok(folder)
}

/// Brings what the lake lacks into it.
fn sync(db: &Db, lake: &Lake) -> Result<(), Box<dyn Error>> {
    let bar = ProgressBar::new(0)
        .with_style(ProgressStyle::with_template("to the lake {bar:40} {human_pos} of {human_len}")?);
    let start = Instant::now();
    let done = block_on(db.sync_with_progress(lake, |progress| {
        bar.set_length(progress.of);
        bar.set_position(progress.events);
    }))?;
    bar.finish();
    println!("{} events synced in {:.2} s", done.events, start.elapsed().as_secs_f64());
    Ok(())
}

/// Asks the lake how the flights are now, and how they were when they had just been loaded.
fn travel(db: &Db, lake: &Lake, loaded: Timestamp) -> Result<(), Box<dyn Error>> {
    let compacted = block_on(lake.compact::<Flight>())?;
    println!("\nthe state table has taken in {} events", compacted.events);
    let american = || lake.find::<Flight>(|f| f.carrier.eq("AA"));
    let (now, then) = (block_on(american().count())?, block_on(american().as_of(loaded).count())?);
    println!("flights of American: {now} now, {then} before US Airways joined");
    let new_year: Date = "2013-01-01".parse()?;
    let id = (new_year, "UA".to_owned(), 1545_u16, Airport("EWR".into()));
    for version in block_on(lake.history::<Flight>(id))? {
        let delay = version.document.and_then(|flight| flight.arrival_delay).map(|delay| delay.0);
        println!("UA 1545, event {}: {:?} minutes late", version.sequence, delay);
    }
    let mut in_lake = block_on(lake.find::<Flight>(|_| Filter::all()).all())?;
    in_lake.sort_by_key(|f| (f.date, f.carrier.clone(), f.number, f.origin.0.clone()));
    if in_lake != db.all::<Flight>().all()? {
        return Err("the lake does not hold what the database does".into());
    }
    println!("the lake holds the same {} flights", in_lake.len());
    let table = format!("{}/flight", lake.url().trim_start_matches("file://"));
    println!("\nthe same table in Python, with pyiceberg or duckdb (extension iceberg):");
    println!(
        "  python3 -c \"from pyiceberg.table import StaticTable; print(StaticTable.from_metadata('{table}').scan().to_pandas())\""
    );
    println!(
        "  python3 -c \"import duckdb; duckdb.sql('INSTALL iceberg; LOAD iceberg'); print(duckdb.sql(\\\"SELECT carrier, count(*) FROM iceberg_scan('{table}') GROUP BY 1\\\"))\""
    );
    Ok(())
}

/// Inserts every flight and airline, a thousand in a transaction.
fn load(db: &Db) -> Result<(), Box<dyn Error>> {
    db.insert_all(&read_airlines()?)?;

    let flights = read_flights()?;
    let bar = ProgressBar::new(flights.len() as u64)
        .with_style(ProgressStyle::with_template("loading flights {bar:40} {human_pos} of {human_len}")?);
    let start = Instant::now();
    for thousand in flights.chunks(1_000) {
        db.insert_all(thousand)?;
        bar.inc(thousand.len() as u64);
    }
    bar.finish();
    println!("{} flights loaded in {:.2} s", flights.len(), start.elapsed().as_secs_f64());
    Ok(())
}

/// Changes a document by its id, many by a filter, deletes some, and fails halfway through a transaction.
fn change(db: &Db) -> Result<(), StorageError> {
    // An id of several columns is a tuple of their values.
    let new_year: Date = "2013-01-01".parse()?;
    let id = || (new_year, "UA".to_owned(), 1545_u16, Airport("EWR".into()));
    let flight = db.update::<Flight>(id(), |f| f.arrival_delay = Some(Minutes(12)))?;
    println!("UA 1545 is at version {} now", flight.version);

    // American took US Airways over: every flight becomes another document.
    let moved = db.transaction(|db| {
        let flights = db.find::<Flight>(|f| f.carrier.eq("US")).all()?;
        for flight in &flights {
            let number = flight.number + 8_000;
            db.insert(&Flight { carrier: "AA".into(), number, ..flight.clone() })?;
        }
        db.find::<Flight>(|f| f.carrier.eq("US")).delete()?;
        Ok(flights.len())
    })?;
    println!("{moved} flights of US Airways moved to American");

    let cancelled = db.find::<Flight>(|f| f.status.eq(Status::Cancelled));
    let marked = cancelled.update(|f| f.aircraft = None)?;
    println!("{marked} cancelled flights lost their aircraft");

    // What fails leaves nothing behind, neither rows nor events.
    let before = db.checksum::<Flight>()?;
    let failed = db.transaction(|db| {
        db.all::<Flight>().delete()?;
        Err::<(), _>(StorageError::abort("better not"))
    });
    println!("deleting all: {}", failed.err().map_or_else(String::new, |error| error.to_string()));
    assert_eq!(db.checksum::<Flight>()?, before);
    Ok(())
}

/// Typed queries, and a read in SQL.
fn ask(db: &Db) -> Result<(), StorageError> {
    let to_boston = db.find::<Flight>(|f| f.destination.eq(Airport("BOS".into())));
    println!("\nthe latest of {} flights to Boston:", to_boston.count()?);
    let late = db
        .find::<Flight>(|f| f.destination.eq(Airport("BOS".into())).and(f.arrival_delay.gt(Minutes(0))))
        .order_by(|f| f.arrival_delay.desc())
        .limit(3)
        .all()?;
    for flight in late {
        println!(
            "  {} {} {}: {} minutes late",
            flight.date,
            flight.carrier,
            flight.number,
            flight.arrival_delay.map_or(0, |delay| delay.0)
        );
    }

    println!("\nflights of each airline, in SQL:");
    let sql = "SELECT name, count(*) FROM flight JOIN airline USING (carrier) GROUP BY carrier ORDER BY 2 DESC LIMIT 5";
    for (name, flights) in db.query::<(String, i64)>(sql, ())? {
        println!("  {name:24} {flights:6}");
    }
    Ok(())
}

/// What the change log holds.
fn log(db: &Db) -> Result<(), StorageError> {
    let (mut inserted, mut updated, mut deleted) = (0, 0, 0);
    let mut first_update = None;
    for event in db.changes().since(0)? {
        let event = event?;
        match event.operation {
            CdcOperation::Insert => inserted += 1,
            CdcOperation::Update => updated += 1,
            CdcOperation::Delete => deleted += 1,
            CdcOperation::Restore | CdcOperation::Gap => {}
        }
        if first_update.is_none()
            && let Some(Change::Updated { before: Some(before), after }) = event.change::<Flight>()?
        {
            first_update = Some((event, before, after));
        }
    }
    println!("\nthe log: {inserted} inserts, {updated} updates, {deleted} deletes");
    if let Some((event, before, after)) = first_update {
        println!("the first update: arrival delay {:?} -> {:?}", before.arrival_delay, after.arrival_delay);
        println!("as JSON: {:.200}…", event.to_json().to_string());
    }
    Ok(())
}

/// Replays the log into an empty database, and compares the two.
fn replay(db: &Db) -> Result<(), Box<dyn Error>> {
    let copy = Db::open_in_memory(collections![Flight, Airline])?;
    let start = Instant::now();
    let events = copy.replay(db.changes().since(0)?)?;
    println!("\n{events} events replayed in {:.2} s", start.elapsed().as_secs_f64());

    let (ours, theirs) = (db.checksum::<Flight>()?, copy.checksum::<Flight>()?);
    println!("flights  {ours}\nreplayed {theirs}");
    let airlines_equal = db.checksum::<Airline>()? == copy.checksum::<Airline>()?;
    if ours != theirs || !airlines_equal || db.all::<Flight>().all()? != copy.all::<Flight>().all()? {
        return Err("the replayed database is not equal".into());
    }
    println!("both are equal, document by document");
    Ok(())
}

/// A line of the file.
#[derive(Deserialize)]
struct Line {
    date: Date,
    carrier: String,
    flight: u16,
    tailnum: Option<String>,
    origin: Airport,
    dest: Airport,
    scheduled: Timestamp,
    dep_delay: Option<Minutes>,
    arr_delay: Option<Minutes>,
    air_time: Option<Minutes>,
    distance: u16,
}

impl From<Line> for Flight {
    fn from(line: Line) -> Self {
        Self {
            date: line.date,
            carrier: line.carrier,
            number: line.flight,
            origin: line.origin,
            destination: line.dest,
            aircraft: line.tailnum,
            scheduled: line.scheduled,
            status: if line.dep_delay.is_some() { Status::Flown } else { Status::Cancelled },
            departure_delay: line.dep_delay,
            arrival_delay: line.arr_delay,
            air_time: line.air_time,
            distance: line.distance,
            version: 0,
        }
    }
}

fn read_flights() -> Result<Vec<Flight>, Box<dyn Error>> {
    let file = File::open(data("flights-2013-q1.csv.gz"))?;
    let lines = csv::Reader::from_reader(GzDecoder::new(file)).into_deserialize::<Line>();
    Ok(lines.map(|line| line.map(Flight::from)).collect::<Result<_, _>>()?)
}

fn read_airlines() -> Result<Vec<Airline>, Box<dyn Error>> {
    Ok(csv::Reader::from_path(data("airlines.csv"))?.into_deserialize().collect::<Result<_, _>>()?)
}

fn data(name: &str) -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("data").join(name)
}
