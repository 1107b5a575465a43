"""Models of the register's entries: which, and whether they may go out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from casemate.client.decoding import decoded
from casemate.client.part import Part
from casemate.client.wire import segment

if TYPE_CHECKING:
    from casemate.assurance.gate import Standing
    from casemate.assurance.naming import ModelException, NamedModel


class Models(Part):
    """Models of entries."""

    def name_model(
        self, algorithm: str, *, output: str | None = None, digest: str | None = None
    ) -> NamedModel:
        """Say which model an entry of your organisation is about: an output, or a file's digest."""
        from casemate.assurance.naming import NamedModel

        asked = {"output": output, "digest": digest}
        return decoded(NamedModel, self._wire.post(f"/models/{segment(algorithm)}", asked))

    def models(self, algorithm: str) -> Sequence[NamedModel]:
        """The models that an entry is and was about, the newest first."""
        from casemate.assurance.naming import NamedModel

        found = self._wire.get(f"/models/{segment(algorithm)}")
        return [decoded(NamedModel, one) for one in found]

    def model_standing(self, algorithm: str) -> Standing:
        """Whether an entry may be published, by what was measured of its model."""
        from casemate.assurance.gate import Standing

        return decoded(Standing, self._wire.get(f"/models/{segment(algorithm)}/standing"))

    def allow_model(self, algorithm: str, digest: str, reason: str) -> ModelException:
        """For an authority: let a model go out that was kept back, with a reason."""
        from casemate.assurance.naming import ModelException

        asked = {"digest": digest, "reason": reason}
        return decoded(
            ModelException, self._wire.post(f"/models/{segment(algorithm)}/allow", asked)
        )
