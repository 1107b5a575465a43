"""A translation memory that is older than its texts is told wherever it is used, until it is built anew."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from pages_world import Pages, pages, words
from two_tongues import SECOND, WORK, load_two_tongues
from typer.testing import CliRunner

from casemate.cli import app
from casemate.flagships.law.sources import files_in, read_law

HOLDER = "acct-holder"
STALE = "The texts have changed since the translation memory was built"
ASKED = {"work": WORK, "key": "art_3", "from": "fr", "to": "en", "on": SECOND.isoformat()}
PAGE = f"/en/law/translation?corpus=pets&work={WORK}&key=art_3&source=fr&target=en&on={SECOND}"
TERMS = "/en/law/terms?corpus=pets&source=fr&target=en"

TMX = (
    b'<tmx version="1.4"><header srclang="fr"/><body><tu><tuv xml:lang="fr"><seg>Il est midi.</seg></tuv>'
    b'<tuv xml:lang="en"><seg>It is noon.</seg></tuv></tu></body></tmx>'
)


@pytest.fixture
def made(tmp_path: Path) -> Iterator[Pages]:
    with pages(tmp_path, works=False) as made:
        load_two_tongues(made.portal.platform, tmp_path)
        yield made


def change(made: Pages, folder: Path) -> None:
    """A word of the English law is another one."""
    laws = folder / "pets"
    text = (laws / "pets.jsonl").read_text(encoding="utf-8")
    (laws / "pets.jsonl").write_text(text.replace("a register", "a book"), encoding="utf-8")
    made.portal.platform.load_corpus(HOLDER, "pets", laws, files_in(laws), read_law)


def told(made: Pages) -> tuple[bool, bool, bool, bool, bool]:
    """Whether memory and translation say that it is stale, over HTTP, and each of the three pages."""
    portal = made.portal
    person = made.person("acct-researcher")
    own = person.post(
        "/en/law/translate?corpus=pets", {"text": "Le refuge.", "source": "fr", "target": "en"}
    )
    return (
        portal.must(None, "GET", "/corpora/pets/memory")["stale"],
        portal.must(None, "GET", "/corpora/pets/translation", params=ASKED)["memory_is_stale"],
        STALE in words(person.see(PAGE)),
        STALE in words(person.see(TERMS)),
        STALE in words(own.text),
    )


def test_texts_that_changed_make_it_stale_and_building_it_makes_it_new(
    made: Pages, tmp_path: Path
) -> None:
    platform = made.portal.platform
    assert told(made) == (False,) * 5
    change(made, tmp_path)
    assert told(made) == (True,) * 5
    official = {**ASKED, "key": "art_2", "on": "2031-06-01"}
    found = made.portal.must(None, "GET", "/corpora/pets/translation", params=official)
    assert found["official"]
    assert not found["memory_is_stale"], "what is official does not come from it"
    assert platform.import_memory(HOLDER, "pets", TMX, "ours.tmx").stale
    assert told(made) == (True,) * 5, "a file makes no memory new"
    assert not platform.build_memory(HOLDER, "pets").stale
    assert told(made) == (False,) * 5


def test_texts_that_are_loaded_again_unchanged_leave_it_as_it_is(
    made: Pages, tmp_path: Path
) -> None:
    laws = tmp_path / "pets"
    made.portal.platform.load_corpus(HOLDER, "pets", laws, files_in(laws), read_law)
    assert told(made) == (False,) * 5


def test_a_memory_that_files_alone_have_brought_is_not_stale(made: Pages, tmp_path: Path) -> None:
    platform = made.portal.platform
    laws = tmp_path / "pets"
    platform.load_corpus(HOLDER, "cats", laws, files_in(laws), read_law)
    assert not platform.import_memory(HOLDER, "cats", TMX, "ours.tmx").stale


def test_the_command_line_says_so_and_what_to_do(made: Pages, tmp_path: Path) -> None:
    change(made, tmp_path)
    home = ["--home", str(made.portal.platform.home.root)]
    both = ["--from", "fr", "--to", "en", "--corpus", "pets"]
    on = ["--on", SECOND.isoformat()]
    for asked in (
        ["memory", "show", "--corpus", "pets"],
        ["translate", WORK, "art_3", *both, *on],
        ["terms", "refuge", *both],
        ["memory", "export", str(tmp_path / "out.tmx"), *both],
        ["terms", *both, "--tbx", str(tmp_path / "out.tbx")],
    ):
        said = CliRunner().invoke(app, ["law", *asked, *home])
        assert said.exit_code == 0, said.output
        assert STALE in " ".join(said.output.split()), asked
        assert "law memory build" in said.output
    shown = CliRunner().invoke(app, ["law", "memory", "show", "--corpus", "pets", *home, "--json"])
    assert json.loads(shown.output)["stale"] is True
