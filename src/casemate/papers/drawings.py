"""Which drawings a document takes: SVG that draws, and neither loads, links nor runs anything."""

from xml.parsers.expat import ExpatError, ParserCreate

from casemate.errors import BadInput

_SVG = "http://www.w3.org/2000/svg"
_DRAWS = frozenset(
    (
        "svg", "g", "defs", "title", "desc", "path", "rect", "circle", "ellipse", "line", "polyline",
        "polygon", "text", "tspan", "clipPath", "mask", "linearGradient", "radialGradient", "stop",
        "pattern", "marker", "symbol", "use", "style",
    )
)  # fmt: skip
_LARGEST = 4_000_000
"""Bytes of one drawing."""


def check_drawing(svg: str) -> None:
    """Raise ``BadInput`` unless ``svg`` is well-formed SVG of elements that only draw."""
    if len(svg) > _LARGEST:
        raise BadInput(f"a drawing has {_LARGEST:,} characters at most")
    parser = ParserCreate(namespace_separator=" ")
    parser.StartElementHandler = _check_element
    parser.StartDoctypeDeclHandler = _refuse_doctype
    parser.ProcessingInstructionHandler = _refuse_instruction
    parser.CharacterDataHandler = _check_text
    try:
        parser.Parse(svg.encode("utf-8", "surrogatepass"), True)
    except ExpatError as failure:
        raise BadInput(f"a drawing is not well-formed SVG: {failure}") from failure


def _check_element(name: str, attributes: dict[str, str]) -> None:
    space, _, local = name.rpartition(" ")
    if space != _SVG or local not in _DRAWS:
        raise BadInput(f"a drawing has no element {local!r}: it draws, and nothing else")
    for key, value in attributes.items():
        attribute = key.rpartition(" ")[2].lower()
        points_out = attribute in ("href", "src") and not value.startswith("#")
        if attribute.startswith("on") or points_out or _loads(value):
            raise BadInput(f"the attribute {attribute!r} of a drawing does more than draw")


def _check_text(text: str) -> None:
    if _loads(text):
        raise BadInput("a drawing's text or style loads something")


def _loads(value: str) -> bool:
    lowered = value.lower().replace(" ", "")
    inside = lowered.replace("url(#", "").replace('url("#', "").replace("url('#", "")
    return "url(" in inside or "@import" in lowered or "javascript:" in lowered


def _refuse_doctype(*_declared: object) -> None:
    raise BadInput("a drawing declares no document type")


def _refuse_instruction(*_given: object) -> None:
    raise BadInput("a drawing carries no processing instruction")
