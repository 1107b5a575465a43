"""Laws in another language, sentence by sentence beside their source, and the terms of a collection."""

from collections.abc import Sequence
from typing import Annotated, Any

from fastapi import Query, Response

from casemate.errors import BadInput, CasemateError, NotFound
from casemate.knowledge.translation import Line, Translation
from casemate.knowledge.translation.checking import Objection
from casemate.portal.pages.language import mark
from casemate.portal.pages.law import LANGUAGE_NAMES, Corpus, Day, Text, _asked, _problems
from casemate.portal.pages.router import PageRouter, Posted
from casemate.portal.pages.visit import Anyone, SignedIn, Visit

router = PageRouter()
Code = Annotated[str, Query(max_length=3, pattern="^[a-z]{0,3}$")]
Flag = Annotated[str, Query(max_length=3)]
MOST_TERMS = 100
_DEFAULTS = {"fr": "de", "de": "fr", "lb": "fr", "en": "fr"}
_BADGES = {
    "official": (mark("official"), "good"),
    "memory": (mark("translated before"), "good"),
    "near": (mark("much like one translated before"), "warn"),
    "machine": (mark("made by a machine"), "bad"),
    "untranslated": (mark("not translated"), "warn"),
}
_SAID = {
    "number missing": mark("The number %(what)s of the source is missing."),
    "number new": mark("The number %(what)s is not in the source."),
    "day missing": mark("The day %(what)s of the source is missing."),
    "day new": mark("The day %(what)s is not in the source."),
    "negation missing": mark("The negation of the source is missing."),
    "negation new": mark("There is a negation that the source has not."),
    "term": mark("A term is called otherwise than in the termbase: %(what)s."),
    "length": mark("It is far longer or shorter than its source."),
}
_HOW = {
    "defined": mark("defined by a law"),
    "heading": mark("heading of a provision"),
    "found": mark("found side by side"),
}


@router.get("/law/translation", name="law_translation")
def translation(
    seen: Anyone,
    corpus: Corpus,
    work: Text,
    key: Text,
    source: Code = "",
    target: Code = "",
    on: Day = "",
    machine: Flag = "",
) -> Response:
    """A provision on a day in another language; a machine is asked only where whoever looks wants it."""
    asked = _asked(on)
    everywhere = seen.platform.provision_in_languages(corpus, work, key, asked.day)
    here = [one for one, standing in everywhere.items() if standing.provision is not None]
    if not here:
        raise NotFound(f"{work} has no provision {key!r} on {asked.day}")
    source = source if source in here else (seen.lang if seen.lang in here else here[0])
    target = target if target and target != source else _other(seen, source, here)
    found = seen.platform.translate_provision(
        corpus, work, key, source, target, asked.day, machine=bool(machine)
    )
    return seen.page(
        "law_translation/translation.html",
        status=422 if asked.wrong else 200,
        problems=_problems(seen, asked),
        corpus=corpus, work=work, key=key, asked=asked, found=found, machine=machine,
        tongues=_languages(seen, here),
        can_machine=found.official is None and not machine and _can_machine(seen, source, target),
        **_words(seen, found),
    )  # fmt: skip


def _other(seen: Visit, source: str, here: Sequence[str]) -> str:
    """The page's language where the text is in another, else one that it is officially in, else any."""
    if seen.lang != source:
        return seen.lang
    official = [one for one in here if one != source]
    return official[0] if official else _DEFAULTS.get(source, "en")


def _can_machine(seen: Visit, source: str, target: str) -> bool:
    from casemate.knowledge.translation.machine import way

    return way(seen.platform.translators(), source, target) is not None


def _languages(seen: Visit, here: Sequence[str]) -> list[tuple[str, str]]:
    known = dict.fromkeys([*here, *(one for one in ("fr", "de", "lb", "en"))])
    return [
        (one, seen.gettext(LANGUAGE_NAMES[one]) if one in LANGUAGE_NAMES else one) for one in known
    ]


def _words(seen: Visit, found: Translation) -> dict[str, Any]:
    """What the templates say of lines: badges, checks, language tags."""

    def badge(line: Line) -> tuple[str, str]:
        name, tone = _BADGES[line.how]
        return seen.gettext(name), tone

    def objection(one: Objection) -> str:
        return seen.gettext(_SAID[one.kind], what=one.what)

    def tag(line: Line) -> str:
        """RFC 6497: ``t0`` says that a machine transformed it."""
        return (
            f"{line.language}-t-{found.source_language}-t0-und"
            if line.ai_generated
            else line.language
        )

    return {"badge": badge, "objection": objection, "tag": tag, "names": LANGUAGE_NAMES}


@router.get("/law/translate", name="law_translate_text")
def text_form(seen: SignedIn, corpus: Corpus) -> Response:
    """The form for a text of one's own."""
    _require_corpus(seen, corpus)
    return _text_page(seen, corpus, {"text": "", "source": "fr", "target": "de"})


@router.post("/law/translate", name="law_text_translated")
def text_translated(seen: SignedIn, corpus: Corpus, form: Posted) -> Response:
    """A text of one's own, translated; nothing of it is kept."""
    _require_corpus(seen, corpus)
    typed = {name: form.text(name) for name in ("text", "source", "target")}
    if not {typed["source"], typed["target"]} <= LANGUAGE_NAMES.keys():
        raise BadInput("name two languages of the list")
    try:
        found = seen.platform.translate_text(
            seen.actor, corpus, typed["text"], typed["source"], typed["target"],
            machine=form.has("machine"),
        )  # fmt: skip
    except CasemateError as error:
        return _text_page(seen, corpus, typed, error=error, status=error.http_status)
    return _text_page(seen, corpus, typed, found=found, **_words(seen, found))


def _text_page(
    seen: Visit, corpus: str, typed: dict[str, str], *, status: int = 200, **context: Any
) -> Response:
    context = {"found": None} | context
    return seen.page(
        "law_translation/text.html", status=status, corpus=corpus, typed=typed,
        tongues=_languages(seen, ()), **context,
    )  # fmt: skip


def _require_corpus(seen: Visit, corpus: str) -> None:
    if corpus not in {one.name for one in seen.platform.corpora()}:
        raise NotFound(f"there is no collection of texts {corpus!r}")


@router.get("/law/terms", name="law_terms")
def terms(
    seen: Anyone, corpus: Corpus, source: Code = "", target: Code = "", q: Text = ""
) -> Response:
    """Terms in two languages that have the words typed, with the provisions that show them."""
    source = source or seen.lang
    target = target or _DEFAULTS.get(source, "en")
    kept = seen.platform.memory_of_corpus(corpus)
    error: CasemateError | None = None
    found: Sequence[Any] = ()
    try:
        if kept is not None:
            found = seen.platform.terms_of_corpus(corpus, source, target, q, most=MOST_TERMS + 1)
    except BadInput as wrong:
        error = wrong
    return seen.page(
        "law_translation/terms.html",
        status=error.http_status if error else 200,
        error=error, corpus=corpus, source=source, target=target, q=q, kept=kept,
        found=found[:MOST_TERMS],
        more=len(found) > MOST_TERMS,
        counted=seen.ngettext("%(num)s term", "%(num)s terms", len(found[:MOST_TERMS])),
        tongues=_languages(seen, ()),
        how=_HOW,
        names=LANGUAGE_NAMES,
    )  # fmt: skip
