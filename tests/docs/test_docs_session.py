"""The documentation's session, run as it is written: every command shown, in the order people meet them.

The pages tell one story with seven roles. Here it is told again on a fresh home, and what the commands
print must be what the pages show. Identifiers, moments, digests and sizes differ from run to run:
those are compared by their form, and an identifier shown by one command is used in the next.

After a change of what commands print, ``python tests/docs/test_docs_session.py`` writes the pages anew.
"""

import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from typer.testing import CliRunner

import casemate
from casemate.cli import app
from casemate.flagships.health.sources import nhefs_file

ROOT = Path(__file__).resolve().parents[2]
SOURCE = Path(casemate.__file__).parent

# Page and section, in the order in which the story happens.
STORY = (
    ("operator", "1. Set up"),
    ("operator", "2. Add people"),
    ("data-holder", "1. Describe the data"),
    ("data-holder", "2. Publish"),
    ("data-user", "1. Find data"),
    ("data-user", "2. Apply"),
    ("data-holder", "4. See who asks"),
    ("authority", "1. See what is waiting"),
    ("authority", "2. Read one"),
    ("auditor", "1. Keep checkpoints"),
    ("authority", "3. Decide"),
    ("data-user", "3. Read your permit"),
    ("data-user", "4. Run"),
    ("register", "1. The entry of a run"),
    ("register", "2. What the house asks for"),
    ("output-checker", "1. See what is waiting"),
    ("output-checker", "2. Look at the evidence"),
    ("output-checker", "3. Decide"),
    ("output-checker", "4. Release"),
    ("data-user", "5. Get your results"),
    ("register", "3. Publish"),
    ("register", "4. Other registers"),
    ("register", "5. Incidents"),
    ("data-user", "6. Ask instead of running"),
    ("auditor", "3. Verify with nothing of ours"),
    ("auditor", "4. Check a permit offline"),
    ("auditor", "5. Follow one record through its life"),
    ("authority", "5. Show a permit to others"),
    ("authority", "4. Watch, renew, revoke"),
    ("operator", "5. Back up and restore"),
    ("data-holder", "5. Retire"),
    ("protection", "Five lines"),
    ("protection", "Measure the risk"),
    ("protection", "A plan"),
    ("protection", "Models that look beyond the table"),
    ("protection", "Choices"),
    ("protection", "More than one generalisation"),
    ("protection", "The certificate"),
    ("protection", "Answers with noise"),
    ("protection", "Tables to publish"),
    ("protection", "Pseudonyms alone"),
    ("protection", "Names before pseudonyms"),
    ("protection", "Streams"),
)
_CONSOLE = re.compile(r"^```console\n(.*?)^```", re.DOTALL | re.MULTILINE)
_FILE = re.compile(
    r"^```(?:toml|python)\n# ([a-z_]+\.(?:toml|py))\n(.*?)^```", re.DOTALL | re.MULTILINE
)
ID = r"(?:application|permit|run|output|algorithm|evaluation|sandbox|incident)-[a-z2-7]{12}"
# What differs from run to run, by its form; the first that fits a place counts.
_VOLATILE = re.compile(
    rf"(?m)(?P<id>{ID})|(?P<moment>\d{{4}}-\d\d-\d\dT[\d:.]+Z)|(?P<digest>sha256:[0-9a-f]+)"
    r"|(?P<today>(?<=^start_date            )\d{4}-\d\d-\d\d)"  # of what ran as the page was told
    r"|(?P<path>/[^\s]*/home\b)|(?P<base64>[A-Za-z0-9+/_-]{40,}=*)"
    r"|(?P<count>(?<=ledger entry )\d+|\d+(?= entries)|(?<=size\": )\d+|^\d+$)"
)


@dataclass(frozen=True)
class Shown:
    """One command of a page, and what the page says it prints."""

    page: str
    command: str
    output: str


@dataclass
class Session:
    """A folder in which the story happens; remembers which identifier stands for which."""

    folder: Path
    ids: dict[str, str] = field(default_factory=dict)

    def run(self, command: str) -> str:
        """What ``command`` prints here, on both streams."""
        command = re.sub(ID, lambda found: self.ids.get(found[0], found[0]), command)
        words = command.replace("\\\n", " ")
        if words.startswith("casemate ") and not re.search(r"[|>$]", words):
            done = CliRunner().invoke(app, shlex.split(words)[1:], catch_exceptions=False)
            return done.output
        shell = subprocess.run(
            ["bash", "-c", words], cwd=self.folder, capture_output=True, text=True, timeout=120, check=False
        )  # fmt: skip
        return shell.stdout + shell.stderr

    def learn(self, shown: str, printed: str) -> None:
        """Pair the identifiers of two outputs of one form."""
        for ours, theirs in zip(re.findall(ID, shown), re.findall(ID, printed), strict=False):
            self.ids.setdefault(ours, theirs)


def section(page: str, heading: str) -> str:
    """The text under ``heading`` of a page."""
    text = (ROOT / "docs" / f"{page}.md").read_text(encoding="utf-8")
    parts = re.split(r"^## (.*)\n", text, flags=re.MULTILINE)
    sections = dict(zip(parts[1::2], parts[2::2], strict=True))
    assert heading in sections, f"{page}.md has no section {heading!r}"
    return str(sections[heading])


def commands_of(page: str, heading: str) -> Iterator[Shown]:
    """The commands of a section's console blocks."""
    for block in _CONSOLE.findall(section(page, heading)):
        for part in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
            lines = part.splitlines(keepends=True)
            end = next(at for at, line in enumerate(lines) if not line.endswith("\\\n")) + 1
            yield Shown(page, "".join(lines[:end]).rstrip("\n"), "".join(lines[end:]))


