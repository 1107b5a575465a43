"""The face of the room is light: what a search on a frame does not need is not loaded."""

import json
import subprocess
import sys

import pytest

import casemate.protection as face

HEAVY = (
    "duckdb", "highspy", "numba", "opendp", "pandas", "pyarrow", "pyspark", "scipy", "sklearn",
    "splink",
)  # fmt: skip
PROGRAM = f"""
import json, sys
import polars as pl
from casemate.protection import KAnonymity, anonymise, intervals, suppressible

table = pl.DataFrame({{"age": [30, 31, 40, 41], "sex": ["f", "f", "m", "m"]}})
quasi = {{"age": intervals(10, 20), "sex": suppressible()}}
result = anonymise(table, quasi, models=[KAnonymity(2)])
print(json.dumps([result.generalisation, [name for name in {HEAVY} if name in sys.modules]]))
"""


def test_a_search_on_a_polars_frame_loads_no_solver_compiler_or_other_frame() -> None:
    done = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == [{"age": 1, "sex": 0}, []]


def test_every_public_name_is_there_and_no_module_stands_in_for_a_function() -> None:
    for name in face.__all__:
        assert getattr(face, name) is not None
        assert not isinstance(getattr(face, name), type(sys)), name
    assert set(face.__all__) <= set(dir(face))


def test_a_name_that_is_not_there_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no_such_thing"):
        face.no_such_thing  # noqa: B018  # reading it is the test
