"""Every operation of the API is asked, answers, and has an example that fits its own schema."""

from collections.abc import Iterator
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from portal.api_tour import Tour, toured

from casemate.portal.examples import examples


@pytest.fixture(scope="module")
def tour(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tour]:
    with toured(tmp_path_factory.mktemp("tour")) as made:
        yield made


def operations(tour: Tour) -> Iterator[tuple[str, dict[str, Any]]]:
    for path, known in description(tour)["paths"].items():
        for method, operation in known.items():
            yield f"{method.upper()} {path}", operation


def description(tour: Tour) -> dict[str, Any]:
    answer: dict[str, Any] = tour.portal.client.get("/api/v1/openapi.json").json()
    return answer


WITH_A_MODEL = {"GET /api/v1/corpora/{corpus}/plain-by-model"}
"""Answered where the home's settings name a language model: in the tour's none is, and it is told so."""


@pytest.mark.slow
@pytest.mark.timeout(400)
def test_every_operation_is_asked_and_answers(tour: Tour) -> None:
    redirects = {"GET /catalogue", "GET /dataset/{dataset}"}
    assert {name for name, _ in operations(tour)} - redirects - WITH_A_MODEL == set(tour.said)


@pytest.mark.slow
def test_every_operation_with_a_document_has_an_example(tour: Tour) -> None:
    with_document = {name for name, one in tour.said.items() if one.document()}
    assert with_document == set(examples()), "record it anew: python tests/portal/api_tour.py"


@pytest.mark.slow
def test_every_example_fits_its_schema(tour: Tour) -> None:
    document = description(tour)
    wrong = []
    for name, operation in operations(tour):
        shown = [operation.get("requestBody", {}), *operation["responses"].values()]
        for described in shown:
            content = described.get("content", {}).get("application/json", {})
            if "example" not in content:
                continue
            schema = {**content["schema"], "components": document["components"]}
            found = Draft202012Validator(schema).iter_errors(content["example"])
            wrong += [f"{name}: {error.json_path}: {error.message[:200]}" for error in found]
    assert not wrong, "\n".join(wrong)
