"""What the law says on a day: laws by name, their provisions, how they read before, other languages."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Any, Literal

from fastapi import Query, Response

from casemate.clock import system_clock
from casemate.errors import BadInput, NotFound
from casemate.knowledge.citing import Amendment
from casemate.knowledge.documents.library import State, Stored, Version
from casemate.knowledge.redline import redline
from casemate.knowledge.searching import SearchHit
from casemate.portal.pages.language import mark
from casemate.portal.pages.law_citing_reading import life, reading, sides
from casemate.portal.pages.router import PageRouter
from casemate.portal.pages.visit import Anyone, Navigation, Visit
from casemate.search_words import words

NAVIGATION: Navigation = (mark("Laws"), "law", None)
router = PageRouter()
MOST_WORKS = 50
MOST_HITS = 10
SHORTEST_SEARCH = 3
Text = Annotated[str, Query(max_length=300)]
Question = Annotated[str, Query(max_length=100_000)]
Day = Annotated[str, Query(max_length=10)]
Corpus = Annotated[str, Query(max_length=64)]
LANGUAGE_NAMES = {
    "fr": mark("French"),
    "de": mark("German"),
    "lb": mark("Luxembourgish"),
    "en": mark("English"),
    "it": mark("Italian"),
    "fi": mark("Finnish"),
}


@dataclass(frozen=True)
class Asked:
    """The day asked about, and the day typed where it is none."""

    day: date
    typed: str
    wrong: bool


@router.get("/law")
def law(seen: Anyone, q: Text = "", corpus: Corpus = "") -> Response:
    """Laws whose title has the words, the newest version of each."""
    corpora = seen.platform.corpora()
    chosen = corpus or (corpora[0].name if corpora else "")
    known = {one.name: one for one in corpora}
    if corpus and corpus not in known:
        raise NotFound(f"there is no collection of texts {corpus!r}")
    works = seen.platform.works_of_corpus(chosen) if chosen else ()
    found = [one for one in works if _matches(one, q)]
    indexed = chosen and known[chosen].index
    return seen.page(
        "law/law.html",
        corpora=corpora,
        corpus=known.get(chosen),
        q=q.strip(),
        found=found[:MOST_WORKS],
        hits=_hits(seen, chosen, q) if indexed else (),
        counted=seen.ngettext("%(num)s law", "%(num)s laws", len(found)),
        more=len(found) > MOST_WORKS,
        today=system_clock().date(),
        names=LANGUAGE_NAMES,
    )


def _hits(seen: Visit, corpus: str, q: str) -> Sequence[SearchHit]:
    """Provisions in force today that the words mean; none before there is a word of some length."""
    if len(q.strip()) < SHORTEST_SEARCH or not words(q):
        return ()
    return seen.platform.search_corpus(
        corpus, q.strip(), seen.lang, system_clock().date(), MOST_HITS
    )


def _matches(version: Version, q: str) -> bool:
    have = " ".join(words(f"{version.title} {version.work}"))
    return all(word in have for word in words(q))


@router.get("/law/ask", name="law_ask")
def ask(seen: Anyone, corpus: Corpus, question: Question = "", on: Day = "") -> Response:
    """A question, and the words that answer it on a day."""
    asked = _asked(on)
    answer, error = None, None
    if question.strip() and not asked.wrong:
        try:
            answer = seen.platform.ask_corpus(corpus, question, seen.lang, asked.day)
        except BadInput as wrong:
            error = wrong
    status = 422 if asked.wrong else (error.http_status if error else 200)
    return seen.page(
        "law/ask.html",
        status=status,
        corpus=corpus,
        question=question,
        asked=asked,
        error=error,
        problems=_problems(seen, asked),
        answer=answer,
        names=LANGUAGE_NAMES,
    )


@router.get("/law/work", name="law_work")
def work(seen: Anyone, corpus: Corpus, work: Text, language: Text = "", on: Day = "") -> Response:
    """A law as in force on a day: its provisions, and its versions."""
    versions = seen.platform.versions_in_corpus(corpus, work)
    language = language or _best_language(seen, versions)
    asked = _asked(on)
    version, why, provisions = seen.platform.provisions_on(corpus, work, language, asked.day)
    return seen.page(
        "law/work.html",
        status=422 if asked.wrong else 200,
        corpus=corpus,
        work=work,
        lang=language,
        tongues=sorted({one.language for one in versions}),
        names=LANGUAGE_NAMES,
        asked=asked,
        problems=_problems(seen, asked),
        version=version,
        why=why,
        title=version.title if version else versions[-1].title,
        provisions=provisions,
        versions=[one for one in versions if one.language == language],
        today=system_clock().date(),
    )


@router.get("/law/provision", name="law_provision")
def provision(
    seen: Anyone,
    corpus: Corpus,
    work: Text,
    key: Text,
    language: Text = "",
    on: Day = "",
    since: Day = "",
    beside: Text = "",
    wording: Annotated[int, Query(ge=0, le=10_000)] = 0,
    view: Annotated[Literal["inline", "beside"], Query()] = "inline",
) -> Response:
    """A provision on a day, or one wording of it; what changed since a day; other languages beside it."""
    versions = seen.platform.versions_in_corpus(corpus, work)
    language = language or _best_language(seen, versions)
    states = seen.platform.provision_history(corpus, work, key, language)
    if wording and states:
        begins = states[min(wording, len(states)) - 1].begins
        on = begins.isoformat() if begins else on
    asked, before = _asked(on), _asked(since)
    wrong = asked.wrong or (bool(since) and before.wrong)
    everywhere = seen.platform.provision_in_languages(corpus, work, key, asked.day)
    standing = everywhere.get(language)
    if standing is None:
        raise NotFound(f"{work} is not here in {language!r}")
    compared = since and not before.wrong and standing.provision
    other = everywhere.get(beside) if beside != language else None
    found = standing.provision
    changes = _changes(seen, corpus, work, found, before.day) if compared else None
    old, new = sides(changes or ())
    return seen.page(
        "law/provision.html",
        status=422 if wrong else 200,
        corpus=corpus,
        work=work,
        key=key,
        lang=language,
        asked=asked,
        since=before if since else None,
        problems=[*_problems(seen, asked), *(_problems(seen, before, "since") if since else [])],
        standing=standing,
        provision=standing.provision,
        title=versions[-1].title,
        view=view,
        changes=changes,
        old=old,
        new=new,
        states=states,
        shown=_shown(states, asked.day),
        reading=reading(seen, corpus, found, asked.day) if found else None,
        life=life(seen, states, _amendments(seen, corpus, work, key, language)),
        others=[one for one in everywhere if one != language],
        beside=beside if other is not None else "",
        other=other.provision if other is not None else None,
        names=LANGUAGE_NAMES,
    )


def _shown(states: Sequence[State], day: date) -> int:
    """Which wording was there on a day, counted from 1: the last that had begun."""
    begun = [number for number, one in enumerate(states, 1) if (one.begins or date.min) <= day]
    return begun[-1] if begun else 1


def _amendments(
    seen: Visit, corpus: str, work: str, key: str, language: str
) -> Sequence[Amendment]:
    """What changed a provision; nothing where the references have not been read yet."""
    if not any(one.name == corpus and one.citations for one in seen.platform.corpora()):
        return ()
    return seen.platform.amendments_of(corpus, work, key, language)


def _changes(seen: Visit, corpus: str, work: str, found: Stored | None, day: date) -> Sequence[Any]:
    if found is None:
        return ()
    before = seen.platform.provision_on(corpus, work, found.key, found.version.language, day)
    return redline(before.provision.text if before.provision else "", found.text)


def _asked(typed: str) -> Asked:
    """The day typed, or today."""
    today = system_clock().date()
    if not typed:
        return Asked(today, today.isoformat(), wrong=False)
    try:
        return Asked(date.fromisoformat(typed), typed, wrong=False)
    except ValueError:
        return Asked(today, typed, wrong=True)


def _problems(seen: Visit, asked: Asked, name: str = "on") -> list[tuple[str, str]]:
    return [(name, seen.gettext("Write a day as 2026-03-01."))] if asked.wrong else []


def _best_language(seen: Visit, versions: Sequence[Version]) -> str:
    """The page's language where the law is in it, else the one it is in."""
    there = sorted({one.language for one in versions})
    return seen.lang if seen.lang in there else ("fr" if "fr" in there else there[0])
