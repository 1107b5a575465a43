"""SVG read and written again: what leaves draws, and nothing that acts, refers outside or only lies there.

An allow-list of elements and attributes is kept; scripts, foreign objects, pictures within, links, events,
comments, metadata and whatever is hidden from view are left out and counted. What cannot be read safely
is refused: entities, raw sections, a depth or number that no picture has. Source: SVG 2, W3C.
"""

import re
import xml.parsers.expat as expat
from collections import Counter
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

_MAX_BYTES, _MAX_ELEMENTS, _MAX_DEPTH = 2 * 1024 * 1024, 20_000, 40
_MAX_NUMBERS, _MAX_NUMBERS_IN_ONE = 30_000, 2000
_NUMBER = re.compile(r"\d+(?:\.\d+)?")
_SVG, _XLINK = "http://www.w3.org/2000/svg", "http://www.w3.org/1999/xlink"
_XML = "http://www.w3.org/XML/1998/namespace"
_KNOWN = """svg g path rect circle ellipse line polyline polygon text tspan textPath defs clipPath mask
title linearGradient radialGradient stop use symbol marker pattern style"""
_ELEMENTS = {one.lower(): one for one in _KNOWN.split()}
_MARKS = {"path", "rect", "circle", "ellipse", "line", "polyline", "polygon", "use", "text"}
_WORDS = {"text", "tspan", "textPath", "title", "style"}
_ATTRIBUTE = re.compile(r"(?!on|data)[a-z][a-z0-9_-]{0,60}", re.IGNORECASE)
_OUTSIDE = re.compile(
    r"url\s*\(|@import|expression\s*\(|javascript:|data:|https?:|file:|\\|//", re.IGNORECASE
)
_INSIDE = re.compile(r"url\(\s*['\"]?#[A-Za-z0-9_.:-]+['\"]?\s*\)")
_PLACE = re.compile(r"#[A-Za-z0-9_.:-]{1,80}")
_HIDDEN = re.compile(
    r"display\s*:\s*none|visibility\s*:\s*hidden|(?<![\w-])opacity\s*:\s*0*\.?0*\s*(?:;|$)|"
    r"font-size\s*:\s*0",
    re.IGNORECASE,
)
_LONG_TEXTS = {"d", "points", "style"}


def facts(data: bytes) -> dict[str, Any]:
    if len(data) > _MAX_BYTES:
        raise ValueError("the drawing is larger than two mebibytes")
    writer = _Writer()
    try:
        writer.read(data)
    except expat.ExpatError:
        raise ValueError("the drawing is not well-formed, or something follows it") from None
    Path("/out/clean").write_bytes("".join(writer.written).encode())
    dropped = [f"taken out: {what} ({count})" for what, count in writer.dropped.most_common(30)]
    marks = writer.marks.most_common(1)
    return {
        "notes": [one[:300] for one in dropped],
        "counts": {
            "elements": sum(writer.marks.values()),
            "alike": marks[0][1] if marks else 0,
            "numbers": writer.numbers,
            "dropped": sum(writer.dropped.values()),
        },
    }


