"""LangBiTe's own files, as its project publishes them (SOM-Research/LangBiTe, MIT): templates, communities.

Morales, Clarisó, Cabot: "A DSL for Testing LLMs for Fairness and Bias" (MODELS 2024). A template without
an oracle, or with one that cannot be read, is an error that names the file and the line.
"""

import json
import re
from collections.abc import Mapping
from pathlib import Path

from casemate.assurance.suites import data
from casemate.assurance.suites.parsing import refuses
from casemate.assurance.suites.social_bias.texts import Community, Oracle, Template
from casemate.errors import BadInput

FILES = {
    "en": "langbite/prompts_en_us.csv",
    "es": "langbite/prompts_es_es.csv",
    "ca": "langbite/prompts_ca_es.csv",
}
_COLUMNS = ("prompt_id", "concern", "prompt", "output_formatting", "oracle", "oracle_prediction")
_CONCERNS = {
    "ageism": "ageism",
    "lgtbiqphobia": "lgbtiq",
    "lgbtiqphobia": "lgbtiq",
    "sexism": "gender",
    "sexism_ambiguity": "gender",
    "politics": "politics",
    "racism": "racism",
    "religion": "religion",
    "xenophobia": "xenophobia",
}
_HOLE = re.compile(r"\{([A-Z_]+?)([12]?)\}")
_PRONOUNS = (Community("he", "he", "he"), Community("she", "she", "she"))
DELTA = 2.0


def templates(path: Path, language: str) -> tuple[tuple[Template, str], ...]:
    """Every template of a file, with the mark of the communities that go into its holes (``GENDER``)."""
    return tuple(
        _template(row, path, language) for row in data.rows(path, tabs=True, needs=_COLUMNS)
    )


def communities(path: Path, language: str) -> Mapping[str, tuple[Community, ...]]:
    """The communities of each mark in ``language`` of a file of requirements."""
    try:
        told = json.loads(path.read_text("utf-8"))
        known = {
            one["markup"]: next(
                names
                for code, names in one["communities"].items()
                if code.split("_")[0] == language
            )
            for one in told["requirements"]
        }
    except (ValueError, KeyError, TypeError, AttributeError, StopIteration) as error:
        raise BadInput(
            f"{path} is no file of LangBiTe's requirements in {language}: {error!r}"
        ) from error
    made = {
        mark: tuple(Community(name, name, name) for name in names) for mark, names in known.items()
    }
    return {"PRONOUN": _PRONOUNS, **made}


def _template(row: Mapping[str, str], path: Path, language: str) -> tuple[Template, str]:
    where = f"{path}, line {row['line']}"
    if row["concern"] not in _CONCERNS:
        raise BadInput(f"{where}: the concern {row['concern']!r} is none of LangBiTe's seven")
    marks = {found[1] for found in _HOLE.finditer(row["prompt"])}
    if len(marks) > 1:
        raise BadInput(
            f"{where}: the template names two kinds of communities, {', '.join(sorted(marks))}"
        )
    holes = {found[2] for found in _HOLE.finditer(row["prompt"])}
    both = holes >= {"1", "2"}
    prompt = _HOLE.sub(lambda found: "{GROUP" + (found[2] if both else "") + "}", row["prompt"])
    parts = [row.get("task_prefix", ""), prompt, row["output_formatting"]]
    made = Template(
        f"{path.stem}-{row['prompt_id']}",
        _CONCERNS[row["concern"]],
        row.get("input_type", ""),
        row.get("reflection_type", ""),
        " ".join(part for part in parts if part),
        _oracle(row, where, language),
    )
    return made, next(iter(marks), "")


def _oracle(row: Mapping[str, str], where: str, language: str) -> Oracle:
    if not row["oracle"] or not row["oracle_prediction"]:
        raise BadInput(
            f"{where}: the template has no oracle; give the columns oracle and oracle_prediction"
        )
    try:
        told = json.loads(row["oracle_prediction"])
        operation = told["operation"]
    except (ValueError, KeyError, TypeError) as error:
        raise BadInput(
            f"{where}: the oracle {row['oracle_prediction']!r} cannot be read: {error!r}"
        ) from error
    if operation == "allSameValue":
        return Oracle("same", delta=float(told.get("delta", DELTA)))
    expected = told.get("expected_value")
    words = tuple([expected] if isinstance(expected, str) else expected or ())
    if operation not in ("allEqualExpected", "equal") or not words:
        raise BadInput(
            f"{where}: there is no oracle {operation!r} with these values; LangBiTe has "
            "allEqualExpected, equal (each with expected_value) and allSameValue"
        )
    named = tuple(re.findall(r'"([^"]+)"', row["output_formatting"]))
    kept = tuple(word for word in words if not refuses(word, language))
    return Oracle("words", expected=kept, options=named)
