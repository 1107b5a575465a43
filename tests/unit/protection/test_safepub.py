"""SafePub at the face of the room: what leaves, what it costs, what is refused."""

import math
from collections.abc import Callable
from datetime import date
from fractions import Fraction
from pathlib import Path
from typing import Any

import duckdb
import narwhals as nw
import polars as pl
import pytest

from casemate.errors import BadInput
from casemate.protection import (
    DifferentialPrivacy,
    Hierarchy,
    dates,
    from_table,
    intervals,
    safepub,
    suppressible,
    without_floats,
)
from casemate.protection.models import model_from_dict

PEOPLE = pl.DataFrame(
    {
        "age": [20 + number % 40 for number in range(4000)],
        "sex": ["f" if number % 3 else "m" for number in range(4000)],
        "born": [date(1980 + number % 2, 1, 1) for number in range(4000)],
        "name": [f"person {number}" for number in range(4000)],
    }
)
QUASI: dict[str, Hierarchy] = {
    "age": intervals(10, 20),
    "sex": suppressible(),
    "born": dates("year"),
}
PRIVACY = DifferentialPrivacy("1", "1e-6")
FIXED = {"age": 1, "sex": 0, "born": 0}


def test_a_fixed_scheme_gives_a_sample_of_large_classes_and_nothing_else() -> None:
    made = safepub(PEOPLE, QUASI, PRIVACY, levels=FIXED)
    assert made.table.columns == ["age", "sex", "born"]
    assert made.generalisation == FIXED
    assert made.table.schema == {"age": pl.String, "sex": pl.String, "born": pl.Date}
    sizes = made.table.group_by(made.table.columns).len()["len"]
    assert sizes.min() >= made.privacy.k == 74
    assert made.records == len(made.table) == pytest.approx(0.632 * 4000, abs=200)
    assert made.risk is not None
    assert made.risk.smallest_class == sizes.min()
    assert made.table.equals(made.table.sort(made.table.columns))


def test_the_document_tells_nothing_of_the_table_collected() -> None:
    """Not its size, not what was suppressed: those are not protected."""
    made = safepub(PEOPLE, QUASI, PRIVACY, levels=FIXED)
    document = without_floats(made.to_dict())
    assert set(document) == {"model", "share_drawn", "k", "generalisation", "records", "risk"}
    assert "4000" not in str(document)
    assert model_from_dict(document["model"]) == PRIVACY


def test_a_scheme_is_chosen_at_a_share_of_epsilon() -> None:
    privacy = DifferentialPrivacy("2", "1e-6", choosing="0.5")
    made = safepub(PEOPLE, QUASI, privacy, levels={"age": (1, 3), "born": (0, 1)})
    assert privacy.epsilon_choosing == privacy.epsilon_sampling == 1
    # at 1 and 0 classes have 133 records and 267, of which 64 % are drawn; level 3 tells nothing
    assert made.generalisation["age"] < 3
    assert made.records > 2000


def test_schemes_are_drawn_as_the_exponential_mechanism_says() -> None:
    """Two schemes whose scores are known: how often each comes, within five standard errors."""
    privacy = DifferentialPrivacy("0.01", "0.5", choosing="0.8", sampling="0.001")
    needed = math.ceil(privacy.k / privacy.share_drawn)
    table = pl.DataFrame({"sex": ["f"] * (needed + 60) + ["m"] * (needed + 40)})
    draws = 400
    kept = sum(
        safepub(table, {"sex": suppressible()}, privacy).generalisation["sex"] == 0
        for _ in range(draws)
    )
    # the scores are 100 and 0 with a sensitivity of 1; OpenDP's mechanism has the scale 2 / ε
    chance = 1 / (1 + math.exp(-100 * 0.008 / 2))
    assert abs(kept / draws - chance) < 5 * math.sqrt(chance * (1 - chance) / draws)


def test_a_table_of_rare_people_leaves_empty() -> None:
    made = safepub(PEOPLE, {"name": suppressible()}, PRIVACY, levels={"name": 0})
    assert made.records == 0
    assert made.risk is None
    assert made.to_dict()["risk"] is None


KINDS: dict[str, Callable[[pl.DataFrame], Any]] = {
    "polars": lambda frame: frame,
    "lazy": lambda frame: frame.lazy(),
    "pandas": lambda frame: frame.to_pandas(),
    "pyarrow": lambda frame: frame.to_arrow(),
    "duckdb": lambda frame: duckdb.connect().from_arrow(frame.to_arrow()),
}


@pytest.mark.parametrize("kind", KINDS)
def test_a_table_comes_back_as_it_came(kind: str) -> None:
    quasi = {name: QUASI[name] for name in ("age", "sex")}
    given = KINDS[kind](PEOPLE)
    made = safepub(given, quasi, PRIVACY, levels={"age": 1, "sex": 0})
    assert type(made.table) is type(given)
    table = made.table.pl() if kind == "duckdb" else nw.from_native(made.table)
    assert sorted(table.lazy().collect()["age"].unique().to_list()) == [
        "[20, 30)", "[30, 40)", "[40, 50)", "[50, 60)",
    ]  # fmt: skip


def test_a_file_gives_a_frame(tmp_path: Path) -> None:
    PEOPLE.select("sex").write_csv(tmp_path / "people.csv")
    made = safepub(tmp_path / "people.csv", {"sex": suppressible()}, PRIVACY, levels={"sex": 0})
    assert isinstance(made.table, pl.DataFrame)


CHOOSING = DifferentialPrivacy("1", "1e-6", choosing="0.1")


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        ((PEOPLE, {}, PRIVACY), "at least one quasi-identifier"),
        ((PEOPLE, {"wage": suppressible()}, PRIVACY), "no column 'wage'"),
        ((PEOPLE.clear(), QUASI, PRIVACY), "no records"),
        ((PEOPLE, QUASI, PRIVACY), "no share of epsilon is set aside"),
        ((PEOPLE, QUASI, CHOOSING, FIXED), "set no share of epsilon aside"),
        ((PEOPLE, QUASI, CHOOSING, {"wage": 1}), "'wage', which is no quasi-identifier"),
        ((PEOPLE, QUASI, CHOOSING, {"age": 4}), "levels 0 to 3, not 4 to 4"),
        ((PEOPLE, {"sex": from_table(pl.DataFrame({"s": ["f"], "a": ["*"]}), "s", "a")}, CHOOSING),
         "'m', which its hierarchy lacks"),
    ],
)  # fmt: skip
def test_what_cannot_be_published_is_refused(arguments: tuple[Any, ...], complaint: str) -> None:
    table, quasi, privacy, *levels = arguments
    with pytest.raises(BadInput, match=complaint):
        safepub(table, quasi, privacy, levels=levels[0] if levels else None)


def test_more_schemes_than_can_be_weighed_are_refused() -> None:
    wide = pl.DataFrame({str(place): [1] for place in range(9)})
    quasi: dict[str, Hierarchy] = {name: intervals(2, 4, 8) for name in wide.columns}
    with pytest.raises(BadInput, match=r"1953125 schemes .* more than 50000"):
        safepub(wide, quasi, CHOOSING)


def test_a_smaller_sample_is_as_private_with_smaller_classes() -> None:
    whole = DifferentialPrivacy("5", "1e-6")
    part = DifferentialPrivacy("5", "1e-6", sampling="0.6")
    assert part.k < whole.k
    assert part.share_drawn <= Fraction(6, 10)
    assert model_from_dict(part.to_dict()) == part
