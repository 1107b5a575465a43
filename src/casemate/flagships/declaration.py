"""What a sector's folder says of itself, and which sectors there are."""

import importlib
import pkgutil
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from types import ModuleType
from typing import TYPE_CHECKING, Any, Protocol, cast

from casemate.errors import IntegrityFailure, NotFound

if TYPE_CHECKING:
    from casemate.papers import Document
    from casemate.platform import Platform

LANGUAGES = ("en", "fr", "de", "lb")
SHAPE = ("sources", "algorithms", "story", "evaluation", "page")
"""The modules that every sector has beside its declaration, in reading order."""


@dataclass(frozen=True)
class Flagship:
    """A sector: its folder's name, its title in each language, and in one English sentence what its demo
    shows."""

    name: str
    titles: Mapping[str, str]
    about: str

    def __post_init__(self) -> None:
        missing = [language for language in LANGUAGES if not self.titles.get(language, "").strip()]
        if missing:
            raise IntegrityFailure(f"the flagship {self.name!r} has no title in {missing[0]!r}")


class Story(Protocol):
    """A sector's ``story``."""

    play: Callable[["Platform", Callable[[str], None]], Any]
    """Plays the demo in a new home, telling each step in a line; what it came to."""


class Evaluation(Protocol):
    """A sector's ``evaluation``."""

    problems: Callable[[Any], Iterable[str]]
    """What the demo came to and should not have, from what ``play`` gave back."""


class Page(Protocol):
    """A sector's ``page``."""

    report: Callable[[Any, datetime], "Document"]
    figures: Callable[[Any], dict[str, Any]]
    """The demo as one JSON object."""


def flagships() -> list[Flagship]:
    """Every sector's declaration, by name. Raises ``IntegrityFailure`` for a folder that declares none."""
    import casemate.flagships as package

    names = sorted(one.name for one in pkgutil.iter_modules(package.__path__) if one.ispkg)
    return [_declared(name) for name in names]


def flagship(name: str) -> Flagship:
    """The declaration of one sector. Raises ``NotFound``, naming those that there are."""
    known = {one.name: one for one in flagships()}
    if name not in known:
        raise NotFound(f"there is no flagship {name!r}: there are {', '.join(known)}")
    return known[name]


def story(name: str) -> Story:
    """A sector's story."""
    return cast(Story, _module(name, "story"))


def evaluation(name: str) -> Evaluation:
    """A sector's evaluation."""
    return cast(Evaluation, _module(name, "evaluation"))


def page(name: str) -> Page:
    """A sector's page."""
    return cast(Page, _module(name, "page"))


def _declared(name: str) -> Flagship:
    found = getattr(importlib.import_module(f"casemate.flagships.{name}"), "FLAGSHIP", None)
    if not isinstance(found, Flagship) or found.name != name:
        raise IntegrityFailure(
            f"the folder {name!r} of flagships does not declare the flagship {name!r}"
        )
    return found


def _module(name: str, part: str) -> ModuleType:
    return importlib.import_module(f"casemate.flagships.{flagship(name).name}.{part}")
