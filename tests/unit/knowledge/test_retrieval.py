"""Retrieval through its public face: a small made-up code of a made-up country, in two languages."""

import json
import os
import signal
import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest

from casemate.errors import BadInput, IntegrityFailure, NotFound
from casemate.knowledge.encoding import Encoder
from casemate.knowledge.passages import Passage
from casemate.knowledge.retrieval import KnowledgeIndex

TEXTS = {
    "fr": [
        (
            "Durée du bail",
            "Le bail d'un logement dure au moins un an. Il se renouvelle tacitement.",
        ),
        (
            "Loyer",
            "Le loyer est payé le premier jour du mois. Il ne dépasse pas cinq pour cent du capital.",
        ),
        ("Animaux", "Le locataire peut avoir un chat ou un chien, sauf clause contraire."),
        ("Chauffage", "Le bailleur maintient le chauffage en état de marche pendant l'hiver."),
    ],
    "en": [
        (
            "Length of a lease",
            "The lease of a dwelling lasts a year at least. It is renewed tacitly.",
        ),
        (
            "Rent",
            "Rent is paid on the first day of the month. It is five per cent of the capital at most.",
        ),
        ("Animals", "A tenant may keep a cat or a dog unless the contract says otherwise."),
        ("Heating", "The landlord keeps the heating in working order during the winter."),
    ],
}
TITLES = {"fr": "Loi du 3 mai 2011 sur les logements", "en": "Act of 3 May 2011 on dwellings"}
PATHS = {"fr": ("Titre I : Du bail",), "en": ("Title I: Of leases",)}


def housing() -> list[Passage]:
    return [
        Passage(
            id=f"housing:{language}#{number}",
            language=language,
            work="housing",
            title=TITLES[language],
            path=PATHS[language],
            number=f"Art. L. 12-{number}",
            heading=heading,
            text=text,
            valid_from=date(2011, 5, 3),
            provision=f"housing#{number}",
        )
        for language, texts in TEXTS.items()
        for number, (heading, text) in enumerate(texts, 1)
    ]


def dogs(valid_from: date, valid_to: date | None, text: str) -> Passage:
    return Passage(
        id=f"dogs#1@{valid_from}",
        language="fr",
        work="dogs",
        title="Règlement du 9 juin 1999 sur les chiens",
        number="Art. 1er",
        text=text,
        valid_from=valid_from,
        valid_to=valid_to,
        provision="dogs#1",
    )


def corpus() -> list[Passage]:
    old = dogs(date(1999, 6, 9), date(2020, 1, 1), "Le chien est tenu en laisse dans le parc.")
    new = dogs(date(2020, 1, 1), None, "Le chien est tenu en laisse dans le parc et dans la forêt.")
    return [*housing(), old, new]


@pytest.fixture(scope="module")
def encoder(tmp_path_factory: pytest.TempPathFactory) -> Encoder:
    return Encoder(tmp_path_factory.mktemp("encoder"))


@pytest.fixture(scope="module")
def where(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("index")


@pytest.fixture(scope="module")
def index(where: Path, encoder: Encoder) -> KnowledgeIndex:
    return KnowledgeIndex.build(corpus(), where, encoder, names={"LogeLoi": "housing"})


def best(index: KnowledgeIndex, question: str, language: str = "fr", **more: object) -> str:
    return index.search(question, language, **more)[0].id  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("question", "number"),
    [
        ("Combien de temps dure un bail ?", 1),
        ("Quand faut-il payer le loyer ?", 2),
        ("Puis-je avoir un chat ?", 3),
        ("Qui répare le chauffage en hiver ?", 4),
    ],
)
def test_a_question_finds_its_provision(index: KnowledgeIndex, question: str, number: int) -> None:
    assert best(index, question, works=["housing"], languages=["fr"]) == f"housing:fr#{number}"


@pytest.mark.parametrize(
    ("question", "language"),
    [
        ("May I keep a cat?", "en"),
        ("Darf ich eine Katze halten?", "de"),
        ("Däerf ech eng Kaz hunn?", "lb"),
    ],
)
def test_a_question_finds_its_provision_in_another_language(
    index: KnowledgeIndex, question: str, language: str
) -> None:
    assert best(index, question, language, languages=["fr"], works=["housing"]) == "housing:fr#3"


@pytest.mark.parametrize(
    "question",
    [
        "article L. 12-4 de la Loi du 3 mai 2011 sur les logements",
        "Loi du 3 mai 2011 sur les logements, art. L12-4",
        "LogeLoi art. L. 12-4",
        "L. 12-4 de la loi du 3 mai 2011",
        "Que dit l'article L. 12-4 ?",
    ],
)
def test_a_citation_goes_straight_to_its_provision(index: KnowledgeIndex, question: str) -> None:
    first = index.search(question, "fr", languages=["fr"])[0]
    assert first.id == "housing:fr#4"
    assert first.why["cited"] == 1


def test_the_same_number_of_another_work_is_not_what_was_cited(index: KnowledgeIndex) -> None:
    question = "Règlement du 9 juin 1999 sur les chiens, article L. 12-4"
    assert all("cited" not in hit.why for hit in index.search(question, "fr", languages=["en"]))


def test_article_premier_is_article_one(index: KnowledgeIndex) -> None:
    title = "Règlement du 9 juin 1999 sur les chiens"
    hits = index.search(f"{title} : article 1er", "fr", as_of=date(2024, 1, 1), languages=["fr"])
    assert [hit.id for hit in hits] == ["dogs#1@2020-01-01"]


