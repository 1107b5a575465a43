"""Splink 5 on a DuckDB of its own: in memory, with no network, no files, no extensions.

Only Splink's estimation and prediction are used (Linacre and others, International Journal of
Population Data Science 7(1), 2022). Charts and model files are not, so nothing is written.
"""

import importlib
import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import polars as pl

from casemate.errors import BadInput
from casemate.protection.name_matching.evidence import (
    OTHER,
    Comparison,
    MatchModel,
    comparisons_for,
)
from casemate.protection.name_matching.people import ROW

_SEED = 20190401
_RANDOM_PAIRS = 1_000_000
_TRAINING_PAIRS = 2_000_000
_FEWEST = 30  # sure pairs; below, m rests on a handful
_RECALL = 0.8  # of the sure rules: what share of true pairs agrees on them, roughly
_FLOOR = 1e-3  # m of a level that training never met
SURE = {
    "birth_date": "l.first_name = r.first_name AND l.last_name = r.last_name "
    "AND l.birth_date = r.birth_date",
    "identifier": "l.identifier = r.identifier AND l.last_name_sound = r.last_name_sound",
}
_ROUNDS = (  # each estimates the m of what it does not hold fixed
    ("birth_date", "l.birth_date = r.birth_date"),
    ("identifier", "l.identifier = r.identifier"),
    ("first_name", "l.first_name = r.first_name AND l.last_name = r.last_name"),
)


class Engine:
    """The tables of one matching in a closed DuckDB, and a Splink linker on them."""

    def __init__(self, tables: Mapping[str, pl.DataFrame], roles: Mapping[str, str]) -> None:
        splink = importlib.import_module("splink")
        self._splink, self._comparisons = splink, comparisons_for(roles)
        self.connection = closed_database()
        self._api = splink.DuckDBAPI(self.connection)
        self._link = "dedupe_only" if len(tables) == 1 else "link_only"
        self._roles = roles
        self._frames = []
        for name, table in tables.items():
            self._frames.append(
                self._api.register(table.to_arrow(), dataset_display_name=f"people_{name}")
            )

    def linker(self, model: MatchModel | None, rules: list[str]) -> Any:
        """A linker that knows ``model``, or is to be trained."""
        splink = self._splink
        settings = splink.SettingsCreator(
            link_type=self._link,
            unique_id_column_name=ROW,
            comparisons=[_splink_comparison(each, model) for each in self._comparisons],
            blocking_rules_to_generate_predictions=[{"blocking_rule": rule} for rule in rules],
            probability_two_random_records_match=1e-4 if model is None else model.prior,
            retain_matching_columns=False,
            max_iterations=50,
        )
        return splink.Linker(self._frames, settings, log_level=None)

    def trained(self) -> MatchModel:
        """Estimate the model from the tables: EM, the same model from the same tables.

        Raises BadInput where there is too little to learn from.
        """
        rules = [rule for role, rule in SURE.items() if role in self._roles]
        if not rules:
            raise BadInput(
                "names alone do not teach which agreements are one person: name a birth_date or "
                "an identifier column, or give a model with its weights"
            )
        linker = self.linker(None, rules)
        with _alone(self.connection):
            self._require_enough(rules)
            training = linker.training
            training.estimate_probability_two_random_records_match(rules, recall=_RECALL)
            training.estimate_u_using_random_sampling(
                max_pairs=_RANDOM_PAIRS, seed=_SEED, min_count_per_level=None
            )
            for role, rule in _ROUNDS:
                if role in self._roles:
                    training.estimate_parameters_using_expectation_maximisation(
                        rule, max_pairs=_TRAINING_PAIRS, record_sample_proportion=1.0
                    )
        return _model_of(linker.misc.save_model_to_json(), self._comparisons)

    def _require_enough(self, rules: list[str]) -> None:
        here = [frame.physical_name for frame in self._frames]
        twice = " AND l.row < r.row" if len(here) == 1 else ""
        pairs = 0
        for rule in rules:
            query = f"SELECT count(*) FROM {here[0]} l JOIN {here[-1]} r ON {rule}{twice}"  # noqa: S608  # names and rules of ours
            pairs += self.connection.sql(query).fetchall()[0][0]
        if pairs < _FEWEST:
            raise BadInput(
                f"too little to learn from: {pairs} pairs of records agree on what is sure, and "
                f"{_FEWEST} are needed; give a model with its weights (from larger tables)"
            )


@contextmanager
def _alone(connection: Any) -> Iterator[None]:
    """One thread: samples and sums come out the same on every run."""
    before = connection.sql("SELECT current_setting('threads')").fetchall()[0][0]
    connection.execute("SET threads = 1")
    try:
        yield
    finally:
        connection.execute(f"SET threads = {int(before)}")


def closed_database() -> Any:
    logging.getLogger("splink").setLevel(logging.ERROR)
    duckdb = importlib.import_module("duckdb")
    closed = {
        "enable_external_access": False,
        "autoinstall_known_extensions": False,
        "autoload_known_extensions": False,
        "python_enable_replacements": False,
        "temp_directory": "",
    }
    return duckdb.connect(":memory:", config=closed)


def _splink_comparison(comparison: Comparison, model: MatchModel | None) -> dict[str, Any]:
    levels: list[dict[str, Any]] = [
        {"sql_condition": comparison.unknown, "label_for_charts": "unknown", "is_null_level": True}
    ]
    for label, condition in (*comparison.levels, (OTHER, "ELSE")):
        level: dict[str, Any] = {"sql_condition": condition, "label_for_charts": label}
        if comparison.by_frequency and label == "same":
            level["tf_adjustment_column"] = comparison.role
        if model is not None:
            m, u = model.weights[comparison.role][label]
            level |= {"m_probability": m, "u_probability": u}
        levels.append(level)
    return {"output_column_name": comparison.role, "comparison_levels": levels}


def _model_of(settings: Mapping[str, Any], comparisons: list[Comparison]) -> MatchModel:
    """The trained m and u; a level that was never met has a small m, and u as one in all pairs."""
    weights = {}
    for comparison, written in zip(comparisons, settings["comparisons"], strict=True):
        levels = {
            level["label_for_charts"]: level
            for level in written["comparison_levels"]
            if not level.get("is_null_level")
        }
        m = _shares([levels[label].get("m_probability") for label in comparison.labels], _FLOOR)
        u = _shares(
            [levels[label].get("u_probability") for label in comparison.labels], 1 / _RANDOM_PAIRS
        )
        weights[comparison.role] = dict(zip(comparison.labels, zip(m, u, strict=True), strict=True))
    return MatchModel(float(settings["probability_two_random_records_match"]), weights)


def _shares(found: list[Any], least: float) -> list[float]:
    """Probabilities that add up to 1, none below ``least``, from what training found."""
    known = [max(least, value) if isinstance(value, float) else least for value in found]
    return [value / sum(known) for value in known]
