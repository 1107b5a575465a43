"""Any table: what is read, published and shown is true to it, and shows nobody."""

import io
import json
import tempfile
from datetime import date, datetime
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from casemate.catalogue import Catalogue, content_digest, describe, profile_table, read_table
from casemate.catalogue.description import DatasetDescription
from casemate.catalogue.inference import MISSING
from casemate.catalogue.words import parse, words
from casemate.clock import system_clock
from casemate.errors import BadInput
from casemate.ledger import Ledger
from casemate.store import Base, Store
from casemate.store.keys import Keyring
from casemate.store.vault import Vault

SETTINGS = settings(max_examples=60, deadline=None)
LETTERS = "abcdefghijklmnopqrstuvwxyz"
# Text that is text in a CSV too: it starts with a letter, so that it is no number, date or gap.
TEXTS = st.builds(
    lambda first, rest: first + rest,
    st.sampled_from(LETTERS),
    st.text(
        st.characters(exclude_categories=["Cs", "Cc"], include_characters='\n",;|\t'), max_size=12
    ),
).filter(lambda text: text.lower() not in {"true", "false", *map(str.lower, MISSING)})
VALUES: dict[str, st.SearchStrategy[Any]] = {
    "integer": st.integers(-(10**17), 10**17),
    "number": st.floats(-1e12, 1e12, allow_nan=False, width=64).map(lambda x: x + 0.0),
    "text": TEXTS,
    "boolean": st.booleans(),
    "date": st.dates(date(1000, 1, 1), date(2999, 12, 31)),
    "moment": st.datetimes(datetime(1000, 1, 1), datetime(2999, 1, 1)),  # noqa: DTZ001 - zoneless columns
}
DTYPES: dict[str, Any] = {
    "integer": pl.Int64,
    "number": pl.Float64,
    "text": pl.String,
    "boolean": pl.Boolean,
    "date": pl.Date,
    "moment": pl.Datetime("us"),
}


@st.composite
def frames(draw: st.DrawFn, min_rows: int = 1) -> pl.DataFrame:
    kinds = draw(st.lists(st.sampled_from(sorted(VALUES)), min_size=2, max_size=5))
    rows = draw(st.integers(min_rows, min_rows + 8))
    columns = {}
    for number, kind in enumerate(kinds):
        values = st.lists(st.none() | VALUES[kind], min_size=rows, max_size=rows)
        columns[f"{LETTERS[number]}_{kind}"] = pl.Series(draw(values), dtype=DTYPES[kind])
    return pl.DataFrame(columns)


@SETTINGS
@given(
    frames(), st.sampled_from(",;\t|"), st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "utf-32"])
)
def test_a_written_csv_is_read_as_the_same_table(
    frame: pl.DataFrame, delimiter: str, encoding: str
) -> None:
    gaps = [name for name in frame.columns if frame[name].null_count() == frame.height]
    # A column without a value is text, and a row without a value is a blank line.
    frame = frame.drop(gaps).filter(~pl.all_horizontal(pl.all().is_null()))
    if frame.width < 2 or frame.height == 0:
        return
    buffer = io.BytesIO()
    frame.write_csv(buffer, separator=delimiter, datetime_format="%Y-%m-%dT%H:%M:%S%.6f")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "t.csv"
        path.write_bytes(buffer.getvalue().decode().encode(encoding))
        assert read_table(path).equals(frame)


@settings(max_examples=25, deadline=None)
@given(frames(), st.integers(1, 4))
def test_published_is_found_again_with_the_same_digest(frame: pl.DataFrame, pieces: int) -> None:
    chunked = pl.concat(list(frame.iter_slices(pieces)), rechunk=False)
    keyring = Keyring(b"\x07" * 32)
    with tempfile.TemporaryDirectory() as folder:
        store = Store(f"sqlite:///{folder}/c.db")
        Base.metadata.create_all(store.engine)
        vault = Vault(Path(folder) / "vault")
        catalogue = Catalogue(Ledger(keyring.signing_key("ledger")), system_clock, vault, keyring)
        with store.transaction() as tx:
            catalogue.publish(tx, "acct-a", describe(frame), chunked, holder="org-a")
        with store.read() as tx:
            found = catalogue.get(tx, "my-dataset")
        key = keyring.unwrap(found.wrapped_key, found.blob)
        table: pa.Table = vault.read_table(found.blob, key, frame.columns)
        stored = pl.from_arrow(table)
        store.close()
    assert isinstance(stored, pl.DataFrame)
    assert found.digest == content_digest(frame) == content_digest(stored)


