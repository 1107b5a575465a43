"""What a breach may cost: sentences on fines, and the provisions whose breach they name."""

import re
from collections.abc import Iterator, Sequence

from casemate.knowledge.documents.library import Stored
from casemate.knowledge.obligations.model import Sanction
from casemate.knowledge.obligations.parts import Clause, clauses
from casemate.knowledge.obligations.targets import Target, targets_in
from casemate.knowledge.sentences import Span

_FINE = re.compile(
    r"\b(?:fines?|periodic penalty payments?|amendes?|astreintes?|Geldbußen?|Geldstrafen?|Boussen?)\b",
    re.IGNORECASE,
)
_AMOUNT = re.compile(r"\b(?:EUR|euros?|€)\s?\d|\d\s?(?:EUR|euros?|€)|\d\s?%", re.IGNORECASE)
_BREACH = re.compile(
    r"\b(?:infring\w*|non-compliance|breach\w*|violat\w*|violation\w*|infraction\w*|manquement\w*|non-respect|enfrei\w*|"
    r"méconnai\w*|Verst[oö]ß\w*|verstéiss\w*)\b",
    re.IGNORECASE,
)
_OWN = re.compile(
    r"\b(?:pursuant to|in accordance with|conformément (?:à|aux)|en vertu d\w+|set out in|referred to in) "
    r"(?:the |les? |l['’])?paragra\w+[^,:.]*",
    re.IGNORECASE,
)


def sanctions_in(provisions: Sequence[Stored]) -> list[tuple[Target, Sanction]]:
    """Each part of the work whose breach a sentence names, with the sentence. Amounts must be told."""
    return [one for provision in provisions for one in _in_provision(provision)]


def sanctions_for(found: Sequence[tuple[Target, Sanction]], where: Target) -> tuple[Sanction, ...]:
    """The sanctions for the part ``where``."""
    return tuple(dict.fromkeys(sanction for target, sanction in found if target.covers(where)))


def _in_provision(provision: Stored) -> Iterator[tuple[Target, Sanction]]:
    text = provision.text
    if not (_FINE.search(text) and _AMOUNT.search(text)):
        return
    for clause in clauses(text):
        whole = clause.whole.cut(text)
        if not (_FINE.search(whole) and _AMOUNT.search(whole) and _BREACH.search(whole)):
            continue
        for target, span in _breached(clause, text):
            yield target, Sanction(provision.key, span.cut(text), span.start, span.end)


def _breached(clause: Clause, text: str) -> Iterator[tuple[Target, Span]]:
    """The articles that the sentence names, and those that its points do."""
    for part in (clause.span, *(point.span for point in clause.points)):
        for target in targets_in(_OWN.sub(" ", part.cut(text))):
            if target.article:
                yield target, clause.whole
