"""PyIceberg as a writer of a table that terrace made."""

import shutil
from pathlib import Path

import pyarrow as pa
from pyiceberg.catalog.sql import SqlCatalog


def write(table):
    """Appends a document, deletes one, overwrites one; leaves what it wrote as the table's next version.

    Gives the ids: what was appended, deleted, overwritten.
    """
    folder = Path(table)
    number = int((folder / "metadata/version-hint.text").read_text())
    catalog = SqlCatalog("test", uri="sqlite:///:memory:", warehouse=str(folder.parent))
    catalog.create_namespace("lake")
    opened = catalog.register_table("lake.table", f"file://{folder}/metadata/v{number}.metadata.json")
    rows = opened.scan().to_arrow()
    first, second, third = (rows.slice(at, 1) for at in range(3))
    opened.append(changed(first, id=1_000_000))
    opened.delete(f"_object == '{value(second, '_object')}' and id == {value(second, 'id')}")
    same = f"_object == '{value(third, '_object')}' and id == {value(third, 'id')}"
    opened.overwrite(changed(third, long=4711), overwrite_filter=same)
    shutil.copy(opened.metadata_location.removeprefix("file://"), folder / f"metadata/v{number + 1}.metadata.json")
    (folder / "metadata/version-hint.text").write_text(str(number + 1))
    return {
        "appended": 1_000_000,
        "deleted": [value(second, "_object"), value(second, "id")],
        "overwritten": [value(third, "_object"), value(third, "id")],
        "rows": rows.num_rows,
    }


def value(row, column):
    return row[column][0].as_py()


def changed(row, **values):
    for name, one in values.items():
        at = row.column_names.index(name)
        row = row.set_column(at, row.schema.field(name), pa.array([one], row.schema.field(name).type))
    return row
