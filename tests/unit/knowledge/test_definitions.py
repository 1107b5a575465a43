"""What a text defines, in four languages, and where it is used."""

import gzip
import json
import random
from collections import Counter
from pathlib import Path

import pytest

from casemate.knowledge.definitions import Definition, definitions_in, uses
from casemate.knowledge.documents import Kind, Provision

DATA = Path(__file__).parents[4] / "shared/data/law/eu-law/provisions.en-fr.jsonl.gz"


def article(text: str, *, key: str = "art_1", heading: str = "") -> Provision:
    return Provision(key, Kind.ARTICLE, heading=heading, text=text)


def defined(text: str, language: str, *, heading: str = "") -> list[tuple[str, str, str]]:
    found = definitions_in([article(text, heading=heading)], language)
    return [(one.how, one.term, one.text) for one in found]


FRENCH = """Art. 2.
Au sens du présent règlement, on entend par :
« chenil » : tout lieu où vivent plus de cinq chiens ;
1° « détenteur » ou « gardien » : la personne
a) qui nourrit le chien ;
b) qui le promène.
(2)
Le collège, ci-après « le collège », tient la liste."""


def test_points_of_a_french_list() -> None:
    assert defined(FRENCH, "fr") == [
        ("means", "chenil", "tout lieu où vivent plus de cinq chiens"),
        ("means", "détenteur", "la personne\na) qui nourrit le chien ;\nb) qui le promène."),
        ("named", "le collège", "Le collège"),
    ]
    (_, holder, _) = definitions_in([article(FRENCH)], "fr")
    assert (holder.number, holder.also) == ("1", ("gardien",))


@pytest.mark.parametrize(
    ("language", "text", "expected"),
    [
        ("fr", "Par aire de jeux au sens du présent titre, on entend un terrain ouvert aux enfants.",
         ("means", "aire de jeux", "un terrain ouvert aux enfants.")),
        ("fr", "Pour la loi, il y a lieu d’entendre par handicap une altération durable.",
         ("means", "handicap", "une altération durable.")),
        ("fr", "Est considéré comme chien dangereux, tout chien qui a mordu.",
         ("counts_as", "chien dangereux", "tout chien qui a mordu.")),
        ("fr", "On entend par:\nministre: le membre du Gouvernement;\nchien: un animal.",
         ("means", "ministre", "le membre du Gouvernement")),
        ("en", "The following definitions apply:\n(1) ‘kennel’ means a place;",
         ("means", "kennel", "a place")),
        ("en", "‘change of owner’, in relation to a dog, means its sale.\nMore is said elsewhere.",
         ("means", "change of owner", "its sale.")),
        ("en", "The Dog Council (hereinafter referred to as ‘the Council’) meets in May.",
         ("named", "the Council", "The Dog Council")),
        ("de", "In diesem Gesetz bezeichnet der Ausdruck\n1. „Zwinger“ einen Ort für Hunde;",
         ("means", "Zwinger", "einen Ort für Hunde")),
        ("de", "Halter im Sinne dieses Gesetzes ist, wer einen Hund hält.",
         ("means", "Halter", "wer einen Hund hält.")),
        ("de", "Als gefährlich gelten Hunde, die gebissen haben.",
         ("counts_as", "gefährlich", "Hunde, die gebissen haben.")),
        ("lb", "Am Sënn vun dësem Gesetz versteet een ënner:\n„Zwinger“: eng Plaz fir Hënn;",
         ("means", "Zwinger", "eng Plaz fir Hënn")),
        ("lb", "Halter am Sënn vun dësem Gesetz ass, wien en Hond huet.",
         ("means", "Halter", "wien en Hond huet.")),
    ],
)  # fmt: skip
def test_ways_of_defining(language: str, text: str, expected: tuple[str, str, str]) -> None:
    assert expected in defined(text, language)


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("fr", "Les chiens sont tenus en laisse. Il est dit « attention » : rien de plus."),
        ("fr", "Le congé est considéré comme temps de travail."),
        ("fr", "Est considérée comme nulle, toute clause contraire."),
        ("en", "The word ‘dog’ is printed on the plate."),
        ("de", "In Angelegenheiten, die nach der Verfassung geregelt sind, entscheidet das Gesetz."),
        ("xx", "‘kennel’ means a place."),
    ],
)  # fmt: skip
def test_what_defines_nothing(language: str, text: str) -> None:
    assert defined(text, language) == []


