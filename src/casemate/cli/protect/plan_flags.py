"""A plan from flags: the document that a file would hold, read by the same reader."""

import re
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from casemate.cli.files import names_in, pair
from casemate.cli.protect.model_flags import model_documents, population_of
from casemate.errors import BadInput
from casemate.protection import Plan, from_csv, propose_plan, scan_table


def plan_by_flags(file: Path, flags: Mapping[str, Any]) -> Plan:
    """The plan that the flags of ``protect anonymise`` describe for the table in ``file``.

    A quasi-identifier without a hierarchy gets the one that ``propose_plan`` would propose. Raises
    BadInput for what is missing, unknown or not well formed, naming the flag.
    """
    names = names_in(flags["quasi_identifiers"])
    if not names:
        raise BadInput("give a plan, or name the quasi-identifiers")
    sensitive = names_in(flags["sensitive"])
    known = None
    if flags["population"] is not None:
        known = population_of(flags["population"], names, flags["population_count"])
    models = model_documents(flags, flags["model"] or [], sensitive, known)
    guarded = {model.get("attribute") for model in models}
    document: dict[str, Any] = {
        "quasi_identifiers": _hierarchies(file, names, flags["hierarchy"] or []),
        "models": models,
        "suppression": flags["suppression"] or "0.02",
        "measure": flags["measure"] or "loss",
        "pseudonymise": names_in(flags["pseudonyms"]),
        "drop": names_in(flags["drop"]),
        "levels": dict(_level(text) for text in flags["level"] or []),
        "sensitive": [name for name in sensitive if name not in guarded],
    }
    if flags["weight"]:
        document["weights"] = dict(pair(text, "--weight", "NUMBER") for text in flags["weight"])
    return Plan.from_dict(_with_parts(document, flags["part"] or []))


def _with_parts(document: dict[str, Any], parts: Sequence[str]) -> dict[str, Any]:
    """``document`` with what ``--part`` gives, and no other flag gives too."""
    for text in parts:
        try:
            given = tomllib.loads(text, parse_float=str)
        except tomllib.TOMLDecodeError as failure:
            raise BadInput(f"--part is TOML such as 'recoding = \"local\"': {failure}") from None
        if twice := [name for name in given if document.get(name)]:
            raise BadInput(f"--part gives {twice[0]!r}, which another flag gives too: choose one")
        document = document | given
    return document


def _hierarchies(file: Path, names: Sequence[str], given: Sequence[str]) -> dict[str, Any]:
    columns = scan_table(file)
    here = columns.collect_schema().names()
    if unknown := [name for name in names if name not in here]:
        raise BadInput(f"{file.name} has no column {unknown[0]!r}, named as a quasi-identifier")
    files = dict(pair(text, "--hierarchy") for text in given)
    if odd := [name for name in files if name not in names]:
        raise BadInput(f"a hierarchy is given for {odd[0]!r}, which is no quasi-identifier")
    open_ = [name for name in names if name not in files]
    found = {name: from_csv(path).to_dict() for name, path in files.items()}
    if open_:
        frame = columns.select(open_).collect(engine="streaming")
        proposed = propose_plan(frame, dict.fromkeys(open_, "quasi_identifier"))
        found |= {name: one.to_dict() for name, one in proposed.quasi_identifiers.items()}
    return {name: found[name] for name in names}


def _level(text: str) -> tuple[str, list[int]]:
    """ "age=1" or "age=1..3" as the name with the lowest and the highest level."""
    name, levels = pair(text, "--level", "LEVEL")
    found = re.fullmatch(r"([0-9]{1,4})(?:\.\.([0-9]{1,4}))?", levels)
    if found is None:
        raise BadInput(f"--level is NAME=LEVEL or NAME=LOWEST..HIGHEST, not {text!r}")
    lowest, highest = found[1], found[2] or found[1]
    return name, [int(lowest), int(highest)]
