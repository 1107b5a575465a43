"""The glossary and the code speak one language: what the documents name must be there."""

import re
from collections import Counter
from importlib import import_module
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
GLOSSARY = ROOT / "GLOSSARY.md"
DOCUMENTS = [
    *(ROOT / name for name in ("GLOSSARY.md", "SECURITY.md", "CONTRIBUTING.md", "CHANGELOG.md")),
    *sorted((ROOT / "docs").glob("*.md")),
]
_DOTTED = re.compile(r"`(casemate(?!\.(?:db|toml)`)(?:\.[A-Za-z_][A-Za-z0-9_]*)+)(?:\([^`]*\))?`")
_FILE = re.compile(r"`((?:src|tests|benchmarks|tools|docs)/[^`\s]*)`")


def rows() -> list[list[str]]:
    """The glossary's table rows: term, meaning, source, where it is in the code."""
    lines = GLOSSARY.read_text(encoding="utf-8").splitlines()
    cells = [
        [cell.strip() for cell in line.strip("|").split("|")] for line in lines if line[:1] == "|"
    ]
    return [row for row in cells if row[0] != "Term" and not set(row[0]) <= {"-", ":", " "}]


def resolve(dotted: str) -> object:
    """What ``casemate.room.module.Class.attribute`` names; raises where there is no such thing."""
    parts = dotted.split(".")
    for length in range(len(parts), 0, -1):
        try:
            found: object = import_module(".".join(parts[:length]))
        except ModuleNotFoundError as failure:
            if not ".".join(parts).startswith(failure.name or "?"):
                raise  # a dependency is missing: that is another fault than a wrong name
            continue
        for name in parts[length:]:
            found = _member(found, name)
        return found
    raise ModuleNotFoundError(dotted)


def exists(dotted: str) -> bool:
    """Whether ``dotted`` names something in the code."""
    try:
        resolve(dotted)
    except (AttributeError, ModuleNotFoundError):
        return False
    return True


def _member(owner: object, name: str) -> object:
    annotations = getattr(owner, "__annotations__", {})  # a dataclass's field without a default
    return annotations[name] if name in annotations else getattr(owner, name)


def test_every_row_is_whole() -> None:
    for row in rows():
        assert len(row) == 4, f"{row[0]}: a row has term, meaning, source and code"
        assert all(row), f"{row[0]}: no cell may be empty"


def test_no_term_is_defined_twice() -> None:
    terms = Counter(re.sub(r"\W+", " ", row[0]).strip().casefold() for row in rows())
    assert len(terms) > 40
    assert [term for term, times in terms.items() if times > 1] == []


def test_terms_stand_in_alphabetical_order_within_their_section() -> None:
    text = GLOSSARY.read_text(encoding="utf-8")
    for section in text.split("\n## ")[1:]:
        terms = re.findall(r"^\| ([^|]+?) +\|", section, flags=re.MULTILINE)
        terms = [term for term in terms if term != "Term" and not set(term) <= {"-"}]
        assert terms == sorted(terms, key=str.casefold), section.splitlines()[0]


def test_every_term_names_its_place_in_the_code() -> None:
    for term, _meaning, _source, code in rows():
        assert _DOTTED.search(code) or _FILE.search(code), f"{term}: no place in the code is named"


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_what_a_document_names_in_the_code_exists(document: Path) -> None:
    text = document.read_text(encoding="utf-8")
    names = {name for name in _DOTTED.findall(text) if not exists(name)}
    files = {
        path
        for path in _FILE.findall(text)
        if not any(ROOT.glob(path.partition("::")[0].rstrip("/")))
    }
    assert names | files == set()


@pytest.mark.parametrize(
    "wrong",
    ["casemate.errors.NotAllowedd", "casemate.nowhere", "casemate.errors.NotAllowed.exit_cod"],
)
def test_a_wrong_name_is_found_out(wrong: str) -> None:
    assert not exists(wrong)
    assert exists("casemate.errors.NotAllowed.exit_code")
