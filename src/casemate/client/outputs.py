"""What came out: for the checker's desk, and for whoever ran it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from casemate.client.decoding import decoded
from casemate.client.part import Part, Seen
from casemate.client.wire import segment

if TYPE_CHECKING:
    from casemate.enclave import Claim, Comparison, Output, QueueItem, ReleaseReceipt


class Outputs(Part):
    """Outputs."""

    def outputs(self, run: str | None = None) -> Sequence[Output]:
        """The outputs that you may see listed; the evidence only for those who check."""
        return list(self.each_output(run))

    def each_output(self, run: str | None = None) -> Iterator[Output]:
        """The same, page after page as they are asked for."""
        for one in self._wire.pages("/outputs", run=run):
            yield _output(one)

    def output(self, output: str) -> Output:
        """One output; the evidence only for those who check."""
        return _output(self._wire.get(_at(output)))

    def evidence(self, output: str) -> tuple[Output, bytes]:
        """For the checker's eyes: the output's verdict with its evidence, and its bytes."""
        data = self._taken(f"{_at(output)}/evidence", output)
        return self.output(output), data

    def compare_release(self, output: str, against: str | None = None) -> Comparison:
        """For a checker: how ``output`` differs from what was released before it of the same data and name,
        or from ``against``, and what the memory of releases holds."""
        from casemate.enclave import Comparison

        return decoded(Comparison, self._wire.get(f"{_at(output)}/comparison", against=against))

    def queue(self) -> Sequence[QueueItem]:
        """What awaits you, a checker, oldest first."""
        from casemate.enclave import QueueItem

        return [decoded(QueueItem, one) for one in self._wire.get("/outputs/queue")]

    def claim(self, output: str, seconds: int | None = None) -> Claim:
        """Say that you look at ``output`` now, so that no other checker does the same work."""
        from casemate.enclave import Claim

        asked = {} if seconds is None else {"seconds": seconds}
        return decoded(Claim, self._wire.post(f"{_at(output)}/claim", asked))

    def give_back(self, output: str) -> Output:
        """End your claim on ``output``."""
        return _output(self._wire.post(f"{_at(output)}/give-back"))

    def review(self, output: str, *, clear: bool, reason: str, if_match: Seen = None) -> Output:
        """The checker's decision on an output that the machine passed or left to people."""
        asked = {"clear": clear, "reason": reason}
        return _output(self._wire.post(f"{_at(output)}/review", asked, if_match=if_match))

    def release(self, output: str, *, if_match: Seen = None) -> ReleaseReceipt:
        """Let a cleared output go: from here on the permit's people may fetch it."""
        from casemate.enclave import ReleaseReceipt

        return decoded(ReleaseReceipt, self._wire.post(f"{_at(output)}/release", if_match=if_match))

    def unread_releases(self, output: str) -> Sequence[str]:
        """For a checker: the earlier outputs of the same data that no machine compared this one with."""
        told: list[str] = self._wire.get(f"{_at(output)}/unread-releases")
        return told

    def repairs(self, output: str) -> Sequence[dict[str, Any]]:
        """What an output that was not let pass could be made into, numbered."""
        told: list[dict[str, Any]] = self._wire.get(f"{_at(output)}/repairs")
        return told

    def repair(self, output: str, number: int) -> Output:
        """Have repair ``number`` of ``output`` made: a new output, checked as a whole before it leaves."""
        return _output(self._wire.post(f"{_at(output)}/repairs", {"number": number}))

    def fetch(self, output: str) -> bytes:
        """The bytes of a released output."""
        return self._taken(f"{_at(output)}/content", output)

    def download(self, output: str, file: Path | str) -> Path:
        """Write a released output to ``file`` as it arrives; nothing stays of one that stops half-way."""
        target = Path(file)
        fresh = target.with_name(f".{target.name}.part")
        try:
            with fresh.open("wb") as opened:
                for piece in self._pieces(f"{_at(output)}/content", output):
                    opened.write(piece)
            return fresh.replace(target)
        finally:
            fresh.unlink(missing_ok=True)

    def receipt(self, output: str) -> dict[str, Any]:
        """The receipt that travels with a released output, proven under the newest checkpoint."""
        told: dict[str, Any] = self._wire.get(f"{_at(output)}/receipt")
        return told

    def _taken(self, path: str, what: str) -> bytes:
        return b"".join(self._pieces(path, what))

    def _pieces(self, path: str, what: str) -> Iterator[bytes]:
        with self._wire.streamed(path) as response:
            told = response.headers.get("content-length", "")
            size = int(told) if told.isdigit() else None
            yield from self._watching.bytes_of(response.iter_bytes(), f"Taking {what}", size)


def _at(output: str) -> str:
    return f"/outputs/{segment(output)}"


def _output(document: Any) -> Output:
    from casemate.enclave import Output

    return decoded(Output, document)
