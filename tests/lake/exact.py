"""Rows of Arrow as texts that say each value exactly: integers in digits, floats as the bits of a double, bytes as hexadecimal."""

import struct
from decimal import Decimal

import pyarrow as pa


def exact(table):
    """The rows of a table, sorted."""
    columns = [[text(value) for value in plain(column)] for column in table.columns]
    return sorted(map(list, zip(*columns)), key=order) if columns else []


def order(row):
    return [(value is not None, value or "") for value in row]


def plain(column):
    """The values of a column, with times as integers, since Python's have narrower bounds."""
    kind = column.type
    if pa.types.is_timestamp(kind):
        if kind.unit != "us" or kind.tz not in ("UTC", "Etc/UTC"):
            raise ValueError(f"a timestamp in {kind}")
        return column.cast(pa.int64()).to_pylist()
    if pa.types.is_date32(kind):
        return column.cast(pa.int32()).to_pylist()
    if isinstance(kind, pa.UuidType):
        return [None if value is None else value.bytes for value in column.to_pylist()]
    return column.to_pylist()


def text(value):
    if value is None:
        return None
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float):
        return struct.pack(">d", value).hex()
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, Decimal):
        return format(value, "f") if value else format(abs(value), "f")
    return str(value)
