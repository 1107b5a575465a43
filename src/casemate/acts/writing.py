"""The language model that may write, where the operator named one. Part of ``Platform``."""

from __future__ import annotations

from threading import Lock
from typing import TYPE_CHECKING

from casemate.acts.part import Part

if TYPE_CHECKING:
    from casemate.knowledge.models import ChatModel, LanguageModel


class WritingActs(Part):
    """What is written by a model, and never taken for true."""

    _writer: ChatModel | None = None
    _writer_lock = Lock()

    def language_model(self) -> LanguageModel | None:
        """The model that the home's settings name (``[language_model]``), loaded once; ``None`` for none.

        Raises ``BadInput`` where the settings name one that is not there.
        """
        settings = self.home.language_model
        if settings is None:
            return None
        from casemate.knowledge.models import open_language_model

        with self._writer_lock:
            if self._writer is None:
                self._writer = open_language_model(settings, self.home.knowledge / "models")
            return self._writer

    def _close_writer(self) -> None:
        if self._writer is not None:
            self._writer.close()
            self._writer = None
