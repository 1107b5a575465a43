"""A first draft of a description, so that a holder edits rather than types.

The roles are guesses from names and values, made on the side of caution. Publishing never uses a
draft by itself: the holder gives the description that is published.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import polars as pl

from casemate.catalogue.content import type_of
from casemate.catalogue.description import (
    DatasetDescription,
    VariableDescription,
    VariableRole,
    VariableType,
)
from casemate.catalogue.hints import Hint

MAX_CODES = 50
_EMAIL = r"^[^@\s]+@[^@\s]+\.[^@\s]+$"
_IDENTIFIER = re.compile(
    r"(^|_)(id|ids|seqn|uuid|guid|nr|ssn|nhs|matricule|iban|imei|pid|mrn|passport|passeport|"
    r"e?mail|courriel|phone|telephone|tel|mobile|fax|ip|address|adresse|street|rue|strasse|"
    r"name|names|nom|prenom|vorname|nachname|surname|firstname|lastname|numm|virnumm)($|_)"
)
_QUASI = re.compile(
    r"(^|_)(age|alter|sex|sexe|gender|genre|geschlecht|birth\w*|naissance|geburt\w*|dob|yob|zip|"
    r"postcode|postal\w*|plz|commune|canton|city|ville|town|region|district|country|pays|land|"
    r"nationality|nationalite|race|ethnic\w*|education|school|etudes|beruf|job|occupation|profession|"
    r"marital|civil|etat_civil|household|income|revenu|salary|employer|language|langue|religion)($|_)"
)
_SENSITIVE = re.compile(
    r"(diag|disease|maladie|krank|icd|cancer|hiv|death|deces|died|health|sante|hospital|medic|drug|"
    r"treat|blood|tension|cholest|diabet|pregnan|smok|alcohol|weight|wt\d|height|genet|mental|"
    r"politic|union|sexual|convict|criminal|debt)"
)


def describe(
    frame: pl.DataFrame,
    hints: Mapping[str, Hint] | None = None,
    *,
    dataset_id: str = "my-dataset",
    language: str = "en",
) -> DatasetDescription:
    """A draft for ``frame``, with the labels and codes that its file carried, if any, as ``hints``."""
    hints = hints or {}
    return DatasetDescription(
        id=dataset_id,
        title={language: dataset_id.replace("-", " ").capitalize()},
        description={language: "To be written: who was asked what, when, where and how."},
        variables={
            name: _variable(frame[name], hints.get(name, Hint()), language)
            for name in frame.columns
        },
    )


def _variable(values: pl.Series, hint: Hint, language: str) -> VariableDescription:
    found = type_of(values.dtype)
    codes = {code: {language: meaning} for code, meaning in hint.codes.items() if meaning}
    return VariableDescription(
        role=guess_role(values).role,
        label={language: hint.label or values.name.replace("_", " ").strip() or values.name},
        type=VariableType.CATEGORY if 0 < len(codes) <= MAX_CODES else found,
        codes=codes,
    )


@dataclass(frozen=True)
class Guess:
    """A role that was guessed, and what it was guessed from: its name, its values, or nothing."""

    role: VariableRole
    why: Literal[
        "name_identifies",
        "email",
        "name_describes",
        "name_is_sensitive",
        "unique",
        "date",
        "nothing",
    ]


def guess_role(values: pl.Series) -> Guess:
    """The role that name and values of a variable suggest."""
    name = re.sub(r"(?<=[a-z])(?=[A-Z])|[^A-Za-z0-9]+", "_", values.name).lower()
    present = values.drop_nulls()
    is_text = values.dtype == pl.String
    if _IDENTIFIER.search(name):
        return Guess(VariableRole.DIRECT_IDENTIFIER, "name_identifies")
    if is_text and _mostly(present, _EMAIL):
        return Guess(VariableRole.DIRECT_IDENTIFIER, "email")
    if _QUASI.search(name):
        return Guess(VariableRole.QUASI_IDENTIFIER, "name_describes")
    if _SENSITIVE.search(name):
        return Guess(VariableRole.SENSITIVE, "name_is_sensitive")
    if _is_unique_key(present) and (is_text or values.dtype.is_integer()):
        return Guess(VariableRole.DIRECT_IDENTIFIER, "unique")
    if values.dtype in (pl.Date, pl.Datetime):
        # A date of birth, of an admission, of a death.
        return Guess(VariableRole.QUASI_IDENTIFIER, "date")
    return Guess(VariableRole.OTHER, "nothing")


def _mostly(present: pl.Series, pattern: str) -> bool:
    return len(present) > 0 and int(present.str.contains(pattern).sum()) > 0.5 * len(present)


def _is_unique_key(present: pl.Series) -> bool:
    """A different value in (nearly) every row points at one person."""
    return len(present) >= 10 and present.n_unique() >= 0.95 * len(present)
