"""Which earlier releases an output is held against, and what the memory of releases says of them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy.orm import Session

from casemate.access import Permits
from casemate.enclave.comparing.content import PICTURES, Content, content_of
from casemate.enclave.comparing.differences import Difference, difference
from casemate.enclave.formats.kinds import kind_of
from casemate.enclave.outputs import Outputs
from casemate.enclave.recipes import ReleaseMemory
from casemate.enclave.records import Output, OutputState, Run
from casemate.enclave.runs import Runs
from casemate.errors import BadInput

MOST_EARLIER = 5
MOST_LOOKED_AT = 500
"""The newest releases among which earlier ones are looked for."""


@dataclass(frozen=True)
class Examined:
    """An output to look at. ``redrawn``: its bytes were made by trusted code, not by the program."""

    output: Output
    data: bytes
    redrawn: bool


@dataclass(frozen=True)
class EarlierRelease:
    """One earlier release, and how the output differs from it."""

    output: str
    name: str
    permit: str
    released_at: datetime
    difference: Difference


@dataclass(frozen=True)
class Memory:
    """What the memory of releases holds of one dataset version: how many releases, which of them it could
    not read."""

    dataset: str
    version: int
    releases: int
    unread: tuple[str, ...]


@dataclass(frozen=True)
class Comparison:
    """An output against what left before it. ``withheld`` counts earlier releases that whoever asks may not
    read; ``min_cell`` is the permit's threshold: a count that changes by less tells of few people."""

    output: str
    earlier: tuple[EarlierRelease, ...]
    withheld: int
    min_cell: int
    memory: tuple[Memory, ...]


@dataclass(frozen=True)
class ToCompare:
    """The bytes that a comparison needs, read in one transaction."""

    this: Examined
    earlier: tuple[tuple[Output, str, bytes], ...]
    withheld: int
    min_cell: int
    memory: tuple[Memory, ...]


class Comparisons:
    """Reads in the caller's transaction; compares in none."""

    def __init__(
        self, outputs: Outputs, runs: Runs, permits: Permits, memory: ReleaseMemory
    ) -> None:
        self._outputs = outputs
        self._runs = runs
        self._permits = permits
        self._memory = memory

    def examine(self, tx: Session, checker: str, output_id: str) -> Examined:
        """The output for its checker's eyes, entered on the ledger; raises as ``Outputs.evidence``."""
        data = self._outputs.evidence(tx, checker, output_id)
        output = self._outputs.get(tx, output_id)
        return Examined(output, data, self._outputs.is_redrawn(tx, output_id))

    def show(self, examined: Examined) -> Content:
        """What it holds. A picture that the program wrote itself is told of and not shown."""
        content = content_of(examined.output.name, examined.data)
        return content if examined.redrawn else replace(content, picture=None)

    def picture(self, examined: Examined) -> str | None:
        """The type of a picture that trusted code drew; ``None`` for anything else."""
        kind = kind_of(examined.output.name, examined.data).kind
        return PICTURES.get(kind) if examined.redrawn else None

    def earlier(self, tx: Session, output_id: str) -> tuple[Output, ...]:
        """Released outputs that say something of the same data under the same name, from the same recipe,
        or in a file of the same type under the same permit; the nearest first."""
        output = self._outputs.get(tx, output_id)
        run = self._runs.get(tx, output.run)
        released = self._outputs.newest_released(tx, MOST_LOOKED_AT)
        others = [one for one in released if one.id != output_id]
        runs = {name: self._runs.get(tx, name) for name in {one.run for one in others}}
        near = [
            (_nearness(output, run, one, runs[one.run]), one)
            for one in others
            if _datasets(run) & _datasets(runs[one.run])
        ]
        kept = sorted((rank, place) for place, (rank, _) in enumerate(near) if rank is not None)
        return tuple(near[place][1] for _, place in kept[:MOST_EARLIER])

    def released(self, tx: Session, output_id: str) -> Output:
        """One released output; raises ``BadInput`` for one that has not left, ``NotFound``."""
        output = self._outputs.get(tx, output_id)
        if output.state is not OutputState.released:
            raise BadInput(
                f"output {output_id} is {output.state.value}: an output is compared with released ones"
            )
        return output

    def open(
        self, tx: Session, checker: str, output_id: str, earlier: Iterable[Output], withheld: int
    ) -> ToCompare:
        """All that the comparison needs, entered on the ledger."""
        earlier = tuple(earlier)
        data = self._outputs.compare(tx, checker, output_id, [one.id for one in earlier])
        output = self._outputs.get(tx, output_id)
        run = self._runs.get(tx, output.run)
        return ToCompare(
            Examined(output, data[output_id], self._outputs.is_redrawn(tx, output_id)),
            tuple((one, self._runs.get(tx, one.run).permit, data[one.id]) for one in earlier),
            withheld,
            self._permits.get(tx, run.permit).output_rules.min_cell,
            tuple(Memory(*one) for one in self._memory.told(tx, run)),
        )

    def compare(self, asked: ToCompare) -> Comparison:
        """How the output differs from each of them."""
        this = asked.this
        new = content_of(this.output.name, this.data)
        return Comparison(
            this.output.id,
            tuple(
                _against(output, permit, data, new, this.data)
                for output, permit, data in asked.earlier
            ),
            asked.withheld,
            asked.min_cell,
            asked.memory,
        )


def _against(
    earlier: Output, permit: str, data: bytes, new: Content, new_data: bytes
) -> EarlierRelease:
    assert earlier.released_at is not None
    old = content_of(earlier.name, data)
    found = difference(old, new, identical=data == new_data)
    return EarlierRelease(earlier.id, earlier.name, permit, earlier.released_at, found)


def _datasets(run: Run) -> set[str]:
    return {str(one["dataset"]) for one in run.inputs.values()}


def _nearness(output: Output, run: Run, other: Output, others: Run) -> int | None:
    """The smaller the nearer; ``None`` for one that is not near."""
    if output.kind is not other.kind:
        return None
    same_permit = run.permit == others.permit
    nearness: Sequence[bool] = (
        output.name == other.name and same_permit,
        output.recipe is not None and output.recipe == other.recipe,
        output.name == other.name,
        same_permit and output.ending == other.ending,
    )
    return nearness.index(True) if True in nearness else None
