"""A library says what was in force on a day, as known on another, and reads only what changed."""

from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from law_files import akoma_ntoso, article, legilux_version

from casemate.errors import NotFound
from casemate.flagships.law.sources import files_in, read_law
from casemate.knowledge.documents import Library, Loaded

WORK = "loi-2020-01-15-n1"
OLD, NEW, FAR = date(2020, 2, 1), date(2022, 7, 1), date(2030, 9, 15)


def load(library: Library, folder: Path) -> Loaded:
    return library.load(folder, files_in(folder), read_law)


@pytest.fixture
def law(tmp_path: Path) -> Path:
    """Three versions: the second changes article 1 and adds article 2, the third is to come."""
    first = article("art_1", "Art. 1.", "Un chien par personne.")
    changed = article("art_1", "Art. 1.", "Deux chiens par personne.")
    added = article("art_2", "Art. 2.", "Le ministre tient un registre.")
    folder = tmp_path / "law"
    legilux_version(folder, OLD, akoma_ntoso(first), ends=NEW, published=date(2020, 1, 20))
    legilux_version(folder, NEW, akoma_ntoso(changed, added), ends=FAR, published=date(2022, 6, 1))
    legilux_version(folder, FAR, akoma_ntoso(first, added), published=date(2025, 3, 1))
    return folder


@pytest.mark.parametrize(
    ("on", "known", "words"),
    [
        (date(2020, 1, 31), None, None),
        (OLD, None, "Un chien"),
        (NEW - timedelta(days=1), None, "Un chien"),
        (NEW, None, "Deux chiens"),
        (date(2031, 1, 1), None, "Un chien"),
        (date(2031, 1, 1), date(2024, 1, 1), "Deux chiens"),
        (NEW, date(2022, 5, 31), "Un chien"),
        (NEW, date(2019, 1, 1), None),
    ],
)
def test_what_was_in_force_on_a_day_as_known_on_another(
    tmp_path: Path, law: Path, on: date, known: date | None, words: str | None
) -> None:
    with Library(tmp_path / "library.sqlite") as library:
        load(library, law)
        standing = library.at(WORK, "art_1", "fr", on, known)
    assert standing.in_force == (words is not None)
    if words is None:
        assert standing.provision is None
        assert standing.why
    else:
        assert standing.provision is not None
        assert words in standing.provision.text


def test_a_provision_of_later_is_not_in_the_version_of_before(tmp_path: Path, law: Path) -> None:
    with Library(tmp_path / "library.sqlite") as library:
        load(library, law)
        standing = library.at(WORK, "art_2", "fr", OLD)
    assert standing.version is not None
    assert (standing.provision, standing.why) == (
        None,
        "the version of 2020-02-01 has no provision 'art_2'",
    )


def test_what_has_ended_is_given_and_said_to_have(tmp_path: Path) -> None:
    legilux_version(
        tmp_path / "law", OLD, akoma_ntoso(article("art_1", "Art. 1.", "Un.")), ends=NEW
    )
    with Library(tmp_path / "library.sqlite") as library:
        load(library, tmp_path / "law")
        standing = library.at(WORK, "art_1", "fr", NEW)
    assert standing.provision is not None
    assert not standing.in_force
    assert "ended on 2022-07-01" in standing.why


def test_words_that_stand_in_many_versions_are_kept_once(tmp_path: Path, law: Path) -> None:
    with Library(tmp_path / "library.sqlite") as library:
        loaded = load(library, law)
        state = library.state()
        history = library.history(WORK, "art_2", "fr")
    assert (loaded.read, loaded.versions, loaded.new_texts) == (3, 3, 3)
    assert (state.works, state.versions, state.provisions, state.texts) == (1, 3, 5, 3)
    assert [(one.begins, one.ends) for one in history] == [(NEW, None)]


def test_only_what_changed_is_read_again(tmp_path: Path, law: Path) -> None:
    with Library(tmp_path / "library.sqlite") as library:
        load(library, law)
        assert (load(library, law).read, load(library, law).unchanged) == (0, 3)
        legilux_version(
            law, NEW, akoma_ntoso(article("art_1", "Art. 1.", "Trois chiens.")), ends=FAR
        )
        again = load(library, law)
        standing = library.at(WORK, "art_1", "fr", NEW)
    assert (again.read, again.unchanged, again.new_texts) == (1, 2, 1)
    assert standing.provision is not None
    assert "Trois" in standing.provision.text


def test_a_bad_file_is_told_and_keeps_nothing_else_out(tmp_path: Path, law: Path) -> None:
    (law / "broken.xml").write_text("<akomaNtoso>", encoding="utf-8")
    with Library(tmp_path / "library.sqlite") as library:
        loaded = load(library, law)
        assert library.state().versions == 3
    assert [one.where for one in loaded.failed] == ["broken.xml"]


def test_a_work_goes_by_its_address_too(tmp_path: Path, law: Path) -> None:
    with Library(tmp_path / "library.sqlite") as library:
        load(library, law)
        assert library.work("http://data.legilux.public.lu/eli/etat/leg/loi/2020/01/15/n1") == WORK
        with pytest.raises(NotFound, match="there is no work 'loi-1900'"):
            library.work("loi-1900")


days = st.dates(date(2000, 1, 1), date(2035, 1, 1))


@settings(deadline=None, max_examples=25)
@given(begins=st.lists(days, min_size=1, max_size=6, unique=True), asked=days)
def test_the_version_in_force_is_the_last_that_had_begun(
    tmp_path_factory: pytest.TempPathFactory, begins: list[date], asked: date
) -> None:
    folder = tmp_path_factory.mktemp("law")
    for number, day in enumerate(begins):
        legilux_version(folder, day, akoma_ntoso(article("art_1", "Art. 1.", f"Mot {number}.")))
    with Library(folder / "library.sqlite") as library:
        load(library, folder)
        standing = library.at(WORK, "art_1", "fr", asked)
        wordings = list(library.wordings())
    started = [day for day in begins if day <= asked]
    assert (standing.version.valid_from if standing.version else None) == max(started, default=None)
    covering = [
        one
        for one in wordings
        if one.begins and one.begins <= asked and (one.ends is None or asked < one.ends)
    ]
    assert len(covering) == bool(started)


def test_a_folder_is_named_by_any_path_and_hidden_files_in_it_are_left_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("laws/law.jsonl", "laws/.hidden/other.jsonl", "here/x"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("{}", encoding="utf-8")
    monkeypatch.chdir(tmp_path / "here")
    assert files_in(Path("../laws")) == [Path("../laws/law.jsonl")]
