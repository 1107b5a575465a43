"""The real files: every form of the zoo, every version of fourteen works, questions with their answers."""

import json
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from casemate.flagships.law.sources import files_in, read_law
from casemate.knowledge.documents import Library, read

LAW = Path(__file__).resolve().parents[4] / "shared" / "data" / "law"

pytestmark = pytest.mark.skipif(
    not LAW.is_dir(), reason="the shared laws are not beside the project"
)


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Library]:
    with Library(tmp_path_factory.mktemp("law") / "library.sqlite") as library:
        folder = LAW / "lu-law" / "akn-versions"
        loaded = library.load(folder, files_in(folder), read_law)
        assert not loaded.failed
        yield library


def test_every_question_on_a_day_gets_the_right_version(library: Library) -> None:
    questions = [
        json.loads(line) for line in (LAW / "lu-law" / "point-in-time.jsonl").open(encoding="utf-8")
    ]
    wrong = []
    for one in questions:
        standing = library.at(one["work"], one["article"], "fr", date.fromisoformat(one["date"]))
        version = standing.version and str(standing.version.valid_from)
        if (version, standing.provision is not None) != (one["expected_version"], one["exists"]):
            wrong.append(one["qid"])
    assert len(questions) > 100
    assert wrong == []


def test_the_words_are_those_of_the_file(library: Library) -> None:
    questions = [
        json.loads(line) for line in (LAW / "lu-law" / "point-in-time.jsonl").open(encoding="utf-8")
    ]
    existing = [one for one in questions if one["exists"]]
    same = 0
    for one in existing:
        found = library.at(
            one["work"], one["article"], "fr", date.fromisoformat(one["date"])
        ).provision
        same += found is not None and found.as_filed == one["expected_text_sha256"]
    assert same >= len(existing) - 1  # one differs in a space that is no space


@pytest.mark.parametrize(
    ("file", "language", "articles"),
    [
        ("akn-eu/32014L0092.akn.gz", "en", 31),
        ("akn-it/19410716_041U0633_VIGENZA_20241222.xml.gz", "it", 307),
        ("akn-lu-asenacted/eli-etat-leg-loi-2024-05-22-a199-jo-fr-xml.xml.gz", "fr", 63),
        ("formex/L_202400903EN.000101.fmx.xml.gz", "en", 23),
        ("formex/L_202400903EN.DOC_1.html.gz", "en", 23),
        ("legaldocml-de/bgbl-1_2025_145_regelungstext-verkuendung-1.xml.gz", "de", 18),
    ],
)
def test_every_article_of_every_form_is_read(file: str, language: str, articles: int) -> None:
    found = read(LAW / "structured" / file)
    assert found.language == language
    assert sum(one.kind == "article" for _, one in found.units()) == articles


def test_one_act_reads_alike_in_formex_and_on_the_page() -> None:
    told = []
    for name in ("L_202400903EN.000101.fmx.xml.gz", "L_202400903EN.DOC_1.html.gz"):
        units = read(LAW / "structured" / "formex" / name).units()
        told.append(
            {one.key: "".join(one.text.split()) for _, one in units if one.kind == "article"}
        )

    assert told[0] == told[1]


@pytest.mark.parametrize("language", ["fr", "de", "lb"])
def test_the_constitution_is_whole_in_three_languages(language: str) -> None:
    found = read(
        LAW / "lu-law" / "akn-multilingual" / "constitution-2023-07-01" / f"{language}.xml"
    )
    assert (found.language, sum(1 for _ in found.units())) == (language, 132)