@SETTINGS
@given(frames(min_rows=2), st.data())
def test_any_change_of_a_table_changes_its_digest(frame: pl.DataFrame, data: st.DataObject) -> None:
    name = data.draw(st.sampled_from(frame.columns))
    row = data.draw(st.integers(0, frame.height - 1))
    value = data.draw(VALUES[name[2:]])
    values = frame[name].to_list()
    if values[row] == value:
        return
    values[row] = value
    changed = frame.with_columns(pl.Series(name, values, dtype=frame[name].dtype))
    assert content_digest(changed) != content_digest(frame)
    assert content_digest(frame.rename({name: "other"})) != content_digest(frame)


@settings(max_examples=80, deadline=None)
@given(
    st.lists(st.sampled_from(["alpha", "beta", "gamma", "delta"]), min_size=30, max_size=90),
    st.lists(st.floats(-1e6, 1e6, allow_nan=False), min_size=30, max_size=30),
    st.integers(1, 4),
)
def test_a_profile_never_shows_what_fewer_than_ten_people_have(
    towns: list[str], figures: list[float], visits: int
) -> None:
    rows = len(towns)
    frame = pl.DataFrame(
        {
            "who": [f"p{n // visits}" for n in range(rows)],
            "town": towns,
            "figure": [figures[n % 30] for n in range(rows)],
            "note": [f"note {n}" for n in range(rows)],
        }
    )
    draft = describe(frame).model_dump(mode="json")
    for name in ("town", "figure", "note"):
        draft["variables"][name]["role"] = "other"
    profile = profile_table(frame, DatasetDescription.model_validate({**draft, "person": "who"}))
    shown = profile["variables"]
    people = dict(frame.group_by("town").agg(pl.col("who").n_unique()).rows())
    assert {c["value"] for c in shown["town"]["categories"]} == {
        t for t, n in people.items() if n >= 10
    }
    assert "note " not in json.dumps(profile)
    assert set(shown["who"]) == {"type", "missing", "distinct"}
    _check_bounds(frame, shown["figure"])


def _check_bounds(frame: pl.DataFrame, facts: dict[str, Any]) -> None:
    """Ten people lie on the outer side of the grid cell of each bound; each bin holds ten."""
    if "range" not in facts:
        return
    low, high = facts["range"]
    step = (high - low) / 8  # the grid is of round numbers: some eight cells or more
    inner_low = frame.filter(pl.col("figure") <= low + step)["who"].n_unique()
    inner_high = frame.filter(pl.col("figure") >= high - step)["who"].n_unique()
    assert inner_low >= 10
    assert inner_high >= 10
    dust = (high - low) * 1e-6  # an edge shown is the edge used but for binary fractions
    for shown in facts["histogram"]:
        inside = frame
        if shown["from"] is not None:
            inside = inside.filter(pl.col("figure") >= shown["from"] - dust)
        if shown["to"] is not None:
            inside = inside.filter(pl.col("figure") < shown["to"] + dust)
        assert inside["who"].n_unique() >= 10


@settings(max_examples=300, deadline=None)
@given(st.text(max_size=60))
def test_a_query_is_made_of_letters_and_digits_whatever_is_typed(typed: str) -> None:
    try:
        terms = parse(typed)
    except BadInput:
        return
    for term in terms:
        assert all(word.isalnum() for word in term.words)
        assert all(words(word) == [word] for word in term.words)


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=300))
def test_any_bytes_called_csv_are_a_table_or_one_clear_sentence(content: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "t.csv"
        path.write_bytes(content)
        try:
            frame = read_table(path)
        except BadInput as failure:
            sentence = str(failure)
        else:
            sentence = "a table"
            assert frame.height > 0
    assert "\n" not in sentence
