"""SVG: an allow-list of elements and attributes that draw; everything else is refused.

The text goes to expat in the standard library, after a look at the bytes that leaves it no entities,
no document type and no instructions to follow.
"""

import re
import xml.parsers.expat as expat

_MAX_BYTES, _MAX_ELEMENTS, _MAX_DEPTH = 2 * 1024 * 1024, 20_000, 40
_MAX_NUMBERS = 2000
_NUMBER = re.compile(rb"\d+(?:\.\d+)?")
_SVG = "http://www.w3.org/2000/svg"
_DRAWING = frozenset(
    [
        "svg",
        "g",
        "path",
        "rect",
        "circle",
        "ellipse",
        "line",
        "polyline",
        "polygon",
        "text",
        "tspan",
        "textpath",
        "defs",
        "clippath",
        "mask",
        "title",
        "desc",
        "lineargradient",
        "radialgradient",
        "stop",
        "use",
        "symbol",
        "marker",
        "pattern",
        "style",
    ]
)
_ATTRIBUTE = re.compile(r"(?!on)[a-z][a-z0-9:_-]{0,60}")
_REFERENCE = re.compile(
    r"(?:url\s*\(|@import|expression\s*\(|javascript:|data:|https?:|file:|\\)", re.I
)
_INSIDE = re.compile(r"url\(\s*['\"]?#[A-Za-z0-9_.:-]+['\"]?\s*\)")
_NAMESPACES = {_SVG, "http://www.w3.org/1999/xlink", "http://www.w3.org/XML/1998/namespace"}


def problem_with(data: bytes) -> str | None:
    """Why the drawing in ``data`` does not leave, quoting nothing; ``None`` if it may be seen."""
    if len(data) > _MAX_BYTES:
        return f"the drawing is larger than {_MAX_BYTES} bytes"
    if b"<!DOCTYPE" in data.upper() or b"<!ENTITY" in data.upper() or b"<![CDATA[" in data.upper():
        return "the drawing has a document type, entities or raw sections"
    if len(_NUMBER.findall(data)) > _MAX_NUMBERS:
        return f"the drawing holds more than {_MAX_NUMBERS} numbers: that is data, not a picture"
    reader = _Reader()
    try:
        reader.read(data)
    except _Refused as problem:
        return str(problem)
    except expat.ExpatError:
        return "the drawing is not well-formed, or something follows it"
    return None


class _Refused(Exception):
    pass


class _Reader:
    def __init__(self) -> None:
        self.open: list[str] = []
        self.count = 0

    def read(self, data: bytes) -> None:
        parser = expat.ParserCreate(encoding="utf-8", namespace_separator=" ")
        parser.StartElementHandler = self._start
        parser.EndElementHandler = lambda _: self.open.pop()
        parser.CharacterDataHandler = self._text
        parser.CommentHandler = self._comment
        parser.ProcessingInstructionHandler = self._instruction
        parser.StartNamespaceDeclHandler = self._namespace
        parser.Parse(data, True)

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        namespace, _, local = name.rpartition(" ")
        self.open.append(local.lower())
        self.count += 1
        if len(self.open) > _MAX_DEPTH or self.count > _MAX_ELEMENTS:
            raise _Refused("the drawing has too many elements")
        if namespace != _SVG or local.lower() not in _DRAWING:
            raise _Refused(
                "the drawing holds something that does not draw (a script, a picture, data)"
            )
        for attribute, value in attributes.items():
            self._attribute(attribute, value)

    def _attribute(self, attribute: str, value: str) -> None:
        local = attribute.rpartition(" ")[2].lower()
        if not _ATTRIBUTE.fullmatch(local) or local.startswith("data"):
            raise _Refused("the drawing holds an action or data in an attribute")
        if local == "href" and not re.fullmatch(r"#[A-Za-z0-9_.:-]+", value):
            raise _Refused("the drawing refers to something outside")
        if _REFERENCE.search(_INSIDE.sub("", value)):
            raise _Refused("the drawing refers to something outside")
        if len(value) > 500 and local not in ("d", "points", "style"):
            raise _Refused("an attribute of the drawing is too long")

    def _text(self, text: str) -> None:
        if "style" in self.open and _REFERENCE.search(_INSIDE.sub("", text)):
            raise _Refused("the drawing refers to something outside")

    def _comment(self, text: str) -> None:
        if len(text) > 100:
            raise _Refused("the drawing holds long comments")

    def _instruction(self, target: str, text: str) -> None:
        raise _Refused("the drawing holds instructions")

    def _namespace(self, prefix: str | None, uri: str | None) -> None:
        if uri not in _NAMESPACES:
            raise _Refused("the drawing holds elements of another language")
