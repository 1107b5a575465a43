"""How texts define: the patterns behind ``definitions``, one table a language.

A point of a list defines where the list was opened by a formula ("on entend par", "the following
definitions apply") or stands under a heading that says so; a sentence defines by itself.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from casemate.knowledge.sentences import Span, sentences


@dataclass(frozen=True, slots=True)
class Found:
    """A term and the words that define it, by their places in a text."""

    term: str
    term_span: Span
    span: Span
    how: Literal["means", "counts_as", "named"]
    number: str = ""
    also: tuple[str, ...] = ()
    others: tuple[int, ...] = ()
    """Where the other names stand: they define nothing by themselves."""


@dataclass(frozen=True, slots=True)
class _Joined:
    """Where the meaning begins after a quoted term, and its other names with their places."""

    means: int
    also: tuple[str, ...]
    others: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Patterns:
    """How one language defines.

    A text without any of ``trigger`` defines nothing; ``opening`` opens a list; the patterns of
    ``sentences`` have the groups ``term`` and ``means``.
    """

    trigger: re.Pattern[str]
    heading: re.Pattern[str]
    opening: re.Pattern[str]
    joiner: re.Pattern[str]
    """What stands between a quoted term and what it means."""
    alone: re.Pattern[str]
    """A joiner that defines without a list that was opened."""
    sentences: tuple[tuple[Literal["means", "counts_as"], re.Pattern[str]], ...]
    named: re.Pattern[str]
    """What stands before a quoted name that is given to what went before it."""


def _of(text: str) -> re.Pattern[str]:
    return re.compile(text, re.IGNORECASE | re.MULTILINE)


_QUOTED = (
    r"(?:«\s*(?P<g>[^«»\n]{1,120}?)\s*[»«]|‘(?P<s>[^‘’\n]{1,120}(?:’s [^‘’\n]{1,80})"
    r"?)\s*’(?!\w)|“(?P<d>[^“”\n]{1,120}?)”|„(?P<l>[^„“”\n]{1,120}?)"
    r"[“”]|\"(?P<q>[^\"\n]{1,120}?)\")"
)
_MARKER = (
    r"(?:\|?\s*\(?(?P<number>\d{1,3}(?:\s?\*{0,2}(?:bis|ter|quater|"
    r"quinquies|[a-z])\*{0,2})?|[a-z]{1,3})\*{0,2}(?:\)\.?|\.(?!\d)"
    r"|°)\)?\*{0,2}\s*\|?\s*|[-–—•]\s*)"
)
_STRONG_MARKER = (
    r"(?:(?<=[\W\d_])|(?<=[a-zà-ÿ]))(?P<strong>\d{1,3}[a-z]?|[a-z]{1,3}(?:\s\*?(?:bis|"
    r"ter|quater)\*?)?)\)\s*"
)
"""A point's number that nothing parts from what is before it, as conversions of tables leave it."""
_POINT = re.compile(
    rf"(?:(?:^[ \t|*]*|(?<=[;:.|])[ \t]*|\b(?:et|ou|and|or|und|oder|"
    rf"an)\s*){_MARKER}?|{_STRONG_MARKER})(?P<terms>{_QUOTED})",
    re.MULTILINE | re.IGNORECASE,
)
_QUOTE = re.compile(_QUOTED)
_BARE_POINT = re.compile(
    rf"^[ \t|]*{_MARKER}?(?P<term>[^\W\d][^:;.«»‘“„\n]{{1,100}}?)\s*:[ \t\xa0\u202f]*(?=\S|\n)",
    re.MULTILINE | re.IGNORECASE,
)
_TAIL = re.compile(
    r"(?:[\s;|,]|(?<=[;,.\s])(?:et|ou|and|or|und|oder|an)(?=\s*$)|\|\s*---.*$)+$", re.I
)
_NEW_PARAGRAPH = re.compile(r"\n+(?=[ \t]*(?:\*\*\d|\(\d+[a-z]?\)|\d+[a-z]?\.\s|[A-ZÀ-ÖØ-Þ(]))")
_AHEAD = 90
"""Characters in which "means" follows a quoted term: ‘change of control’, in relation to a firm, means."""

