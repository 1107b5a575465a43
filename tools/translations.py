"""Brings the portal's translations up to the pages: ``python tools/translations.py [--check]``.

Every text of a template or a page goes into ``locale/<language>/<area>.po``; what is new waits there with
an empty translation, what is no longer used is removed. ``--check`` changes nothing and names what is
missing (exit 1).
"""

import re
import sys
from collections.abc import Iterable, Iterator
from io import BytesIO
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_from_file
from babel.messages.pofile import read_po, write_po

PAGES = Path(__file__).parents[1] / "src" / "casemate" / "portal" / "pages"
LANGUAGES = ("fr", "de", "lb")
KEYWORDS = {"_": None, "gettext": None, "ngettext": (1, 2), "mark": None}
OPTIONS = {"trimmed": "true", "trim_blocks": "true", "lstrip_blocks": "true"}
COMMON = "common"


def texts() -> dict[str, Catalog]:
    """By area, every text that its pages show; what is in the common frame is there alone."""
    found: dict[str, Catalog] = {}
    areas = {folder.name for folder in (PAGES / "templates").iterdir() if folder.is_dir()}
    for file in sorted([*PAGES.glob("*.py"), *PAGES.glob("templates/**/*.html")]):
        own = file.stem if file.suffix == ".py" else file.parent.name
        catalog = found.setdefault(area_of(own, areas), Catalog())
        for text, context in _messages(file):
            catalog.add(text, context=context)
    for area in set(found) - {COMMON}:
        for message in list(found[area]):
            if message.id and found[COMMON].get(message.id, message.context) is not None:
                found[area].delete(message.id, message.context)
    return found


def area_of(name: str, areas: set[str]) -> str:
    """The area that a module is of: its own name's, or the longest one that its name begins with."""
    if name in areas:
        return name
    return next(
        (area for area in sorted(areas, key=len, reverse=True) if name.startswith(f"{area}_")),
        COMMON,
    )


def _messages(file: Path) -> Iterator[tuple[str | tuple[str, ...], str | None]]:
    is_page = file.suffix == ".py"
    method = "python" if is_page else "jinja2.ext:babel_extract"
    for _, text, _, context in extract_from_file(method, file, KEYWORDS, options=OPTIONS):
        yield (text if isinstance(text, str) else tuple(text)), context


def known(language: str, area: str) -> Catalog:
    """The translations there are."""
    file = PAGES / "locale" / language / f"{area}.po"
    if not file.exists():
        return Catalog(locale=language)
    with file.open("rb") as opened:
        return read_po(opened, locale=language)


def write(language: str, area: str, catalog: Catalog) -> None:
    """Write the file, in the order of its texts and without dates, so that it changes where they do."""
    body = BytesIO()
    write_po(body, catalog, width=100, no_location=True, omit_header=True, sort_output=True)
    head = (
        f'msgid ""\nmsgstr ""\n"Language: {language}\\n"\n'
        '"Content-Type: text/plain; charset=utf-8\\n"\n'
        f'"Plural-Forms: {catalog.plural_forms}\\n"\n\n'
    )
    file = PAGES / "locale" / language / f"{area}.po"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(head + body.getvalue().decode().strip() + "\n", encoding="utf-8")


def problems(language: str, area: str, wanted: Catalog) -> Iterator[str]:
    """What is missing, left over, or has other placeholders than its text."""
    there = known(language, area)
    name = f"{language}/{area}.po"
    for message in wanted:
        if not message.id:
            continue
        found = there.get(message.id, message.context)
        if found is None or not _is_whole(found):
            yield f"{name}: not translated: {message.id!r}"
        elif _placeholders(found.string) != _placeholders(found.id):
            yield f"{name}: other placeholders than in {message.id!r}"
    for message in there:
        if message.id and wanted.get(message.id, message.context) is None:
            yield f"{name}: no longer used: {message.id!r}"


def _is_whole(message: Message) -> bool:
    strings = message.string if isinstance(message.string, (tuple, list)) else (message.string,)
    return all(strings)


def _placeholders(text: str | tuple[str, ...] | list[str]) -> set[str]:
    whole = text if isinstance(text, str) else " ".join(text)
    return set(re.findall(r"%\(\w+\)[sd]", whole))


def differing(language: str, areas: Iterable[str]) -> Iterator[str]:
    """Texts that two areas translate differently: pages share one catalogue, so one would win by chance."""
    said: dict[object, tuple[str, object]] = {}
    for area in sorted(areas):
        for message in known(language, area):
            if not message.id:
                continue
            key = (str(message.id), message.context)
            first, string = said.setdefault(key, (area, message.string))
            if string != message.string:
                yield f"{language}: {message.id!r} is {string!r} in {first}, {message.string!r} in {area}"


def merge(language: str, area: str, wanted: Catalog) -> int:
    """Bring one file up to ``wanted``; gives how many texts wait for a translation."""
    there, fresh = known(language, area), Catalog(locale=language)
    for message in wanted:
        if message.id:
            old = there.get(message.id, message.context)
            fresh.add(message.id, old.string if old else "", context=message.context)
    write(language, area, fresh)
    return sum(1 for message in fresh if message.id and not _is_whole(message))


def main(arguments: list[str]) -> int:
    """0 where every text is translated."""
    by_area = {area: catalog for area, catalog in texts().items() if len(catalog)}
    if "--check" in arguments:
        found = [
            line
            for language in LANGUAGES
            for area, wanted in by_area.items()
            for line in problems(language, area, wanted)
        ] + [line for language in LANGUAGES for line in differing(language, by_area)]
        print("\n".join(found) or "every text is translated")
        return 1 if found else 0
    for language in LANGUAGES:
        for area, wanted in by_area.items():
            waiting = merge(language, area, wanted)
            print(f"{language}/{area}.po: {len(wanted)} texts, {waiting} to translate")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
