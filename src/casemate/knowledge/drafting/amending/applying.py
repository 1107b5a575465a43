"""Operations, applied to a version: the consolidated text, each change with its instruction.

Nothing is guessed: a part that is not there, or twice, and words that do not stand exactly once are told,
and that operation changes nothing.
"""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Protocol

from casemate.knowledge.citing import NamedWork
from casemate.knowledge.drafting.amending.operations import Act, Operation, Step, Unread
from casemate.knowledge.drafting.draft import begin_of
from casemate.knowledge.drafting.numbers import Number, bare, number_in
from casemate.knowledge.drafting.outline import Part, outline
from casemate.knowledge.sentences import sentences

_UNITS = {
    "paragraph": ("(number)", "number."),
    "point": ("number°", "number)", "number.", "(number)", "(letter-a", "(letter-i", ")letter-a",
              ")letter-i", ".letter-a"),
    "letter": ("(letter-a", ")letter-a", ".letter-a", "(letter-i", ")letter-i"),
    "indent": ("dash",),
}  # fmt: skip
"""Which labels a unit may have."""
_ARTICLE_LINE = re.compile(r"^\W{0,2}(?:Art(?:icle|ikel|\.)|§)\s*\S{1,20}", re.IGNORECASE)
_KEY_NUMBER = re.compile(r"(?:^|_)(?:art|article|rct|anx)[_-]+(?:[a-z]+_)?(?P<number>.+)$")


class Words(Protocol):
    """A provision: a stored one or a draft's."""

    @property
    def key(self) -> str: ...
    @property
    def number(self) -> str: ...
    @property
    def heading(self) -> str: ...
    @property
    def text(self) -> str: ...
    @property
    def kind(self) -> str: ...


@dataclass(frozen=True, slots=True)
class Wording:
    """A provision with the words that it has by now."""

    key: str
    number: str
    heading: str
    text: str
    kind: str

    @property
    def begin(self) -> int:
        """Where its words begin, after number and heading."""
        return begin_of(self.text, self.number, self.heading)


@dataclass(frozen=True, slots=True)
class Change:
    """What one operation did to one provision; no words before: it is new; none after: it is gone."""

    operation: Operation
    key: str
    number: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Failed:
    """An operation that was read and cannot be carried out, and why."""

    operation: Operation
    why: str


@dataclass(frozen=True, slots=True)
class Applied:
    """What came of the operations, the text before and after in the order of the text."""

    before: tuple[Wording, ...]
    after: tuple[Wording, ...]
    changes: tuple[Change, ...]
    failed: tuple[Failed, ...] = ()
    pending: tuple[Operation, ...] = ()
    """Those that take effect later."""
    elsewhere: tuple[Operation, ...] = ()
    """Those on other texts."""
    unread: tuple[Unread, ...] = ()


class _CannotApply(Exception):
    """Why an operation is not carried out."""


IsTheWork = Callable[[NamedWork], bool]


def apply(
    operations: Iterable[Operation],
    provisions: Sequence[Words],
    *,
    on: date | None = None,
    is_the_work: IsTheWork = lambda named: True,
) -> Applied:
    """The operations in their order, as far as they hold ``on`` the day and concern the work."""
    before = tuple(
        Wording(one.key, one.number, one.heading, one.text, str(one.kind)) for one in provisions
    )
    current, changes = list(before), []
    failed, pending, elsewhere = [], [], []
    for one in operations:
        if one.work is not None and not is_the_work(one.work):
            elsewhere.append(one)
        elif on is not None and one.effective is not None and one.effective > on:
            pending.append(one)
        else:
            try:
                current, change = _apply(one, current)
                changes.append(change)
            except _CannotApply as why:
                failed.append(Failed(one, str(why)))
    return Applied(
        before, tuple(current), tuple(changes), tuple(failed), tuple(pending), tuple(elsewhere)
    )


def _apply(one: Operation, current: list[Wording]) -> tuple[list[Wording], Change]:
    if one.act is Act.INSERT and one.made is not None and one.made.unit in {"article", "annex"}:
        return _new_article(one, one.made, current)
    place = _article(one.path[0], current)
    found = current[place]
    if one.act is Act.REPEAL and len(one.path) == 1:
        rest = [*current[:place], *current[place + 1 :]]
        return rest, Change(one, found.key, found.number, found.text, "")
    text = _changed(one, found)
    if text == found.text:
        raise _CannotApply("it changes nothing: the words are there already")
    number, heading = _titles(found, text)
    after = replace(found, text=text, number=number, heading=heading)
    return (
        [*current[:place], after, *current[place + 1 :]],
        Change(one, found.key, found.number, found.text, text),
    )


