"""Parquet and Arrow files: what they hold, and a small Parquet table written again as itself and as CSV.

Only a table as small as one of results is written again, without its metadata, statistics and types that
hold others; the check judges its CSV like any.
"""

import io
from typing import Any

_MAX_ROWS, _MAX_COLUMNS, _MAX_BYTES = 20_000, 200, 64 << 20


def facts(data: bytes) -> dict[str, Any]:
    names, rows = _parquet(data) if data[:4] == b"PAR1" else _arrow(data)
    notes = []
    if data[:4] == b"PAR1" and rows <= _MAX_ROWS and len(names) <= _MAX_COLUMNS:
        _write_again(data)
    else:
        notes.append("it is no small table: it is not looked into")
    return {
        "notes": notes,
        "columns": [name[:300] for name in names[:500]],
        "counts": {"rows": rows, "columns": len(names)},
    }


def _write_again(data: bytes) -> None:
    import pyarrow as pa
    import pyarrow.csv
    import pyarrow.parquet as pq

    file = pq.ParquetFile(io.BytesIO(data), thrift_string_size_limit=1 << 20)
    table = file.read(use_threads=False)
    plain = (pa.types.is_integer, pa.types.is_floating, pa.types.is_boolean, pa.types.is_string)
    for field in table.schema:
        if not any(is_of(field.type) for is_of in (*plain, pa.types.is_large_string)):
            raise ValueError("a column is of other things than numbers, words and truth values")
    if table.nbytes > _MAX_BYTES:
        raise ValueError("its table is larger than one of results when it is unpacked")
    table = table.replace_schema_metadata(None)
    bare = pa.schema([pa.field(field.name, field.type) for field in table.schema])
    table = pa.table(table.columns, schema=bare)
    pyarrow.csv.write_csv(table, "/out/table.csv")
    pq.write_table(table, "/out/clean", write_statistics=False, store_schema=False)


def _parquet(data: bytes) -> tuple[list[str], int]:
    import pyarrow.parquet as pq

    about = pq.ParquetFile(io.BytesIO(data), thrift_string_size_limit=1 << 20).metadata
    return list(about.schema.to_arrow_schema().names), about.num_rows


def _arrow(data: bytes) -> tuple[list[str], int]:
    import pyarrow as pa

    with pa.ipc.open_file(io.BytesIO(data)) as reader:
        rows = sum(
            reader.get_batch(place).num_rows for place in range(min(reader.num_record_batches, 100))
        )
        return list(reader.schema.names), rows
