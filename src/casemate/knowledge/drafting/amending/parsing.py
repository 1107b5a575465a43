"""Amending instructions, read: what is not read for certain is listed, never guessed.

A sentence is read where it has one verb of change, and its quotations and parts fill the places that the
verb has. Everything else that changes something is ``Unread``.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from itertools import pairwise

from casemate.knowledge.citing import NamedWork, references_in
from casemate.knowledge.drafting.amending.language import Wording, part_pattern, wording_of
from casemate.knowledge.drafting.amending.operations import Act, Operation, Step, Unread
from casemate.knowledge.drafting.amending.quoting import QUOTE, Masked, masked
from casemate.knowledge.drafting.days import days_in
from casemate.knowledge.drafting.draft import Draft
from casemate.knowledge.drafting.numbers import number_in
from casemate.knowledge.drafting.outline import Part, outline
from casemate.knowledge.sentences import sentences

LONGEST = 4_000
"""Characters of a sentence outside its quotations; what is longer is no instruction."""


@dataclass(frozen=True, slots=True)
class _Context:
    """What stands above an instruction: the text that is changed, and where in it."""

    work: NamedWork | None = None
    path: tuple[Step, ...] = ()


@dataclass(frozen=True, slots=True)
class _Named:
    """A part as a sentence names it; ``role``: target, made, after, before."""

    role: str
    unit: str
    numbers: tuple[str, ...]
    deeper: tuple[str, ...]
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class _Quoted:
    """A quotation; ``role``: plain, after, before."""

    role: str
    words: str
    are_words: bool


@dataclass
class Instructions:
    """What an amending text holds: what was read, and what was not."""

    operations: list[Operation] = field(default_factory=list)
    unread: list[Unread] = field(default_factory=list)


class _Refused(Exception):
    """Why a sentence is not read."""


def instructions_in(draft: Draft) -> Instructions:
    """Every instruction of ``draft``, in order. Raises ``BadInput`` for a language that is not read."""
    wording = wording_of(draft.language)
    found = Instructions()
    for place in draft.articles():
        _Reader(place.key, place.text, place.begin, draft.language, wording, found).read()
    return found


class _Reader:
    """Reads one article."""

    def __init__(
        self, key: str, text: str, begin: int, language: str, wording: Wording, found: Instructions
    ) -> None:
        self._key, self._text, self._begin = key, text, begin
        self._language, self._wording, self._found = language, wording, found
        self._masked: Masked = masked(text)

    def read(self) -> None:
        hidden = self._masked
        if hidden.unclosed is not None:
            start = hidden.unclosed
            if self._changes(hidden.text):
                why = "a quotation begins here and is never closed"
                self._unread(start, min(len(self._text), start + 200), why)
            return
        self._part(outline(hidden.text, self._begin), _Context())

    def _changes(self, text: str) -> bool:
        return any(verb.search(text) for verb in self._wording.verbs.values())

    def _unread(self, start: int, end: int, why: str) -> None:
        self._found.unread.append(Unread(self._key, start, end, self._text[start:end], why))

    def _part(self, part: Part, context: _Context) -> None:
        for start, end in self._lines(part):
            for span in sentences(self._masked.text[start:end]):
                context = self._sentence(start + span.start, start + span.end, context)
        for one in part.parts:
            self._part(one, context)

    def _lines(self, part: Part) -> Iterator[tuple[int, int]]:
        """The part's own lines; a line that a quotation follows goes on with it."""
        lines = list(part.own)
        while lines:
            start, end = lines.pop(0)
            while lines and self._masked.text[start:end].rstrip().endswith(":"):
                if not QUOTE.match(self._masked.text, lines[0][0]):
                    break
                end = lines.pop(0)[1]
            yield start, end

    def _sentence(self, start: int, end: int, context: _Context) -> _Context:
        """Keep what a sentence does; the context for what follows it."""
        sentence = self._masked.text[start:end]
        if len(QUOTE.sub("", sentence)) > LONGEST:
            return context
        opens = self._wording.opens.search(sentence)
        if not opens and not self._changes(sentence):
            return context
        try:
            work = self._work(sentence) or context.work
            named = self._named(sentence)
            if opens and not QUOTE.search(sentence):
                targets = _path(
                    [one for one in named if one.role == "target"], self._wording, sentence
                )
                if len(targets) > 1:
                    raise _Refused("it opens instructions on several parts at once")
                path = targets[0] if targets else ()
                return _Context(work, _within(context.path, path))
            for made in self._operations(sentence, start, named):
                whole = replace(
                    made, path=_within(context.path, made.path), key=self._key, start=start, end=end,
                    instruction=self._text[start:end], work=work, effective=self._effective(sentence),
                    everywhere=bool(self._wording.everywhere.search(sentence)),
                )  # fmt: skip
                _require_target(whole)
                self._found.operations.append(whole)
        except _Refused as why:
            self._unread(start, end, str(why))
        return context

    def _work(self, sentence: str) -> NamedWork | None:
        cited = (one.work for one in references_in(sentence, self._language))
        return next((one for one in cited if one is not None), None)

    def _effective(self, sentence: str) -> date | None:
        found = self._wording.effective.search(sentence)
        days = days_in(sentence[found.end() : found.end() + 40]) if found else []
        return days[0].day if days else None

    # ── the places of a sentence ─────────────────────────────────────────────────────────────────

    def _named(self, sentence: str) -> list[_Named]:
        found = []
        for one in part_pattern(self._language).finditer(sentence):
            if re.search(r"\bbouts?\s+de\s+$", sentence[: one.start()][-20:]):
                continue
            word = one["ordinal"] or one["word"]
            ordinal = one["nth"] or (
                self._wording.ordinals.get(word.casefold(), "") if word else ""
            )
            numbers = _numbers(one["numbers"] or "", self._wording.lists)
            deeper = tuple(re.findall(r"\(([^)]{1,5})\)", one["deeper"] or ""))
            found.append(
                _Named(
                    self._role(sentence[: one.start()], sentence[one.end() :]), self._unit(one["unit"]),
                    numbers or ((ordinal,) if ordinal else ()), deeper, *one.span(),
                )
            )  # fmt: skip
        return found

    def _unit(self, told: str) -> str:
        units = self._wording.units.items()
        return next(unit for word, unit in units if re.fullmatch(word, told, re.IGNORECASE))

    def _role(self, before: str, after: str) -> str:
        near = before[-40:]
        if self._wording.new_after.search(after[:40]):
            return "made"
        if self._wording.follows.search(near):
            return "after"
        if self._wording.precedes.search(near):
            return "before"
        return "made" if self._wording.made.search(near) else "target"

    def _quoted(self, sentence: str, start: int) -> list[_Quoted]:
        found: list[_Quoted] = []
        end = 0
        for one in QUOTE.finditer(sentence):
            near = sentence[max(end, one.start() - 60) : one.start()]
            role = "plain"
            if self._wording.after.search(near):
                role = "after"
            elif self._wording.before.search(near):
                role = "before"
            elif (
                found
                and found[-1].role == "after"
                and re.fullmatch(r"\s*(?:et|und|and)\s[^:;]{0,30}", near)
            ):
                role = "then"
            are_words = bool(self._wording.words.search(near))
            found.append(_Quoted(role, self._masked.quotes[start + one.start()], are_words))
            end = one.end()
        return found

    # ── what a sentence does ─────────────────────────────────────────────────────────────────────

    def _operations(
        self, sentence: str, start: int, named: Sequence[_Named]
    ) -> Iterable[Operation]:
        verbs = {
            name for name, verb in self._wording.verbs.items() for _ in verb.finditer(sentence)
        }
        count = sum(len(verb.findall(sentence)) for verb in self._wording.verbs.values())
        if count != 1:
            raise _Refused("it has several verbs of change: write an instruction for each")
        quoted = self._quoted(sentence, start)
        paths = _path([one for one in named if one.role == "target"], self._wording, sentence)
        match verbs.pop():
            case "replace":
                return self._replace(paths, quoted, named)
            case "delete":
                return self._delete(paths, quoted)
            case _:
                return [self._insert(paths, quoted, named)]

    def _replace(
        self, paths: Sequence[tuple[Step, ...]], quoted: Sequence[_Quoted], named: Sequence[_Named]
    ) -> Iterable[Operation]:
        plain = [one.words for one in quoted if one.role == "plain"]
        if len(plain) != len(quoted) or len(plain) not in (1, 2):
            raise _Refused(f"a replacement has one quotation or two, and this has {len(quoted)}")
        if len(plain) == 2:
            return [_made(Act.WORDS, path, old=plain[0], new=plain[1]) for path in paths or [()]]
        if len(paths) > 1:
            raise _Refused("several parts are replaced by one text: write an instruction for each")
        if quoted[0].are_words:
            raise _Refused("it does not say which words are replaced")
        return [_made(Act.REPLACE, paths[0] if paths else (), new=plain[0])]

    def _delete(
        self, paths: Sequence[tuple[Step, ...]], quoted: Sequence[_Quoted]
    ) -> Iterable[Operation]:
        if not quoted:
            if not paths:
                raise _Refused("it does not say what is taken out")
            return [_made(Act.REPEAL, path) for path in paths]
        if len(quoted) > 1:
            raise _Refused("several quotations are taken out: write an instruction for each")
        return [_made(Act.WORDS, path, old=quoted[0].words) for path in paths or [()]]

    def _insert(
        self, paths: Sequence[tuple[Step, ...]], quoted: Sequence[_Quoted], named: Sequence[_Named]
    ) -> Operation:
        if len(paths) > 1:
            raise _Refused("something is put into several parts at once")
        path = paths[0] if paths else ()
        plain = [one for one in quoted if one.role == "plain"]
        anchors = [one for one in quoted if one.role in {"after", "before"}]
        then = next((one.words for one in quoted if one.role == "then"), "")
        if len(plain) != 1 or len(anchors) > 1:
            raise _Refused(f"an insertion has one quotation that comes, and this has {len(plain)}")
        new = plain[0].words
        if anchors:
            side, old = anchors[0].role, anchors[0].words
            return _made(Act.WORDS_IN, path, old=old, new=new, side=side, then=then)
        made = [one for one in named if one.role == "made"]
        beside = [one for one in named if one.role in {"after", "before"}]
        if not made:
            if plain[0].are_words:
                return _made(Act.WORDS_IN, path, new=new, side="end")
            raise _Refused("it does not say what kind of part is put in")
        if len(made) > 1 or len(made[0].numbers) > 1 or len(beside) > 1:
            raise _Refused("several parts are put in by one text: write an instruction for each")
        return self._part_in(path, new, made[0], beside)

    def _part_in(
        self, path: tuple[Step, ...], new: str, made: _Named, beside: Sequence[_Named]
    ) -> Operation:
        anchor = beside[0] if beside else None
        if anchor is not None and len(anchor.numbers) == 2 and anchor.role == "after":
            anchor = replace(anchor, numbers=anchor.numbers[:1])  # between two: after the first
        if anchor is not None and anchor.unit != made.unit:
            if len(anchor.numbers) != 1:
                raise _Refused("it does not say where the part is put in")
            raise _Refused(f"a {made.unit} is put beside a {anchor.unit}: say where in it")
        number = made.numbers[0] if made.numbers else _number_of(new)
        step = (
            None
            if anchor is None
            else Step(anchor.unit, _clean(anchor.numbers[0] if anchor.numbers else ""))
        )
        return _made(
            Act.INSERT, path, new=new, made=Step(made.unit, _clean(number)), beside=step,
            side=anchor.role if anchor else "",
        )  # fmt: skip