def _titles(found: Wording, text: str) -> tuple[str, str]:
    """Number and heading after a change: those that the text has on its first lines, else those before."""
    printed = _ARTICLE_LINE.match(text)
    number = printed[0].strip() if printed and not text.startswith(found.number) else found.number
    heading = found.heading if found.heading and found.heading in text[:400] else ""
    return number, heading


# ── articles ─────────────────────────────────────────────────────────────────────────────────────


def number_of(one: Words) -> Number | None:
    """A provision's number as printed, else as its key tells; none where neither does."""
    told = number_in(bare(one.number)) if one.number else None
    if told is not None:
        return told
    key = _KEY_NUMBER.search(one.key)
    return number_in(re.sub(r"_(?=\d)", "-", key["number"]).replace("_", "")) if key else None


def _number_of(one: Wording) -> str:
    told = number_of(one)
    return told.told.casefold() if told else ""


def _plain(number: str) -> str:
    told = number_in(number)
    return told.told.casefold() if told else number.casefold()


def _article(step: Step, current: Sequence[Wording]) -> int:
    of_kind = [
        place
        for place, one in enumerate(current)
        if (one.kind == "annex") is (step.unit == "annex")
    ]
    wanted = _plain(step.number)
    found = [place for place in of_kind if _number_of(current[place]) == wanted]
    if len(found) != 1:
        count = "is not there" if not found else f"is there {len(found)} times"
        raise _CannotApply(f"{step.unit} {step.number} {count}")
    return found[0]


def _new_article(
    one: Operation, made: Step, current: list[Wording]
) -> tuple[list[Wording], Change]:
    wanted = _plain(made.number)
    if not wanted:
        raise _CannotApply("the new article has no number")
    if any(_number_of(found) == wanted and found.kind != "annex" for found in current):
        raise _CannotApply(f"there is an article {made.number} already")
    place = _place_of(one, made, current)
    printed = _ARTICLE_LINE.match(one.new)
    model = next(
        (found.number for found in current if found.kind == made.unit and found.number), "Art. 1."
    )
    number = printed[0].strip() if printed else _like(model, made.number)
    bears = any(found.number and found.text.startswith(found.number) for found in current)
    text = one.new if printed or not bears else f"{number}\n{one.new}"
    key = f"{_stem(current)}{made.number}"
    new = Wording(key, number, "", text, made.unit)
    return [*current[:place], new, *current[place:]], Change(one, key, number, "", text)


def _like(model: str, number: str) -> str:
    """``Art. 5bis.`` after the model of ``Art. 1er.``."""
    begin = model[: len(model) - len(bare(model))] or "Art. "
    return f"{begin}{number}{'.' if model.rstrip().endswith('.') else ''}"


def _stem(current: Sequence[Wording]) -> str:
    """How keys of this text begin."""
    keyed = (re.match(r"(.*?)(?=\d)", one.key) for one in current if one.kind == "article")
    return next((found[1] for found in keyed if found and found[1]), "art_")


def _place_of(one: Operation, made: Step, current: Sequence[Wording]) -> int:
    if one.beside is not None and one.beside.number:
        beside = _article(one.beside, current)
        return beside + 1 if one.side != "before" else beside
    told = number_in(made.number)
    if told is None:
        raise _CannotApply("it does not say after which article")
    for place, found in enumerate(current):
        other = number_of(found) if found.kind == made.unit else None
        if other is not None and (other.prefix, other.parts, other.rank) > (
            told.prefix, told.parts, told.rank,
        ):  # fmt: skip
            return place
    return len(current)


# ── within an article ────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class _Region:
    """Characters of a provision; ``body`` is where the words begin after a label."""

    start: int
    body: int
    end: int
    part: Part | None = None


def _changed(one: Operation, found: Wording) -> str:
    region = _region(one.path[1:], found)
    text = found.text
    match one.act:
        case Act.REPLACE:
            return _replaced(text, region, one.new, whole=len(one.path) == 1)
        case Act.REPEAL:
            return _without(text, region.start, region.end)
        case Act.WORDS:
            return _exchanged(text, region, one)
        case Act.WORDS_IN:
            return _words_in(text, region, one)
        case _:
            return _part_in(text, region, one)


