"""Attribute disclosure against its definition, on random small tables."""

from collections import Counter

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from casemate.canonical import canonical_json
from casemate.errors import BadInput
from casemate.protection import without_floats
from casemate.protection.attribute_disclosure import attribute_disclosure

VALUE = st.one_of(st.none(), st.integers(0, 2))


@settings(max_examples=150, deadline=None)
@given(st.lists(st.tuples(VALUE, VALUE, VALUE), min_size=1, max_size=15), st.integers(0, 2))
def test_guesses_are_counted_class_by_class(
    rows: list[tuple[int | None, int | None, int | None]], width: int
) -> None:
    schema = dict.fromkeys(("a", "b", "s"), pl.Int64)
    found = attribute_disclosure(pl.DataFrame(rows, schema, orient="row"), ["a", "b"][:width], "s")
    classes: dict[tuple[int | None, ...], list[int | None]] = {}
    for row in rows:
        classes.setdefault(row[:width], []).append(row[2])
    alike = [values for values in classes.values() if len(set(values)) == 1]
    best = sum(max(Counter(values).values()) for values in classes.values())
    assert found.classes == len(classes)
    assert found.certain == pytest.approx(sum(map(len, alike)) / len(rows))
    shared = sum(len(values) for values in alike if len(values) > 1)
    assert found.certain_shared == pytest.approx(shared / len(rows))
    assert found.guess == pytest.approx(best / len(rows))
    assert found.baseline == max(Counter(row[2] for row in rows).values()) / len(rows)
    assert found.gain == pytest.approx(found.guess - found.baseline)
    assert -1e-12 <= found.gain <= 1
    assert canonical_json(without_floats(found.to_dict()))


def test_bad_input_of_attribute_disclosure() -> None:
    table = pl.DataFrame({"a": [1], "s": [float("nan")]})
    for arguments, complaint in [
        ((["s"], "s"), "choose one"),
        ((["z"], "s"), "no column 'z'"),
        ((["a"], "z"), "no column 'z'"),
        ((["a"], "s"), "NaN"),
    ]:
        with pytest.raises(BadInput, match=complaint):
            attribute_disclosure(table, *arguments)
    with pytest.raises(BadInput, match="no records"):
        attribute_disclosure(table.clear(), ["a"], "s")
