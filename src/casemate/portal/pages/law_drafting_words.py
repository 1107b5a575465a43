"""The sentences of findings, for pages to say in four languages; a test holds them to the room's own."""

from collections.abc import Mapping

from casemate.knowledge.drafting import Severity
from casemate.portal.pages.language import mark

SEVERITIES = {
    Severity.ERROR: mark("Error"),
    Severity.WARNING: mark("Warning"),
    Severity.HINT: mark("Hint"),
}
SENTENCES: Mapping[str, tuple[str, str]] = {
    "numbering.gap": (
        mark("%(number)s follows %(before)s: %(missing)s is missing."),
        mark("Number without a gap, or say that the number stays free."),
    ),
    "numbering.double": (
        mark("%(number)s is there twice."),
        mark("Give the second one a number of its own."),
    ),
    "numbering.order": (
        mark("%(number)s stands after %(before)s."),
        mark("Put them in order."),
    ),
    "structure.empty": (
        mark("%(number)s has no words."),
        mark("Write it, or take it out."),
    ),
    "structure.nothing_under": (
        mark("There is nothing under the heading “%(heading)s”."),
        mark("Put articles under it, or take the heading out."),
    ),
    "structure.lone": (
        mark("“%(heading)s” holds one article alone."),
        mark("Join it with its neighbour, unless it is meant to stand alone."),
    ),
    "structure.annex_absent": (
        mark("%(annex)s is named and is not in the draft."),
        mark("Attach it, or correct the reference."),
    ),
    "structure.annex_unnamed": (
        mark("%(annex)s is in the draft and no article names it."),
        mark("Name it where it applies, or take it out."),
    ),
    "definition.unused": (
        mark("“%(term)s” is defined and never used."),
        mark("Take the definition out."),
    ),
    "definition.undefined": (
        mark("“%(term)s” stands in quotation marks as if it were defined, and is defined nowhere."),
        mark("Define it, or take the quotation marks away."),
    ),
    "definition.double": (
        mark("“%(term)s” is defined here and in %(other)s."),
        mark("Keep one definition."),
    ),
    "definition.circular": (
        mark("“%(term)s” is defined by itself: %(circle)s."),
        mark("Define one of the terms without the others."),
    ),
    "definition.early": (
        mark("“%(term)s” is used here, before it is defined in %(other)s."),
        mark("Put the definitions first, or refer to them."),
    ),
    "reference.absent": (
        mark("%(cited)s is not in the draft."),
        mark("Correct the number, or write what is referred to."),
    ),
    "reference.unresolved": (
        mark("%(cited)s is not in the law that it refers to."),
        mark("Check the number and the law."),
    ),
    "reference.repealed": (
        mark("%(cited)s is not in force on %(day)s: %(why)s."),
        mark("Refer to what holds on that day."),
    ),
    "reference.changing": (
        mark("%(cited)s will read otherwise from %(day)s."),
        mark("Check that the reference fits the words to come too."),
    ),
    "day.impossible": (
        mark("There is no day “%(day)s”."),
        mark("Correct the day."),
    ),
    "day.before_publication": (
        mark("It enters into force on %(day)s, before it is published on %(published)s."),
        mark("Let it begin after it is published, or say why it looks back."),
    ),
    "day.deadline_before": (
        mark("The time limit %(day)s ends before the entry into force on %(begins)s."),
        mark("Set a later limit, or let it begin earlier."),
    ),
    "day.reversed": (
        mark("It ends on %(end)s, before it begins on %(begin)s."),
        mark("Put the days the right way round."),
    ),
    "day.conflict": (
        mark("Here the entry into force is %(day)s, in %(other)s it is %(otherday)s."),
        mark("Say once when it begins, or which articles begin when."),
    ),
    "similar.same": (
        mark("These words are already in force in %(where)s (%(share)s of them)."),
        mark("Refer to that provision, or say what is to be otherwise."),
    ),
    "similar.alike": (
        mark("%(where)s says something like it (%(share)s of the words)."),
        mark("Check that both can hold side by side."),
    ),
    "style.long": (
        mark("This sentence has %(words)s words."),
        mark("Split it: a sentence of up to %(most)s words is understood at once."),
    ),
    "style.duties": (
        mark("This sentence lays down %(count)s duties."),
        mark("Give each duty a sentence, so that it can be cited and checked."),
    ),
}
"""By kind: what is wrong, and what to do."""
