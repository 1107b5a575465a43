"""How a page is routed: under its language, outside the API's description, its forms guarded."""

import hmac
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any
from urllib.parse import urlsplit

from fastapi import APIRouter, Depends, Request
from starlette.convertors import Convertor, register_url_convertor
from starlette.datastructures import FormData, UploadFile

from casemate.errors import BadInput, NotAllowed
from casemate.portal.pages.language import LANGUAGES

PREFIX = "page-"
"""What the names of pages begin with, so that none is an API operation's."""
TOKEN_FIELD = "csrf_token"  # noqa: S105 - the field's name
TOKEN_HEADER = "x-csrf-token"  # noqa: S105 - the header's name
_MOST_FIELDS = 5_000
_LARGEST_FIELD = 4 * 2**20


class _LanguageConvertor(Convertor[str]):
    regex = "|".join(LANGUAGES)

    def convert(self, value: str) -> str:
        return value

    def to_string(self, value: str) -> str:
        return value


register_url_convertor("language", _LanguageConvertor())


class Forged(NotAllowed):
    """A form that did not come from a page of ours, or whose page is from before the last sign-in."""

    title = "Form refused"


@dataclass(frozen=True)
class Filled:
    """A form as it was sent. Fields that are not there read as empty."""

    values: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    files: Mapping[str, UploadFile] = field(default_factory=dict)

    def text(self, name: str) -> str:
        """The field's text, without blanks around it."""
        return (self.values.get(name) or ("",))[-1].strip()

    def texts(self, name: str) -> tuple[str, ...]:
        """What is chosen of several."""
        return self.values.get(name, ())

    def has(self, name: str) -> bool:
        """Whether the field was sent: a box that is ticked, a button that was pressed."""
        return name in self.values


def whole_number(text: str) -> int | None:
    """The whole number, not negative, that ``text`` is; ``None`` where it is none, or none of any use."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None


class PageRouter(APIRouter):
    """The pages of one area. Paths are given without the language; every POST is checked for forgery."""

    def __init__(self) -> None:
        super().__init__(prefix="/{lang:language}", include_in_schema=False)

    def add_api_route(self, path: str, endpoint: Callable[..., Any], **options: Any) -> None:
        """As the framework's; the route's name begins with ``PREFIX``."""
        options["name"] = PREFIX + (options.get("name") or endpoint.__name__)
        methods = set(options.get("methods") or ())
        if "POST" in methods:
            options["dependencies"] = [*(options.get("dependencies") or ()), Depends(filled)]
        super().add_api_route(path, endpoint, **options)

    def streamed(self, path: str, **options: Any) -> Callable[[Any], Any]:
        """A POST whose body the function reads itself; it has to call ``Visit.require_token`` first."""

        def add(endpoint: Callable[..., Any]) -> Callable[..., Any]:
            name = PREFIX + (options.pop("name", None) or endpoint.__name__)
            super(PageRouter, self).add_api_route(
                path, endpoint, name=name, methods=["POST"], **options
            )
            return endpoint

        return add


async def filled(request: Request) -> Filled:
    """The form of a POST that came from a page of ours; raises ``Forged``."""
    require_own_origin(request)
    form = await request.form(max_files=20, max_fields=_MOST_FIELDS, max_part_size=_LARGEST_FIELD)
    given = form.get(TOKEN_FIELD) or request.headers.get(TOKEN_HEADER) or ""
    from casemate.portal.pages.visit import expected_token  # which needs the names above

    require_token(str(given), expected_token(request))
    return _read(form)


Posted = Annotated[Filled, Depends(filled)]


def require_own_origin(request: Request) -> None:
    """Raise ``Forged`` where the browser says that another site sent this."""
    site = request.headers.get("sec-fetch-site")
    if site is not None:
        if site not in ("same-origin", "none"):
            raise Forged("this form was sent by another site: nothing was done")
        return
    origin = request.headers.get("origin")
    if origin is not None and urlsplit(origin).netloc != request.headers.get("host"):
        raise Forged("this form was sent by another site: nothing was done")


def require_token(given: str, expected: str | None) -> None:
    """Raise ``Forged`` unless the form carries its page's own token."""
    if expected is None or not hmac.compare_digest(given.encode(), expected.encode()):
        raise Forged(
            "this form is from before you signed in or out, or not from here: open its page again"
        )


def _read(form: FormData) -> Filled:
    values: dict[str, list[str]] = {}
    files: dict[str, UploadFile] = {}
    for name, value in form.multi_items():
        if isinstance(value, UploadFile):
            files[name] = value
        elif "\x00" in value:
            raise BadInput(f"the field {name!r} holds a null character: leave it out")
        else:
            values.setdefault(name, []).append(value.replace("\r\n", "\n"))
    return Filled({name: tuple(many) for name, many in values.items()}, files)
