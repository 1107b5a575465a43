"""The output check: each rule refuses what breaks it and lets through what does not."""

import io
import json
import pickle
import time
import tracemalloc
import zipfile
from typing import Any

import polars as pl
import pytest

from casemate.canonical import digest
from casemate.enclave.checks import CheckContext, Rules, Verdict, check
from casemate.enclave.collect import CollectedFile


def people() -> pl.DataFrame:
    """600 people; one of them has nearly all the income, four have something rare."""
    count = 600
    return pl.DataFrame(
        {
            "person": [f"{(7919 * n) % 1000003:06d}-{n:04x}beef" for n in range(count)],
            "sex": [n % 2 for n in range(count)],
            "age": ["[40, 50)", "[50, 60)", "[60, 70)"] * (count // 3),
            "quit": [int(n % 5 == 0) for n in range(count)],
            "weight": [60 + (n * 37 % 1000) / 37 for n in range(count)],
            "income": [10_000_000.0 if n == 0 else 100.0 + n for n in range(count)],
            "rare": [1 if n < 4 else 0 for n in range(count)],
            "visit": [None if n < 50 else n % 3 for n in range(count)],
        }
    )


CONTEXT = CheckContext({"people": people()})


def judge(name: str, content: str | bytes, context: CheckContext = CONTEXT) -> Verdict:
    data = content if isinstance(content, bytes) else content.encode()
    return check(CollectedFile(name, data, digest(data)), context)


def rules_of(verdict: Verdict) -> set[str]:
    return {reason.rule for reason in verdict.reasons}


def counts(*keys: str, frame: pl.DataFrame | None = None) -> pl.DataFrame:
    return (people() if frame is None else frame).group_by(keys).len("count").sort(keys)


def expect(verdict: Verdict, decision: str, rule: str = "") -> None:
    assert verdict.decision == decision, verdict
    assert not rule or rule in rules_of(verdict), verdict
    json.dumps([reason.evidence for reason in verdict.reasons])


# Tables of counts.


@pytest.mark.parametrize("keys", [("sex",), ("sex", "quit"), ("age", "sex", "quit"), ("visit",)])
def test_a_true_table_with_large_cells_passes(keys: tuple[str, ...]) -> None:
    frame = counts(*keys).drop_nulls()
    expect(judge("table.csv", frame.write_csv()), "pass", "reproduced")
    expect(judge("table.json", json.dumps(frame.to_dicts())), "pass", "reproduced")
    expect(judge("table.tsv", frame.write_csv(separator="\t")), "pass", "reproduced")


def test_a_small_cell_is_refused_by_row_and_threshold() -> None:
    verdict = judge("table.csv", counts("rare").write_csv())
    expect(verdict, "refuse", "minimum cell count")
    (reason,) = [reason for reason in verdict.reasons if reason.rule == "minimum cell count"]
    assert reason.message == "row 2: the cell holds fewer than 10 people"
    assert reason.evidence == {"rows": [2], "cells": 1, "threshold": 10}


def test_the_threshold_is_the_authoritys() -> None:
    context = CheckContext(CONTEXT.inputs, Rules(min_cell=4))
    assert judge("table.csv", counts("rare").write_csv(), context).decision == "pass"


@pytest.mark.parametrize("change", [-1, 1, 100])
def test_a_count_that_the_data_do_not_give_is_refused(change: int) -> None:
    frame = counts("sex", "quit")
    lie = frame.with_columns(
        count=pl.col("count").cast(pl.Int64) + pl.lit([change, 0, 0, 0]).explode()
    )
    expect(judge("table.csv", lie.write_csv()), "refuse", "claim not reproduced")


def test_a_small_cell_dressed_up_as_a_large_one_is_refused() -> None:
    verdict = judge("table.csv", "rare,count\n0,596\n1,40\n")
    assert {"claim not reproduced", "minimum cell count"} <= rules_of(verdict)


def test_words_in_a_count_column_are_no_counts() -> None:
    expect(judge("table.csv", "sex,count\n0,300\n1,Jane\n"), "refuse", "claim not reproduced")


def test_counts_of_those_with_a_value_are_reproduced() -> None:
    held = people().filter(pl.col("visit").is_not_null())
    expect(judge("table.csv", counts("sex", frame=held).write_csv()), "pass", "reproduced")


def test_counts_rounded_to_five_are_reproduced() -> None:
    frame = people().head(594)
    context = CheckContext({"people": frame})
    rounded = counts("age", frame=frame).with_columns(count=pl.lit(200))
    expect(judge("table.csv", rounded.write_csv(), context), "pass", "reproduced")


def test_a_crosstab_is_recomputed_with_its_margins() -> None:
    good = "sex,0,1,All\n0,240,60,300\n1,240,60,300\nAll,480,120,600\n"
    expect(judge("table.csv", good), "pass", "reproduced")
    small = "sex,0,1\n0,298,2\n1,298,2\n"
    expect(judge("table.csv", small), "refuse", "minimum cell count")
    lie = good.replace("240,60,300\n1", "230,70,300\n1")
    assert judge("table.csv", lie).decision != "pass"


def test_an_index_column_does_no_harm() -> None:
    frame = counts("sex", "quit").with_row_index("")
    expect(judge("table.csv", frame.write_csv()), "pass", "reproduced")


# Disclosure without a small cell in sight.


def test_a_left_out_cell_that_follows_from_the_total_is_refused() -> None:
    expect(judge("table.csv", "rare,count\n0,596\n"), "refuse", "differencing")


@pytest.mark.parametrize("mark", ["", "*", "x", "<10", "[c]"])
def test_a_suppressed_cell_that_follows_from_the_total_is_refused(mark: str) -> None:
    expect(judge("table.csv", f"rare,count\n0,596\n1,{mark}\n"), "refuse", "differencing")


def test_a_suppressed_cell_that_does_not_follow_passes() -> None:
    table = 'age,count\n"[40, 50)",200\n"[50, 60)",*\n"[60, 70)",200\n'
    expect(judge("table.csv", table), "pass", "reproduced")


def test_a_suppressed_row_may_not_show_its_mean() -> None:
    common, rare = (str(people().filter(rare=n)["weight"].mean()) for n in (0, 1))
    verdict = judge("table.csv", f"rare,count,weight\n0,596,{common}\n1,*,{rare}\n")
    assert verdict.decision == "refuse"
    assert "not recomputed" in rules_of(verdict)


def test_a_class_that_has_one_value_is_refused() -> None:
    frame = people().with_columns(ill=pl.when(pl.col("sex") == 1).then(pl.col("quit")).otherwise(0))
    context = CheckContext({"people": frame})
    verdict = judge("table.csv", counts("sex", "ill", frame=frame).write_csv(), context)
    expect(verdict, "refuse", "class disclosure")


def test_a_cell_of_nobody_is_for_a_person_to_judge() -> None:
    assert "zero cells" in rules_of(judge("table.csv", "sex,count\n0,300\n1,300\n2,0\n"))


def test_a_share_that_gives_a_small_count_is_refused() -> None:
    table = people().group_by("sex").agg(pl.len().alias("count"), pl.col("rare").mean()).sort("sex")
    expect(judge("table.csv", table.write_csv()), "refuse", "minimum cell count")


# Statistics within cells.


def means(variable: str, *extra: pl.Expr) -> str:
    table = (
        people()
        .group_by("sex")
        .agg(pl.len().alias("count"), pl.col(variable).mean().alias(f"{variable}_mean"), *extra)
    )
    return table.sort("sex").write_csv()


def test_means_sums_and_deviations_are_recomputed() -> None:
    weight = pl.col("weight")
    extra = (weight.std().alias("std_weight"), weight.sum().alias("weight_sum"),
             weight.median().round(2).alias("median"))  # fmt: skip
    expect(judge("table.csv", means("weight", *extra)), "pass", "reproduced")


def test_a_false_mean_is_not_let_through() -> None:
    verdict = judge("table.csv", "sex,count,weight_mean\n0,300,73.1\n1,300,99.9\n")
    expect(verdict, "review", "not recomputed")


def test_a_mean_that_one_person_dominates_is_refused() -> None:
    expect(judge("table.csv", means("income")), "refuse", "dominance")


def test_means_without_a_count_rest_on_enough_people() -> None:
    table = people().group_by("rare").agg(pl.col("weight").mean()).sort("rare")
    expect(judge("table.csv", table.write_csv()), "refuse", "minimum cell count")
    large = people().group_by("sex").agg(pl.col("weight").mean()).sort("sex")
    expect(judge("table.csv", large.write_csv()), "pass")


def test_extremes_never_leave() -> None:
    expect(
        judge("table.csv", means("weight", pl.col("weight").max().alias("max"))),
        "refuse",
        "extremes",
    )


# People in a file.


def test_rows_of_the_inputs_are_refused() -> None:
    rows = people().select("sex", "age", "weight", "income").head(40)
    expect(judge("rows.csv", rows.write_csv()), "refuse", "minimum cell count")
    expect(judge("rows.json", json.dumps(rows.to_dicts())), "refuse", "minimum cell count")
    mixed = rows.with_columns(note=pl.lit("x")).write_csv()
    expect(judge("rows.csv", mixed), "refuse", "unit records")


def test_a_median_may_be_somebodys_value() -> None:
    table = people().group_by("sex", "age").agg(pl.len().alias("count"), pl.col("weight").median())
    table = table.rename({"weight": "weight_median"}).sort("sex", "age")
    expect(judge("table.csv", table.write_csv()), "pass", "reproduced")


def test_rows_under_other_names_are_refused() -> None:
    rows = people().select(a="weight", b=pl.lit("x")).head(40)
    expect(judge("rows.csv", rows.write_csv()), "refuse", "embedded values")


def test_as_many_rows_as_people_are_refused() -> None:
    expect(
        judge("rows.csv", people().select(z=pl.col("sex") + 1).write_csv()),
        "refuse",
        "unit records",
    )


@pytest.mark.parametrize("wrap", ["{}", "id={};", "prefix{}suffix", '{{"key": "{}"}}', "a {} b"])
def test_a_pseudonym_is_found_wherever_it_stands(wrap: str) -> None:
    text = wrap.format(str(people()["person"][7]))
    for name in ("note.txt", "note.md", "note.json", "image.png"):
        content = b"\x89PNG\r\n\x1a\n" + text.encode() if name == "image.png" else text.encode()
        verdict = judge(name, content)
        assert verdict.decision == "refuse", (name, verdict)


# Estimates.

ESTIMATE: dict[str, Any] = {
    "estimate": 3.4, "ci_low": 2.4, "ci_high": 4.5, "standard_error": 0.5,
    "n": 600, "parameters": 2, "residual_dof": 598,
}  # fmt: skip


def estimate(**changes: Any) -> Verdict:
    return judge("effect.json", json.dumps({**ESTIMATE, **changes}))


def test_an_estimate_on_enough_people_passes() -> None:
    expect(estimate(), "pass", "estimate")
    expect(estimate(n=550, residual_dof=548), "pass", "estimate")


@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        ({"n": 9, "residual_dof": 7}, "minimum cell count"),
        ({"n": 601, "residual_dof": 599}, "claim not reproduced"),
        ({"residual_dof": 500}, "claim not reproduced"),
        ({"parameters": 595, "residual_dof": 5}, "degrees of freedom"),
        ({"parameters": 300, "residual_dof": 300}, "saturation"),
        ({"parameters": 0, "residual_dof": 600}, "degrees of freedom"),
        ({"ci_low": 5.0}, "implausible"),
        ({"n": -600}, "minimum cell count"),
        ({f"x{n}": n for n in range(100)}, "too many figures"),
    ],
)
def test_an_estimate_that_breaks_a_rule_is_refused(changes: dict[str, Any], rule: str) -> None:
    expect(estimate(**changes), "refuse", rule)