def test_a_question_that_names_a_work_is_answered_from_it(index: KnowledgeIndex) -> None:
    hits = index.search("Règlement du 9 juin 1999 sur les chiens : loyer", "fr", languages=["fr"])
    assert {hit.id for hit in hits} == {"dogs#1@1999-06-09", "dogs#1@2020-01-01"}


@pytest.mark.parametrize(
    ("day", "wording"),
    [
        (date(1990, 1, 1), None),
        (date(2019, 12, 31), "dogs#1@1999-06-09"),
        (date(2020, 1, 1), "dogs#1@2020-01-01"),
    ],
)
def test_only_what_was_in_force_on_the_day_is_found(
    index: KnowledgeIndex, day: date, wording: str | None
) -> None:
    hits = index.search("Le chien en laisse dans le parc", "fr", as_of=day, works=["dogs"])
    assert [hit.id for hit in hits] == ([wording] if wording else [])


def test_every_hit_says_why(index: KnowledgeIndex) -> None:
    hit = index.search("Puis-je avoir un chat ?", "fr", languages=["fr"])[0]
    assert {"words", "meaning", "headings", "section"} <= set(hit.why)


def test_an_index_is_the_same_when_it_is_opened_again(
    index: KnowledgeIndex, where: Path, encoder: Encoder
) -> None:
    again = KnowledgeIndex(where, encoder)
    assert again.digest == index.digest
    question = "Combien coûte un logement ?"
    assert again.search(question, "fr") == index.search(question, "fr")


def test_only_new_texts_are_encoded(tmp_path: Path, encoder: Encoder) -> None:
    first, second = corpus()[:4], corpus()[:5]
    told: list[tuple[str, int, int]] = []
    KnowledgeIndex.build(first, tmp_path, encoder, most_pieces=1)
    index = KnowledgeIndex.build(
        second, tmp_path, encoder, most_pieces=1, told=lambda *done: told.append(done)
    )
    assert [done for done in told if done[0].startswith("vectors")] == [("vectors en", 1, 1)]
    assert index.passage_ids() == [passage.id for passage in second]
    assert len([path for path in tmp_path.iterdir() if path.is_dir()]) == 1


_BUILD = """
import os, signal, sys
from pathlib import Path
sys.path.insert(0, sys.argv[1])
from test_retrieval import corpus
from casemate.knowledge.encoding import Encoder
from casemate.knowledge.retrieval import KnowledgeIndex
def told(what, done, of):
    if what == "vectors fr":
        os.kill(os.getpid(), signal.SIGKILL)
KnowledgeIndex.build(corpus(), Path(sys.argv[2]), Encoder(), told=told)
"""


def test_a_build_that_was_killed_goes_on_where_it_was(tmp_path: Path, encoder: Encoder) -> None:
    script = [sys.executable, "-c", _BUILD, str(Path(__file__).parent), str(tmp_path)]
    ended = subprocess.run(
        script, env={**os.environ, "XDG_CACHE_HOME": str(tmp_path / "c")}, check=False
    )
    assert ended.returncode == -signal.SIGKILL
    with pytest.raises(NotFound, match="holds no index"):
        KnowledgeIndex(tmp_path, encoder)
    told: list[tuple[str, int, int]] = []
    index = KnowledgeIndex.build(corpus(), tmp_path, encoder, told=lambda *done: told.append(done))
    assert not [one for one in told if one[0].startswith("vectors")], "every vector had been kept"
    assert len(index) == len(corpus())


def test_bad_input_is_told(index: KnowledgeIndex, tmp_path: Path, encoder: Encoder) -> None:
    with pytest.raises(BadInput, match="no passages"):
        KnowledgeIndex.build([], tmp_path, encoder)
    with pytest.raises(BadInput, match="two passages have the id"):
        KnowledgeIndex.build([*corpus(), corpus()[0]], tmp_path, encoder)
    with pytest.raises(BadInput, match="the question is empty"):
        index.search("  ", "fr")
    with pytest.raises(NotFound, match="no passages in 'de'"):
        index.search("Loyer", "fr", languages=["de"])
    with pytest.raises(NotFound, match="holds no index"):
        KnowledgeIndex(tmp_path / "nothing", encoder)


def test_a_damaged_index_is_an_integrity_failure(tmp_path: Path, encoder: Encoder) -> None:
    index = KnowledgeIndex.build(corpus()[:2], tmp_path, encoder)
    (tmp_path / index.digest / "index.json").write_text("{")
    with pytest.raises(IntegrityFailure, match="cannot be read"):
        KnowledgeIndex(tmp_path, encoder)


@pytest.mark.parametrize(
    "question", ["?", "…", "xyzzy", "loyer " * 20_000, "Art. 99999", "\x00", "日本"]
)
def test_any_question_is_answered_without_an_error(index: KnowledgeIndex, question: str) -> None:
    assert len(index.search(question, "fr", limit=3)) == 3


def test_the_rankers_file_can_be_read_by_anybody() -> None:
    from casemate.knowledge.retrieval import ranker

    document = json.loads(Path(ranker.__file__).with_name("ranker.json").read_text())
    assert set(document["routes"]) == {"term", "question", "across"}
    assert document["made_by"].startswith("python -m benchmarks.knowledge.train_ranker")
