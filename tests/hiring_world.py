"""An employer with people's past applications, and a provider who trains a model on them. No test.

By construction skill decides who is right for the work, women are as skilled as men, and those who chose in
the past held a gap in a career against people: more women have one. A model that reads the gap learns that.
"""

import json
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

import casemate
from casemate.access import OutputRules
from casemate.enclave import Run
from casemate.platform import Platform

OPERATOR, EMPLOYER, PROVIDER = "acct-operator", "acct-employer", "acct-provider"
AUTHORITY, CHECKER, AUDITOR = "acct-authority", "acct-checker", "acct-auditor"
CAST = {
    "employer": ("org-employer", "data_holder"),
    "provider": ("org-provider", "data_user"),
    "authority": ("org-access-body", "authority"),
    "checker": ("org-access-body", "output_checker"),
    "auditor": ("org-court", "auditor"),
}
DESCRIPTION = """
id = "candidates"
title = { en = "Past applications for work" }
description = { en = "One row an application of people who do not exist." }
themes = ["SOCI"]
access_right = "non_public"
regime = "dga"
allowed_purposes = ["dpv:ScientificResearch"]

[rules]
min_k = 5
min_cell = 10
max_suppression = "0.05"
max_days = 365

[variables]
skill = { label = { en = "Result of the test of skill" }, role = "other" }
gap = { label = { en = "Years without work" }, role = "other" }
sex = { label = { en = "Sex" }, role = "quasi_identifier" }
invited = { label = { en = "Whether they were invited" }, role = "sensitive" }
"""
FORM = """
title = "Whom to invite"
applicant_role = "engineer"
method = "A logistic regression, tried by sex"
outputs = ["a model in ONNX", "its evaluation"]
people = ["acct-provider"]
duration_days = 90

[purpose]
term = "dpv:ScientificResearch"
description = "Whether a model can sort applications without holding sex against anybody."

[legal_basis]
article_6 = "e"
article_9 = "j"

[[datasets]]
dataset = "candidates"
population = "all applicants"
variables = [
  { name = "skill", necessity = "what the work needs" },
  { name = "gap", necessity = "what was read in the past" },
  { name = "sex", necessity = "to compare" },
  { name = "invited", necessity = "what was decided" },
]
"""
PLAN = """
suppression = "0.05"
models = [{ model = "k-anonymity", k = 5 }]

[quasi_identifiers]
sex = { kind = "suppressible" }
"""
TRAIN = """
import numpy as np
import onnx
import polars as pl
from onnx import TensorProto, helper
from sklearn.linear_model import LogisticRegression

FEATURES = {features}
rows = pl.read_parquet("/in/candidates.parquet")
truth = rows["invited"].cast(pl.String).str.to_lowercase().is_in(["true", "1"]).to_numpy()
fitted = LogisticRegression().fit(rows.select(FEATURES).to_numpy(), truth)
weights = [float(one) for one in fitted.coef_[0].round(3)]
node = helper.make_node(
    "LinearClassifier", ["x"], ["y", "p"], domain="ai.onnx.ml", post_transform="LOGISTIC",
    coefficients=[-one for one in weights] + weights,
    intercepts=[-round(float(fitted.intercept_[0]), 3), round(float(fitted.intercept_[0]), 3)],
    classlabels_ints=[0, 1],
)
graph = helper.make_graph(
    [node], "screening",
    [helper.make_tensor_value_info("x", TensorProto.FLOAT, [None, len(FEATURES)])],
    [helper.make_tensor_value_info("p", TensorProto.FLOAT, [None, 2])],
)
model = helper.make_model(
    graph, opset_imports=[helper.make_opsetid("", 17), helper.make_opsetid("ai.onnx.ml", 3)]
)
onnx.save(model, "/out/{name}.onnx")
"""


def candidates(count: int = 1500, seed: int = 3) -> pl.DataFrame:
    """The past applications."""
    draw = np.random.default_rng(seed)
    sex = np.where(draw.random(count) < 0.45, "F", "M")
    skill = draw.normal(size=count).round(2)
    gap = (draw.exponential(0.3, count) + 1.6 * (sex == "F")).round(1)
    liking = 1.6 * skill - 0.9 * gap + 0.8 + 0.7 * draw.normal(size=count)
    return pl.DataFrame({"skill": skill, "gap": gap, "sex": sex, "invited": liking > 0})


def training(name: str, *features: str) -> str:
    """The program that trains a model called ``name`` which reads ``features``."""
    return TRAIN.replace("{features}", repr(list(features))).replace("{name}", name)


ENTRY: dict[str, Any] = {
    "short_description": "Trains a model that screens applications.",
    "publication_category": "high_risk_ai",
    "ai_act_class": "high_risk",
    "annex_iii_points": ["4(a)"],
}
"""What the provider says of a training program for the register."""
UNFAIR = training("first", "skill", "gap")
FAIR = training("second", "skill")


@contextmanager
def hiring(folder: Path) -> Iterator[Platform]:
    """A home with everybody in it and the table published."""
    with casemate.create(folder, operator="Operator") as place:
        for name, (organisation, role) in CAST.items():
            if organisation not in {one.id for one in place.organisations(OPERATOR)}:
                place.add_organisation(OPERATOR, organisation[4:].replace("-", " ").title())
            place.add_account(
                OPERATOR, name.title(), organisation, [role], account_id=f"acct-{name}"
            )
        file = folder.with_name("candidates.csv")
        candidates().write_csv(file)
        place.publish(EMPLOYER, file, tomllib.loads(DESCRIPTION))
        yield place


def permitted(place: Platform, form: Any = None, dataset: str = "candidates") -> str:
    """A permit of the provider's on a table, under which a model may leave."""
    applied = place.apply(PROVIDER, form or tomllib.loads(FORM))
    rules = OutputRules(allowed_types=("csv", "json", "txt", "onnx"))
    given: dict[str, Any] = {"plans": {dataset: tomllib.loads(PLAN)}, "output_rules": rules}
    return place.approve(AUTHORITY, applied.id, "In the public interest.", **given).id


def trained(place: Platform, permit: str, program: str, algorithm: str | None = None) -> str:
    """The id of the model that ``program`` leaves, cleared by the checker."""
    terms: dict[str, Any] = {"entry": ENTRY} if algorithm is None else {"algorithm": algorithm}
    handed = place.run(PROVIDER, permit, program.encode(), **terms)
    run = place.wait(PROVIDER, handed.id, timeout=120)
    assert run.is_over, run
    found = {one.ending: one for one in place.outputs(CHECKER, run.id)}
    assert "onnx" in found, (run, place.outputs(CHECKER, run.id))
    place.review(CHECKER, found["onnx"].id, clear=True, reason="A model of three numbers.")
    return found["onnx"].id


def ended(place: Platform, run: Run) -> Run:
    """The run when the machine is done with it."""
    return place.wait(PROVIDER, run.id, timeout=120)


def asked(**changes: Any) -> bytes:
    """A request to try a model, as it is handed in."""
    told = {"target": "invited", "features": ["skill", "gap"], "protected": ["sex"], **changes}
    return json.dumps(told).encode()