def _region(path: Sequence[Step], found: Wording) -> _Region:
    whole = outline(found.text, found.begin)
    region = _Region(0, found.begin, len(found.text), whole)
    for step in path:
        region = _deeper(step, region, found.text)
    return region


def _deeper(step: Step, region: _Region, text: str) -> _Region:
    if step.unit == "sentence":
        return _nth(step, [(one.start, one.end) for one in _sentences(region, text)])
    if region.part is None:
        raise _CannotApply(f"{step.unit} {step.number} cannot be looked for within a sentence")
    if step.unit == "alinea":
        return _alinea(step, region.part)
    if step.unit not in _UNITS:
        raise _CannotApply(f"a {step.unit} is no part that is found here")
    part = _labelled(step, region.part)
    return _Region(part.start, part.body, part.end, part)


def _sentences(region: _Region, text: str) -> list[_Region]:
    inner = text[region.body : region.end]
    return [
        _Region(region.body + one.start, region.body + one.start, region.body + one.end)
        for one in sentences(inner)
    ]


def _nth(step: Step, spans: Sequence[tuple[int, int]]) -> _Region:
    number = int(step.number) if re.fullmatch(r"-?\d{1,4}", step.number) else 0
    place = number - 1 if number > 0 else len(spans) + number
    if not number or not 0 <= place < len(spans):
        raise _CannotApply(f"{step.unit} {step.number} is not there")
    start, end = spans[place]
    return _Region(start, start, end)


def _alinea(step: Step, part: Part) -> _Region:
    """A paragraph of print with the list that it opens."""
    begins = [start for start, _ in part.own]
    ends = [one - 1 for one in begins[1:]] + [part.end]
    found = _nth(step, list(zip(begins, ends, strict=True)))
    inner = [one for one in part.parts if found.start <= one.start < found.end]
    own = [span for span in part.own if found.start <= span[0] < found.end]
    within = Part("", "whole", found.start, found.start, found.end, inner, own)
    return _Region(found.start, found.start, found.end, within)


def _labelled(step: Step, part: Part) -> Part:
    """The part of a label, at the least depth where there is one."""
    level = list(part.parts)
    wanted = step.number.casefold()
    while level:
        of_unit = [one for one in level if one.style in _UNITS[step.unit]]
        if step.unit == "indent" and re.fullmatch(r"\d{1,3}", wanted):
            found = of_unit[int(wanted) - 1 : int(wanted)]
        else:
            found = [one for one in of_unit if one.label.casefold() == wanted]
        if len(found) > 1:
            raise _CannotApply(f"{step.unit} {step.number} is there {len(found)} times")
        if found:
            return found[0]
        level = [inner for one in level for inner in one.parts]
    raise _CannotApply(f"{step.unit} {step.number} is not there")


def _replaced(text: str, region: _Region, new: str, *, whole: bool) -> str:
    if whole:
        return new if _ARTICLE_LINE.match(new) else text[: region.body] + new
    start = region.start if _same_label(text[region.start : region.body], new) else region.body
    return text[:start] + new + text[region.end :]


def _same_label(label: str, new: str) -> bool:
    told = re.sub(r"[\s|]", "", label)
    return not told or re.sub(r"[\s|]", "", new[:40]).startswith(told)


def _without(text: str, start: int, end: int) -> str:
    """A line that is empty then goes too."""
    before, after = text[:start], text[end:]
    if before.endswith("\n") and (after.startswith("\n") or not after):
        return before[:-1] + after
    if before[-1:] == " " and after[:1] in (" ", "\n", ""):
        before = before[:-1]
    return before + after


def _exchanged(text: str, region: _Region, one: Operation) -> str:
    places = _places(text, region, one.old)
    _require_once(places, one)
    for start, end in reversed(places):
        text = text[:start] + one.new + text[end:] if one.new else _words_out(text, start, end)
    return text


def _words_out(text: str, start: int, end: int) -> str:
    """A space that stood on both sides stands once."""
    if text[start - 1 : start] in (" ", "(") and text[end : end + 1] == " ":
        end += 1
    elif text[start - 1 : start] == " " and text[end : end + 1] in (".", ",", ";", ")", "\n", ""):
        start -= 1
    return text[:start] + text[end:]


