"""A national synthetic population: margins met, rules kept, the same for the same seed."""

from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from casemate.errors import BadInput, NotFound
from casemate.protection.population import (
    fit_population,
    generate_population,
    luxembourg,
    margins_from,
    population_hierarchies,
    read_margins,
    write_population,
)


def small(**changes: Any) -> dict[str, Any]:
    """Two columns, their margins, and one rule: nobody young is retired."""
    return {
        "total": 1000,
        "columns": {
            "age": {"range": [0, 3], "groups": {"half": {"low": [0, 1], "high": [2, 3]}}},
            "work": {"values": ["job", "none", "retired"]},
        },
        "blocks": [["age", "work"]],
        "margins": [
            {
                "columns": ["age.half"],
                "kind": "published",
                "year": 2021,
                "source": "a census",
                "counts": {"low": 600, "high": 400},
            },
            {
                "columns": ["work"],
                "kind": "assumption",
                "counts": {"job": 50, "none": 25, "retired": 25},
            },
        ],
        "never": [{"where": {"age.half": ["low"], "work": ["retired"]}}],
        **changes,
    }


def fitted(document: dict[str, Any]) -> Any:
    return fit_population(margins_from(document, Path()))


def people(rows: int = 200_000, seed: int = 5) -> pl.DataFrame:
    return pl.concat(generate_population(luxembourg(), rows, seed))


def test_fitting_meets_margins_and_keeps_what_cannot_be_at_nothing() -> None:
    made = fitted(small())
    joint = made.blocks[0].joint
    assert np.allclose([joint[:2].sum(), joint[2:].sum()], [0.6, 0.4])
    assert np.allclose(joint.sum(axis=0), [0.5, 0.25, 0.25])
    assert (joint[:2, 2] == 0).all()
    assert all(fit.distance < 1e-9 for fit in made.fits)


def test_fitting_without_rules_is_independence() -> None:
    """Deming and Stephan from a table of ones: the product of the margins."""
    joint = fitted(small(never=[])).blocks[0].joint
    assert np.allclose(joint, np.outer([0.3, 0.3, 0.2, 0.2], [0.5, 0.25, 0.25]))


def test_a_margin_within_part_of_the_people_holds_there_only() -> None:
    within = {
        "columns": ["age.half"],
        "within": {"work": ["job"]},
        "kind": "assumption",
        "counts": {"low": 9, "high": 1},
    }
    document = small()
    document["margins"].append(within)
    joint = fitted(document).blocks[0].joint
    assert joint[:2, 0].sum() / joint[:, 0].sum() == pytest.approx(0.9)
    assert joint[:2].sum() == pytest.approx(0.6)


def test_blocks_pass_on_what_they_share() -> None:
    document = small(blocks=[["age", "work"], ["work", "place"]])
    document["columns"]["place"] = {"values": ["here", "there"]}
    table = {
        "job": {"here": 3, "there": 1},
        "none": {"here": 1, "there": 1},
        "retired": {"there": 2},
    }
    document["margins"].append(
        {"columns": ["work", "place"], "kind": "assumption", "counts": table}
    )
    made = fitted(document)
    second = made.blocks[1].joint
    assert np.allclose(second.sum(axis=1), made.blocks[0].joint.sum(axis=0))
    assert np.allclose(second, np.array([[3, 1], [1, 1], [0, 2]]) / 8)


def test_the_shipped_margins_are_met_within_sampling_error() -> None:
    """Chi-square of 15 margins at most six standard deviations above its mean."""
    margins, rows = luxembourg(), 200_000
    table = people(rows)
    for margin in margins.margins:
        inside = pl.lit(True)
        for (column, group), labels in margin.within.items():
            grouping = margins.columns[column].grouping(group)
            wanted = [
                value
                for value, place in zip(margins.columns[column].values, grouping.place, strict=True)
                if place >= 0 and grouping.labels[place] in labels
            ]
            inside &= pl.col(column).cast(pl.String).is_in(wanted)
        ((column, group),) = margin.references
        grouping = margins.columns[column].grouping(group)
        code = dict(zip(margins.columns[column].values, grouping.place.tolist(), strict=True))
        found = table.filter(inside)[column].cast(pl.String).replace_strict(code)
        counts = np.bincount(found.to_numpy(), minlength=len(grouping.labels))
        expected = margin.numbers / margin.numbers.sum() * counts.sum()
        some = expected > 0
        assert counts[~some].sum() == 0
        chi = ((counts[some] - expected[some]) ** 2 / expected[some]).sum()
        freedom = some.sum() - 1
        assert chi < freedom + 6 * np.sqrt(2 * freedom) + 6, margin.title


def test_rules_hold_for_every_person() -> None:
    table = people()
    child = pl.col("age") < 15
    assert table.filter(child != (pl.col("activity") == "child")).is_empty()
    assert table.filter(child & (pl.col("occupation") != "-")).is_empty()
    assert table.filter(
        (pl.col("activity") == "employed") == (pl.col("occupation") == "-")
    ).is_empty()
    assert table.filter(
        child & pl.col("household").cast(pl.String).is_in(["alone", "couple"])
    ).is_empty()


def test_the_same_seed_gives_the_same_people_in_any_chunks() -> None:
    margins = fit_population(luxembourg())
    whole = pl.concat(generate_population(margins, 5_000, 3))
    parts = list(generate_population(margins, 5_000, 3, chunk=777))
    assert [len(part) for part in parts] == [777] * 6 + [338]
    assert pl.concat(parts).equals(whole)
    assert not pl.concat(generate_population(margins, 5_000, 4)).equals(whole)