PATTERNS = {
    "fr": Patterns(
        trigger=_of(
            r"entend|défini|considér|réput|assimil|ci-|dénomm|désign|signifi|"
            r"appel|termes suivants|[(][«“\"]"
        ),
        heading=_of(r"^\W*(?:art[^\n]{0,30}\n)?\s*définitions?\b[^\n]{0,40}$"),
        opening=_of(
            r"(?:\bl?['’ ]?on entend(?:\s+par)?|\b(?:il y a lieu|il faut|convient)"
            r"\s+d?['’]?\s?entendre(?:\s+par)?|\bs['’]entend(?:ent)?(?:\s+par)?"
            r"|les définitions suivantes|les définitions ci-après|les termes suivants|"
            r"sont définis comme suit)\b"
        ),
        joiner=_of(
            r"(?:\s+(?:de|du|des|d['’])\s?[^,:;.«\n]{2,60}?(?=[,:]))?\s*(?:,|:|"
            r"désigne(?:nt)?\b|signifie(?:nt)?\b|s['’]entend(?:ent)?\b|est\b|"
            r"sont\b|(?=\s(?:une?|les?|la|l['’]|tout|toute|des|ceux|celui|celle)"
            r"\b))"
        ),
        alone=_of(
            r"[^.;:\n]{0,60}?\s*(?:désigne(?:nt)?|signifie(?:nt)?|s['’]entend(?:ent)?)\b"
        ),
        sentences=(
            ("means", _of(
                r"\bpar\s+(?!là\b)(?P<term>[^,:;.\n]{3,90}?)(?:\s+au sens [^,:;.\n]{3,60})"
                r"?,?\s+(?:on entend|il (?:y a lieu|faut|convient) d?['’]?\s?entendre)"
                r"\s*:?\s*(?P<means>.+)"
            )),
            ("means", _of(
                r"\b(?:on entend|d?['’]?\s?entendre) par\s+(?:l['’]|les? |la )?(?P<term>[^,:;.«“\"\n]{3,90}"
                r"?)(?:\s*[,:]\s*|(?<!\bde)(?<!\bà)(?<!\ben)(?<!\bet)(?<!\bou)(?<!ant)"
                r"(?<!\bpar)(?<!\bpour)(?<!\bsur)(?<!\bdans)\s+(?=(?:un|une|le|"
                r"la|les|l['’]|tout|toute|tous|toutes|des|ceux|celui|celle)\b[ ]?)"
                r")(?P<means>.+)"
            )),
            ("counts_as", _of(
                r"^(?:[^.;:«»]{0,120},\s*)?(?:(?:est|sont) (?:à )?(?:considérée?s?|"
                r"réputée?s?|assimilée?s?)|(?:est|sont) à considérer) (?:comme|"
                r"à|être)\s+(?:une? |des |les |la |le )?(?P<term>[^,:;.\n]{3,90}?)"
                r"(?:\s+(?:au sens|aux fins|pour l['’]application) [^,:;.\n]{3,90}?)"
                r"?(?:\s*[,:]\s*|(?<!\bde)(?<!\bà)(?<!\bet)(?<!\bou)(?<!\bpour)"
                r"(?<!\bdans)(?<!\bsur)\s+(?=(?:un|une|le|la|les|tout|toute|tous|"
                r"toutes|celui|celle|ceux)\s|l['’]))(?P<means>.+)"
            )),
        ),
        named=_of(
            r"(?:\(|,\s*|\b)(?:ci-(?:après|dessous)[,]?(?:\s+(?:également\s+)"
            r"?(?:dénommé|désigné|appelé|nommé|qualifié)[a-zé]*)?(?:\s+(?:le|"
            r"la|les|par|par le terme|sous le terme(?: de)?|comme))?|(?:dénommé|"
            r"désigné|appelé)[a-zé]*(?:\s+ci-après|\s+dans la suite|\s+par la suite)"
            r"(?:\s+(?:le|la|les|par|par le terme|par les termes de))?|\()\s*:?\s*(?:l['’])?$"
        ),
    ),
    "en": Patterns(
        trigger=_of(
            r"means|mean\b|meaning|definition|understood|hereinafter|hereafter|"
            r"in the following|deemed|considered|regarded|treated|[(][‘“]|purposes? of (?:this|"
            r"these)"
        ),
        heading=_of(r"^\W*(?:article[^\n]{0,20}\n)?\s*definitions?\b[^\n]{0,40}$"),
        opening=_of(
            r"for the purposes? of (?:this|these) \w+(?: \w+)?,?\s*:?\s*$|following definitions\b[^.:\n]"
            r"{0,40}|\bthe following terms\b[^.:\n]{0,60}|definitions? (?:set out|"
            r"laid down) below"
        ),
        joiner=_of(
            rf"[^.;:\n‘“]{{0,{_AHEAD}}}?\s*(?:\bmeans?\b|\bshall mean\b|\bhas the meaning\b|"
            rf"\bhave the meaning\b|\brefers? to\b|:|,(?=\s*(?:an?|the|any)\b)"
            rf"|\bshall be\b|\bis\b|\bare\b)"
        ),
        alone=_of(
            rf"[^.;:\n‘“]{{0,{_AHEAD}}}?\s*(?:\bmeans\b|\bmean\b|\bshall mean\b|"
            rf"\bhas the (?:same )?meaning\b)"
        ),
        sentences=(
            ("means", _of(
                r"^(?:For the purposes? of [^,:;\n]{3,80},|In this [^,:;\n]{3,40},)"
                r"\s*(?:an?\s|the\s)?(?P<term>[^,:;.‘“\n]{3,80}?)\s+(?:means?|shall mean)"
                r"\b,?:?\s*(?P<means>.+)"
            )),
            ("means", _of(
                r"^(?:\W*\d+\W+)?(?P<term>[A-Z][^,:;.‘“\n]{3,80}?)\s+(?:shall|is to|"
                r"are to) be understood (?:as|to mean)\b,?:?\s*(?P<means>.+)"
            )),
            ("counts_as", _of(
                r"^(?:For the purposes? of [^,:;\n]{3,80},\s*)(?P<means>[^:;\n]{3,300}?)"
                r"\s+shall be (?:considered|deemed|regarded as|treated as)(?: to be|"
                r" as)?\s+(?:an?\s)?(?P<term>[^,:;.\n]{3,80}?)[.,;]"
            )),
        ),
        named=_of(
            r"(?:\(|,\s*|\b)(?:hereinafter|hereafter|in the following)(?:\s+(?:also\s+)"
            r"?(?:referred to|called|known|designated|together)(?:\s+as)?)*(?:\s+(?:the|"
            r"collectively))*\s*:?\s*$|\((?:the\s+|each an?\s+)?$"
        ),
    ),
    "de": Patterns(
        trigger=_of(
            r"begriff|definition|bezeichn|bedeut|sinne|folgend|nach(?:folgend|"
            r"stehend)|gelten|gilt|verst(?:eht|anden)|[(]„|unter|kurz"
        ),
        heading=_of(
            r"^\W*(?:(?:art|§)[^\n]{0,20}\n)?\s*(?:begriffsbestimmung(?:en)"
            r"?|definition(?:en)?|begriffe)\b[^\n]{0,40}$"
        ),
        opening=_of(
            r"folgende (?:Begriffsbestimmungen|Definitionen|Begriffe)|bezeichnet (?:der Ausdruck|"
            r"die Ausdrücke)|bezeichnen die Ausdrücke|bedeuten?(?= *:)|(?:sind|"
            r"ist) im Sinne [^.:\n]{3,80}(?=:)|im Sinne [^.:\n]{3,80} (?:sind|"
            r"ist|bedeutet|bedeuten|gelten als|gilt als) *(?=:)|versteht man unter|"
            r"wird verstanden unter|gelten als *(?=:)"
        ),
        joiner=_of(
            r"\s*(?:,|:|\bbezeichne[nt]+\b|\bbedeute[nt]+\b|\bist\b|\bsind\b|"
            r"(?=\s(?:eine?[nr]?|de[rn]|die|das|alle|jede[nrs]?)\b))"
        ),
        alone=_of(r"[^.;:\n„]{0,60}?\s*(?:\bbezeichnet\b|\bbedeutet\b|\bist im Sinne\b)"),
        sentences=(
            ("means", _of(
                r"^(?:\(\d+\)\s*)?(?P<term>[A-ZÄÖÜ][^.,;:„\n]{2,90}?)\s+im Sinne (?:diese[rs]|"
                r"der|des|von) [^.;:\n]{2,80}?\s*(?:ist|sind)\b[:,]?\s*(?P<means>.+)"
            )),
            ("means", _of(
                r"\bunter (?:eine[mr] |der |dem )?(?P<term>[^.,;:„\n]{3,80}?) (?:versteht man|"
                r"ist|sind|wird|werden)[^.;:\n]{0,50}?\s*(?:zu verstehen|verstanden)"
                r"?[:,]?\s*(?P<means>(?:eine?|der|die|das|jede[rs]?)\b.+)"
            )),
            ("counts_as", _of(
                r"^(?:\(\d+\)\s*)?Als (?P<term>[^.;:„\n]{3,80}?) (?:im Sinne [^.;:\n]{3,60}? )"
                r"?(?:gilt|gelten|ist anzusehen)\b[:,]?\s*(?P<means>.+)"
            )),
        ),
        named=_of(
            r"(?:\(|,\s*|\b)(?:im Folgenden|nachfolgend|nachstehend|im Weiteren|"
            r"kurz)(?:\s+(?:auch|als|kurz|bezeichnet|genannt))*(?:\s+(?:der|"
            r"die|das))?\s*:?\s*$|\($"
        ),
    ),
    "lb": Patterns(
        trigger=_of(
            r"begrëff|definitioun|bezeechen|bedeit|sënn|folleg|nofolgend|suite|"
            r"gëll|ënner|[(][„«]|folgend|ci-"
        ),
        heading=_of(
            r"^\W*(?:art[^\n]{0,20}\n)?\s*(?:definitioun(?:en)?|definition(?:en)"
            r"?|begrëffer)\b[^\n]{0,40}$"
        ),
        opening=_of(
            r"versteet een ënner|ënner [^.:\n]{3,80} versteet een|folgend Definitiounen|"
            r"dës Definitiounen|bezeechent|am Sënn vun? [^.:\n]{3,80} (?:ass|"
            r"sinn) *(?=:)"
        ),
        joiner=_of(
            r"\s*(?:,|:|\bbezeechent\b|\bbedeit\b|\bass\b|\bsinn\b|(?=\s(?:eng|"
            r"en|den|de|dat|d['’]|all|jidder)\b))"
        ),
        alone=_of(r"[^.;:\n„«]{0,60}?\s*(?:\bbezeechent\b|\bbedeit\b|\bass am Sënn\b)"),
        sentences=(
            ("means", _of(
                r"^(?:\(\d+\)\s*)?(?P<term>[^.;:„«\n]{3,90}?)\s+am Sënn vu?[nmr]? [^.;:\n]{2,80}?\s*(?:ass|"
                r"sinn)\b[:,]?\s*(?P<means>.+)"
            )),
            ("means", _of(
                r"\b(?:versteet een )?ënner (?:engem |enger |dem |der )?(?P<term>[^.,;:„«\n]{3,80}?)"
                r" (?:versteet een|ass|sinn)[^.;:\n]{0,40}?[:,]?\s*(?P<means>(?:eng?|"
                r"den?|déi|dat|all|jidder|d['’])\b.+)"
            )),
            ("counts_as", _of(
                r"^(?:\(\d+\)\s*)?Als (?P<term>[^.;:„«\n]{3,80}?) (?:am Sënn [^.;:\n]{3,60}? )"
                r"?(?:gëllt|gëllen)\b[:,]?\s*(?P<means>.+)"
            )),
        ),
        named=_of(
            r"(?:\(|,\s*|\b)(?:an der Folleg|an der Suite|hei ënnen|nofolgend|"
            r"am Folgenden|ci-après)(?:\s+(?:och|als|genannt|bezeechent))*\s*:?\s*$|\($"
        ),
    ),
}  # fmt: skip


