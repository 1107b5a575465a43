"""A document as one self-contained page: it loads nothing, is light or dark, prints, is for all readers."""

from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

from casemate.papers.layout import Laid, sources_line
from casemate.papers.model import runs

if TYPE_CHECKING:
    from jinja2 import Template


def write_html(laid: Laid) -> bytes:
    """The page of ``laid``."""
    return _template().render(laid=laid, paper=laid.document, said=laid.words).encode()


@cache
def _template() -> "Template":
    from jinja2 import Environment, StrictUndefined

    environment = Environment(
        autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters["runs"] = runs
    environment.filters["kind"] = lambda block: type(block).__name__.lower()
    environment.globals["sources_line"] = sources_line
    template = files(__package__).joinpath("paper.html.j2").read_text(encoding="utf-8")
    return environment.from_string(template)