def _places(text: str, region: _Region, words: str) -> list[tuple[int, int]]:
    """Where words stand, whole words alone; runs of blanks are one blank."""
    if not words:
        raise _CannotApply("there are no words in the quotation")
    parts = words.split()
    pattern = r"\s+".join(map(re.escape, parts))
    begin = r"(?<!\w)" if parts[0][0].isalnum() else ""
    end = r"(?!\w)" if parts[-1][-1].isalnum() else ""
    found = re.compile(begin + pattern + end).finditer(text, region.start, region.end)
    return [one.span() for one in found]


def _require_once(places: Sequence[object], one: Operation) -> None:
    if len(places) == 1 or (one.everywhere and places):
        return
    told = "are not there" if not places else f"are there {len(places)} times"
    raise _CannotApply(f"the words “{one.old[:80]}” {told}: they have to stand exactly once")


def _words_in(text: str, region: _Region, one: Operation) -> str:
    if one.side == "end":
        return _at_the_end(text, region, one.new)
    places = _places(text, region, one.old)
    if one.then:
        following = {start for start, _ in _places(text, region, one.then)}
        places = [
            span
            for span in places
            if any(text[span[1] : at].strip() == "" and at >= span[1] for at in following)
        ]
    _require_once(places, one)
    for start, end in reversed(places):
        if one.side == "before":
            text = f"{text[:start]}{one.new} {text[start:]}"
        else:
            gap = "" if one.new[:1] in ",;.)" else " "
            text = text[:end] + gap + one.new + text[end:]
    return text


def _at_the_end(text: str, region: _Region, new: str) -> str:
    """Before the sign that ends the part, unless the words bring one."""
    end = region.end
    inner = text[region.body : end]
    sign = re.search(r"\s?[.;]$", inner)
    if sign and not re.search(r"[.;]$", new):
        end -= len(sign[0])
    gap = "" if new[:1] in ",;.)" else " "
    return text[:end] + gap + new + text[end:]


def _part_in(text: str, region: _Region, one: Operation) -> str:
    made = one.made
    if made is None or region.part is None:
        raise _CannotApply("it does not say what is put in")
    if made.unit == "sentence":
        return text[: region.end] + " " + one.new + text[region.end :]
    end = region.end if made.unit == "alinea" else None
    if one.beside is not None and one.beside.number:
        beside = _deeper(one.beside, region, text)
        end = beside.end if one.side != "before" else beside.start - 1
    elif made.unit == "alinea" and re.fullmatch(r"\d{1,3}", made.number):
        end = _before_alinea(int(made.number), region.part)
    new, siblings = one.new, _siblings(made, region.part)
    if made.unit in _UNITS and made.unit != "indent":
        if any(part.label.casefold() == made.number.casefold() for part in siblings):
            raise _CannotApply(f"there is a {made.unit} {made.number} already")
        new = _labelled_text(text, made, new, siblings)
    if end is None:
        end = _after_siblings(made, siblings) or region.end
    return f"{text[:end]}\n{new}{text[end:]}"


def _before_alinea(number: int, part: Part) -> int:
    if number > len(part.own) + 1:
        raise _CannotApply(
            f"there are {len(part.own)} alineas: there can be no alinea {number} next"
        )
    return part.end if number > len(part.own) else part.own[number - 1][0] - 1


def _siblings(made: Step, part: Part) -> list[Part]:
    level = list(part.parts)
    while level:
        found = [one for one in level if one.style in _UNITS.get(made.unit, ())]
        if found:
            return [one for one in found if one.style == found[0].style]
        level = [inner for one in level for inner in one.parts]
    return []


def _after_siblings(made: Step, siblings: Sequence[Part]) -> int | None:
    """The end of the last one whose number is lower."""
    told = number_in(made.number) if made.number[:1].isdigit() else None
    end = None
    for one in siblings:
        other = number_in(one.label) if one.label[:1].isdigit() else None
        if told and other and (other.parts, other.rank) > (told.parts, told.rank):
            break
        if not told and len(one.label) == len(made.number) and one.label > made.number:
            break
        end = one.end
    return end


def _labelled_text(text: str, made: Step, new: str, siblings: Sequence[Part]) -> str:
    if outline(new.partition("\n")[0]).parts or not siblings or not made.number:
        return new
    model = siblings[0]
    label = text[model.start : model.body].rstrip("\n ")
    gap = text[model.start + len(label) : model.body] or " "
    return label.replace(model.label, made.number, 1) + gap + new