def defined_in(text: str, patterns: Patterns, heading: str = "") -> Iterator[Found]:
    """Everything that a text under ``heading`` defines; no two of one term at one place."""
    if not (patterns.trigger.search(text) or patterns.heading.search(heading)):
        return
    taken: set[int] = set()
    for one in _all(text, patterns, heading):
        if one.term_span.start not in taken:
            taken.update((one.term_span.start, *one.others))
            yield one


def _all(text: str, patterns: Patterns, heading: str) -> Iterator[Found]:
    begins = _opened_at(text, patterns)
    if begins is None and patterns.heading.search(heading):
        begins = 0
    listed = list(_points(text, begins, patterns))
    yield from listed
    if begins is not None and not listed and _LIST_FOLLOWS.match(text, begins):
        yield from _bare_points(text, begins)
    yield from _quoted_alone(text, patterns)
    for span in sentences(text):
        yield from _in_sentence(text, span, patterns)
    yield from _named(text, patterns)


def _opened_at(text: str, patterns: Patterns) -> int | None:
    """Where a list of definitions begins: after its formula, else under a heading that says so."""
    opening = patterns.opening.search(text)
    if opening:
        return opening.end()
    heading = patterns.heading.search(text[:400])
    return None if heading is None else heading.end()


# ── points of a list ─────────────────────────────────────────────────────────────────────────────


