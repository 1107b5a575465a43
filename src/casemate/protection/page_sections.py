"""The sections of a page on risk: charts, the tables that say the same, and nothing of any value.

Each takes one profile or two (before and after) and gives nothing where no profile has its part.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from casemate.protection.drawing import bars, lines_of_bars
from casemate.protection.page_words import Words
from casemate.protection.risk import THRESHOLDS, Risk, at_thresholds
from casemate.protection.risk_profile import RiskProfile

EDGES = (1, 2, 3, 5, 10, 20, 50, 100)
Profiles = Sequence[tuple[str, RiskProfile]]
"""What each column is called ("before", "after"; "" where there is but one), and its profile."""


@dataclass(frozen=True)
class Labels:
    """A cell that holds labels, each drawn as one, and what is said of those that are not shown."""

    labels: tuple[str, ...]
    rest: str


@dataclass(frozen=True)
class Table:
    """``rows`` begin with their header; ``numeric`` are the places of columns set to the right."""

    caption: str
    heads: Sequence[str]
    rows: Sequence[Sequence[str | Labels]]
    numeric: Sequence[int]


@dataclass(frozen=True)
class Part:
    """A table, drawn as a chart as well where it has one."""

    table: Table
    chart: str = ""
    note: str = ""


@dataclass(frozen=True)
class Section:
    """A heading with what stands below it."""

    id: str
    heading: str
    text: str
    parts: Sequence[Part]
    notes: Sequence[str] = ()


def figures(
    words: Words, caption: str, heads: Sequence[str], rows: Sequence[Sequence[str | Labels]]
) -> Table:
    """A table all of whose columns but the first are figures."""
    return Table(caption, heads, rows, range(1, len(heads)))


def risk_section(words: Words, risks: Sequence[tuple[str, Risk]]) -> Section:
    """How the classes are distributed, and the figures of prosecutor and marketer."""
    return Section(
        "risk", words.risk, words.risk_text, [_classes(words, risks), _numbers(words, risks)]
    )


def _classes(words: Words, risks: Sequence[tuple[str, Risk]]) -> Part:
    labels, counts = [], []
    for low, high in zip(EDGES, [*EDGES[1:], None], strict=True):
        labels.append(str(low) if high == low + 1 else f"{low}–{high - 1}" if high else f"{low}+")
        counts.append([_records(risk, low, high) for _, risk in risks])
    shares = [
        (when, [row[place] / risk.records for row in counts])
        for place, (when, risk) in enumerate(risks)
    ]
    told = "; ".join(
        f"{label}: "
        + ", ".join(f"{words.percent(part[at], 0)} {when}" for when, part in shares).strip()
        for at, label in enumerate(labels)
    )
    chart = bars(
        labels, shares, x=words.classes_axis, alternative=f"{words.classes_alt} {told}",
        percent=words.percent,
    )  # fmt: skip
    heads = [words.class_size, *(_when(words.records, when) for when, _ in risks)]
    if len(risks) == 2:
        heads = [words.class_size, words.records_before, words.records_after]
    rows = [
        [label, *(words.whole(count) for count in row)]
        for label, row in zip(labels, counts, strict=True)
    ]
    return Part(figures(words, words.classes_caption, heads, rows), chart, words.classes_note)


def _records(risk: Risk, low: int, high: int | None) -> int:
    return sum(
        size * classes
        for size, classes in risk.class_sizes
        if size >= low and (high is None or size < high)
    )


def _numbers(words: Words, risks: Sequence[tuple[str, Risk]]) -> Part:
    kinds: list[tuple[str, Callable[[Risk], str]]] = [
        (words.f_records, lambda risk: words.whole(risk.records)),
        (words.f_classes, lambda risk: words.whole(risk.classes)),
        (words.f_smallest, lambda risk: words.whole(risk.smallest_class)),
        (words.f_uniques, lambda risk: words.whole(risk.uniques)),
        (words.f_highest, lambda risk: words.percent(risk.prosecutor_highest)),
        (words.f_average, lambda risk: words.percent(risk.prosecutor_average, 2)),
    ]
    rows = [[name, *(of(risk) for _, risk in risks)] for name, of in kinds]
    below = [at_thresholds(risk.class_sizes) for _, risk in risks]
    for place, size in enumerate(THRESHOLDS):
        name = words.say("f_below", size=words.whole(size))
        rows.append([name, *(words.percent(found[place].share, 2) for found in below)])
    heads = [words.figure, *(when or words.value for when, _ in risks)]
    return Part(figures(words, words.figures_caption, heads, rows))


def population_section(words: Words, profiles: Profiles) -> Section | None:
    """Against a known population, and by models of one."""
    parts = []
    known = [(when, one.known_population) for when, one in profiles if one.known_population]
    if known:
        rows = [
            [words.p_people, *(words.whole(one.population) for _, one in known)],
            [words.p_kmap, *(words.whole(one.k_map) for _, one in known)],
            [words.p_uniques, *(words.whole(one.population_uniques) for _, one in known)],
            [words.p_highest, *(words.percent(one.journalist_highest) for _, one in known)],
            [words.p_average, *(words.percent(one.journalist_average, 2) for _, one in known)],
        ]
        heads = [words.figure, *(when or words.value for when, _ in known)]
        parts.append(Part(figures(words, words.known_caption, heads, rows)))
    for when, one in profiles:
        if one.population_uniques:
            rows = [
                [
                    found.model
                    if found.used in (None, found.model)
                    else f"{found.model} ({found.used})",
                    words.decimal(found.uniques, 1),
                    words.percent(found.sample_share, 2),
                ]
                for found in one.population_uniques
            ]
            heads = [words.model, words.e_uniques, words.e_share]
            parts.append(Part(figures(words, _when(words.estimated_caption, when), heads, rows)))
    if not parts:
        return None
    return Section("population", words.population, words.population_text, parts)


def special_section(words: Words, profiles: Profiles) -> Section | None:
    """SUDA2: how many records are alone in how few variables, and which variables do it."""
    found = [(when, one.special) for when, one in profiles if one.special is not None]
    if not found:
        return None
    largest = max(one.max_size for _, one in found)
    rows = []
    for size in range(1, largest + 1):
        alone = [int((one.records["smallest"] == size).sum()) for _, one in found]
        rows.append([str(size), *(words.whole(count) for count in alone)])
    heads = [words.special_size, *(_when(words.records, when) for when, _ in found)]
    parts = [Part(figures(words, words.special_caption, heads, rows))]
    shares = {when: one.contributions for when, one in found}
    parts.append(
        by_variable(
            words, shares, words.contributions_caption, words.contributions_note,
            words.contributions_alt, words.contributions_axis,
        )
    )  # fmt: skip
    return Section("special", words.special, words.special_text, parts)


def by_variable(
    words: Words,
    shares: Mapping[str, Mapping[str, float]],
    caption: str,
    note: str,
    alternative: str,
    axis: str,
) -> Part:
    """A share of 0 to 1 for each variable, once or before and after, as bars that lie."""
    names = list(next(iter(shares.values())))
    series = [(when, [part[name] for name in names]) for when, part in shares.items()]
    told = "; ".join(
        f"{name}: "
        + ", ".join(f"{words.percent(part[name])} {when}".strip() for when, part in shares.items())
        for name in names
    )
    chart = lines_of_bars(
        names, series, x=axis, alternative=f"{alternative} {told}", percent=words.percent
    )
    rows = [[name, *(words.percent(part[name]) for part in shares.values())] for name in names]
    heads = [words.variable, *(when or words.value for when in shares)]
    return Part(figures(words, caption, heads, rows), chart, note)


def disclosure_section(words: Words, profiles: Profiles) -> Section | None:
    """What a class tells of each sensitive attribute."""
    found = [(when, one) for when, profile in profiles for one in profile.disclosures]
    if not found:
        return None
    shares: dict[str, dict[str, float]] = {}
    for when, one in found:
        shares.setdefault(when, {})[one.sensitive] = one.guess
    drawn = by_variable(
        words, shares, words.disclosure_caption, words.disclosure_note, words.disclosure_alt,
        words.disclosure_axis,
    )  # fmt: skip
    rows = [
        [
            _when(one.sensitive, when),
            *(
                words.percent(share)
                for share in (one.certain, one.certain_shared, one.guess, one.baseline, one.gain)
            ),
        ]
        for when, one in found
    ]
    heads = [
        words.attribute, words.d_certain, words.d_shared, words.d_guess, words.d_baseline,
        words.d_gain,
    ]  # fmt: skip
    table = figures(words, words.disclosure_caption, heads, rows)
    parts = [Part(table, drawn.chart, words.disclosure_note)]
    return Section("disclosure", words.disclosure, words.disclosure_text, parts)


def apart_section(words: Words, profiles: Profiles) -> Section | None:
    """Distinction and separation of variables and pairs, of the table as it came."""
    for _, one in profiles:
        if one.distinguishing:
            rows = [
                [
                    ", ".join(found.attributes),
                    words.decimal(found.distinction, 4),
                    words.decimal(found.separation, 4),
                ]
                for found in one.distinguishing
            ]
            heads = [words.variables, words.distinction, words.separation]
            table = figures(words, words.apart_caption, heads, rows)
            return Section("apart", words.apart, words.apart_text, [Part(table)])
    return None


def identifier_section(words: Words, profile: RiskProfile) -> Section | None:
    """What the scans found, by column; kinds and categories are terms and stay English."""
    if profile.identifiers is None:
        return None
    by = {"name": words.by_name, "values": words.by_values}
    parts = []
    if profile.identifiers:
        rows: list[Sequence[str | Labels]] = [
            [one.column, one.kind, by[one.by], words.whole(one.matches),
             words.likely if one.likely else words.chance]
            for one in profile.identifiers
        ]  # fmt: skip
        heads = [words.column, words.kind, words.by, words.matches, words.judgement]
        parts.append(Part(Table(words.identifiers_caption, heads, rows, (3,))))
    if profile.safe_harbor:
        rows = [
            [one.column, f"({one.category}) {one.label}", by[one.by], words.whole(one.matches)]
            for one in profile.safe_harbor
        ]
        heads = [words.column, words.category, words.by, words.matches]
        parts.append(Part(Table(words.harbor_caption, heads, rows, (3,))))
    text = words.identifiers_text + ("" if parts else f" {words.identifiers_none}")
    return Section("identifiers", words.identifiers, text, parts)


def left_out_section(words: Words, profiles: Profiles) -> Section | None:
    """What could not be measured, and why."""
    reasons = [
        _when(reason, when) if len(profiles) > 1 else reason
        for when, one in profiles
        for reason in one.left_out
    ]
    if not reasons:
        return None
    return Section("left-out", words.left_out, words.left_out_text, [], reasons)


def profile_sections(words: Words, profiles: Profiles) -> list[Section]:
    """The sections beside the risk itself, those that there is something to say in."""
    made: list[Any] = [
        population_section(words, profiles),
        special_section(words, profiles),
        disclosure_section(words, profiles),
        apart_section(words, profiles),
    ]
    return [section for section in made if section is not None]


def _when(text: str, when: str) -> str:
    return f"{text} ({when})" if when else text
