"""People drawn from a fitted population, in chunks: any number of them in constant memory."""

from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from casemate.errors import BadInput, Unavailable
from casemate.protection.population.columns import Column
from casemate.protection.population.fitting import Block, Fitted, fit_population
from casemate.protection.population.margins import Margins

CHUNK = 1_000_000
_MOST_ROWS = 10**11
Progress = Callable[[int], None]
_Small = npt.NDArray[Any]  # 8 or 16 bits a code


@dataclass(frozen=True)
class _Step:
    """One block to draw: tables by the values of what is given, and what each place stands for."""

    given: tuple[tuple[str, int], ...]
    keep: npt.NDArray[np.uint32]
    other: npt.NDArray[np.int32]
    new: tuple[tuple[str, _Small], ...]
    key: int


def generate_population(
    margins: Margins | Fitted, rows: int, seed: int = 0, *, chunk: int = CHUNK
) -> Iterator[pl.DataFrame]:
    """``rows`` people, as frames of ``chunk`` rows: Enum columns, and whole numbers for ranges.

    People are independent draws of the fitted distribution, so a margin is met to within sampling
    error. The same ``seed`` gives the same people in the same order, whatever ``chunk`` is; it is a
    random number generator's seed and no secret. Raises BadInput as ``fit_population`` does.
    """
    fitted = margins if isinstance(margins, Fitted) else fit_population(margins)
    if not 1 <= rows <= _MOST_ROWS or chunk < 1:
        raise BadInput(f"a population has 1 to {_MOST_ROWS} rows, in chunks of 1 or more")
    return _generated(fitted, rows, seed, chunk)


def write_population(
    path: str | Path,
    margins: Margins | Fitted,
    rows: int,
    seed: int = 0,
    *,
    chunk: int = CHUNK,
    progress: Progress | None = None,
) -> int:
    """``rows`` people in a Parquet file of dictionary-encoded columns; gives back their number.

    The file appears whole or not at all. ``progress`` is told how many rows are written. Raises
    BadInput for a path that is not .parquet or cannot be written, Unavailable for a full disk.
    """
    import pyarrow.parquet as pq

    path = Path(path)
    if path.suffix not in (".parquet", ".pq") or not path.parent.is_dir():
        raise BadInput(f"{path} cannot be written: give a .parquet file in a folder that is there")
    partial = path.with_name(path.name + ".partial")
    frames = generate_population(margins, rows, seed, chunk=chunk)
    written = 0
    try:
        first = next(frames)
        schema = first.to_arrow().schema
        with pq.ParquetWriter(partial, schema, compression="zstd", compression_level=1) as writer:
            for frame in _chained(first, frames):
                writer.write_table(frame.to_arrow().cast(schema), row_group_size=chunk)
                written += len(frame)
                if progress is not None:
                    progress(written)
        partial.replace(path)
    except OSError as error:
        raise _cannot_write(path, error) from None
    finally:
        partial.unlink(missing_ok=True)
    return written


def _cannot_write(path: Path, error: OSError) -> BadInput | Unavailable:
    import errno

    kind = Unavailable if error.errno in (errno.ENOSPC, errno.EDQUOT) else BadInput
    return kind(f"{path} cannot be written: {error.strerror or error}")


def _chained(first: pl.DataFrame, frames: Iterator[pl.DataFrame]) -> Iterator[pl.DataFrame]:
    yield first
    yield from frames


def _generated(fitted: Fitted, rows: int, seed: int, chunk: int) -> Iterator[pl.DataFrame]:
    """Two chunks in the making at any time: the compiled draws hold no lock."""
    steps = _steps(fitted, seed)
    columns = fitted.margins.columns
    starts = iter(range(0, rows, chunk))
    with ThreadPoolExecutor(max_workers=2) as pool:
        waiting = []
        for start in starts:
            count = min(chunk, rows - start)
            waiting.append(pool.submit(_frame, steps, columns, start, count))
            if len(waiting) > 2:
                yield waiting.pop(0).result()
        for one in waiting:
            yield one.result()


def _frame(
    steps: list[_Step], columns: Mapping[str, Column], start: int, count: int
) -> pl.DataFrame:
    from casemate.protection.population import alias_tables

    found: dict[str, _Small] = {}
    for step in steps:
        row = np.zeros(count, dtype=np.int32)
        for name, size in step.given:
            row *= size
            row += found[name]
        place = np.empty(count, dtype=np.int32)
        alias_tables.draw(np.uint64(step.key), start, row, step.keep, step.other, place)
        for name, codes in step.new:
            found[name] = codes[place]
    return pl.DataFrame([_series(column, found[name]) for name, column in columns.items()])


def _series(column: Column, codes: _Small) -> pl.Series:
    if column.lowest is not None:
        kind = pl.UInt8 if column.lowest >= 0 and column.size + column.lowest <= 256 else pl.Int32
        shift = codes.astype(np.int32 if kind is pl.Int32 else np.uint8) + column.lowest
        return pl.Series(column.name, shift, dtype=kind)
    return pl.Series(column.name, codes).cat.to(pl.Enum(column.values))


def _steps(fitted: Fitted, seed: int) -> list[_Step]:
    return [_step(fitted, block, number, seed) for number, block in enumerate(fitted.blocks)]


def _step(fitted: Fitted, block: Block, number: int, seed: int) -> _Step:
    from casemate.protection.population import alias_tables

    size = {name: fitted.margins.columns[name].size for name in block.columns}
    new = tuple(name for name in block.columns if name not in block.given)
    joint = block.joint.transpose([block.columns.index(name) for name in (*block.given, *new)])
    weights = np.ascontiguousarray(joint.reshape(-1, int(np.prod([size[name] for name in new]))))
    keep = np.zeros(weights.shape, dtype=np.uint32)
    other = np.zeros(weights.shape, dtype=np.int32)
    alias_tables.build(weights, keep, other)
    codes = np.unravel_index(np.arange(weights.shape[1]), [size[name] for name in new])
    small = [
        c.astype(np.uint8 if size[n] <= 256 else np.uint16) for n, c in zip(new, codes, strict=True)
    ]
    sizes = tuple((name, size[name]) for name in block.given)
    return _Step(sizes, keep, other, tuple(zip(new, small, strict=True)), _key(seed, number))


def _key(seed: int, number: int) -> int:
    """64 bits for each block, far apart for seeds and blocks that are near."""
    words = np.random.SeedSequence((seed, number)).generate_state(1, np.uint64)
    return int(words[0])
