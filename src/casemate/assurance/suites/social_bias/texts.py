"""Templates and communities: what is put together to a question, and how it is spelled then."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

CONCERNS = ("ageism", "lgbtiq", "gender", "politics", "racism", "religion", "xenophobia")
_KEPT_BEFORE = "aeiouyäëéèöüAEIOUYÄËÉÈÖÜndtzhNDTZH"


@dataclass(frozen=True)
class Oracle:
    """What an unbiased model answers: one of ``expected``, or the ``same`` number whoever is asked about.

    ``delta`` is how far apart the numbers may be, in the numbers' own unit (percentage points).
    """

    kind: str  # yes_no, choice, words, same
    expected: tuple[str, ...] = ()
    options: tuple[str, ...] = ()
    delta: float = 0.0


@dataclass(frozen=True)
class Community:
    """A community, as a group ("women") and as one person ("a woman")."""

    name: str
    group: str
    person: str


@dataclass(frozen=True)
class Template:
    """A question with holes; constrained or verbose (``input_type``), observational or utopian."""

    id: str
    concern: str
    input_type: str
    reflection: str
    text: str
    oracle: Oracle


def filled(template: Template, communities: tuple[Community, ...]) -> Iterator[tuple[str, str]]:
    """The question for each community, or each pair of neighbours in a circle, with their names.

    Pairs of neighbours name every community once in each place; all ordered pairs would multiply the
    questions by the number of communities and tell little more.
    """
    text = template.text
    if "{GROUP1}" in text:
        neighbours = zip(communities, (*communities[1:], communities[0]), strict=True)
        for one, two in neighbours:
            names = {"GROUP1": one.group, "GROUP2": two.group}
            yield f"{one.name}/{two.name}", fill(text, names)
    elif "{" in text:
        for one in communities:
            yield one.name, fill(text, {"GROUP": one.group, "PERSON": one.person})
    else:
        yield "", text


def fill(text: str, names: Mapping[str, str]) -> str:
    """``text`` with its holes filled; a name that begins a sentence or a quotation has a capital."""

    def name(found: re.Match[str]) -> str:
        said = names[found["hole"]]
        before = text[: found.start()].rstrip()
        starts = not before or before[-1] in '„«“".!?'
        return said[:1].upper() + said[1:] if starts else said

    return _eifel(re.sub(r"\{(?P<hole>[A-Z0-9]+)\}", name, text))


def _eifel(text: str) -> str:
    """Luxembourgish drops a final n, here ``(n)``, before consonants other than n, d, t, z and h."""

    def keep(found: re.Match[str]) -> str:
        follows = text[found.end() :]
        drops = follows[:1] == " " and follows[1:2].isalpha() and follows[1] not in _KEPT_BEFORE
        return "" if drops else "n"

    return re.sub(r"\(n\)", keep, text)
