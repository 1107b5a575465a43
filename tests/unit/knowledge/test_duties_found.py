"""Duties in an invented regulation: who, what, when, by when; and from when each part applies."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st
from obligations_world import stored

from casemate.errors import BadInput
from casemate.knowledge.obligations import Duty, DutyKind, Roles, application_of, duties_in
from casemate.knowledge.obligations.deadlines import deadlines_in
from casemate.knowledge.obligations.parts import clauses
from casemate.knowledge.obligations.sanctions import sanctions_for, sanctions_in
from casemate.knowledge.obligations.targets import Target, place, targets_in

ENGLISH = Roles(
    {
        "keeper": ("keeper",),
        "breeder": ("breeder",),
        "commune": ("commune",),
        "member_state": ("Member State",),
        "guest": ("guest",),
    }
)
FRENCH = Roles({"keeper": ("détenteur", "entité canine"), "commune": ("commune",)})


def only(text: str, language: str = "en", roles: Roles = ENGLISH) -> Duty:
    """The one duty of ``text``."""
    (found,) = duties_in(text, language, roles, ensuring=("member_state",))
    return found


@pytest.mark.parametrize(
    ("text", "kind", "bearers"),
    [
        ("Keepers shall register each dog.", "obligation", ("keeper",)),
        ("Where a dog bites, the keeper shall, without delay, say so.", "obligation", ("keeper",)),
        ("A keeper shall not leave a dog alone.", "prohibition", ("keeper",)),
        ("Keepers and breeders may ask for advice.", "permission", ("keeper", "breeder")),
        ("Each keeper and, where applicable, the breeder, shall pay.", "obligation", ("keeper", "breeder")),
        ("The guest shall have the right to a quiet night.", "right", ("guest",)),
        ("The selling of whistles shall be prohibited.", "prohibition", ()),
        ("Member States shall ensure that keepers train their dogs.", "obligation", ("keeper",)),
        ("Keepers which consider that a dog may be ill shall call a vet.", "obligation", ("keeper",)),
        ("The leash shall be held by the keeper.", "obligation", ("keeper",)),
        ("Where a keeper finds a stray dog, it shall inform the commune.", "obligation", ("keeper",)),
        ("The keeper's house shall have a fence.", "obligation", ()),
        ("Keepers shall be informed of the fee.", "obligation", ()),
    ],
)  # fmt: skip
def test_a_sentence_binds_its_subject(text: str, kind: str, bearers: tuple[str, ...]) -> None:
    found = only(text)
    assert (found.kind.value, found.bearers) == (kind, bearers)


@pytest.mark.parametrize(
    "text",
    [
        "This Regulation shall enter into force on the day after its publication.",
        "‘Keeper’ shall mean whoever holds a dog.",
        "A dog that bites shall be deemed dangerous.",
        "This Regulation shall be without prejudice to civil law.",
        "Keepers shall not be required to name their dog.",
        "Dogs are friendly.",
    ],
)
def test_what_says_what_is_lays_no_duty_on_anybody(text: str) -> None:
    assert duties_in(text, "en", ENGLISH) == []


def test_what_a_state_is_to_ensure_is_laid_on_whoever_is_named_next() -> None:
    found = only("Member States shall ensure that, when a dog is sold, breeders give a paper.")
    assert (found.bearers, found.through) == (("breeder",), "member_state")


def test_the_points_after_a_verb_inherit_their_bearer_and_are_quoted_with_it() -> None:
    text = "1. Keepers shall:(a) feed the dog;(b) walk it within 12 hours.\n\n2. That walk shall be long."
    fed, walked, long = duties_in(text, "en", ENGLISH)
    assert [one.where for one in (fed, walked, long)] == ["1(a)", "1(b)", "2"]
    assert walked.bearers == ("keeper",)
    assert walked.inherited
    assert walked.quote(text) == "Keepers shall:\nwalk it within 12 hours."
    assert walked.deadlines[0].hours == 12
    assert long.bearers == (), "another paragraph inherits nothing"


def test_a_list_of_contents_is_one_duty() -> None:
    text = "The keeper shall keep a book with at least:(a) the dog's name;(b) its age."
    assert only(text).quote(text) == text


def test_points_with_times_of_their_own_are_duties_of_their_own() -> None:
    text = "Keepers shall send what follows:(a) within 24 hours a warning;(b) within 72 hours a report."
    assert [one.deadlines[-1].hours for one in duties_in(text, "en", ENGLISH)] == [24, 72]


def test_they_and_that_look_back_within_a_paragraph() -> None:
    text = "1. Keepers shall buy a tag. They shall show it on demand. That tag shall be red."
    assert [(one.bearers, one.inherited) for one in duties_in(text, "en", ENGLISH)] == [
        (("keeper",), False), (("keeper",), True), (("keeper",), True),
    ]  # fmt: skip


def test_a_prohibition_and_a_command_in_one_sentence_are_two() -> None:
    found = duties_in("Keepers shall not sell the dog and shall inform the commune.", "en", ENGLISH)
    assert [one.kind for one in found] == [DutyKind.PROHIBITION, DutyKind.OBLIGATION]


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("Les détenteurs déclarent leur chien.", "obligation"),
        ("Lorsqu'un chien mord, le détenteur informe la commune sans retard.", "obligation"),
        ("Les détenteurs doivent tenir leur chien en laisse.", "obligation"),
        ("Le détenteur ne peut pas vendre son chien.", "prohibition"),
        ("Les détenteurs, le cas échéant, peuvent demander une réduction.", "permission"),
        ("Les entités canines informent le public.", "obligation"),
    ],
)
def test_french_commands_in_the_present_tense(text: str, kind: str) -> None:
    found = only(text, "fr", FRENCH)
    assert (found.kind.value, found.bearers[:1]) == (kind, ("keeper",))


@pytest.mark.parametrize(
    ("language", "text", "kind"),
    [
        ("de", "Der Halter muss den Hund anmelden.", "obligation"),
        ("de", "Halter dürfen den Hund nicht verkaufen.", "prohibition"),
        ("lb", "Den Halter muss den Hond umellen.", "obligation"),
        ("lb", "Den Halter däerf den Hond net verkafen.", "prohibition"),
    ],
)
def test_german_and_luxembourgish(language: str, text: str, kind: str) -> None:
    found = only(text, language, Roles({"keeper": ("Halter",)}))
    assert (found.kind.value, found.bearers) == (kind, ("keeper",))


def test_a_language_that_is_not_known_is_bad_input() -> None:
    with pytest.raises(BadInput, match="not in 'xx'"):
        duties_in("Keepers shall.", "xx", ENGLISH)


@pytest.mark.parametrize(
    ("words", "language", "hours", "day", "at_once"),
    [
        ("not later than 72 hours after", "en", 72, None, False),
        ("within one month of receipt", "en", 720, None, False),
        ("au plus tard dans les 48 heures", "fr", 48, None, False),
        ("dans un délai de trois mois", "fr", 2160, None, False),
        ("by 17 October 2024", "en", None, date(2024, 10, 17), False),
        ("au plus tard le 17 juillet 2024", "fr", None, date(2024, 7, 17), False),
        ("without undue delay", "en", None, None, True),
        ("sans retard injustifié", "fr", None, None, True),
        ("innerhalb von 24 Stunden", "de", 24, None, False),
    ],
)
def test_times(
    words: str, language: str, hours: int | None, day: date | None, at_once: bool
) -> None:
    (found,) = deadlines_in(f"it acts {words}", language)
    assert (found.hours, found.day, found.at_once) == (hours, day, at_once)


@given(st.text(max_size=400), st.sampled_from(["en", "fr", "de", "lb"]))
def test_whatever_the_text_a_quote_is_cut_out_of_it(text: str, language: str) -> None:
    for one in duties_in(text, language, ENGLISH):
        for piece in one.quote(text).split("\n"):
            assert piece in text
        assert all(0 <= span.start < span.end <= len(text) for span in one.spans)


@given(
    st.lists(
        st.sampled_from(
            ["Keepers shall walk.", "(a) x;", "1. ", ":", "\n", "| (a) | y |", "; and(b) z"]
        )
    )
)
def test_every_part_lies_in_the_text_and_none_overlaps(pieces: list[str]) -> None:
    text = "".join(pieces)
    end = 0
    for one in clauses(text):
        assert 0 <= one.whole.start < one.whole.end <= len(text)
        assert one.span.start >= end
        end = one.span.end


STAGED = [
    stored("art_1", "Article 1\n\nKeepers shall register.", path=("CHAPTER I — General",)),
    stored("art_2", "Keepers shall buy a tag.", path=("CHAPTER II — Dogs", "SECTION 2 — Tags")),
    stored(
        "art_8", "Breach of Article 2 shall be subject to a fine of up to EUR 500, an infringement."
    ),
    stored(
        "art_9",
        "This Regulation shall enter into force on the third day.\n\nIt shall apply from 1 March 2026.\n\n"
        "However:\n\n(a) Chapter I shall apply from 1 May 2025;\n\n"
        "(b) Chapter II, Sections 1 and 2, with the exception of Article 2(3), shall apply from: (i) 1 June"
        " 2027 as regards dogs of Annex III; and (ii) 1 June 2028 as regards dogs of Annex I;\n\n"
        "(c) Article 8 shall apply from the day of the decree.",
    ),
]


def _since(key: str, path: tuple[str, ...] = (), paragraph: str = "") -> list[date | None]:
    application = application_of(STAGED)
    assert application is not None
    return [one.since for one in application.begins(place(key, path, paragraph))]


def test_parts_begin_when_the_last_article_says() -> None:
    assert _since("art_1", ("CHAPTER I — General",)) == [date(2025, 5, 1)]
    assert _since("art_7", ("CHAPTER III",)) == [date(2026, 3, 1)]
    section = ("CHAPTER II — Dogs", "SECTION 2 — Tags")
    assert _since("art_2", section, "1") == [date(2027, 6, 1), date(2028, 6, 1)]
    assert _since("art_2", section, "3") == [date(2026, 3, 1)], "what is excepted falls back"
    assert _since("art_8") == [None], "a day that no words say stays unknown"


@pytest.mark.parametrize(
    ("words", "named"),
    [
        ("Chapters I and II", ["chapter_1", "chapter_2"]),
        ("le chapitre III, section 4, et l’article 78", ["chapter_3_section_4", "art_78"]),
        ("Articles 102 to 104", ["art_102", "art_103", "art_104"]),
        ("l'article 5, paragraphe 1, points b *bis*) et b *ter*)", ["art_5(1)(ba)", "art_5(1)(bb)"]),
        ("Article 5(1a) and (1b)", ["art_5(1a)", "art_5(1b)"]),
        ("Article 6(2) and Annex III; and (ii)", ["art_6(2)", "annex_3"]),
        ("paragraph 2", []),
    ],
)  # fmt: skip
def test_references_to_parts(words: str, named: list[str]) -> None:
    assert sorted(map(str, targets_in(words))) == sorted(named)


def test_a_fine_is_linked_to_what_it_punishes() -> None:
    found = sanctions_in(STAGED)
    (one,) = sanctions_for(found, Target(article="2", paragraph="1"))
    assert one.provision == "art_8"
    assert "EUR 500" in one.words
    assert sanctions_for(found, Target(article="1")) == ()
