"""The document of an evaluation: what it has to tell before it is kept as evidence."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from casemate.canonical import digest
from casemate.errors import BadInput
from casemate.plain import plain

LARGEST_DOCUMENT = 64 * 2**20
"""Bytes: some hundred thousand single answers."""
SAMPLES = "samples"
"""The key under which single answers stand: kept beside the rest, which lists are read from."""


@dataclass(frozen=True)
class Evidence:
    """A document that was looked through, as the bytes that are kept."""

    model_name: str
    model_kind: str
    model_digest: str
    suite: str
    suite_version: str
    document: str
    """Less its single answers."""
    samples: str | None
    digest: str
    """Of the whole, single answers and all, in the form of ``text_of``."""


def text_of(document: Any) -> str:
    """``document`` as JSON whose keys are in order and that has no spaces; numbers as Python spells them.

    Raises ``ValueError`` for what JSON cannot hold: infinities, halves of letters.
    """
    text = json.dumps(
        document, ensure_ascii=False, allow_nan=False, separators=(",", ":"), sort_keys=True
    )
    text.encode()
    return text


def read_evidence(document: Any) -> Evidence:
    """What is kept of ``document``, a mapping or an ``Evaluation``.

    Raises ``BadInput`` saying where it is not the document of an evaluation.
    """
    from pydantic import ValidationError

    from casemate.assurance.evidence_form import Document

    told = plain(document)
    try:
        text = text_of(told)
        head = Document.model_validate(told)
    except ValidationError as failure:
        first = failure.errors(include_input=False)[0]
        where = ".".join(map(str, first["loc"])) or "its beginning"
        raise BadInput(
            f"this is not the document of an evaluation: at {where}, {first['msg']}"
        ) from None
    except (ValueError, RecursionError, TypeError) as failure:
        raise BadInput(f"the evaluation's document is no JSON: {failure}") from failure
    whole = text.encode()
    if len(whole) > LARGEST_DOCUMENT:
        raise BadInput(
            f"the evaluation's document has {len(whole):,} bytes; {LARGEST_DOCUMENT:,} are the most"
        )
    samples = told.get(SAMPLES)
    return Evidence(
        model_name=head.model.name,
        model_kind=head.model.kind,
        model_digest=head.model.digest,
        suite=head.suite,
        suite_version=head.suite_version,
        document=text_of({name: one for name, one in told.items() if name != SAMPLES}),
        samples=None if samples is None else text_of(samples),
        digest=digest(whole),
    )
