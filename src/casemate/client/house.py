"""The house itself: whether it is up, how it does, and its figures."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from casemate.client.decoding import decoded
from casemate.client.part import Part
from casemate.errors import Unavailable

if TYPE_CHECKING:
    from casemate.figures import Figures
    from casemate.rotation import Rotation
    from casemate.upkeep import Health, Job, Storage


class House(Part):
    """The home that is served."""

    def figures(self) -> Figures:
        """How much of everything there is, for anyone."""
        from casemate.figures import Figures

        return decoded(Figures, self._wire.get("/figures"))

    def is_up(self) -> bool:
        """Whether the server and its database answer, asked once; says nothing else."""
        try:
            return bool(self._wire.get_once("/health")["up"])
        except Unavailable:
            return False

    def health(self) -> Health:
        """Each part of the home, whether it does well, and what to do where not."""
        from casemate.upkeep import Health

        return decoded(Health, self._wire.get("/house/health"))

    def rotate_keys(self) -> Rotation:
        """Exchange the master key: all that it encrypted is encrypted by a new one, and that one signs."""
        from casemate.rotation import Rotation

        return decoded(Rotation, self._wire.post("/house/keys/rotate"))

    def storage(self) -> Storage:
        """What fills the disk, by kind and by dataset."""
        from casemate.upkeep import Storage

        return decoded(Storage, self._wire.get("/house/storage"))

    def jobs(self) -> Sequence[Job]:
        """The runs that wait, are at work, or failed lately: no word of what they do."""
        from casemate.upkeep import Job

        return [decoded(Job, one) for one in self._wire.get("/house/jobs")]
