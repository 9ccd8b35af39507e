"""Reads a list of manifests and the manifests in it with PyIceberg, says what is in them, and writes them again.

manifests.py FOLDER: reads list.avro, schema.json and spec.json; prints the manifests as JSON; writes the same files
as version 1 and 2 into v1.avro, v1-list.avro, v2.avro, v2-list.avro.
"""

import json
import sys
from pathlib import Path

import pyiceberg.avro.file
from pyiceberg.avro.decoder import StreamingBinaryDecoder
from pyiceberg.conversions import to_bytes
from pyiceberg.io.pyarrow import PyArrowFileIO
from pyiceberg.manifest import (
    ManifestContent,
    ManifestEntry,
    ManifestEntryStatus,
    read_manifest_list,
    write_manifest,
    write_manifest_list,
)
from pyiceberg.partitioning import PartitionSpec
from pyiceberg.schema import Schema

# PyIceberg's other decoder, in Cython, rounds doubles to floats and takes negative numbers in lists for large ones.
pyiceberg.avro.file.new_decoder = StreamingBinaryDecoder

folder = Path(sys.argv[1])
io = PyArrowFileIO()
schema = Schema.model_validate_json((folder / "schema.json").read_text())
spec = PartitionSpec.model_validate_json((folder / "spec.json").read_text())
kinds = [field.field_type for field in spec.partition_type(schema).fields]


def binary(value):
    return None if value is None else value.hex()


def ids(values, what=lambda value: value):
    return {str(key): what(value) for key, value in (values or {}).items()}


def described(entry):
    file = entry.data_file
    values = [None if value is None else to_bytes(kind, value).hex() for kind, value in zip(kinds, file.partition)]
    return {
        "status": int(entry.status),
        "snapshot_id": entry.snapshot_id,
        "sequence_number": entry.sequence_number,
        "file_sequence_number": entry.file_sequence_number,
        "content": int(file.content),
        "file_path": file.file_path,
        "file_format": str(file.file_format.value if hasattr(file.file_format, "value") else file.file_format),
        "partition": values,
        "record_count": file.record_count,
        "file_size_in_bytes": file.file_size_in_bytes,
        "column_sizes": ids(file.column_sizes),
        "value_counts": ids(file.value_counts),
        "null_value_counts": ids(file.null_value_counts),
        "nan_value_counts": ids(file.nan_value_counts),
        "lower_bounds": ids(file.lower_bounds, binary),
        "upper_bounds": ids(file.upper_bounds, binary),
        "split_offsets": file.split_offsets or [],
        "sort_order_id": file.sort_order_id,
    }


def summaries(manifest):
    return [
        [bool(field.contains_null), bool(field.contains_nan), binary(field.lower_bound), binary(field.upper_bound)]
        for field in manifest.partitions or []
    ]


def listed(manifest):
    return {
        "path": manifest.manifest_path,
        "length": manifest.manifest_length,
        "spec": manifest.partition_spec_id,
        "content": int(manifest.content),
        "numbers": [manifest.sequence_number, manifest.min_sequence_number, manifest.added_snapshot_id],
        "files": [manifest.added_files_count, manifest.existing_files_count, manifest.deleted_files_count],
        "rows": [manifest.added_rows_count, manifest.existing_rows_count, manifest.deleted_rows_count],
        "partitions": summaries(manifest),
    }


def write_again(entries, version):
    """The entries of data files as PyIceberg writes them."""
    output = io.new_output(str(folder / f"v{version}.avro"))
    with write_manifest(version, spec, schema, output, 77, "deflate") as writer:
        for entry in entries:
            writer.add_entry(entry)
    manifest = writer.to_manifest_file()
    output = io.new_output(str(folder / f"v{version}-list.avro"))
    with write_manifest_list(version, output, 77, None, 5, "deflate") as writer:
        writer.add_manifests([manifest])
    return manifest


manifests = list(read_manifest_list(io.new_input(str(folder / "list.avro"))))
result = []
for manifest in manifests:
    entries = manifest.fetch_manifest_entry(io, discard_deleted=False)
    result.append(listed(manifest) | {"entries": [described(entry) for entry in entries]})
    if manifest.content == ManifestContent.DATA and entries:
        for version in (1, 2):
            write_again(entries, version)
print(json.dumps(result))
