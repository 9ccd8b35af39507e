"""The two engines as readers."""

from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pyiceberg.expressions as expressions
from exact import exact, order
from pyiceberg.table import StaticTable


def connect():
    """DuckDB with its extensions, which came as packages: nothing is loaded from the network."""
    connection = duckdb.connect(config={"autoinstall_known_extensions": False, "autoload_known_extensions": False})
    for name in ["avro", "iceberg"]:
        package = __import__(f"duckdb_extension_{name}")
        found = list(Path(package.__path__[0]).glob(f"extensions/*/{name}.duckdb_extension"))
        connection.load_extension(str(found[0]))
    connection.execute("SET TimeZone = 'UTC'")
    return connection


connection = connect()


def pyiceberg(table, snapshot=None, filter=None):
    scan = StaticTable.from_metadata(table).scan(snapshot_id=snapshot)
    if filter:
        name, *arguments = filter
        scan = scan.filter(getattr(expressions, name)(*arguments))
    return scan.to_arrow()


def in_duckdb(table, snapshot=None, filter=None):
    at = f", snapshot_from_id = {snapshot}" if snapshot is not None else ""
    where = f" WHERE {filter}" if filter else ""
    name = table.replace("'", "''")
    return arrow_of(connection.sql(f"SELECT * FROM iceberg_scan('{name}'{at}){where}"))


def arrow_of(relation):
    # DuckDB gives a UUID to Arrow as text.
    uuids = [name for name, kind in zip(relation.columns, relation.types) if str(kind) == "UUID"]
    found = relation.to_arrow_table()
    for name in uuids:
        values = [None if value is None else bytes.fromhex(str(value).replace("-", "")) for value in found[name].to_pylist()]
        at = found.column_names.index(name)
        found = found.set_column(at, name, pa.array(values, pa.binary(16)))
    return found


def compare(table, snapshot, expected, filter):
    filters = filter or [None, None]
    rows = sorted(expected["rows"], key=order)
    for engine, filter in zip([pyiceberg, in_duckdb], filters):
        found = engine(table, snapshot, filter)
        same(engine.__name__, expected["columns"], rows, found.column_names, exact(found))
    return {"rows": 2 * len(rows)}


def parquet(files, expected):
    """Plain files, by PyArrow and by DuckDB."""
    rows = sorted(expected["rows"], key=order)
    in_pyarrow = pa.concat_tables([pq.ParquetFile(file).read() for file in files])
    relation = connection.sql("SELECT * FROM read_parquet($files, hive_partitioning = false)", params={"files": files})
    for engine, found in [("pyarrow", in_pyarrow), ("duckdb", arrow_of(relation))]:
        same(engine, expected["columns"], rows, found.column_names, exact(found))
    return {"rows": 2 * len(rows)}


def same(engine, columns, expected, found_columns, found):
    if columns != found_columns:
        raise ValueError(f"{engine} has the columns {found_columns}, not {columns}")
    if expected == found:
        return
    if len(expected) == len(found):
        pairs = list(zip(expected, found))
        wrong = [name for at, name in enumerate(columns) if any(one[at] != other[at] for one, other in pairs)]
        first = next((at, one, other) for at, (one, other) in enumerate(pairs) if one != other)
        differing = {
            name: (one, other) for name, one, other in zip(columns, first[1], first[2]) if one != other
        }
        raise ValueError(f"{engine}: columns {wrong} differ; row {first[0]}: (expected, found) {differing}")
    missing = [row for row in expected if row not in found][:3]
    added = [row for row in found if row not in expected][:3]
    raise ValueError(f"{engine}: {len(found)} rows, not {len(expected)}; missing {missing}; not expected {added}")
