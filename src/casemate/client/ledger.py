"""The server's ledger, held against what it signed: verified here, not believed."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import islice
from tempfile import TemporaryFile
from typing import TYPE_CHECKING, Any, TextIO

from casemate.client.decoding import decoded
from casemate.client.part import Part
from casemate.client.watching import Watching
from casemate.client.wire import Wire
from casemate.plain import plain

if TYPE_CHECKING:
    from casemate.ledger import ConsistencyProof, Entry, InclusionProof, Report, Wanted
    from casemate.rotation import PublicKey


class Ledger(Part):
    """The ledger."""

    def __init__(self, wire: Wire, watching: Watching, ledger_key: str | None) -> None:
        super().__init__(wire, watching)
        self._ledger_key = ledger_key

    def verify_ledger(
        self,
        *,
        checkpoint: str | None = None,
        progress: Callable[[int, int], None] | None = None,
    ) -> Report:
        """Take the whole ledger and recompute it on this machine; the report names what was altered.

        Its signature is held against the ``ledger_key`` that was given to ``connect``, else against the
        key that comes with it, which tells only that it fits itself. ``checkpoint`` is an older one.
        """
        from casemate.client.ledger_check import checked

        with TemporaryFile("w+", encoding="utf-8", newline="\n") as file:
            self.export_ledger(file)
            file.seek(0)
            return checked(file, self._ledger_key, checkpoint, progress)

    def keys(self) -> Sequence[PublicKey]:
        """The public keys of the home, those of today first: what signed, from when to when."""
        from casemate.rotation import PublicKey

        return [decoded(PublicKey, one) for one in self._wire.get("/ledger/keys")]

    def checkpoint(self) -> str:
        """The signed checkpoint: keep it, and no later rewriting goes unnoticed."""
        return self._wire.text("/ledger/checkpoint")

    def prove(self, index: int, *, size: int | None = None) -> InclusionProof:
        """That entry ``index`` is in the ledger, or was in it as it had ``size`` entries."""
        from casemate.ledger import InclusionProof

        told = self._wire.get(f"/ledger/entries/{index:d}/proof", size=size)
        return InclusionProof.from_dict(told)

    def prove_consistency(self, old_size: int, *, new_size: int | None = None) -> ConsistencyProof:
        """That the first ``old_size`` entries are today, or were at ``new_size``, what they were."""
        from casemate.ledger import ConsistencyProof

        sizes = {"old_size": old_size, "new_size": new_size}
        return ConsistencyProof.from_dict(self._wire.get("/ledger/consistency", **sizes))

    def explore(
        self, wanted: Wanted, *, before: int | None = None, limit: int = 20
    ) -> Sequence[Entry]:
        """Entries of the ledger as ``wanted``, the newest first; of those below ``before`` if given."""
        from casemate.ledger import Entry

        asked = {**plain(wanted), "before": before}
        found = islice(self._wire.pages("/ledger/newest", **asked), limit)
        return [decoded(Entry, one) for one in found]

    def ledger_activity(self) -> Mapping[tuple[str, str], int]:
        """How many entries of each act in each month: {("2026-03", "permit.granted"): 4}."""
        told = self._wire.get("/ledger/activity")
        return {(one["month"], one["act"]): one["entries"] for one in told}

    def ledger_entry(self, index: int) -> tuple[Entry, bytes]:
        """One entry, and the exact bytes whose hash is its leaf in the tree."""
        from casemate.ledger import Entry

        told = self._wire.get(f"/ledger/entries/{index:d}")
        return decoded(Entry, told), str(told["body"]).encode()

    def export_ledger(self, stream: TextIO) -> int:
        """Write every entry for the stand-alone verifier; gives how many."""
        lines = 0
        with self._wire.streamed("/ledger/export") as response:
            pieces = self._watching.bytes_of(response.iter_bytes(), "Taking the ledger", None)
            reader = io.TextIOWrapper(io.BufferedReader(_Pieces(pieces)), "utf-8", newline="\n")
            for line in reader:
                stream.write(line)
                lines += 1
        return max(0, lines - 1)  # the first line is the header

    def entries(
        self, *, start: int = 0, subject: str | None = None, limit: int | None = None
    ) -> Sequence[Entry]:
        """Entries from ``start`` on, ``limit`` at most; of one ``subject`` if given."""
        return list(islice(self.each_entry(start=start, subject=subject), limit))

    def each_entry(self, *, start: int = 0, subject: str | None = None) -> Iterator[Entry]:
        """The same, page after page as they are asked for."""
        from casemate.ledger import Entry

        for one in self._wire.pages("/ledger/entries", start=start, subject=subject):
            yield decoded(Entry, one)


class _Pieces(io.RawIOBase):
    """Bytes that come in pieces, as a file."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces = pieces
        self._left = b""

    def readable(self) -> bool:
        """Yes."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Fill ``buffer`` with what there is."""
        while not self._left:
            piece = next(self._pieces, None)
            if piece is None:
                return 0
            self._left = piece
        taken = self._left[: len(buffer)]
        buffer[: len(taken)] = taken
        self._left = self._left[len(taken) :]
        return len(taken)
