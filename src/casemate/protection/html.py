"""Reports as one page: what protecting a table did to its risk, or the risk of a table as it is.

The page is one file. It loads nothing, is light or dark as the reader's system is, prints, and is made
for screen readers and keyboards: landmarks, headings in order, a text alternative for each chart and
its figures as a table with a caption. No value of fewer records than the threshold stands on it.
"""

from collections.abc import Sequence
from importlib.resources import files

from casemate.protection.anonymise import Result
from casemate.protection.apply import ProtectionReport
from casemate.protection.codebook import CodebookEntry
from casemate.protection.drawing import line
from casemate.protection.frontier import Point
from casemate.protection.page_models import measure_in_words, model_in_words
from casemate.protection.page_sections import (
    Labels,
    Part,
    Section,
    Table,
    by_variable,
    figures,
    identifier_section,
    left_out_section,
    profile_sections,
    risk_section,
)
from casemate.protection.page_words import Words, require_language
from casemate.protection.risk import Risk
from casemate.protection.risk_profile import RiskProfile

__all__ = ["report_html", "require_language", "risk_html"]

_SHOWN_LABELS = 8


def report_html(
    report: Result | ProtectionReport,
    *,
    title: str | None = None,
    frontier: Sequence[Point] = (),
    before: RiskProfile | None = None,
    after: RiskProfile | None = None,
    language: str = "en",
) -> str:
    """The page on what ``anonymise`` or ``apply_plan`` did, in ``language`` (en, fr, de or lb).

    ``frontier`` is drawn where given; so is what the profiles of the table ``before`` and ``after``
    hold beyond the risk that the report itself has. Labels of fewer records than the models' least
    class are not shown; where only a profile could tell which these are, and none is given, no label
    is. Attributes, labels and ``title`` may come from anywhere: they are escaped. Raises BadInput for
    a language that there is none of.
    """
    words = Words(language)
    profiles = [
        (when, one)
        for when, one in ((words.before, before), (words.after, after))
        if one is not None
    ]
    now = report.risk if isinstance(report, Result) else report.risk_after
    asked = report.models if isinstance(report, Result) else report.asked
    models = [model_in_words(words, model) for model in asked]
    sections = [
        risk_section(words, [(words.before, report.risk_before), (words.after, now)]),
        *profile_sections(words, profiles),
        _generalisation(words, report, now, after),
        _frontier(words, frontier, now),
        left_out_section(words, profiles),
        _details(words, report),
    ]
    lead = words.say("lead_models", models=", ".join(models)) if models else words.lead_none
    shown = [section for section in sections if section is not None]
    return _page(words, title or words.title_report, lead, _facts(words, report, now), shown)


def risk_html(profile: RiskProfile, *, title: str | None = None, language: str = "en") -> str:
    """The page on the risk of one table, in ``language`` (en, fr, de or lb).

    Raises BadInput for a language that there is none of.
    """
    words = Words(language)
    risk, alone = profile.risk, [("", profile)]
    sections = [
        risk_section(words, [("", risk)]) if profile.quasi_identifiers else None,
        *profile_sections(words, alone),
        identifier_section(words, profile),
        left_out_section(words, alone),
    ]
    facts = [
        (words.fact_highest, words.percent(risk.prosecutor_highest), ""),
        (words.fact_average, words.percent(risk.prosecutor_average, 2), ""),
        (words.fact_uniques, words.whole(risk.uniques), _share(words, risk.uniques, risk)),
        (
            words.say("fact_at_risk", size=words.whole(risk.threshold)),
            words.percent(risk.at_risk),
            "",
        ),
    ]
    shown = [section for section in sections if section is not None]
    facts = facts if profile.quasi_identifiers else []
    return _page(words, title or words.title_risk, words.lead_risk, facts, shown)


def _page(
    words: Words,
    title: str,
    lead: str,
    facts: Sequence[tuple[str, str, str]],
    sections: Sequence[Section],
) -> str:
    from jinja2 import Environment, StrictUndefined  # a twentieth of a second, for pages only

    # a template of ours, autoescaped: text from data stays text
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True)
    template = files(__package__).joinpath("pages", "page.html.j2").read_text(encoding="utf-8")
    return environment.from_string(template).render(
        words=words, title=title, lead=lead, facts=facts, sections=sections
    )


