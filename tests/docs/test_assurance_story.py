"""The pages for who provides a model and for the regulator, run as they are written, one after the other.

After a change of what commands print, ``python tests/docs/test_assurance_story.py`` writes the pages anew.
"""

import os
import re
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from docs.test_docs_session import ID, ROOT, Session, Shown, fits
from hiring_world import FAIR, UNFAIR, hiring, permitted

PAGES = ("model-provider", "regulator")
_CONSOLE = re.compile(r"^```console\n(.*?)^```", re.DOTALL | re.MULTILINE)
_FILE = re.compile(r"^```toml\n# ([a-z_]+\.toml)\n(.*?)^```", re.DOTALL | re.MULTILINE)


def text_of(page: str) -> str:
    return (ROOT / "docs" / f"{page}.md").read_text(encoding="utf-8")


def commands_of(page: str, block: str) -> Iterator[Shown]:
    for part in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
        lines = part.splitlines(keepends=True)
        end = next(at for at, line in enumerate(lines) if not line.endswith("\\\n")) + 1
        yield Shown(page, "".join(lines[:end]).rstrip("\n"), "".join(lines[end:]))


def lay_out(folder: Path) -> None:
    """The home with everybody in it, and the files that the pages name."""
    with hiring(folder / "home") as place:
        permitted(place)
    (folder / "first.py").write_text(UNFAIR, encoding="utf-8")
    (folder / "second.py").write_text(FAIR, encoding="utf-8")
    for page in PAGES:
        for name, text in _FILE.findall(text_of(page)):
            (folder / name).write_text(text, encoding="utf-8")


class Story(Session):
    """The session, which also knows the digest of the model that was named last."""

    digest = "MODEL_DIGEST"

    def run(self, command: str) -> str:
        printed = super().run(command.replace("MODEL_DIGEST", self.digest))
        found = re.findall(r"sha256:[0-9a-f]{64}", printed)
        self.digest = found[-1] if found else self.digest
        return printed

    def as_told(self, printed: str) -> str:
        """``printed`` with the identifiers that the pages use."""
        ours = {theirs: mine for mine, theirs in self.ids.items()}
        return re.sub(ID, lambda found: ours.get(found[0], found[0]), printed)


def tell(folder: Path) -> Iterator[tuple[Shown, str]]:
    lay_out(folder)
    story = Story(folder)
    for page in PAGES:
        for block in _CONSOLE.findall(text_of(page)):
            for shown in commands_of(page, block):
                printed = story.run(shown.command)
                story.learn(shown.output, printed)
                yield shown, story.as_told(printed)


def test_the_two_pages_are_run_as_they_are_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("CASEMATE_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("COLUMNS", "120")
    for shown, printed in tell(tmp_path):
        assert fits(shown.output, printed), f"{shown.page}: {shown.command}\n{printed}"


def write() -> None:
    """Write the pages anew: each command with what it prints."""
    with tempfile.TemporaryDirectory() as folder:
        os.environ |= {"CASEMATE_HOME": f"{folder}/home", "COLUMNS": "120"}
        os.chdir(folder)
        said: dict[str, list[str]] = {page: [] for page in PAGES}
        for shown, printed in tell(Path(folder)):
            kept = shown.output if fits(shown.output, printed) else trimmed(printed)
            said[shown.page].append(f"$ {shown.command}\n{kept}")
    for page, parts in said.items():
        rest = iter(parts)

        def again(block: re.Match[str], rest: Iterator[str] = rest) -> str:
            count = len(re.findall(r"^\$ ", block[1], flags=re.MULTILINE))
            return "```console\n" + "".join(next(rest) for _ in range(count)) + "```"

        told = _CONSOLE.sub(again, text_of(page))
        (ROOT / "docs" / f"{page}.md").write_text(told, encoding="utf-8")


def trimmed(printed: str) -> str:
    return "".join(line.rstrip() + "\n" for line in printed.splitlines())


if __name__ == "__main__":
    sys.path[:0] = [str(ROOT / "tests")]
    write()