def test_columns_hang_together_as_affinities_say() -> None:
    table = people()
    means = dict(table.group_by("nationality").agg(pl.col("age").mean()).iter_rows())
    assert means["LU"] > means["PT"] + 2
    masters = pl.col("education") == "master"
    paid = table.filter(pl.col("income_band") == 10)
    assert len(paid.filter(masters)) / len(paid) > 1.5 * len(table.filter(masters)) / len(table)


def test_chunks_are_made_as_they_are_asked_for() -> None:
    """Ten thousand million people: the first chunk costs what any chunk costs."""
    frames = generate_population(luxembourg(), 10**10, 1, chunk=1_000)
    assert len(next(frames)) == 1_000


def test_a_file_is_written_with_its_dictionaries(tmp_path: Path) -> None:
    path, told = tmp_path / "people.parquet", list[int]()
    rows = write_population(path, luxembourg(), 2_500, 8, chunk=1_000, progress=told.append)
    read = pl.read_parquet(path)
    assert rows == 2_500
    assert told == [1_000, 2_000, 2_500]
    assert read.equals(pl.concat(generate_population(luxembourg(), 2_500, 8)))
    assert isinstance(read.schema["commune"], pl.Enum)
    assert [one.name for one in tmp_path.iterdir()] == ["people.parquet"]


def test_every_published_margin_names_its_source_and_every_other_says_why() -> None:
    margins = luxembourg()
    assert all(margin.note for margin in margins.margins)
    assert len(margins.columns["commune"].values) == 102
    assert "household within household.dwelling" in margins.assumptions()


def test_hierarchies_generalise_every_value() -> None:
    table = people(20_000)
    for name, hierarchy in population_hierarchies().items():
        lines = hierarchy.lines(name, table[name].unique().to_list())
        assert all(line[-1] == "*" for line in lines.values())
    communes = population_hierarchies()["commune"].lines("commune", ["Clervaux", "Mersch"])
    assert communes["Clervaux"] == ("Clervaux", "*")
    jobs = population_hierarchies()["occupation"].lines("occupation", ["25"])
    assert jobs["25"] == ("2", "managers and professionals", "*")


def test_margins_from_files(tmp_path: Path) -> None:
    (tmp_path / "sex.csv").write_text("sex,count\nF,30\nM,70\n")
    (tmp_path / "m.toml").write_text(
        'total = 100\ncolumns.sex.values = ["F", "M"]\n[[margins]]\ncolumns = ["sex"]\n'
        'kind = "assumption"\nfile = "sex.csv"\n'
    )
    made = fit_population(read_margins(tmp_path / "m.toml"))
    assert made.blocks[0].joint.tolist() == [0.3, 0.7]


def bad(**changes: Any) -> dict[str, Any]:
    margin = {"columns": ["work"], "kind": "assumption", "counts": {"job": 1}, **changes}
    return small(margins=[margin], never=[])


@pytest.mark.parametrize(
    ("document", "says"),
    [
        (small(total=0), "total"),
        (small(blocks=[["age"]]), "no block holds the column 'work'"),
        (small(blocks=[["age"], ["work"]]), "the rule on age and work"),
        (small(blocks=[["age", "work"], ["age"]]), "brings no new column"),
        (small(blocks=[["age", "nobody"]]), "'nobody', which they do not declare"),
        (bad(kind="rumour"), "published or an assumption"),
        (bad(kind="published"), "source and year"),
        (bad(counts={"robber": 1}), "'work' has no 'robber'"),
        (bad(counts={"job": -1}), "not negative"),
        (bad(counts={"job": "many"}), "no number"),
        (bad(counts={"job": 0}), "counts nobody"),
        (bad(columns=["work", "work"]), "each once"),
        (bad(columns=["work.unknown"]), "no groups 'unknown'"),
        ({"total": 1}, "lack 'columns'"),
    ],
)
def test_bad_documents_are_refused(document: dict[str, Any], says: str) -> None:
    with pytest.raises(BadInput, match=says):
        fitted(document)


def test_margins_that_contradict_each_other_are_refused() -> None:
    document = small()
    document["margins"].append(
        {"columns": ["work"], "kind": "assumption", "counts": {"job": 1, "none": 2, "retired": 1}}
    )
    with pytest.raises(BadInput, match="contradict each other"):
        fitted(document)


def test_a_margin_that_the_rules_forbid_is_named() -> None:
    document = small()
    document["margins"][0]["counts"] = {"low": 1, "high": 1}
    document["margins"][1]["counts"] = {"retired": 1}
    with pytest.raises(BadInput, match=r"contradict|rules"):
        fitted(document)
    document = small(never=[{"where": {"work": ["job"]}}])
    with pytest.raises(BadInput, match="work counts job, which the rules forbid"):
        fitted(document)


def test_small_disagreements_go_to_the_earlier_margin() -> None:
    document = small(tolerance=0.01)
    document["margins"].append(
        {
            "columns": ["work"],
            "kind": "assumption",
            "counts": {"job": 50.1, "none": 25, "retired": 25},
        }
    )
    made = fitted(document)
    assert made.fits[1].distance < 1e-9 < made.fits[2].distance < 0.01


def test_paths_and_sizes(tmp_path: Path) -> None:
    with pytest.raises(NotFound):
        read_margins(tmp_path / "none.toml")
    with pytest.raises(BadInput, match=r"\.parquet"):
        write_population(tmp_path / "people.csv", luxembourg(), 10)
    with pytest.raises(BadInput, match="1 to"):
        generate_population(luxembourg(), 0)
