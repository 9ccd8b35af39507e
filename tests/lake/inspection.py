"""What a table says of itself: PyIceberg's tables of metadata, held against each other and against the files themselves."""

import math
import struct
from collections import Counter
from decimal import Context, Decimal

import pyarrow as pa
import pyarrow.parquet as pq
from pyiceberg.conversions import from_bytes
from pyiceberg.manifest import DataFileContent
from pyiceberg.table import StaticTable
from pyiceberg.table.sorting import NullOrder, SortDirection
from pyiceberg.types import DecimalType, UUIDType


# Files that were checked: they do not change.
checked = set()


def require(truth, problem):
    if not truth:
        raise ValueError(problem)


def inspect(table):
    """Every snapshot of the table, from its manifests down to its files."""
    opened = StaticTable.from_metadata(table)
    metadata = opened.metadata
    check_metadata(metadata)
    files = {}
    for snapshot in metadata.snapshots:
        live = check_snapshot(opened, snapshot)
        files.update((entry.data_file.file_path, entry) for entry in live)
    for path, entry in files.items():
        if path not in checked:
            check_file(opened, entry)
            checked.add(path)
    if metadata.snapshots:
        check_tables(opened)
    data = [entry.data_file for entry in files.values() if entry.data_file.content == DataFileContent.DATA]
    unsorted = [file.file_path for file in data if file.sort_order_id is None]
    return {"snapshots": len(metadata.snapshots), "files": len(files), "sort": told(opened), "unsorted": unsorted}


def told(table):
    """The present sort order, in the names of columns."""
    fields = table.sort_order().fields
    return [[table.schema().find_column_name(field.source_id), field.direction.name, field.null_order.name] for field in fields]


def check_metadata(metadata):
    ids = [snapshot.snapshot_id for snapshot in metadata.snapshots]
    require(len(set(ids)) == len(ids), "a snapshot twice")
    numbers = [snapshot.sequence_number for snapshot in metadata.snapshots]
    require(numbers == sorted(set(numbers)), f"sequence numbers {numbers}")
    require(all(number <= metadata.last_sequence_number for number in numbers), "the last sequence number is too small")
    schemas = {schema.schema_id: schema for schema in metadata.schemas}
    require(len(schemas) == len(metadata.schemas), "a schema twice")
    require(all(snapshot.schema_id in schemas for snapshot in metadata.snapshots), "a snapshot without its schema")
    greatest = max(field for schema in metadata.schemas for field in schema.field_ids)
    require(greatest == metadata.last_column_id, f"last-column-id {metadata.last_column_id}, not {greatest}")
    fields = {}
    for spec in metadata.partition_specs:
        for field in spec.fields:
            known = fields.setdefault(field.field_id, (field.source_id, str(field.transform)))
            require(known == (field.source_id, str(field.transform)), f"partition field {field.field_id} is two")
    require(max(fields, default=999) == metadata.last_partition_id, f"last-partition-id {metadata.last_partition_id}")
    entries = [entry.snapshot_id for entry in metadata.snapshot_log]
    require(all(entry in ids for entry in entries), "the log names a snapshot that is gone")
    if metadata.current_snapshot_id is not None:
        require(entries[-1] == metadata.current_snapshot_id, "the log does not end with the present snapshot")
        require(metadata.refs["main"].snapshot_id == metadata.current_snapshot_id, "main is not the present snapshot")
    orders = [order.order_id for order in metadata.sort_orders]
    require(len(set(orders)) == len(orders), f"sort orders {orders}")
    require(metadata.default_sort_order_id in orders, f"no sort order {metadata.default_sort_order_id}")
    for spec in metadata.partition_specs:
        names = [field.name for field in spec.fields]
        require(len(set(names)) == len(names), f"partition names {names}")


def check_snapshot(table, snapshot):
    """Counts and sequence numbers of a snapshot; gives the entries of its files."""
    live = []
    for manifest in snapshot.manifests(table.io):
        entries = manifest.fetch_manifest_entry(table.io, discard_deleted=False)
        require(manifest.sequence_number <= snapshot.sequence_number, "a manifest is newer than its snapshot")
        require(manifest.manifest_length == len(table.io.new_input(manifest.manifest_path)), "a manifest's length")
        count = Counter(entry.status.name for entry in entries)
        said = (manifest.added_files_count, manifest.existing_files_count, manifest.deleted_files_count)
        require(said == (count["ADDED"], count["EXISTING"], count["DELETED"]), f"a manifest counts {said}, not {count}")
        rows = Counter()
        for entry in entries:
            rows[entry.status.name] += entry.data_file.record_count
        said = (manifest.added_rows_count, manifest.existing_rows_count, manifest.deleted_rows_count)
        require(said == (rows["ADDED"], rows["EXISTING"], rows["DELETED"]), f"a manifest counts rows {said}, not {rows}")
        here = [entry for entry in entries if entry.status.name != "DELETED"]
        least = min((entry.sequence_number for entry in here), default=manifest.min_sequence_number)
        require(manifest.min_sequence_number <= least, "min-sequence-number is above an entry's")
        require(all(entry.sequence_number <= entry.file_sequence_number for entry in here), "a data file from the future")
        check_summaries(table, manifest, entries)
        live += here
    paths = [entry.data_file.file_path for entry in live]
    require(len(set(paths)) == len(paths), "a file twice")
    summary = snapshot.summary
    check_totals(summary, [entry.data_file for entry in live])
    deletes = [entry for entry in live if entry.data_file.content != DataFileContent.DATA]
    for entry in deletes:
        check_deletes(table, entry, [entry for entry in live if entry not in deletes])
    size = sum(entry.data_file.file_size_in_bytes for entry in live)
    require(int(summary["total-files-size"]) == size, f"total-files-size {summary['total-files-size']}, not {size}")
    return live