def test_an_estimate_without_parameters_is_refused() -> None:
    document = {name: value for name, value in ESTIMATE.items() if name != "parameters"}
    expect(judge("effect.json", json.dumps(document)), "refuse", "degrees of freedom")


@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        ({"n": 400, "residual_dof": 398}, "not recomputed"),
        ({"extra": 1.5}, "not recomputed"),
        ({"note": "x" * 200}, "free text"),
        ({"estimate": 3.4123456789012}, "digits"),
        ({"more": [ESTIMATE, ESTIMATE, ESTIMATE]}, "many figures"),
    ],
)
def test_what_cannot_be_recomputed_is_for_a_person(changes: dict[str, Any], rule: str) -> None:
    expect(estimate(**changes), "review", rule)


# Kinds of file.


def archive() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as file:
        file.writestr("a.csv", "x")
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("model.pkl", pickle.dumps({"a": 1})),
        ("table.csv", pickle.dumps({"a": 1})),
        ("table.csv", pickle.dumps({"a": 1}, protocol=0)),
        ("table.csv", archive()),
        ("table.csv", b"\x1f\x8b\x08"),
        ("table.csv", b"\x7fELF"),
        ("run.csv", b"#!/bin/sh\nid"),
        ("figure.txt", b"<?xml version='1.0'?><SVG onload='x'/>"),
        ("model.joblib", b"x"),
        ("page.html", b"<script>"),
        ("figure.png", b"not a picture"),
        ("figure.pdf", b"%PDF-1.7"),
        ("data.bin", b"\x00\x01\x02"),
    ],
)
def test_what_runs_or_hides_files_never_leaves(name: str, content: bytes) -> None:
    expect(judge(name, content), "refuse", "file type")


