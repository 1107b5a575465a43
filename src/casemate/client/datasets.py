"""Find, publish, retire."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from casemate.client.decoding import decoded
from casemate.client.part import Part, Seen
from casemate.client.wire import segment
from casemate.errors import BadInput
from casemate.previews import PREVIEW_ROWS, Preview

if TYPE_CHECKING:
    from casemate.catalogue import Dataset, DatasetDescription, Hit, SearchPage
    from casemate.enclave import AccountState
    from casemate.lineage import Lineage

_PIECE = 2**20
_MOST_AT_ONCE = 100
"""Hits of one request."""


class Datasets(Part):
    """The catalogue."""

    def search(self, text: str, **filters: Any) -> SearchPage:
        """The catalogue's answer to ``text``, best first; filters as ``Catalogue.search`` takes them."""
        from casemate.catalogue import SearchPage

        limit, offset = int(filters.pop("limit", 20)), int(filters.pop("offset", 0))
        hits: list[Any] = []
        while True:
            wanted = min(limit - len(hits), _MOST_AT_ONCE)
            place = {"limit": wanted, "offset": offset + len(hits)}
            page = self._wire.get("/datasets", q=text, **filters, **place)
            hits += page["items"]
            if len(hits) >= limit or page["next"] is None:
                break
        return decoded(SearchPage, {**page, "hits": hits, "limit": limit, "offset": offset})

    def each_hit(self, text: str, **filters: Any) -> Iterator[Hit]:
        """Every hit, page after page as they are asked for."""
        from casemate.catalogue import Hit

        for one in self._wire.pages("/datasets", q=text, **filters):
            yield decoded(Hit, one)

    def dataset(self, dataset: str, version: int | None = None) -> Dataset:
        """What anyone may know of ``dataset``: everything but its data."""
        return _dataset(self._wire.get(f"/datasets/{segment(dataset)}", version=version))

    def lineage(self, dataset: str) -> Lineage:
        """The versions of ``dataset``, what each changed, and in numbers what was made of it."""
        from casemate.lineage import Lineage

        return decoded(Lineage, self._wire.get(f"/datasets/{segment(dataset)}/lineage"))

    def similar(self, dataset: str, limit: int = 5) -> Sequence[Hit]:
        """Datasets that are like ``dataset``, the likest first."""
        from casemate.catalogue import Hit

        found = self._wire.get(f"/datasets/{segment(dataset)}/similar", limit=limit)
        return [decoded(Hit, one) for one in found["items"]]

    def preview(self, dataset: str, rows: int = PREVIEW_ROWS) -> Preview:
        """The first rows of open data; raises ``NotAllowed`` for others."""
        return decoded(Preview, self._wire.get(f"/datasets/{segment(dataset)}/preview", rows=rows))

    def publish(
        self,
        source: Path | str,
        description: DatasetDescription | Mapping[str, Any],
        *,
        encoding: str | None = None,
        delimiter: str | None = None,
    ) -> Dataset:
        """Send the file at ``source`` and publish it as ``description`` says; the same id again is a new
        version. A server takes files only: it reads no database in anybody's name."""
        sent = self._send(Path(source)) if "://" not in str(source) else _no_database(source)
        document = {
            "upload": sent["upload"],
            "description": _json(description),
            "encoding": encoding,
            "delimiter": delimiter,
        }
        return _dataset(self._wire.post("/datasets", document))

    def check_plan(
        self, dataset: str, plan: Mapping[str, Any], variables: Sequence[str] | None = None
    ) -> dict[str, Any]:
        """A protection plan as it would be signed; raises ``BadInput`` naming the column otherwise."""
        asked = {"plan": _json(plan), "variables": None if variables is None else list(variables)}
        told: dict[str, Any] = self._wire.post(f"/datasets/{segment(dataset)}/check-plan", asked)
        return told

    def privacy_account(self, dataset: str) -> AccountState | None:
        """The account of ``dataset``, over all permits; ``None`` where it has no budget."""
        from casemate.enclave import AccountState

        told = self._wire.get(f"/datasets/{segment(dataset)}/budget")
        return None if told is None else decoded(AccountState, told)

    def retire(self, dataset: str, reason: str, *, if_match: Seen = None) -> Dataset:
        """Withdraw ``dataset``: its keys are destroyed, nobody reads it again; its record stays."""
        where = f"/datasets/{segment(dataset)}/retire"
        return _dataset(self._wire.post(where, {"reason": reason}, if_match=if_match))

    def _send(self, file: Path) -> Any:
        try:
            size = file.stat().st_size
        except OSError as failure:
            raise BadInput(f"{file} cannot be read: {failure.strerror}") from failure
        ending = "".join(file.suffixes[-2:])  # nothing else of the name is anybody's business
        if not ending.isascii():
            raise BadInput(f"{file.name}: the ending {ending!r} tells no format")
        headers = {"Content-Name": f"data{ending}", "Content-Length": str(size)}

        def content() -> Iterator[bytes]:
            with file.open("rb") as opened:
                pieces = iter(lambda: opened.read(_PIECE), b"")
                yield from self._watching.bytes_of(pieces, f"Sending {file.name}", size)

        return self._wire.upload("/uploads", content, headers)


def _no_database(source: Path | str) -> Any:
    raise BadInput(
        f"{source}: a server takes files and reads no database in anybody's name; write the table to a "
        "file, or publish on the server's own machine with `casemate dataset publish`"
    )


def _dataset(document: Any) -> Dataset:
    from casemate.catalogue import Dataset

    return decoded(Dataset, {**document, "blob": "", "wrapped_key": None})  # what stays inside


def _json(document: Any) -> Any:
    """A document of Python's as JSON: moments, dates and paths as text."""
    from pydantic_core import to_jsonable_python

    return to_jsonable_python(document)
