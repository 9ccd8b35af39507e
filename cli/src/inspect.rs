//! `terrace vrtx inspect`: the columns of a file.

use std::{collections::BTreeSet, path::Path};

use anyhow::{Context, Result};
use terrace::{
    Date, Timestamp, Uuid,
    vortex::{Bounds, DataType, File, Statistics},
};

use crate::show::{bar, number, size, table};

pub(crate) fn run(path: &Path) -> Result<()> {
    let name = path.display();
    let bytes = std::fs::read(path).with_context(|| format!("cannot read {name}"))?;
    let file = File::open(&bytes).with_context(|| format!("{name} is not a VRTX file"))?;
    println!(
        "{name}: {} rows in {} row groups, {} columns, {}",
        number(file.rows() as u64),
        file.groups(),
        file.names().len(),
        size(bytes.len() as u64)
    );
    let mut shown = table(&["column", "type", ">NULL", "least", "greatest", ">bytes", "share", "encoding"]);
    for (column, name) in file.names().enumerate() {
        let of = Summary::of(&file, column)?;
        let share = bar(of.bytes, bytes.len() as u64);
        let encodings: Vec<String> = of.encodings.into_iter().collect();
        let (least, greatest) = of.ends.unwrap_or_default();
        let name = name.to_owned();
        shown.add_row([
            name,
            of.kind,
            number(of.nulls),
            least,
            greatest,
            size(of.bytes),
            share,
            encodings.join("\n"),
        ]);
    }
    println!("{shown}");
    Ok(())
}

/// A column over all row groups.
struct Summary {
    kind: String,
    nulls: u64,
    bytes: u64,
    ends: Option<(String, String)>,
    encodings: BTreeSet<String>,
}

impl Summary {
    fn of(file: &File<'_>, column: usize) -> Result<Self> {
        let mut of = Self { kind: String::new(), nulls: 0, bytes: 0, ends: None, encodings: BTreeSet::new() };
        let mut bounds = None;
        for group in 0..file.groups() {
            let segment = file.segment(group, column)?;
            let Statistics { nulls, bounds: next, .. } = segment.statistics();
            of.nulls += *nulls as u64;
            of.bytes += file.bytes(group, column).map_or(0, <[u8]>::len) as u64;
            of.encodings.insert(segment.encodings());
            bounds = match (bounds, next.clone()) {
                (Some(all), Some(next)) => Some(joined(all, next)),
                (all, next) => all.or(next),
            };
        }
        if let Some((data_type, nullable)) = file.data_type(column) {
            of.kind = format!("{data_type:?}{}", if nullable { ", NULL" } else { "" });
            of.ends = bounds.map(|bounds| shown(&bounds, data_type));
        }
        Ok(of)
    }
}

/// The bounds of two segments together.
fn joined(a: Bounds, b: Bounds) -> Bounds {
    match (a, b) {
        (Bounds::Bool { ones: a }, Bounds::Bool { ones: b }) => Bounds::Bool { ones: a + b },
        (Bounds::Int(a, b), Bounds::Int(c, d)) => Bounds::Int(a.min(c), b.max(d)),
        (Bounds::Float(a, b), Bounds::Float(c, d)) => Bounds::Float(a.min(c), b.max(d)),
        (
            Bounds::Decimal { least: a, greatest: b, precision },
            Bounds::Decimal { least: c, greatest: d, .. },
        ) => Bounds::Decimal { least: a.min(c), greatest: b.max(d), precision },
        (Bounds::Id(a, b), Bounds::Id(c, d)) => Bounds::Id(a.min(c), b.max(d)),
        (
            Bounds::Bytes { least: a, least_cut: a_cut, greatest: b, greatest_cut: b_cut },
            Bounds::Bytes { least: c, least_cut: c_cut, greatest: d, greatest_cut: d_cut },
        ) => {
            let (least, least_cut) = (a, a_cut).min((c, c_cut));
            let (greatest, greatest_cut) = (b, b_cut).max((d, d_cut));
            Bounds::Bytes { least, least_cut, greatest, greatest_cut }
        }
        (a, _) => a,
    }
}

/// Both ends, as people write values of the type.
fn shown(bounds: &Bounds, data_type: DataType) -> (String, String) {
    match bounds {
        Bounds::Bool { ones } => (String::new(), format!("{} true", number(*ones as u64))),
        Bounds::Int(least, greatest) => (integer(*least, data_type), integer(*greatest, data_type)),
        Bounds::Float(least, greatest) => (least.to_string(), greatest.to_string()),
        Bounds::Decimal { least, greatest, .. } => {
            (decimal(*least, data_type), decimal(*greatest, data_type))
        }
        Bounds::Id(least, greatest) => (id(*least, data_type), id(*greatest, data_type)),
        Bounds::Bytes { least, least_cut, greatest, greatest_cut } => {
            (text(least, *least_cut, data_type), text(greatest, *greatest_cut, data_type))
        }
        other => (format!("{other:?}"), String::new()),
    }
}

fn integer(value: i64, data_type: DataType) -> String {
    match data_type {
        DataType::Timestamp => Timestamp::from_micros(value).to_string(),
        DataType::Date => {
            i32::try_from(value).map_or(value.to_string(), |days| Date::from_days(days).to_string())
        }
        DataType::Decimal { .. } => decimal(value.into(), data_type),
        _ => value.to_string(),
    }
}

fn decimal(unscaled: i128, data_type: DataType) -> String {
    let DataType::Decimal { scale, .. } = data_type else { return unscaled.to_string() };
    let digits = format!("{:0>width$}", unscaled.unsigned_abs(), width = usize::from(scale) + 1);
    let (whole, part) = digits.split_at(digits.len() - usize::from(scale));
    let sign = if unscaled < 0 { "-" } else { "" };
    if part.is_empty() { format!("{sign}{whole}") } else { format!("{sign}{whole}.{part}") }
}

fn id(value: u128, data_type: DataType) -> String {
    if data_type == DataType::Uuid { Uuid::from_u128(value).to_string() } else { format!("{value:032x}") }
}

fn text(value: &[u8], cut: bool, data_type: DataType) -> String {
    let shown = if data_type == DataType::Text {
        String::from_utf8_lossy(value).escape_debug().to_string()
    } else {
        value.iter().fold(String::new(), |text, byte| text + &format!("{byte:02x}"))
    };
    format!("{shown}{}", if cut { "…" } else { "" })
}