def _points(text: str, begins: int | None, patterns: Patterns) -> Iterator[Found]:
    if begins is None:
        return
    starts = []
    place = begins
    while one := _POINT.search(text, place):
        joined = _joined(text, one.end(), patterns.joiner)
        place = one.end() if joined is None else max(one.end(), joined.means - 1)
        if joined:
            starts.append((one, joined))
    for number, (one, joined) in enumerate(starts):
        later = starts[number + 1][0].start() if number + 1 < len(starts) else len(text)
        term, span = _quoted(one, "terms")
        yield Found(
            term, span, _within(text, joined.means, later), "means", _number(one), joined.also,
            joined.others,
        )  # fmt: skip


def _number(one: re.Match[str]) -> str:
    return re.sub(r"[\s*]", "", one["number"] or one["strong"] or "")


def _joined(text: str, place: int, joiner: re.Pattern[str]) -> _Joined | None:
    """What joins a quoted term that ends at ``place`` to its meaning; ``None`` where nothing does."""
    also: list[tuple[str, Span]] = []
    while other := _OTHER_NAME.match(text, place):
        also.append(_quoted(other, "other"))
        place = other.end()
    found = joiner.match(text, place)
    if found is None:
        return None
    names, places = (name for name, _ in also), (span.start for _, span in also)
    return _Joined(found.end(), tuple(names), tuple(places))


