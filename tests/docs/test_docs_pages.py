"""The documentation cannot rot: its commands exist, its links lead on, it loads nothing from outside."""

import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.main import get_command

from casemate.cli import app

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted((ROOT / "docs").glob("*.md"))
DOCUMENTS = [*PAGES, *(ROOT / name for name in ("README.md", "SECURITY.md", "CONTRIBUTING.md"))]
_FENCE = re.compile(r"^```console\n(.*?)^```", re.DOTALL | re.MULTILINE)
_COMMAND = re.compile(r"^\$ ((?:[A-Z_]+=\S* )*casemate\b(?:\\\n|.)*)", re.MULTILINE)
_LINK = re.compile(r"(?<!!)\[[^\]]*\]\(([^)\s]+)\)")
_SHELL = {"|", ">", ">>", "<", "&&", "||", ";", "2>", "&"}


def commands(text: str) -> Iterator[list[str]]:
    """The words after ``casemate`` in each ``$ casemate`` line of a console block."""
    for block in _FENCE.findall(text):
        for line in _COMMAND.findall(block):
            lexer = shlex.shlex(line.replace("\\\n", " "), posix=True, punctuation_chars=True)
            lexer.whitespace_split, lexer.commenters = True, ""
            words = list(lexer)
            words = words[words.index("casemate") + 1 :]
            end = next((place for place, word in enumerate(words) if word in _SHELL), len(words))
            yield words[:end]


def require_runnable(words: list[str]) -> None:
    """Walk down to the command and parse its options; raises where one does not exist."""
    command = get_command(app)
    context = typer.Context(command, info_name="casemate")
    while hasattr(command, "get_command") and words and not words[0].startswith("-"):
        found = command.get_command(context, words[0])
        assert found is not None, f"casemate has no command {words[0]!r}"
        command, words = found, words[1:]
        context = typer.Context(command, parent=context, info_name=words[0] if words else "")
    values, left, _order = command.make_parser(context).parse_args(args=list(words))
    assert left == [], f"{command.name} takes no {left}"
    if {"help", "show_completion", "install_completion"} & {n for n, v in values.items() if v}:
        return
    assert not hasattr(command, "get_command"), f"{command.name} needs a command after it"
    options: list[Any] = command.params
    for option in options:
        given = values.get(option.name)
        assert given not in (None, ()) or not option.required, f"{command.name} needs {option.name}"


def test_the_pages_show_commands() -> None:
    assert sum(len(list(commands(page.read_text("utf-8")))) for page in PAGES) > 30


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_command_shown_exists_with_its_options(document: Path) -> None:
    for words in commands(document.read_text(encoding="utf-8")):
        try:
            require_runnable(words)
        except Exception as failure:
            pytest.fail(f"{document.name}: casemate {shlex.join(words)}: {failure}")


@pytest.mark.parametrize(
    "wrong",
    ["ledger verfy", "ledger verify --nonsense", "ledger", "ledger verify one two three four"],
)
def test_a_wrong_command_is_found_out(wrong: str) -> None:
    with pytest.raises(Exception, match=r"."):
        require_runnable(wrong.split())


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_internal_link_leads_to_a_file(document: Path) -> None:
    links = _LINK.findall(document.read_text(encoding="utf-8"))
    inside = [link.partition("#")[0] for link in links if "://" not in link]
    assert [link for link in inside if link and not (document.parent / link).exists()] == []


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site, built strictly: a link or an anchor that leads nowhere ends the build."""
    folder = tmp_path_factory.mktemp("site")
    shutil.copytree(ROOT / "docs", folder / "docs")
    for name in ("zensical.toml", "GLOSSARY.md", "SECURITY.md"):
        shutil.copy(ROOT / name, folder)
    done = subprocess.run(
        [Path(sys.executable).with_name("zensical"), "build", "--clean", "--strict"],
        cwd=folder, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    return folder / "site"


class _Loads(HTMLParser):
    """Collects the addresses that a page makes a browser fetch (links one clicks are not among them)."""

    def __init__(self) -> None:
        super().__init__()
        self.addresses: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        names = {"src", "srcset", "data", "poster"} | (
            {"href"} if tag in {"link", "base"} else set()
        )
        self.addresses += [value for name, value in attrs if name in names and value]


def test_the_site_has_every_page(site: Path) -> None:
    built = {page.stem for page in site.glob("*.html")}
    assert built >= {page.stem for page in PAGES}
    assert "quasi-identifier" in (site / "glossary.html").read_text(encoding="utf-8")


def test_the_site_loads_nothing_from_outside(site: Path) -> None:
    for page in site.glob("*.html"):
        loads = _Loads()
        loads.feed(page.read_text(encoding="utf-8"))
        assert loads.addresses, page.name
        assert [it for it in loads.addresses if re.match(r"(?:https?:)?//", it)] == [], page.name
        # Zensical's own script fetches Mermaid from elsewhere where a page asks for a diagram.
        assert 'class="mermaid"' not in page.read_text(encoding="utf-8")
    for sheet in site.rglob("*.css"):
        text = sheet.read_text(encoding="utf-8")
        assert not re.search(r"(?:url\(|@import)\s*[\"']?(?:https?:)?//", text), sheet.name