class _Writer:
    def __init__(self) -> None:
        self.written: list[str] = []
        self.dropped: Counter[str] = Counter()
        self.marks: Counter[str] = Counter()
        self.numbers = 0
        self._open: list[str] = []
        self._last = 0  # how much was written when the last element began
        self._skipping = 0
        self._text: list[str] = []

    def read(self, data: bytes) -> None:
        parser = expat.ParserCreate(namespace_separator=" ")
        parser.buffer_text = True
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._characters
        parser.CommentHandler = lambda _: self._drop("comments")
        parser.ProcessingInstructionHandler = lambda *_: self._drop("instructions")
        parser.StartDoctypeDeclHandler = self._doctype
        parser.Parse(data, True)

    def _drop(self, what: str) -> None:
        self.dropped[what] += 1

    def _doctype(self, _name: str, _system: Any, _public: Any, has_subset: int) -> None:
        if has_subset:
            raise ValueError("the drawing declares a document type of its own")
        self._drop("a document type")

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        self._open.append(name)
        if len(self._open) > _MAX_DEPTH or sum(self.marks.values()) > _MAX_ELEMENTS:
            raise ValueError("the drawing has too many elements, or too deep ones")
        if self._skipping:
            self._skipping += 1
            return
        namespace, _, local = name.rpartition(" ")
        known = _ELEMENTS.get(local.lower()) if namespace == _SVG else None
        if known is None or (known == "title" and len(self._open) != 2):
            self._skip("elements that do not draw" if known is None else "titles of parts")
            return
        if len(self._open) == 1 and known != "svg":
            raise ValueError("it is no drawing")
        kept = dict(filter(None, (self._attribute(*one) for one in attributes.items())))
        if _is_hidden(kept):
            self._skip("elements that are hidden from view")
            return
        self._flush(self._open[-2] if len(self._open) > 1 else "")
        if known in _MARKS:
            self.marks[known] += 1
        if len(self._open) == 1:
            kept = {"xmlns": _SVG, "xmlns:xlink": _XLINK, **kept}
        told = "".join(f" {key}={_quoted(value)}" for key, value in kept.items())
        self.written.append(f"<{known}{told}>")
        self._last = len(self.written)

    def _skip(self, why: str) -> None:
        self._drop(why)
        self._skipping = 1

    def _attribute(self, name: str, value: str) -> tuple[str, str] | None:
        namespace, _, local = name.rpartition(" ")
        if namespace == _XLINK and local == "href":
            key, is_ours = "xlink:href", True
        elif namespace == _XML and local in ("space", "lang"):
            key, is_ours = f"xml:{local}", True
        else:
            key, is_ours = local, not namespace
        if not is_ours or not _ATTRIBUTE.fullmatch(local):
            self._drop("attributes that act, or hold data")
            return None
        if (local == "href" and not _PLACE.fullmatch(value)) or _leads_out(value):
            self._drop("references to something outside")
            return None
        if len(value) > 500 and local not in _LONG_TEXTS:
            self._drop("attributes that are too long")
            return None
        self._count(value)
        return key, value

    def _count(self, text: str) -> None:
        found = len(_NUMBER.findall(text))
        self.numbers += found
        if found > _MAX_NUMBERS_IN_ONE or self.numbers > _MAX_NUMBERS:
            raise ValueError("the drawing holds more numbers than a picture: that is data")

    def _characters(self, text: str) -> None:
        if not self._skipping:
            self._text.append(text)

    def _flush(self, name: str) -> None:
        """Write the words since the last tag, where words are drawn; white space elsewhere is none."""
        text, self._text = "".join(self._text), []
        within = _ELEMENTS.get(name.rpartition(" ")[2].lower())
        if within in _WORDS:
            self._write_words(str(within), text)
        elif text.strip():
            self._drop("words that nothing draws")

    def _write_words(self, within: str, text: str) -> None:
        if within == "style" and (_leads_out(text) or _HIDDEN.search(text)):
            self._drop("styles that refer outside, or hide something")
            return
        self._count(text)
        if text:
            self.written.append(escape(text))

    def _end(self, name: str) -> None:
        if self._skipping:
            self._skipping -= 1
            self._open.pop()
            return
        self._flush(name)
        self._open.pop()
        if self._last == len(self.written):  # nothing is in it
            self.written[-1] = self.written[-1][:-1] + "/>"
            self._last = 0
            return
        self.written.append(f"</{_ELEMENTS[name.rpartition(' ')[2].lower()]}>")


def _leads_out(value: str) -> bool:
    return bool(_OUTSIDE.search(_INSIDE.sub("", value)))


def _is_hidden(attributes: dict[str, str]) -> bool:
    said = ";".join(f"{key}:{value}" for key, value in attributes.items() if key != "style")
    return bool(_HIDDEN.search(f"{said};{attributes.get('style', '')}"))


def _quoted(value: str) -> str:
    return '"' + escape(value, {'"': "&quot;", "\n": " ", "\t": " "}) + '"'