def check_totals(summary, files):
    """How many files there are, and rows in them."""
    data = [file for file in files if file.content == DataFileContent.DATA]
    deletes = [file for file in files if file.content == DataFileContent.POSITION_DELETES]
    require(len(data) + len(deletes) == len(files), "a file of another content")
    totals = {
        "data-files": len(data),
        "records": sum(file.record_count for file in data),
        "delete-files": len(deletes),
        "position-deletes": sum(file.record_count for file in deletes),
        "equality-deletes": 0,
    }
    for name, total in totals.items():
        said = summary[f"total-{name}"]
        require(int(said) == total, f"total-{name} {said}, not {total}")


def check_deletes(table, entry, data):
    """Position deletes are in order, of one file of the same partition that is there and not newer, and of rows that it has."""
    places = pq.read_table(entry.data_file.file_path.removeprefix("file://"))
    names = [(field.name, int(field.metadata[b"PARQUET:field_id"])) for field in places.schema]
    require(names == [("file_path", 2147483546), ("pos", 2147483545)], f"columns of deletes {names}")
    paths, positions = set(places["file_path"].to_pylist()), places["pos"].to_pylist()
    require(positions == sorted(set(positions)), "positions of deletes that are not in order")
    of = [other for other in data if other.data_file.file_path in paths]
    require(len(of) == len(paths) == 1, f"deletes of {paths}, of which {len(of)} are there")
    file = of[0].data_file
    require(file.partition == entry.data_file.partition, "deletes of a file in another partition")
    require(of[0].sequence_number <= entry.sequence_number, "deletes that are older than their file")
    require(positions[-1] < file.record_count, f"position {positions[-1]} of {file.record_count}")


def check_summaries(table, manifest, entries):
    """The bounds of partition values in the list, against those of the entries."""
    spec = table.metadata.specs()[manifest.partition_spec_id]
    require(len(manifest.partitions or []) == len(spec.fields), "summaries of partitions")
    for at, (field, summary) in enumerate(zip(spec.fields, manifest.partitions or [])):
        values = [entry.data_file.partition[at] for entry in entries]
        require(summary.contains_null == any(value is None for value in values), f"contains-null of {field.name}")
        values = [value for value in values if value is not None]
        kind = result_type(table, field)
        if kind is None or not values or any(value != value for value in values):
            continue
        require(from_bytes(kind, summary.lower_bound) == min(values), f"lower bound of {field.name}")
        require(from_bytes(kind, summary.upper_bound) == max(values), f"upper bound of {field.name}")


def result_type(table, field):
    """The type of a partition value; none when no schema has the column any more."""
    for schema in [table.schema(), *reversed(table.metadata.schemas)]:
        if field.source_id in schema.field_ids:
            return field.transform.result_type(schema.find_type(field.source_id))
    return None


def check_file(table, entry):
    """What an entry says of a file, against the file."""
    file = entry.data_file
    path = file.file_path.removeprefix("file://")
    rows = pq.read_table(path)
    require(rows.num_rows == file.record_count, f"{path}: record count")
    with open(path, "rb") as opened:
        require(len(opened.read()) == file.file_size_in_bytes, f"{path}: size")
    groups = pq.ParquetFile(path).metadata
    starts = [min(offsets(groups.row_group(at))) for at in range(groups.num_row_groups)]
    require(list(file.split_offsets) == starts, f"{path}: split offsets {file.split_offsets}, not {starts}")
    for field, column in zip(rows.schema, rows.columns):
        number = int(field.metadata[b"PARQUET:field_id"])
        require(file.value_counts[number] == len(column), f"{path}: value count of {field.name}")
        require(file.null_value_counts[number] == column.null_count, f"{path}: null count of {field.name}")
        check_bounds(table, file, number, field, column)
    check_order(table, file, rows)


def check_order(table, file, rows):
    """The rows of a file are in the sort order that it names. Columns that it does not have are all NULL."""
    if file.content != DataFileContent.DATA:
        require(file.sort_order_id is None, f"{file.file_path}: deletes with a sort order")
    if file.sort_order_id is None:
        return
    columns = {int(field.metadata[b"PARQUET:field_id"]): column for field, column in zip(rows.schema, rows.columns)}
    before = None  # whether each row may stand at its place by the fields so far: it is equal to the one before
    for field in table.sort_orders()[file.sort_order_id].fields:
        if field.source_id not in columns:
            continue
        keys = [key(value, field) for value in comparable(columns[field.source_id])]
        before = before or [True] * (len(keys) - 1)
        for at, tied in enumerate(before):
            least, greatest = (keys[at], keys[at + 1]) if field.direction == SortDirection.ASC else (keys[at + 1], keys[at])
            require(not tied or least <= greatest, f"{file.file_path}: row {at + 1} is not sorted by {field}")
            before[at] = tied and keys[at] == keys[at + 1]


