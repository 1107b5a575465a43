"""Which words of a sentence are its main verb of duty, and who is its subject."""

import re
from dataclasses import dataclass

from casemate.knowledge.obligations.language import Speech
from casemate.knowledge.obligations.roles import Roles

_EDGE = re.compile(r"[,;]\s+|:\s*")
_RELATIVE = re.compile(
    r"\b(?:that|which|who|whom|whether|where|when|if|lorsqu\w*|si|qui|qu|que|dont|dass|déi)\W*(?:(?:also|then|y|en|ne|n|se|s)\W+)?$",
    re.IGNORECASE,
)
_ANY_RELATIVE = re.compile(
    r"\b(?:that|which|who|whom|whether|where|when|if|lorsque?|qui|que|dont)\b|\b(?:qu|lorsqu|s)['’]",
    re.IGNORECASE,
)
_JOINED = r"(?:\s*(?:,|and/or|et/ou|and|or|et|ou|und|oder|an)\s+(?:,\s*)?)"
_DEFINITE = re.compile(
    r"(?:the|that|those|this|these|an?|such|each|any|no|it|there|la|le|les|l['’]|un|une|ces|cette|ce)\b\s*\w",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Subject:
    """Who is bound; ``inherited`` where another sentence names them."""

    bearers: tuple[str, ...]
    inherited: bool
    through: str = ""


class Subjects:
    """The subjects of one language's sentences, over one table of roles."""

    def __init__(self, speech: Speech, roles: Roles) -> None:
        self._speech, self._roles = speech, roles
        role = roles.pattern
        self._role = re.compile(role, re.IGNORECASE)
        start = rf"(?:(?:and|or|but|then|et|ou|mais|puis|und|oder)\s+)?{speech.determiners}"
        self._at_head = re.compile(
            rf"{start}(?P<first>{role})(?P<more>(?:{_JOINED}{speech.determiners}{role})*)",
            re.IGNORECASE,
        )
        self._by = re.compile(
            rf"(?:\s+[^\s,;]+){{1,9}}?\s+{speech.by_agent}{speech.determiners}(?P<first>{role})",
            re.IGNORECASE,
        )

    # ── verbs ────────────────────────────────────────────────────────────────────────────────────

    def main_verb(self, words: str) -> tuple[int, int, bool] | None:
        """Start and end of the main clause's verb of duty, and whether it permits."""
        weak: list[tuple[int, int, bool]] = []
        for start, end, permits in self._modals(words):
            chunk = words[self._chunk_start(words, start) : start]
            if self._speech.subordinate.match(chunk.strip()) or _RELATIVE.search(chunk):
                continue
            if not _ANY_RELATIVE.search(chunk):
                return start, end, permits
            weak.append((start, end, permits))
        present = self._present(words)
        if present is not None:
            return present
        return next((one for one in weak if not one[2]), weak[0] if weak else None)

    def _modals(self, words: str) -> list[tuple[int, int, bool]]:
        found = [(one.start(), one.end(), False) for one in self._speech.must.finditer(words)]
        found += [(one.start(), one.end(), True) for one in self._speech.may.finditer(words)]
        found += [(one.start(), one.end(), False) for one in self._speech.forbidden.finditer(words)]
        return sorted(found)

    def _present(self, words: str) -> tuple[int, int, bool] | None:
        """A verb of the present tense after a role at the head of a main clause."""
        if self._speech.present is None:
            return None
        for start in self._chunk_starts(words):
            chunk = words[start:]
            named = self._at_head.match(chunk) or self._speech.pronoun.match(chunk)
            if named is None or self._speech.subordinate.match(chunk):
                continue
            after = start + named.end()
            verb = self._verb_after(words, after)
            if verb is not None:
                return verb.start(), verb.start(), False
        return None

    def _verb_after(self, words: str, after: int) -> re.Match[str] | None:
        """The first finite verb that is in no relative clause of the subject."""
        assert self._speech.present is not None
        for verb in self._speech.present.finditer(words, after):
            between = words[after : verb.start()]
            if re.search(r"\b(?:qui|que|dont|lesquel\w+|où)\b[^,]*$|\bqu['’][^,]*$", between):
                continue
            return verb
        return None

    # ── subjects ─────────────────────────────────────────────────────────────────────────────────

    def before(self, words: str, rest: str, last: tuple[str, ...]) -> Subject | None:
        """Who the subject before the verb is; ``last`` were bound in the paragraph's sentence before."""
        starts = self._chunk_starts(words)
        chunks = [words[start:].strip() for start in starts]
        own = [
            words[a:b].strip(" ,;") for a, b in zip(starts, [*starts[1:], len(words)], strict=True)
        ]
        last_own = next((one for one in reversed(own) if one), "")
        if self._speech.impersonal.match(rest):
            return None
        if self._speech.pronoun.match(last_own):
            return self._pronoun(words, last)
        closed = words.rstrip().endswith(",")
        for index in range(len(chunks) - 1, -1, -1):
            head = (
                None
                if self._speech.subordinate.match(chunks[index])
                else self._at_head.match(chunks[index])
            )
            if head is not None:
                if last_own != own[index] and not closed and self._is_other(last_own):
                    break
                if self._speech.passive.match(rest):  # what is done to somebody binds somebody else
                    break
                return Subject(self._joined(own, index, head), inherited=False)
        if by := self._by.match(rest):
            return Subject(self._roles.named(by["first"]), inherited=False)
        if (
            last
            and self._speech.anaphora.match(last_own)
            and not self._speech.impersonal.match(rest)
        ):
            return Subject(last, inherited=True)
        return None

    def _is_other(self, chunk: str) -> bool:
        """Whether the chunk with the verb has a subject of its own that is no role."""
        return (
            bool(_DEFINITE.match(chunk))
            and not self._speech.modifier.match(chunk)
            and not (self._speech.subordinate.match(chunk))
        )

    def _joined(self, own: list[str], index: int, head: re.Match[str]) -> tuple[str, ...]:
        """The roles at the head, and those of chunks before that end in "and" or are a role alone."""
        found = list(self._of(head))
        for chunk in reversed(own[:index]):
            if self._speech.modifier.match(chunk) or self._speech.subordinate.match(chunk):
                continue
            before = self._at_head.match(chunk)
            if before is None:
                break
            tail = chunk[before.end() :].strip().casefold()
            if tail not in {"", "and", "or", "et", "ou", "und", "oder"}:
                break
            found = [*self._of(before), *found]
        return tuple(dict.fromkeys(found))

    def _of(self, head: re.Match[str]) -> tuple[str, ...]:
        words = [head["first"], *(one[0] for one in self._role.finditer(head["more"] or ""))]
        return tuple(dict.fromkeys(role for one in words for role in self._roles.named(one)))

    def _pronoun(self, words: str, last: tuple[str, ...]) -> Subject | None:
        """Who "they" are: the role that a clause before has as its subject, else who was spoken of."""
        for start in self._chunk_starts(words):
            chunk = words[start:]
            opened = self._speech.subordinate.match(chunk)
            if opened and (head := self._at_head.match(chunk[opened.end() :].lstrip("'’ ue"))):
                return Subject(self._of(head), inherited=False)
            if head := self._at_head.match(chunk):
                return Subject(self._of(head), inherited=False)
        named = self._role.search(words)
        if named is not None and not last:
            return Subject(self._roles.named(named[0]), inherited=False)
        return Subject(last, inherited=True) if last else None

    def heading(self, words: str) -> tuple[str, ...]:
        """The roles at the head of ``words``, or after what goes before their main clause."""
        starts = self._chunk_starts(words)
        opened = (
            words.startswith(",")
            or self._speech.subordinate.match(words)
            or self._speech.modifier.match(words)
        )
        for start in starts if opened else starts[:1]:
            head = self._at_head.match(words[start:])
            if head is not None:
                return self._of(head)
        return ()

    def ending(self, words: str) -> Subject | None:
        """The role that ``words`` end with, as the subject of what follows."""
        for start in reversed(self._chunk_starts(words)):
            head = self._at_head.match(words[start:])
            if head is not None and start + head.end() >= len(words) - 1:
                return Subject(self._of(head), inherited=False)
        return None

    @staticmethod
    def _chunk_starts(words: str) -> list[int]:
        return [0, *(one.end() for one in _EDGE.finditer(words))]

    def _chunk_start(self, words: str, at: int) -> int:
        return max(one for one in self._chunk_starts(words) if one <= at)
