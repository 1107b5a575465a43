"""A Spark frame is grouped and recoded in Spark, with the result that Polars gives."""

import datetime
import importlib.util
import shutil
from collections import Counter
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import polars as pl
import pytest

from casemate.errors import BadInput
from casemate.protection import (
    Discernibility,
    DistinctLDiversity,
    Hierarchy,
    KAnonymity,
    Result,
    anonymise,
    intervals,
    suppressible,
)
from casemate.protection.engines import ByTuple, open_engine

pytestmark = [
    pytest.mark.skipif(
        importlib.util.find_spec("pyspark") is None, reason="pyspark is not installed"
    ),
    pytest.mark.skipif(shutil.which("java") is None, reason="there is no Java for Spark to run on"),
]

MANY = 4000
PEOPLE = pl.DataFrame(
    {
        "age": pl.Series([(n * n) % 90 if n % 50 else None for n in range(MANY)], dtype=pl.Int32),
        "sex": [("f", "m", None)[n % 7 % 3] for n in range(MANY)],
        "born": [datetime.date(1990, 1, 1 + n % 3) for n in range(MANY)],
        "alive": [n % 11 > 0 for n in range(MANY)],
        "wage": pl.Series(
            [Decimal("1.50") * (n % 4) for n in range(MANY)], dtype=pl.Decimal(10, 2)
        ),
        "illness; 'long'": [("flu", "gout", "cold")[n % 3] for n in range(MANY)],
        "number": range(MANY),
    }
)
QUASI: dict[str, Hierarchy] = {
    "age": intervals(5, 10, 30),
    "sex": suppressible(),
    "born": suppressible(),
    "alive": suppressible(),
    "wage": suppressible(),
}


@pytest.fixture(scope="module")
def session() -> Iterator[Any]:
    from pyspark.sql import SparkSession

    builder: Any = SparkSession.builder
    found = (
        builder.master("local[2]")
        .appName("casemate tests")
        .config("spark.ui.enabled", "false")
        .config("spark.driver.bindAddress", "127.0.0.1")
        .config("spark.driver.host", "127.0.0.1")
        .config("spark.sql.shuffle.partitions", "2")
        .config("spark.driver.memory", "1g")
        .config("spark.sql.session.timeZone", "UTC")
        .getOrCreate()
    )
    found.sparkContext.setLogLevel("ERROR")
    yield found
    found.stop()


def run(table: Any, **more: Any) -> Result:
    models = [KAnonymity(5), DistinctLDiversity(2, "illness; 'long'")]
    return anonymise(table, QUASI, models=models, **{"suppression": 0.05, **more})


def rows_of(frame: Any) -> Counter[tuple[Any, ...]]:
    return Counter(tuple(row) for row in frame.collect())


@pytest.mark.parametrize("suppression", [0, 0.05])
def test_spark_gives_what_polars_gives(session: Any, suppression: float) -> None:
    expected = run(PEOPLE, suppression=suppression)
    found = run(session.createDataFrame(PEOPLE.to_arrow()), suppression=suppression)
    assert type(found.table).__module__.startswith("pyspark.sql")
    assert found.table.columns == PEOPLE.columns
    assert rows_of(found.table) == Counter(expected.table.rows())
    assert (found.generalisation, found.loss, found.suppressed, found.risk, found.nodes) == (
        expected.generalisation,
        expected.loss,
        expected.suppressed,
        expected.risk,
        expected.nodes,
    )
    assert bool(expected.suppressed) == bool(suppression)


def test_local_recoding_in_spark_gives_what_polars_gives(session: Any) -> None:
    """Distinct combinations come here, the recoded table stays there, by any local measure."""
    rest: dict[str, Any] = {"recoding": "local", "measure": Discernibility(), "suppression": 0.05}
    expected = run(PEOPLE, **rest)
    found = run(session.createDataFrame(PEOPLE.to_arrow()), **rest)
    assert type(found.table).__module__.startswith("pyspark.sql")
    assert rows_of(found.table) == Counter(expected.table.rows())
    assert (found.score, found.gap, found.suppressed) == (
        expected.score, expected.gap, expected.suppressed
    )  # fmt: skip


def test_labels_by_tuple_in_spark(session: Any) -> None:
    old = PEOPLE.select("age", "sex").unique(maintain_order=True).head(20)
    new = pl.DataFrame({"age": [f"class {place}" for place in range(20)]})
    made: Any = open_engine(session.createDataFrame(PEOPLE.to_arrow())).recoded(ByTuple(old, new))
    engine = open_engine(PEOPLE)
    engine.survey(["age", "sex"])
    assert rows_of(made) == Counter(engine.recoded(ByTuple(old, new)).rows())


def test_bad_values_in_spark_are_refused_in_words(session: Any) -> None:
    nan = session.createDataFrame([(float("nan"),), (1.0,)], ["age"])
    with pytest.raises(BadInput, match="'age' holds NaN"):
        anonymise(nan, {"age": intervals(5)}, models=[KAnonymity(1)])
    nested = session.createDataFrame([([1],), ([2],)], ["age"])
    with pytest.raises(BadInput, match="'age' holds List"):
        anonymise(nested, {"age": intervals(5)}, models=[KAnonymity(1)])
    with pytest.raises(BadInput, match="no column 'size'"):
        anonymise(nested, {"size": intervals(5)}, models=[KAnonymity(1)])
