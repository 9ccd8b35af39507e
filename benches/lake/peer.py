"""PyIceberg in the bench: the rows of a SQLite database, read by sqlite3, are appended to a new table in a folder. Each line of
standard input names the database and the folder; the answer is how many milliseconds it took, and the rows."""

import sqlite3
import sys
import time

import pyarrow as pa
from pyiceberg.catalog.sql import SqlCatalog

SMALL = pa.int32()
COLUMNS = [
    ("id", pa.int64(), False), ("year", SMALL, False), ("month", SMALL, False), ("day", SMALL, False),
    ("dep_time", SMALL, True), ("sched_dep_time", SMALL, False), ("dep_delay", SMALL, True), ("arr_time", SMALL, True),
    ("sched_arr_time", SMALL, False), ("arr_delay", SMALL, True), ("carrier", pa.string(), False), ("flight", SMALL, False),
    ("tailnum", pa.string(), True), ("origin", pa.string(), False), ("dest", pa.string(), False), ("air_time", SMALL, True),
    ("distance", SMALL, False), ("hour", SMALL, False), ("minute", SMALL, False),
    ("time_hour", pa.timestamp("us", "UTC"), False),
]
SCHEMA = pa.schema([pa.field(name, kind, nullable) for name, kind, nullable in COLUMNS])


def append(database, folder):
    catalog = SqlCatalog("bench", uri=f"sqlite:///{folder}/catalog.db", warehouse=f"file://{folder}")
    catalog.create_namespace("bench")
    table = catalog.create_table("bench.flight", SCHEMA)
    names = ", ".join(f'"{name}"' for name, _, _ in COLUMNS)
    rows = sqlite3.connect(database).execute(f"SELECT {names} FROM flight").fetchall()
    columns = [pa.array(values, kind) for values, (_, kind, _) in zip(zip(*rows), COLUMNS)]
    table.append(pa.table(columns, schema=SCHEMA))
    return len(rows)


print("ready", flush=True)
for line in sys.stdin:
    database, folder = line.rstrip("\n").split("\t")
    start = time.perf_counter()
    rows = append(database, folder)
    print((time.perf_counter() - start) * 1e3, rows, flush=True)