def _made(act: Act, path: tuple[Step, ...], **what: object) -> Operation:
    return Operation(act, path, "", "", 0, 0, **what)  # type: ignore[arg-type]  # fields by name


def _require_target(one: Operation) -> None:
    in_article = bool(one.path) or (one.made is not None and one.made.unit in {"article", "annex"})
    if not in_article:
        raise _Refused("it does not say which article is changed")
    if any(not step.number for step in one.path):
        raise _Refused("a part is named without its number")
    if one.path and one.path[0].unit not in {"article", "annex"}:
        raise _Refused("it does not say which article the part is of")


def _numbers(told: str, lists: str) -> tuple[str, ...]:
    """The numbers of a list; a range (``4 à 6``) is laid out where its ends are plain."""
    found = [_clean(one) for one in re.split(lists, told.strip())] if told else []
    is_range = re.search(r"\s(?:à|bis|to)\s", told)
    if is_range and len(found) == 2 and all(one.isdigit() for one in found):
        first, last = int(found[0]), int(found[1])
        if first < last <= first + 100:
            return tuple(str(one) for one in range(first, last + 1))
    return tuple(one for one in found if one)


def _clean(number: str) -> str:
    """A number as labels have it: ``5bis``, ``a``, ``l121-1``."""
    low = re.sub(r"[\s()°]", "", number.casefold())
    low = re.sub(r"^([lrd])\.", r"\1", low)
    return re.sub(r"(?<=\d)(?:er|re)$", "", low).strip(".")