def form_of(text: str) -> list[str]:
    """``text`` with what differs from run to run replaced by its kind, line by line."""
    plain = _VOLATILE.sub(_kind_of, text)
    return [" ".join(line.split()) for line in plain.splitlines() if line.strip()]


def _kind_of(found: re.Match[str]) -> str:
    kind = found[0].partition("-")[0] if found.lastgroup == "id" else found.lastgroup
    return f"<{kind}>"


def fits(shown: str, printed: str) -> bool:
    """Whether ``printed`` is what the page shows; a line ``…`` in the page stands for any lines."""
    pattern = "".join(
        r"(?:.*\n)*?" if line == "…" else re.escape(line).replace("…", ".*") + r"\n"
        for line in form_of(shown)
    )
    return re.fullmatch(pattern, "".join(f"{line}\n" for line in form_of(printed))) is not None


def write_files(folder: Path) -> None:
    """What the story needs: the survey, the documents that the pages show, and the verifier."""
    shutil.copy(nhefs_file(), folder / "nhefs.dta")
    shutil.copy(SOURCE / "flagships" / "health" / "nhefs.toml", folder)
    shutil.copy(SOURCE / "ledger" / "verifier.py", folder)
    for page in (ROOT / "docs").glob("*.md"):
        for name, text in _FILE.findall(page.read_text(encoding="utf-8")):
            (folder / name).write_text(text, encoding="utf-8")


def tell(folder: Path) -> Iterator[tuple[Shown, str]]:
    """Run the story in ``folder``: each command with what it printed."""
    write_files(folder)
    session = Session(folder)
    for page, heading in STORY:
        for shown in commands_of(page, heading):
            printed = session.run(shown.command)
            session.learn(shown.output, printed)
            yield shown, printed
            public = folder / "home" / "public"
            for key in public.glob("*") if public.is_dir() else ():
                shutil.copy(key, folder)  # "get the key by another way"


WITHOUT_A_HOME = {
    "ai-act",
    "assurance-statistics",
    "documents",
    "flagships",
    "language-models",
    "law",
    "model-provider",
    "observatory",
    "regulator",
    "regulatory-sandbox",
}
"""Pages whose commands need no home, or one of their own: tests of their own run them."""


def test_every_console_block_is_part_of_the_story() -> None:
    told = sum(len(_CONSOLE.findall(section(page, heading))) for page, heading in STORY)
    paths = (path for path in (ROOT / "docs").glob("*.md") if path.stem not in WITHOUT_A_HOME)
    pages = [path.read_text(encoding="utf-8") for path in paths]
    assert told == sum(len(_CONSOLE.findall(text)) for text in pages)


def test_only_what_must_differ_may_differ() -> None:
    shown = "permit-abcdefghijkl is granted until 2026-11-21T21:43:58.000Z.\n…\n12 entries\n"
    printed = "permit-lkjihgfedcba is granted until 2031-01-01T00:00:00.000Z.\nmore\n99 entries\n"
    assert fits(shown, printed)
    assert not fits(shown, printed.replace("granted", "refused"))
    assert not fits(shown, printed.replace("permit-", "run-"))
    assert not fits(shown, printed + "and more\n")


SETTINGS = ("ACCOUNT", "PASSWORD", "DATABASE", "MASTER_KEY", "MASTER_KEY_COMMAND")


def settle(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Make ``folder`` the place of the story."""
    monkeypatch.chdir(folder)
    for name in SETTINGS:
        monkeypatch.delenv(f"CASEMATE_{name}", raising=False)
    monkeypatch.setenv("CASEMATE_HOME", str(folder / "home"))
    monkeypatch.setenv("COLUMNS", "120")
    monkeypatch.setenv("PATH", f"{Path(sys.executable).parent}:{os.environ['PATH']}")


@pytest.mark.slow
def test_the_pages_show_what_happens(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settle(tmp_path, monkeypatch)
    for shown, printed in tell(tmp_path):
        assert fits(shown.output, printed), (
            f"{shown.page}.md shows for `{shown.command}`:\n{shown.output}\nIt prints:\n{printed}"
        )


LONGEST = 16
"""Lines of output that a page shows in full."""


def rewrite(told: list[tuple[Shown, str]], home: Path) -> None:
    """Put what was printed into the pages."""
    ids: dict[str, str] = {}
    for shown, printed in told:
        for ours, theirs in zip(
            re.findall(ID, shown.output), re.findall(ID, printed), strict=False
        ):
            ids.setdefault(ours, theirs)
    for shown, printed in told:
        page = ROOT / "docs" / f"{shown.page}.md"
        command = re.sub(ID, lambda found: ids.get(found[0], found[0]), shown.command)
        lines = [line.rstrip() for line in printed.strip("\n").splitlines()]
        kept = shown.output.splitlines()
        if kept and kept[-1] == "…":
            lines = [*lines[: len(kept) - 1], "…"]
        elif len(lines) > LONGEST:
            lines = [*lines[: LONGEST // 2], "…"]
        output = "".join(f"{line}\n" for line in lines).replace(str(home), "/srv/casemate/home")
        old, new = f"$ {shown.command}\n{shown.output}", f"$ {command}\n{output}"
        page.write_text(page.read_text(encoding="utf-8").replace(old, new, 1), encoding="utf-8")


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as place, pytest.MonkeyPatch.context() as patch:
        settle(Path(place), patch)
        rewrite(list(tell(Path(place))), Path(place) / "home")
