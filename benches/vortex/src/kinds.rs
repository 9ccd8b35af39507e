//! Other kinds of data, a column each, beside Vortex alone: `bench-vortex kinds`. What the two tables do not hold should
//! be no worse.

use anyhow::Result;
use bytes::Bytes;
use terrace::{
    value::{Value, ValueRef},
    vortex::{DataType, Profile},
};

use crate::{
    data::{Builder, Table},
    measure::Rounds,
    ours,
    peer::Vortex,
};

/// The rows of each column.
const ROWS: usize = 1 << 19;

/// Measures every kind; prints bytes and times to decode.
pub(crate) fn bench(rounds: usize) -> Result<()> {
    let vortex = Vortex::new();
    println!(
        "{:<22} {:>10} {:>10} {:>6} {:>9} {:>9} {:>6}",
        "", "bytes", "vortex", "", "read ms", "vortex", ""
    );
    for table in kinds()? {
        let file = Bytes::from(ours::write(&table, Profile::Fast)?);
        let Ok(theirs) = vortex.write(&table, false).map(Bytes::from) else {
            println!("{:<22} {:>10} {:>10}", table.name, file.len(), "-");
            continue;
        };
        let mut reads = Rounds::new(2);
        for _ in 0..rounds {
            reads.time(0, || ours::read(&file))?;
            reads.time(1, || vortex.read(&theirs))?;
        }
        println!(
            "{:<22} {:>10} {:>10} {:>6.3} {:>9.2} {:>9.2} {:>6.3}",
            table.name,
            file.len(),
            theirs.len(),
            crate::measure::ratio(file.len(), theirs.len()),
            reads.median(0),
            reads.median(1),
            reads.over(0, 1)
        );
    }
    Ok(())
}

/// Random numbers: xorshift64, from a fixed seed.
struct Random(u64);

impl Random {
    fn bits(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0.wrapping_mul(0x2545_F491_4F6C_DD1D)
    }

    fn below(&mut self, end: u64) -> u64 {
        (u128::from(self.bits()) * u128::from(end) >> 64) as u64
    }
}

fn column(
    name: &'static str,
    data_type: DataType,
    nullable: bool,
    mut value: impl FnMut(usize, &mut Random) -> Value,
) -> Result<Table> {
    let mut random = Random(0x9E37_79B9_7F4A_7C15);
    let mut builder = Builder::new(vec![("value", data_type, nullable)]);
    for row in 0..ROWS {
        builder.push(&[value(row, &mut random).as_ref() as ValueRef<'_>])?;
    }
    builder.finish(name)
}

#[allow(clippy::cast_precision_loss, clippy::cast_possible_wrap)] // made-up numbers
fn kinds() -> Result<Vec<Table>> {
    use DataType::{Bool, F64, I32, I64, Text, Timestamp, Uuid};
    let integer = |number: u64| Value::Integer(number.cast_signed());
    let (mut id, mut at, mut run) = (0, 1_700_000_000_000_000, (0, 0));
    Ok(vec![
        column("integers of 4 bits", I64, false, |_, r| integer(r.below(16)))?,
        column("integers of 8 bits", I64, false, |_, r| integer(r.below(256)))?,
        column("integers of 13 bits", I32, false, |_, r| integer(r.below(1 << 13)))?,
        column("integers of 32 bits", I64, false, |_, r| integer(r.below(1 << 32)))?,
        column("integers of 64 bits", I64, false, |_, r| integer(r.bits()))?,
        column("powers", I64, false, |_, r| integer(1 << r.below(40)))?,
        column("skewed integers", I64, false, |_, r| {
            let width = r.below(20);
            integer(r.below(1 << width))
        })?,
        column("sorted ids", I64, false, |_, r| {
            id += 1 + r.below(10);
            integer(id)
        })?,
        column("times", Timestamp, false, |_, r| {
            at += 1_000_000 + r.below(50_000);
            integer(at)
        })?,
        column("times in seconds", Timestamp, false, |_, r| {
            integer(1_700_000_000_000_000 + r.below(30_000_000) * 1_000_000)
        })?,
        column("runs", I32, false, |_, r| {
            if run.1 == 0 {
                run = (r.below(1000), 1 + r.below(60));
            }
            run.1 -= 1;
            integer(run.0)
        })?,
        column("booleans", Bool, false, |_, r| integer(r.below(2)))?,
        column("mostly true", Bool, false, |_, r| integer(u64::from(r.below(50) > 0)))?,
        column("random UUIDs", Uuid, false, |_, r| {
            Value::Blob([r.bits().to_be_bytes(), r.bits().to_be_bytes()].concat())
        })?,
        column("UUIDs by time", Uuid, false, |row, r| {
            let time = (1_700_000_000_000 + row as u64 * 3) << 16 | 7 << 12 | r.below(1 << 12);
            Value::Blob([time.to_be_bytes(), (r.bits() >> 2 | 1 << 63).to_be_bytes()].concat())
        })?,
        column("prices", F64, false, |_, r| Value::Real(r.below(100_000) as f64 / 100.0))?,
        column("measured", F64, false, |row, r| {
            let degrees = 20.0 + 8.0 * (row as f64 / 5_000.0).sin() + r.below(100) as f64 / 100.0;
            Value::Real((degrees * 10.0).round() / 10.0)
        })?,
        column("random floats", F64, false, |_, r| {
            Value::Real(r.below(1 << 53) as f64 / (1u64 << 53) as f64)
        })?,
        column("prices, 5 % without", F64, true, |_, r| {
            if r.below(20) == 0 { Value::Null } else { Value::Real(r.below(10_000) as f64 / 100.0) }
        })?,
        column("integers, 1 % NULL", I32, true, |_, r| {
            if r.below(100) == 0 { Value::Null } else { integer(r.below(1000)) }
        })?,
        column("texts, 98 % NULL", Text, true, |_, r| {
            if r.below(50) > 0 { Value::Null } else { Value::Text(format!("note {}", r.below(100_000))) }
        })?,
        column("states", Text, false, |_, r| {
            Value::Text(["open", "paid", "shipped", "returned", "cancelled"][r.below(5) as usize].to_owned())
        })?,
        column("cities", Text, false, |_, r| {
            let city = r.below(300);
            Value::Text(format!("City of {:x}", city.wrapping_mul(0x9E37_79B9) % 100_000))
        })?,
        column("addresses", Text, false, |_, r| {
            Value::Text(format!("user{}@mail{}.example.com", r.below(1_000_000), r.below(40)))
        })?,
        column("log lines", Text, false, |row, r| {
            let (level, path) = (
                ["INFO", "WARN", "DEBUG"][r.below(3) as usize],
                ["orders", "users", "carts"][r.below(3) as usize],
            );
            Value::Text(format!(
                "2024-03-{:02}T12:{:02}:{:02}Z {level} GET /api/v1/{path}/{} {} {}ms",
                1 + row / 20_000,
                row / 300 % 60,
                row / 5 % 60,
                r.below(100_000),
                [200, 200, 200, 404, 500][r.below(5) as usize],
                r.below(900),
            ))
        })?,
        column("hexadecimal hashes", Text, false, |_, r| {
            Value::Text(format!("{:016x}{:016x}", r.bits(), r.bits()))
        })?,
    ])
}