def _facts(
    words: Words, report: Result | ProtectionReport, after: Risk
) -> list[tuple[str, str, str]]:
    before = report.risk_before
    highest, average = (
        words.percent(before.prosecutor_highest),
        words.percent(before.prosecutor_average, 2),
    )
    return [
        (
            words.fact_highest,
            words.percent(after.prosecutor_highest),
            words.say("note_before", figure=highest),
        ),
        (
            words.fact_average,
            words.percent(after.prosecutor_average, 2),
            words.say("note_before", figure=average),
        ),
        (
            words.fact_suppressed,
            words.whole(report.suppressed),
            _share(words, report.suppressed, before),
        ),
        (words.fact_loss, words.decimal(report.loss, 3), words.note_loss),
    ]


def _share(words: Words, records: int, risk: Risk) -> str:
    share = words.percent(records / risk.records)
    return words.say("note_share", share=share, records=words.whole(risk.records))


def _generalisation(
    words: Words, report: Result | ProtectionReport, risk: Risk, after: RiskProfile | None
) -> Section | None:
    if not report.codebook:
        return None
    losses = report.attribute_losses
    rows: list[Sequence[str | Labels]] = [
        [
            entry.variable,
            words.say("level_of", level=str(entry.level), highest=str(entry.highest)),
            _labels(words, entry, risk, after),
            words.decimal(losses[entry.variable], 3),
        ]
        for entry in report.codebook
    ]
    heads = [words.variable, words.level, words.labels, words.loss]
    table = Table(words.generalisation_caption, heads, rows, (1, 3))
    drawn = by_variable(
        words, {"": dict(losses)}, words.loss_note, words.loss_note, words.loss_alt, words.loss_axis
    )
    parts = [Part(table), drawn]
    return Section("generalisation", words.generalisation, words.generalisation_text, parts)


def _labels(words: Words, entry: CodebookEntry, risk: Risk, after: RiskProfile | None) -> Labels:
    """The labels that may be shown: each class holds its people, or the profile knows the rare ones."""
    every = [record.label for record in entry.labels]
    if risk.threshold > 1 and risk.smallest_class >= risk.threshold:
        shown = every
    elif after is not None:
        rare = {None if one is None else str(one) for one in after.rare.get(entry.variable, ())}
        shown = [label for label in every if label not in rare]
    else:
        shown = []
    first = tuple(words.missing if label is None else label for label in shown[:_SHOWN_LABELS])
    rest = []
    if len(shown) > len(first):
        rest.append(words.say("more", count=words.whole(len(shown) - len(first))))
    if len(every) > len(shown):
        rest.append(words.say("hidden", count=words.whole(len(every) - len(shown))))
    return Labels(first, "; ".join(rest))


def _frontier(words: Words, points: Sequence[Point], after: Risk) -> Section | None:
    if not points:
        return None
    near = [place for place, point in enumerate(points) if point.k <= after.smallest_class]
    told = "; ".join(f"k {point.k}: {words.decimal(point.loss, 3)}" for point in points)
    chart = line(
        [(str(point.k), point.loss) for point in points],
        x=words.frontier_axis,
        marked=near[-1] if near else None,
        alternative=f"{words.frontier_alt} {told}",
        decimal=words.decimal,
    )
    rows = [
        [
            str(point.k),
            words.decimal(point.loss, 4),
            words.percent(point.suppressed_share),
            words.percent(point.highest_risk),
            words.percent(point.average_risk, 2),
        ]
        for point in points
    ]
    heads = ["k", words.loss, words.suppressed, words.highest, words.average]
    table = figures(words, words.frontier_caption, heads, rows)
    part = Part(table, chart, words.frontier_note)
    return Section("frontier", words.frontier, words.frontier_text, [part])


def _details(words: Words, report: Result | ProtectionReport) -> Section:
    gap = words.proven if report.gap == 0 else words.say("unproven", gap=words.percent(report.gap))
    measure = measure_in_words(words, report.measure)
    if isinstance(report, Result):
        judged, lattice = words.whole(report.nodes), words.whole(report.lattice)
        searched = words.say("searched", judged=judged, lattice=lattice)
        found = [[words.measure, measure], [words.search, f"{searched}; {gap}"]]
    else:
        found = [
            [words.measure, f"{measure}; {gap}"],
            [words.variables, ", ".join(report.variables)],
            [words.pseudonymised, ", ".join(report.pseudonymised) or words.none],
            [words.plan, report.plan_digest],
            [words.came_in, report.input_digest],
            [words.left, report.output_digest],
        ]
    table = Table(words.details_caption, [words.figure, words.value], found, ())
    return Section("details", words.details, "", [Part(table)])
