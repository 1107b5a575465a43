"""Where a dataset comes from, and what was made of it: gathered from the rooms that know."""

from dataclasses import dataclass

from casemate.catalogue import Step
from casemate.enclave.uses import Uses


@dataclass(frozen=True)
class Lineage:
    """The versions of a dataset with what each changed, and what was made of it, in numbers alone."""

    dataset: str
    versions: tuple[Step, ...]
    uses: Uses
