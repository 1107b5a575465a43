"""A new sector's folder, made from a skeleton that runs from the first day."""

import keyword
import re
from collections.abc import Iterator
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from string import Template
from typing import Literal, get_args

from casemate.errors import BadInput, Conflict

Kind = Literal["data", "texts"]
"""What a sector works on: ``data``, through a permit and the enclave, or ``texts``, which it asks."""
_ENDING = ".tmpl"
_NAME = re.compile(r"(?=.{2,40}$)[a-z][a-z0-9]*(_[a-z0-9]+)*")


def kind_named(told: str) -> Kind:
    """The kind of that name. Raises ``BadInput``, naming those that there are."""
    for one in get_args(Kind):
        if one == told:
            known: Kind = one
            return known
    raise BadInput(f"a flagship works on data or texts, not on {told!r}")


def make_flagship(name: str, kind: Kind, where: Path) -> list[Path]:
    """Write the skeleton of the sector ``name`` under the folder ``where``; the files, in order of name.

    Raises ``BadInput`` for a name that is no module's or a folder that is none, and ``Conflict`` where the
    sector is there already. Nothing half-written is left.
    """
    _require_name(name)
    if not where.is_dir():
        raise BadInput(f"{where} is no folder: run this in a checkout, or name one with --in")
    folder = where / name
    texts = dict(_filled(name, kind))
    try:
        folder.mkdir()
    except FileExistsError:
        raise Conflict(f"{folder} is there already: choose another name, or remove it") from None
    for file, text in texts.items():
        (folder / file).write_text(text, encoding="utf-8")
    return sorted(folder / file for file in texts)


def _require_name(name: str) -> None:
    if not _NAME.fullmatch(name) or keyword.iskeyword(name):
        raise BadInput(
            f"{name!r} is no name for a flagship: take small letters, digits and _, such as energy"
        )
    if name in ("skeletons", "declaration", "making"):
        raise BadInput(
            f"{name!r} is the name of a part of the flagships themselves: choose another"
        )


def _filled(name: str, kind: Kind) -> Iterator[tuple[str, str]]:
    words = {
        "name": name,
        "id": name.replace("_", "-"),
        "title": name.replace("_", " ").capitalize(),
    }
    for template in _templates(kind):
        text = Template(template.read_text(encoding="utf-8")).substitute(words)
        yield template.name.removesuffix(_ENDING), text


def _templates(kind: Kind) -> list[Traversable]:
    folder = files("casemate.flagships").joinpath("skeletons", kind)
    return [one for one in folder.iterdir() if one.name.endswith(_ENDING)]