_OTHER_NAME = re.compile(
    rf"\s*,?\s*(?:ou|or|oder|bzw\.|et|and|und|an|(?:\(?\s*(?:dénommée?s?\s+)"
    rf"?ci-après(?:\s+(?:dénommée?s?|désignée?s?))?)|\(?\s*(?:hereinafter|"
    rf"im Folgenden)(?:\s+referred to as)?|\()\s*(?P<other>{_QUOTED})"
    rf"\s*\)?",
    re.I,
)


_LIST_FOLLOWS = re.compile(r"[^\n]{0,60}:?[ \t\xa0]*\n")
_MOST_BARE_WORDS = 8


def _bare_points(text: str, begins: int) -> Iterator[Found]:
    """Points whose term has no quotation marks: ``ministre : le membre du Gouvernement …``."""
    starts = [
        one
        for one in _BARE_POINT.finditer(text, begins)
        if one.start() > begins and len(one["term"].split()) <= _MOST_BARE_WORDS
    ]
    for number, one in enumerate(starts):
        later = starts[number + 1].start() if number + 1 < len(starts) else len(text)
        span = _within(text, one.end(), later)
        yield Found(one["term"], Span(*one.span("term")), span, "means", (one["number"] or ""))


def _quoted_alone(text: str, patterns: Patterns) -> Iterator[Found]:
    """A quoted term that its own verb defines, outside any list."""
    for one in _QUOTE.finditer(text):
        joined = _joined(text, one.end(), patterns.alone)
        if joined:
            yield _by_itself(text, _quoted(one), joined)
    for opening in patterns.opening.finditer(text):
        quote = re.compile(rf"\s*(?P<terms>{_QUOTED})").match(text, opening.end())
        joined = _joined(text, quote.end(), patterns.joiner) if quote else None
        if quote and joined:
            yield _by_itself(text, _quoted(quote, "terms"), joined)