def test_a_table_whose_text_reads_like_an_old_pickle_is_a_table() -> None:
    ill = pl.DataFrame({"ill": [0.0] * 20 + [1.0] * 30})
    verdict = judge("by_ill.csv", b"ill,count\n0.0,20\n1.0,30\n", CheckContext({"ill": ill}))
    assert verdict.decision != "refuse", verdict


def test_a_picture_that_cannot_be_read_and_a_drawing_of_nothing_are_refused() -> None:
    expect(judge("figure.png", b"\x89PNG\r\n\x1a\n...."), "refuse")
    expect(judge("figure.svg", b"<svg/>"), "refuse", "malformed")


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("note.txt", b"We find no effect."),
        ("book.ipynb", b'{"cells": []}'),
        ("unknown.xyz", b"text"),
        ("table.csv", b"colour,size\nred,3\n"),
        ("thing.json", b'{"colour": "red"}'),
    ],
)
def test_what_a_machine_cannot_judge_is_for_a_person(name: str, content: bytes) -> None:
    expect(judge(name, content), "review")


# Hostile text, within bounds of time and memory.

HOSTILE = {
    "nested lists": ("a.json", b"[" * 2_000_000),
    "nested objects": ("a.json", b'{"a":' * 500_000),
    "quotes that never end": ("a.json", b'"' + b'\\"' * 2_000_000),
    "many open strings": ("a.json", b'"\\' * 2_000_000),
    "a number of a million digits": ("a.json", b"1" * 1_000_000),
    "an exponent beyond floats": ("a.json", b'{"n": 1e999999}'),
    "not a number": ("a.json", b'{"n": NaN}'),
    "a name twice": ("a.json", b'{"n": 600, "n": 5}'),
    "a million columns": ("a.csv", b"," * 1_000_000),
    "a million rows": ("a.csv", b"1\n" * 1_000_000),
    "a quote that never ends": ("a.csv", b'a,b\n"' + b"x\n" * 1_000_000),
    "ragged rows": ("a.csv", b"a,b\n1\n1,2,3\n"),
    "columns of one name": ("a.csv", b"sex,sex\n1,2\n"),
    "invalid UTF-8": ("a.csv", b"sex,count\n\xff\xfe,1\n"),
    "UTF-16": ("a.csv", "sex,count\n0,300\n".encode("utf-16-le") + b"\x01"),
    "control characters": ("a.csv", b"sex,count\n0,300\x0b\n"),
    "line separators inside a cell": ("a.csv", "sex,count\n0,300\u20281,300\n".encode()),
    "overridden direction": ("a.csv", "sex,count\n\u202e0,300\n".encode()),
    "too large": ("a.csv", b"x" * (6 * 1024 * 1024)),
    "digits without end": ("a.txt", b"1" * 3_000_000 + b"a.1"),
    "empty": ("a.csv", b""),
    "empty JSON": ("a.json", b""),
    "formula": ("a.csv", b"sex,count,=cmd|' /C calc'!A0\n0,300,1\n1,300,1\n"),
}


@pytest.mark.parametrize("case", HOSTILE)
def test_hostile_text_is_judged_within_bounds(case: str) -> None:
    name, content = HOSTILE[case]
    began = time.process_time()
    verdict = judge(name, content)
    assert time.process_time() - began < 5
    assert verdict.decision == ("review" if case == "digits without end" else "refuse"), verdict


def test_memory_stays_in_proportion() -> None:
    tracemalloc.start()
    judge("a.json", b"[" * 500_000)
    judge("a.csv", b"1\n" * 250_000)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 50 * 1024 * 1024


def test_many_small_keys_are_judged_in_time() -> None:
    frame = pl.DataFrame({"key": list(range(20_000)), "value": [1.0] * 20_000})
    began = time.process_time()
    context = CheckContext({"frame": frame}, Rules(max_rows=30_000))
    assert judge("a.csv", counts("key", frame=frame).write_csv(), context).decision == "refuse"
    assert time.process_time() - began < 5