def _number_of(new: str) -> str:
    """The number that the words which come begin with."""
    first = new.partition("\n")[0][:40]
    told = number_in(first)
    label = re.match(r"\(?([a-z]{1,2})\)", first)
    return label[1] if label else (told.told if told else "")


def _path(named: Sequence[_Named], wording: Wording, sentence: str) -> list[tuple[Step, ...]]:
    """The paths that named parts make: each part lies in the one before it, or in the one after.

    Several numbers of the innermost part are as many paths.
    """
    if not named:
        return []
    order = list(named)
    joined = [sentence[one.end : after.start] for one, after in pairwise(order)]
    inside = [bool(wording.inside.fullmatch(between)) for between in joined]
    if all(inside) and len(order) > 1:
        order.reverse()
    elif any(inside):
        order = _turned(order, inside)
    for one in order[:-1]:
        if len(one.numbers) + len(one.deeper) > 1 and len(one.numbers) > 1:
            raise _Refused("several parts are named with parts in them")
    outer = [step for one in order[:-1] for step in _steps(one, one.numbers[:1])]
    last = order[-1]
    numbers = last.numbers or ("",)
    return [(*outer, *_steps(last, (number,))) for number in numbers]


def _turned(order: list[_Named], inside: Sequence[bool]) -> list[_Named]:
    """``paragraphe 1, alinéa 2, de l'article 5``: what follows "de" is what all before lie in."""
    cut = len(inside) - 1 - inside[::-1].index(True)
    if inside.count(True) > 1:
        raise _Refused("the parts are not named in one order")
    return [*order[cut + 1 :], *order[: cut + 1]]


def _steps(one: _Named, numbers: Sequence[str]) -> list[Step]:
    first = [Step(one.unit, numbers[0] if numbers else "")]
    deeper = ("paragraph", "point", "point") if one.unit == "article" else ("point",) * 3
    return [*first, *(Step(unit, number) for unit, number in zip(deeper, one.deeper, strict=False))]


def _within(above: tuple[Step, ...], path: tuple[Step, ...]) -> tuple[Step, ...]:
    """``path`` in the context of what stands above; a path that names an article stands by itself."""
    if path and path[0].unit in {"article", "annex"}:
        return path
    return (*above, *path)
