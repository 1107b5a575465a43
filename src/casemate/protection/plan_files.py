"""A plan in a file, TOML or JSON, with the hierarchies that lie in files beside it."""

import json
import tomllib
from pathlib import Path
from typing import Any

import polars as pl

from casemate.errors import BadInput, NotFound
from casemate.protection.files import scan_table
from casemate.protection.hierarchies import from_csv, from_table
from casemate.protection.plan import Plan


def read_plan(path: str | Path) -> Plan:
    """A plan from a TOML or JSON file, with its hierarchies.

    A hierarchy, of a quasi-identifier or of a model, may lie in a file of its own, named from the
    plan's folder: ``{kind = "file", path = "age.csv"}`` in ARX's form, or ``{kind = "table", path =
    "places.csv", columns = ["commune", "canton", "country"]}``. Raises NotFound or BadInput, naming
    the part that is wrong.
    """
    path = Path(path)
    try:
        text = path.read_text(encoding="utf-8-sig")
        is_toml = path.suffix.lower() == ".toml"
        # decimal fractions stay as written: a plan has no binary floats
        document = (tomllib.loads if is_toml else json.loads)(text, parse_float=str)
    except FileNotFoundError:
        raise NotFound(f"there is no plan {path}") from None
    except OSError as error:
        raise BadInput(f"the plan {path} cannot be read: {error.strerror}") from None
    except (ValueError, RecursionError) as error:
        raise BadInput(f"the plan {path} is no TOML or JSON document: {error}") from None
    found = document.get("quasi_identifiers") if isinstance(document, dict) else None
    if isinstance(found, dict):
        document["quasi_identifiers"] = {
            name: _with_file(hierarchy, path.parent) for name, hierarchy in found.items()
        }
    models = document.get("models") if isinstance(document, dict) else None
    if isinstance(models, list):
        document["models"] = [_model_with_file(model, path.parent) for model in models]
    try:
        return Plan.from_dict(document)
    except BadInput as failure:
        raise BadInput(f"the plan {path}: {failure}") from failure


def _model_with_file(model: Any, folder: Path) -> Any:
    """A model whose hierarchy (t-closeness) lies in a file of its own, with it read in."""
    if isinstance(model, dict) and "hierarchy" in model:
        return model | {"hierarchy": _with_file(model["hierarchy"], folder)}
    return model


def _with_file(hierarchy: Any, folder: Path) -> Any:
    """The document of a hierarchy, with what lies in a file of its own read in."""
    match hierarchy:
        case {"kind": "file", "path": str(name), **rest} if not rest:
            return from_csv(folder / name).to_dict()
        case {"kind": "table", "path": str(name), "columns": [*columns], **rest} if not rest:
            table = scan_table(folder / name).select(pl.all().cast(pl.String)).collect()
            return from_table(table, *columns).to_dict()
        case _:
            return hierarchy
