"""Descriptions: every wrong field is named; drafts guess on the side of caution."""

import json
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from casemate.catalogue import VariableRole, VariableType, describe, load_description
from casemate.errors import BadInput, NotFound

GOOD: dict[str, Any] = {
    "id": "visits-2024",
    "title": {"en": "Visits", "fr": "Visites", "lb": "Visitten"},
    "description": "Every visit of 2024.",
    "themes": ["HEAL"],
    "keywords": {"en": ["visit", "hospital"]},
    "license": "CC_BY_4_0",
    "allowed_purposes": ["dpv:ScientificResearch"],
    "contact": {"name": "Data desk", "email": "data@hospital.example"},
    "temporal": {"start": "2024-01-01", "end": "2024-12-31"},
    "rules": {"min_k": 7, "max_suppression": "0.01"},
    "variables": {
        "nhs": {"role": "direct_identifier", "label": "Number"},
        "age": {"role": "quasi_identifier", "label": {"en": "Age"}, "unit": "years", "minimum": 0},
    },
}


def test_toml_json_and_mapping_give_the_same(tmp_path: Path) -> None:
    (tmp_path / "d.json").write_text(json.dumps(GOOD))
    toml = """
id = "visits-2024"
description = "Every visit of 2024."
themes = ["HEAL"]
license = "CC_BY_4_0"
allowed_purposes = ["dpv:ScientificResearch"]
title = {en = "Visits", fr = "Visites", lb = "Visitten"}
keywords = {en = ["visit", "hospital"]}
contact = {name = "Data desk", email = "data@hospital.example"}
temporal = {start = 2024-01-01, end = 2024-12-31}
rules = {min_k = 7, max_suppression = "0.01"}
[variables.nhs]
role = "direct_identifier"
label = "Number"
[variables.age]
role = "quasi_identifier"
label = {en = "Age"}
unit = "years"
minimum = 0
"""
    (tmp_path / "d.toml").write_text(toml)
    described = load_description(GOOD)
    assert load_description(tmp_path / "d.json") == described
    assert load_description(tmp_path / "d.toml") == described
    assert described.description == {"en": "Every visit of 2024."}
    assert described.with_role(VariableRole.DIRECT_IDENTIFIER) == {"nhs"}
    assert load_description(described.model_dump(mode="json")) == described


BAD: dict[str, tuple[dict[str, Any], str]] = {
    "slug": ({"id": "../etc/passwd"}, "id: String should match pattern"),
    "long slug": ({"id": "a" * 65}, "id: "),
    "role": ({"variables": {"a": {"role": "secret", "label": "A"}}}, "variables.a.role"),
    "no label": ({"variables": {"a": {"role": "other"}}}, "variables.a.label: Field required"),
    "no variables": ({"variables": {}}, "variables: "),
    "no title": ({"title": {}}, "title: "),
    "language": ({"title": {"xx": "T"}}, "title.xx"),
    "theme": ({"themes": ["HEALTH"]}, "themes.0: 'HEALTH' is not in the theme list"),
    "licence": ({"license": "free"}, "license: 'free' is neither"),
    "licence IRI": ({"license": 'https://x.org/"> <evil>'}, "license: "),
    "purpose": ({"allowed_purposes": ["research please"]}, "allowed_purposes.0"),
    "period": ({"temporal": {"start": "2024-01-02", "end": "2024-01-01"}}, "temporal: ends on"),
    "contact": ({"contact": {"name": "x"}}, "contact: give an email or a url"),
    "email": ({"contact": {"name": "x", "email": "nobody"}}, "contact.email"),
    "control sign": ({"title": "a\x00b"}, "U+0000"),
    "unknown field": ({"colour": "red"}, "colour: Extra inputs"),
    "person": ({"person": "nobody"}, "person names the variable 'nobody'"),
    "comparison": ({"consistency": [{"left": "age", "relation": "<", "right": "x"}]}, "'x'"),
    "rules": ({"rules": {"min_k": 1}}, "rules.min_k"),
}


@pytest.mark.parametrize("case", BAD)
def test_a_wrong_field_is_named(case: str) -> None:
    change, says = BAD[case]
    with pytest.raises(BadInput) as raised:
        load_description({**GOOD, **change})
    assert says in str(raised.value)


def test_many_faults_are_counted_and_values_not_repeated() -> None:
    variables = {f"v{n}": {"role": "private-value-42", "label": "x"} for n in range(9)}
    with pytest.raises(BadInput, match="and 4 more") as raised:
        load_description({**GOOD, "variables": variables})
    assert "private-value-42" not in str(raised.value)


def test_bad_files(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="no description at"):
        load_description(tmp_path / "none.toml")
    for name, content, says in (
        ("a.toml", b"id = x\n", "not valid TOML.*line 1"),
        ("a.json", b"{", "not valid JSON"),
        ("b.json", b"\xff\xfe{", "not UTF-8 at byte 0"),
        ("c.json", b"[]", "dictionary"),
    ):
        (tmp_path / name).write_bytes(content)
        with pytest.raises(BadInput, match=says):
            load_description(tmp_path / name)


def test_a_draft_guesses_roles_and_types() -> None:
    rows = 40
    frame = pl.DataFrame(
        {
            "patientId": range(rows),
            "Full Name": [f"P {n}" for n in range(rows)],
            "login": [f"u{n}@x.org" for n in range(rows)],
            "token": [f"t{n:05}" for n in range(rows)],
            "Age": [30 + n % 9 for n in range(rows)],
            "code_postal": ["L-1234"] * rows,
            "first_seen": [date(2020, 1, 1)] * rows,
            "diagnosis": ["x"] * rows,
            "score": [0.5] * rows,
        }
    )
    draft = describe(frame, dataset_id="draft")
    roles = {name: variable.role.value for name, variable in draft.variables.items()}
    assert roles == {
        "patientId": "direct_identifier",
        "Full Name": "direct_identifier",
        "login": "direct_identifier",
        "token": "direct_identifier",
        "Age": "quasi_identifier",
        "code_postal": "quasi_identifier",
        "first_seen": "quasi_identifier",
        "diagnosis": "sensitive",
        "score": "other",
    }
    assert draft.variables["first_seen"].type == VariableType.DATE
    assert draft.variables["Age"].type == VariableType.INTEGER
