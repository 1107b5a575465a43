"""Terms and references of a draft, and what is in force already."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from answers_of_law import NEW, OLD, library_of_dogs
from drafts_of_law import kinds_in

from casemate.knowledge.documents import Library
from casemate.knowledge.drafting import Finding, read_draft
from casemate.knowledge.drafting.checking import against
from casemate.knowledge.drafting.similar import InForce

DEFINED = (
    "Art. 1er. Définitions\nAu sens de la présente loi, on entend par :\n"
    "1° « chien » : un animal de l'espèce canine ;\n2° « refuge » : un lieu qui accueille des animaux.\n"
)
LAW = "la loi du 15 janvier 2020 relative aux chiens"


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Library]:
    folder: Path = tmp_path_factory.mktemp("dogs")
    with library_of_dogs(folder) as library:
        yield library


def found_against(library: Library, text: str, on: date) -> tuple[list[Finding], tuple[str, ...]]:
    candidates = InForce.of(library, "fr", on)
    assert candidates is not None
    return against(read_draft(text.encode(), "draft.txt"), library, on, candidates.like)


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        (DEFINED + "Art. 2.\nLe chien est tenu en laisse.", "definition.unused"),
        (
            DEFINED + "Art. 2.\nLe refuge soigne le chien. Le « gardien » veille.",
            "definition.undefined",
        ),
        ("Art. 1er.\nVoir l'article 12.\nArt. 2.\nOui.", "reference.absent"),
        ("Art. 1er.\nComme à l'article précédent.\nArt. 2.\nOui.", "reference.absent"),
    ],
)
def test_terms_and_references_within_the_draft(text: str, kind: str) -> None:
    assert kind in kinds_in(text)


def test_words_that_an_amending_text_quotes_are_no_terms() -> None:
    text = (
        "Art. 1er.\nÀ l'article 2, les termes « gardien » sont remplacés par les termes « maître »."
    )
    assert "definition.undefined" not in kinds_in(text + "\nArt. 2.\nOui.")


def test_a_reference_that_resolves_and_stays_is_not_told(library: Library) -> None:
    found, unchecked = found_against(library, f"Art. 1er.\nVoir l'article 1er de {LAW}.", NEW)
    assert (found, unchecked) == ([], ())


def test_a_reference_to_nothing_and_one_to_words_that_will_change(library: Library) -> None:
    text = f"Art. 1er.\nVoir l'article 9 de {LAW} et l'article 2 de {LAW}."
    found, _ = found_against(library, text, OLD)
    assert [one.kind for one in found] == ["reference.unresolved", "reference.changing"]
    assert found[1].values["day"] == NEW.isoformat()
    assert "60 euros" in found[1].evidence[0].quote


def test_a_reference_before_there_was_a_law_is_not_in_force(library: Library) -> None:
    found, _ = found_against(library, f"Art. 1er.\nVoir l'article 1er de {LAW}.", date(2019, 1, 1))
    assert [one.kind for one in found] == ["reference.repealed"]
    assert "no version in force before" in found[0].values["why"]


def test_laws_that_are_not_held_are_named_as_unchecked(library: Library) -> None:
    text = "Art. 1er.\nVoir l'article 3 de la loi du 1er mars 1999 sur les chats."
    _, unchecked = found_against(library, text, NEW)
    assert "does not hold" in unchecked[0]


def test_words_that_are_in_force_already_are_quoted_with_their_share(library: Library) -> None:
    words = "La taxe annuelle est de 60 euros. Elle est due avant le 1er mars. Les chiots en sont exempts."
    found, _ = found_against(library, f"Art. 1er.\n{words}", NEW)
    (one,) = found
    assert (one.kind, one.values["share"]) == ("similar.same", "100%")
    assert one.evidence[0].key == "art_2"


def test_another_article_is_not_alike(library: Library) -> None:
    words = "Le foin est vendu au marché chaque samedi par les paysans qui en ont coupé en été."
    found, _ = found_against(library, f"Art. 1er.\n{words}", NEW)
    assert found == []
