"""Instructions written from two versions, read and applied again, make the second of the first."""

from hypothesis import given, settings
from hypothesis import strategies as st

from casemate.knowledge.drafting import draft_of
from casemate.knowledge.drafting.amending import instructions_in
from casemate.knowledge.drafting.amending.applying import Wording, apply
from casemate.knowledge.drafting.amending.quoting import masked
from casemate.knowledge.drafting.amending.rendering import written_instructions

LANGUAGES = ("fr", "de", "en")
WORDS = st.sampled_from([
    "le", "chien", "la", "taxe", "est", "de", "40", "60", "euros", "article", "3", "abrogé", "«", "»",
    "„", "“", "‘", "’", "paragraphe", "remplacé", ",", ";", ".", "wird", "words",
])  # fmt: skip
LINES = st.lists(WORDS, min_size=1, max_size=12).map(" ".join)
TEXTS = st.lists(LINES, min_size=1, max_size=4).map("\n".join)
LAWS = st.dictionaries(st.integers(1, 12), TEXTS, max_size=6)


def law(articles: dict[int, str], language: str) -> list[Wording]:
    head = "§ {}" if language == "de" else "Art. {}."
    made = []
    for number, words in sorted(articles.items()):
        printed = head.format(number)
        made.append(Wording(f"art_{number}", printed, "", f"{printed}\n{words}", "article"))
    return made


@settings(max_examples=60, deadline=None)
@given(LAWS, LAWS, st.sampled_from(LANGUAGES))
def test_what_is_written_read_and_applied_is_the_second_version(
    old: dict[int, str], new: dict[int, str], language: str
) -> None:
    before, after = law(old, language), law(new, language)
    written = written_instructions(before, after, language)
    found = instructions_in(draft_of(written.document))
    assert not found.unread
    assert len(found.operations) == len(written.instructions)
    done = apply(found.operations, before)
    left = {key for key, _ in written.left_out}
    if not left:
        assert not done.failed
        assert [one.text for one in done.after] == [one.text for one in after]
    got = {one.key: one.text for one in done.after}
    for one in after:
        if one.key not in left and not done.failed:
            assert got[one.key] == one.text


@settings(max_examples=100, deadline=None)
@given(st.text(alphabet="«»„“”‘’ a\n:1°", max_size=200))
def test_masking_keeps_every_place_or_says_where_it_ends(text: str) -> None:
    hidden = masked(text)
    if hidden.unclosed is None:
        assert len(hidden.text) == len(text)
    for start, words in hidden.quotes.items():
        assert text[start] in "«„“‘"
        assert words in text


@settings(max_examples=30, deadline=None)
@given(TEXTS, st.sampled_from(LANGUAGES))
def test_any_text_is_read_without_failing_and_changes_only_what_it_says(
    text: str, language: str
) -> None:
    before = law({1: "le chien", 2: "la taxe"}, language)
    amending = law({1: text}, language)
    document = written_instructions([], amending, language).document
    apply(instructions_in(draft_of(document)).operations, before)
