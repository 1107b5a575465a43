"""Hints on style: sentences that are long, and sentences that lay down several duties."""

import re
from collections.abc import Iterator

from casemate import readability
from casemate.knowledge.documents import Kind
from casemate.knowledge.drafting.draft import Draft
from casemate.knowledge.drafting.findings import Finding, Severity
from casemate.knowledge.marks import marks
from casemate.knowledge.sentences import sentences

MOST_WORDS = 2 * readability.LONG_SENTENCE
"""Words from which on one sentence is told of by itself, as ``readability`` does."""
MOST_DUTIES = 1
_WORD = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*")


def check_style(draft: Draft) -> Iterator[Finding]:
    """Hints alone: a long sentence may be right."""
    for place in draft.places:
        if place.provision.kind is not Kind.ARTICLE:
            continue
        for span in sentences(place.text):
            if span.start < place.begin:
                continue
            sentence = span.cut(place.text)
            count = len(_WORD.findall(sentence))
            at = (place.key, span.start, span.end, sentence)
            if count > MOST_WORDS:
                values = {"words": str(count), "most": str(readability.LONG_SENTENCE)}
                yield Finding("style.long", Severity.HINT, *at, values)
            duties = marks(sentence, draft.language).duties["must"]
            if duties > MOST_DUTIES:
                yield Finding("style.duties", Severity.HINT, *at, {"count": str(duties)})
