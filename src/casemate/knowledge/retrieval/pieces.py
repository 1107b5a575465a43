"""A passage cut into pieces that the encoder reads one by one: a vector of some hundred words means
more than one of a thousand."""

import re

from casemate.knowledge.passages import Passage

LONGEST = 600
"""Characters of a piece: some 140 tokens."""
_LABEL = re.compile(r"^[^:—]{1,40}[:—]\s*")  # "Chapter II:" and the like say nothing
_ENDS = re.compile(r"(?<=[.;:])\s+")


def pieces(passage: Passage, most: int) -> list[str]:
    """The texts that stand for a passage, in its order: at most ``most``, each with the headings
    nearest above."""
    headings = [_LABEL.sub("", heading) for heading in passage.path[-2:]]
    above = " – ".join(headings)[:160]
    above = (
        f"{above} – {passage.heading}"[:240]
        if passage.heading and above
        else above or passage.heading
    )
    return [f"{above}. {piece}" if above else piece for piece in cut(passage.text)[:most]]


def cut(text: str, longest: int = LONGEST) -> list[str]:
    """The text at the ends of its sentences, each part as long as ``longest`` allows; at least one
    part."""
    parts: list[str] = []
    part = ""
    for sentence in _sentences(text, longest):
        if part and len(part) + len(sentence) + 1 > longest:
            parts.append(part)
            part = sentence
        else:
            part = f"{part} {sentence}".strip()
    return [*parts, part] if part or not parts else parts


def _sentences(text: str, longest: int) -> list[str]:
    """Sentences; one that is too long is cut between its words."""
    found: list[str] = []
    for line in text.split("\n"):
        for whole in _ENDS.split(line):
            rest = whole.strip()
            while len(rest) > longest:
                end = rest.rfind(" ", longest // 2, longest)
                end = end if end > 0 else longest
                found.append(rest[:end])
                rest = rest[end:].strip()
            found.append(rest)
    return [sentence for sentence in found if sentence]