def _by_itself(text: str, quoted: tuple[str, Span], joined: _Joined) -> Found:
    span = _within(text, joined.means, _sentence_end(text, joined.means))
    return Found(*quoted, span, "means", "", joined.also, joined.others)


# ── sentences ────────────────────────────────────────────────────────────────────────────────────


def _in_sentence(text: str, span: Span, patterns: Patterns) -> Iterator[Found]:
    for how, pattern in patterns.sentences:
        one = pattern.search(span.cut(text))
        if one is None:
            continue
        start, end = (place + span.start for place in one.span("term"))
        inner = _QUOTE.search(text, start, end)
        term, where = _quoted(inner) if inner else _bare(text, start, end)
        begin, stop = (place + span.start for place in one.span("means"))
        if one["means"].strip() and not _NO_TERM.match(term):
            yield Found(term, where, _within(text, begin, stop), how)
            return


_NO_TERM = re.compile(r"nul(?:le)?s?\b|\w+ant\b|\w+(?:é|ée|és|ées)$|\w$", re.I)
"""What something counts as and is no name of a thing: void, or having a quality."""


def _bare(text: str, start: int, end: int) -> tuple[str, Span]:
    """The term without the article that begins its sentence."""
    article = _ARTICLE.match(text[start:end])
    start += article.end() if article else 0
    return text[start:end].strip(" '’"), Span(start, end)


_ARTICLE = re.compile(
    r"(?:the|an?|l['’]|les?|la|une?|des|der|die|das|eine?|den?|déi|d['’])\s+", re.I
)


_SHORTEST_NAME = 2


def _named(text: str, patterns: Patterns) -> Iterator[Found]:
    """``ci-après « ministre »``: the name, and the words of its sentence before it."""
    for one in _QUOTE.finditer(text):
        line = text.rfind("\n", 0, one.start()) + 1
        before = patterns.named.search(text[max(line, one.start() - 80) : one.start()])
        if (
            before is None
            or len(_quoted(one)[0]) < 2
            or (before[0].strip() == "(" and text[one.end() : one.end() + 1] != ")")
        ):
            continue
        stop = max(line, one.start() - 80) + before.start()
        told = _clause(text, line, stop)
        if told:
            yield Found(*_quoted(one), told, "named")


def _clause(text: str, line: int, stop: int) -> Span | None:
    """The words before ``stop`` in its point, or else after the last full stop, semicolon or colon."""
    before = text[line:stop]
    points = list(re.finditer(r"(?:^|[;:.,|])\s*\(?(?:\d{1,3}|[a-z]{1,3})\)\s", before))
    breaks = points or list(re.finditer(r"[.;:](?=\s)", before))
    start = line + (breaks[-1].end() if breaks else 0)
    return _within(text, start, stop) if text[start:stop].strip() else None


# ── places ───────────────────────────────────────────────────────────────────────────────────────


def _quoted(one: re.Match[str], group: str = "") -> tuple[str, Span]:
    """The words between the quotation marks of a match, with their place."""
    inner = one if not group else _QUOTE.search(one.string, *one.span(group))
    assert inner is not None, "the group is a quotation"
    name = next(name for name in "gsdlq" if inner[name])
    start, end = inner.span(name)
    words = inner[name]
    return words.strip(), Span(
        start + len(words) - len(words.lstrip()), end - len(words) + len(words.rstrip())
    )


def _within(text: str, start: int, end: int) -> Span:
    """The meaning from ``start``: up to ``end``, or to a new paragraph after a full stop before it."""
    words = text[start:end]
    for one in _NEW_PARAGRAPH.finditer(words):
        if words[: one.start()].rstrip().endswith("."):
            words = words[: one.start()]
            break
    words = words.rstrip()
    words = words[: len(words) - len(found[0])] if (found := _TAIL.search(words)) else words
    lead = len(words) - len(words.lstrip(" \t\n:,|\xa0\u202f"))
    return Span(start + lead, max(start + lead, start + len(words)))


def _sentence_end(text: str, start: int) -> int:
    """Where the sentence ends that ``start`` is in."""
    line = text.find("\n", start)
    line = len(text) if line < 0 else line
    first = next(iter(sentences(text[start:line])), None)
    return line if first is None else start + first.end
