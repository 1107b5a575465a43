"""An example of each privacy model, measure and transformation, as a plan file names it.

Tests hold the lists that the library has against these: what has no example fails them.
"""

from typing import Any

import polars as pl

ILLNESSES = ["flu", "cold", "none", "none", "asthma"]
PEOPLE = pl.DataFrame(
    {
        "ssn": [10_000 + number for number in range(300)],
        "age": [20 + (number * 11) % 50 for number in range(300)],
        "sex": ["f" if number % 3 else "m" for number in range(300)],
        "illness": [ILLNESSES[number % 5] for number in range(300)],
        "pay": [1_000 + (number * 37) % 900 for number in range(300)],
        "rent": [300 + (number * 13) % 400 for number in range(300)],
        "seen": [f"2024-{1 + number % 12:02}-{1 + number % 28:02}" for number in range(300)],
    }
).with_columns(pl.col("seen").str.to_date())

_EVERYBODY = (
    'variables = ["age", "sex"], people = ['
    + ", ".join(f'["{age}", "{sex}", 40]' for age in range(20, 70) for sex in ("f", "m"))
    + "]"
)
MODELS: dict[str, str] = {
    "k-anonymity": "k = 5",
    "distinct-l-diversity": 'l = 3, attribute = "illness"',
    "entropy-l-diversity": 'l = 2, attribute = "illness"',
    "recursive-cl-diversity": 'c = 4, l = 2, attribute = "illness"',
    "t-closeness": 't = 0.4, attribute = "illness"',
    "delta-disclosure": 'delta = 2.5, attribute = "illness"',
    "beta-likeness": 'beta = 3, attribute = "illness"',
    "highest-risk": "risk = 0.1",
    "average-risk": "risk = 0.05",
    "records-at-risk": "k = 5, share = 0.02",
    "k-map": f"k = 50, {_EVERYBODY}",
    "journalist-risk": f"risk = 0.02, {_EVERYBODY}",
    "journalist-records-at-risk": f"k = 50, share = 0.02, {_EVERYBODY}",
    "marketer-risk": f"risk = 0.02, {_EVERYBODY}",
    "delta-presence": f"lowest = 0, highest = 0.5, {_EVERYBODY}",
    "population-uniqueness": "share = 0.01, sampling_fraction = 0.1",
    "profitability": "benefit = 10, loss = 20, gain = 15, cost = 3",
    "differential-privacy": "epsilon = 2, delta = 0.001, choosing = 0.1",
}
"""The parameters of each model, in TOML."""

VARIANTS: tuple[tuple[str, str], ...] = (
    ("t-closeness", 't = 0.4, attribute = "pay", distance = "ordered"'),
    (
        "t-closeness",
        't = 0.5, attribute = "illness", distance = "hierarchical", '
        'hierarchy = { kind = "groups", levels = [{ ill = ["flu", "cold", "asthma"], well = ["none"] }] }',
    ),
    ("beta-likeness", 'beta = 3, attribute = "illness", enhanced = false'),
    ("profitability", "benefit = 10, loss = 20, gain = 15, cost = 3, attack = false"),
    ("profitability", f"benefit = 10, loss = 20, gain = 15, cost = 3, {_EVERYBODY}"),
    (
        "profitability",
        f"benefit = 10, loss = 20, gain = 15, cost = 3, attack = false, {_EVERYBODY}",
    ),
)
"""Models that say something else by what they are told."""

MEASURES: dict[str, str] = {
    "loss": "k-anonymity",
    "discernibility": "k-anonymity",
    "entropy": "k-anonymity",
    "precision": "k-anonymity",
    "average-class-size": "k-anonymity",
    "ambiguity": "k-anonymity",
    "kl-divergence": "k-anonymity",
    "payout": "profitability",
}
"""Each measure, with a model to go with it."""

TRANSFORMATIONS: dict[str, str] = {
    "weights": 'weights = { age = "3", sex = 1 }',
    "budget": "budget = { nodes = 5 }",
    "levels": "levels = { age = { at_least = 1 } }",
    "recoding": 'recoding = "local"',
    "aggregated": 'aggregated = { age = "mean" }',
    "sampling": 'sampling = { share = 0.5, stratify = ["sex"] }',
    "top_bottom": "top_bottom = { pay = { top_percentile = 95 }, rent = { bottom = 320 } }",
    "rounding": "rounding = { pay = 50 }",
    "microaggregation": 'microaggregation = [{ columns = ["pay", "rent"], k = 5 }]',
    "pseudonyms": 'pseudonymise = ["ssn"]\npseudonyms = { ssn = { policy = "document-randomised" } }',
    "date_shift": 'date_shift = { person = "ssn", columns = ["seen"], days = 30 }\npseudonymise = ["ssn"]',
    "pseudonymise": 'pseudonymise = ["ssn"]',
    "sensitive": 'sensitive = ["illness"]',
    "drop": 'drop = ["rent"]',
    "suppression": "suppression = 0.2",
    "measure": 'measure = "precision"',
}
"""A part of a plan each, as TOML."""


def model_line(name: str, parameters: str) -> str:
    """The models of a plan with one model."""
    return f'models = [{{ model = "{name}", {parameters} }}]\n'


QUASI_IDENTIFIERS = """
[quasi_identifiers]
age = { kind = "intervals", widths = [5, 10, 20] }
sex = { kind = "suppressible" }
"""


def plan_text(first: str, **parts: Any) -> str:
    """A plan in TOML: ``first`` holds its models and parts."""
    told = "" if "suppression" in first else "suppression = 0.3\n"
    return (
        told
        + first
        + "".join(f"{name} = {value}\n" for name, value in parts.items())
        + QUASI_IDENTIFIERS
    )