def key(value, field):
    """What a value is sorted by. −0 is less than 0, and texts are compared as UTF-8."""
    nulls_are_least = (field.null_order == NullOrder.NULLS_FIRST) == (field.direction == SortDirection.ASC)
    if value is None:
        return (0 if nulls_are_least else 2,)
    if isinstance(value, float):
        return (1, value, math.copysign(1, value))
    return (1, value.encode() if isinstance(value, str) else value)


def offsets(group):
    columns = [group.column(at) for at in range(group.num_columns)]
    return [
        column.data_page_offset if column.dictionary_page_offset is None else column.dictionary_page_offset
        for column in columns
    ]


def check_bounds(table, file, number, field, column):
    """Bounds are there unless all is NULL or the text has none, hold, and are those of the values but for long texts."""
    kind = next(
        (schema.find_type(number) for schema in table.metadata.schemas if number in schema.field_ids), None
    )
    values = [value for value in comparable(column) if value is not None]
    lower, upper = (file.lower_bounds or {}).get(number), (file.upper_bounds or {}).get(number)
    if not values:
        require(lower is None and upper is None, f"bounds of {field.name}, which is all NULL")
        return
    require(lower is not None, f"no lower bound of {field.name}")
    least, greatest = min(values), max(values)
    is_cut = isinstance(least, (str, bytes)) and not pa.types.is_fixed_size_binary(field.type)
    read = reader(kind, field.type, lower)
    require(read(lower) <= least if is_cut else read(lower) == least, f"lower bound of {field.name}: {lower}, not {least}")
    if upper is None:
        require(is_cut, f"no upper bound of {field.name}")
        return
    require(
        read(upper) >= greatest if is_cut else read(upper) == greatest, f"upper bound of {field.name}: {upper}, not {greatest}"
    )


def comparable(column):
    kind = column.type
    if pa.types.is_timestamp(kind):
        return column.cast(pa.int64()).to_pylist()
    if pa.types.is_date32(kind):
        return column.cast(pa.int32()).to_pylist()
    if isinstance(kind, pa.UuidType):
        return [None if value is None else value.bytes for value in column.to_pylist()]
    return column.to_pylist()


def reader(kind, arrow, bound):
    """How a bound is read: by the type that the file has, which may be narrower than the table's."""
    if pa.types.is_integer(arrow) or pa.types.is_date32(arrow) or pa.types.is_timestamp(arrow):
        return lambda bytes: int.from_bytes(bytes, "little", signed=True)
    if pa.types.is_decimal(arrow):
        return lambda bytes: decimal(bytes, arrow.scale)
    if pa.types.is_floating(arrow):
        return lambda bytes: struct.unpack("<f" if len(bytes) == 4 else "<d", bytes)[0]
    if pa.types.is_boolean(arrow):
        return lambda bytes: bytes == b"\x01"
    if pa.types.is_string(arrow):
        return lambda bytes: bytes.decode()
    return bytes


def decimal(bytes, scale):
    unscaled = int.from_bytes(bytes, "big", signed=True)
    return Decimal(unscaled).scaleb(-scale, Context(prec=50))


def truncates_decimals(table, field):
    """What truncating makes of the least decimals has a digit more than their type, for which PyIceberg has no table."""
    return str(field.transform).startswith("truncate") and isinstance(table.schema().find_type(field.source_id), DecimalType)


def check_tables(table):
    """PyIceberg's own tables of metadata can be made, and agree."""
    inspect, summary = table.inspect, table.current_snapshot().summary
    sources = {field.source_id for spec in table.metadata.partition_specs for field in spec.fields}
    require(sources <= set(table.schema().field_ids), "a column by which the table was partitioned is gone")
    if not any(truncates_decimals(table, field) for spec in table.metadata.partition_specs for field in spec.fields):
        partitions = inspect.partitions()
        require(sum(partitions["file_count"].to_pylist()) == int(summary["total-data-files"]), "partitions and files")
        require(sum(partitions["record_count"].to_pylist()) == int(summary["total-records"]), "partitions and records")
    if not any(isinstance(field.field_type, UUIDType) for field in table.schema().fields):  # PyIceberg cannot do it with one
        for rows in [inspect.files(), inspect.entries()]:
            require(rows.num_rows == int(summary["total-data-files"]), "files and entries")
    require(inspect.snapshots().num_rows == len(table.metadata.snapshots), "snapshots")
    require(inspect.history().num_rows == len(table.metadata.snapshot_log), "history")
    require(inspect.manifests().num_rows > 0, "manifests")
    require(inspect.refs().num_rows == len(table.metadata.refs), "refs")
    require(inspect.metadata_log_entries().num_rows == len(table.metadata.metadata_log) + 1, "log of metadata")
