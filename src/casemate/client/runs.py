"""Hand in a program, follow it, stop it."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from casemate.client.decoding import decoded
from casemate.client.part import Part
from casemate.client.wire import segment
from casemate.errors import BadInput

if TYPE_CHECKING:
    from casemate.enclave import (
        Followed,
        Limits,
        PackageSet,
        ProgramDraft,
        ProgramVersion,
        Replay,
        Run,
    )

_LONGEST = 25.0
"""Seconds that one request waits for a run; the server lets it wait for 30."""


class Runs(Part):
    """Programs in the enclave, and what they run on."""

    def run(
        self,
        permit: str,
        script: bytes,
        filename: str = "script.py",
        *,
        purpose: str | None = None,
        limits: Limits | None = None,
        environment: str | None = None,
        algorithm: str | None = None,
        entry: Mapping[str, Any] | None = None,
    ) -> Run:
        """Hand in ``script`` to run on the protected views of ``permit``; see ``wait``."""
        try:
            text = script.decode()
        except UnicodeDecodeError as failure:
            raise BadInput(f"{filename} is no UTF-8 text: {failure}") from failure
        asked = {
            "permit": permit,
            "script": text,
            "filename": filename,
            "purpose": purpose,
            "limits": limits,
            "environment": environment,
            "algorithm": algorithm,
            "entry": entry,
        }
        return _run(self._wire.post("/runs", asked))

    def wait(self, run: str, timeout: float | None = None) -> Run:
        """``run`` once the machine is done with it, or as it is after ``timeout`` seconds."""
        ends = None if timeout is None else time.monotonic() + timeout
        with self._watching.state(run) as tell:
            while True:
                left = _LONGEST if ends is None else min(_LONGEST, ends - time.monotonic())
                found = _run(self._wire.get(f"/runs/{segment(run)}", wait=max(0.0, left)))
                if found.is_over or (ends is not None and time.monotonic() >= ends):
                    return found
                tell(found.state.value)

    def run_status(self, run: str) -> Run:
        """``run`` as it stands."""
        return _run(self._wire.get(f"/runs/{segment(run)}"))

    def follow(self, run: str, after: int = -1, wait: float = 0.0) -> Followed:
        """``run`` as it stands, with what happened to it after event ``after``; within ``wait`` seconds
        as soon as something has, or the machine is done with it."""
        from casemate.enclave import Followed

        ends = time.monotonic() + wait
        while True:
            left = max(0.0, min(_LONGEST, ends - time.monotonic()))
            told = self._wire.get(f"/runs/{segment(run)}/events", after=after, wait=left)
            found = decoded(Followed, told)
            if found.events or found.is_over or time.monotonic() >= ends:
                return found

    def program(self, run: str) -> tuple[str, str]:
        """The program of ``run`` as it was handed in, its file's name and text."""
        told = self._wire.get(f"/runs/{segment(run)}/program")
        return str(told["filename"]), str(told["script"])

    def save_draft(
        self,
        permit: str,
        text: str,
        filename: str = "script.py",
        *,
        after: int | None = None,
    ) -> ProgramDraft:
        """Keep the program that you write under ``permit``, as your next version."""
        asked = {"text": text, "filename": filename, "after": after}
        return _draft(self._wire.post(f"/permits/{segment(permit)}/draft", asked))

    def draft_versions(self, permit: str) -> Sequence[ProgramVersion]:
        """Which versions of your own draft under ``permit`` are kept, the newest first."""
        from casemate.enclave import ProgramVersion

        told = self._wire.get(f"/permits/{segment(permit)}/draft/versions")
        return [decoded(ProgramVersion, one) for one in told]

    def program_draft(self, permit: str, version: int | None = None) -> ProgramDraft:
        """Your own draft under ``permit``: one version of it, the newest if not given."""
        return _draft(self._wire.get(f"/permits/{segment(permit)}/draft", version=version))

    def run_draft(
        self,
        permit: str,
        version: int | None = None,
        *,
        limits: Limits | None = None,
        environment: str | None = None,
        algorithm: str | None = None,
        entry: Mapping[str, Any] | None = None,
    ) -> Run:
        """Hand in your own draft; see ``run``."""
        kept = self.program_draft(permit, version)
        return self.run(
            permit, kept.text.encode(), kept.filename, limits=limits, environment=environment,
            algorithm=algorithm, entry=entry,
        )  # fmt: skip

    def list_runs(self) -> Sequence[Run]:
        """The runs that you may read."""
        return list(self.each_run())

    def each_run(self) -> Iterator[Run]:
        """The same, page after page as they are asked for."""
        for one in self._wire.pages("/runs"):
            yield _run(one)

    def cancel(self, run: str, reason: str) -> Run:
        """Stop ``run`` now."""
        return _run(self._wire.post(f"/runs/{segment(run)}/cancel", {"reason": reason}))

    def replay(self, run: str) -> Replay:
        """Do a finished run again and say which outputs came out as they did; they stay inside."""
        from casemate.enclave import Replay

        return decoded(Replay, self._wire.post(f"/runs/{segment(run)}/replay"))

    def environments(self) -> Sequence[PackageSet]:
        """Every environment there is, all versions."""
        from casemate.enclave import PackageSet

        return [decoded(PackageSet, one) for one in self._wire.get("/environments")]

    def environment(self, reference: str, *, verify: bool = False) -> PackageSet:
        """One of them; with ``verify`` the server reads every byte of it first."""
        from casemate.enclave import PackageSet

        told = self._wire.get(f"/environments/{segment(reference)}", verify=verify or None)
        return decoded(PackageSet, told)


def _draft(document: Any) -> ProgramDraft:
    from casemate.enclave import ProgramDraft

    return decoded(ProgramDraft, document)


def _run(document: Any) -> Run:
    from casemate.enclave import Run

    return decoded(Run, document)