def test_a_heading_opens_a_list_that_no_formula_opens() -> None:
    text = "«Signataire»: toute personne qui signe.\n«Certificat»: un papier."
    assert defined(text, "fr") == []
    assert [one[1] for one in defined(text, "fr", heading="Définitions")] == [
        "Signataire",
        "Certificat",
    ]


def test_a_definition_is_cut_from_its_provision() -> None:
    for one in definitions_in([article(FRENCH)], "fr"):
        assert one.span.cut(FRENCH) == one.text
        assert one.term_span.cut(FRENCH) == one.term


def test_points_without_line_breaks_and_numbers_stuck_to_what_is_before() -> None:
    text = "1. For the purposes of this Act:(a) ‘dog’ means an animal;▼M5(b) ‘cat’ means another animal;"
    assert [one[1] for one in defined(text, "en")] == ["dog", "cat"]


def told(text: str, found: list[Definition], language: str) -> list[tuple[str, str]]:
    return [(use.span.cut(text), use.definition.term) for use in uses(text, found, language)]


def test_uses_are_found_inflected_and_the_longest_term_goes_first() -> None:
    text = (
        "For the purposes of this Act, the following definitions apply: ‘dog’ means an animal; "
        "‘dangerous dog’ means one that has bitten; ‘AIF’ means a fund."
    )
    found = definitions_in([article(text)], "en")
    use = (
        "Dangerous dogs and other dogs are not dangerous, dog owners of an AIF know; aif is a word."
    )
    assert told(use, found, "en") == [
        ("Dangerous dogs", "dangerous dog"), ("dogs", "dog"), ("dog", "dog"), ("AIF", "AIF"),
    ]  # fmt: skip


def test_uses_in_french_with_elision_and_plural() -> None:
    text = "On entend par: « aire de jeux »: un terrain; « autorité compétente »: la commune."
    found = definitions_in([article(text)], "fr")
    assert told("Les autorités compétentes ferment l’aire de jeux.", found, "fr") == [
        ("autorités compétentes", "autorité compétente"), ("aire de jeux", "aire de jeux"),
    ]  # fmt: skip


def test_uses_never_overlap_and_lie_in_order() -> None:
    found = definitions_in([article(FRENCH)], "fr")
    chance = random.Random(7)
    words = [
        "le",
        "chenil",
        "du",
        "détenteur",
        "ou",
        "gardien",
        ",",
        ".",
        "chenils",
        "d’",
        "«chenil»",
    ]
    for _ in range(50):
        text = " ".join(chance.choices(words, k=40))
        places = [(use.span.start, use.span.end) for use in uses(text, found, "fr")]
        flat = [place for pair in places for place in pair]
        assert flat == sorted(flat)


def most_in_an_article(rows: list[Provision], language: str) -> int:
    found = (one.key for one in definitions_in(rows, language) if one.how == "means")
    return max(Counter(found).values())


POINTS = {"32016R0679": 26, "32024R1689": 70, "32022R2554": 65, "32022L2555": 41, "32014R0910": 59}
"""How many terms the definitions' article of each act defines in its last version, by its own numbers."""


@pytest.mark.skipif(not DATA.exists(), reason="the shared laws are not here")
def test_every_point_of_five_real_acts_is_found_in_both_languages() -> None:
    acts: dict[tuple[str, str], tuple[str, list[Provision]]] = {}
    with gzip.open(DATA, "rt", encoding="utf-8") as file:
        for line in file:
            row = json.loads(line)
            if row["celex"] not in POINTS or row["anchor"] not in {"art_3", "art_4", "art_6"}:
                continue
            version, rows = acts.setdefault((row["celex"], row["lang"]), (row["version"], []))
            if row["version"] > version:
                acts[row["celex"], row["lang"]] = version, rows = row["version"], []
            if row["version"] == version:
                rows.append(article(row["text"], key=row["anchor"], heading=row["heading"] or ""))
    counts = {which: most_in_an_article(rows, which[1]) for which, (_, rows) in acts.items()}
    assert counts == {
        (act, language): many for act, many in POINTS.items() for language in ("en", "fr")
    }
