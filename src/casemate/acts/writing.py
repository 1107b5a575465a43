"""Answers that a language model may put into sentences, conversations, receipts. Part of ``Platform``."""

from __future__ import annotations

import hmac
import json
import secrets
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from hashlib import sha256
from threading import Lock
from typing import TYPE_CHECKING, Any

from casemate.acts.knowledge import KnowledgeActs
from casemate.errors import BadInput

if TYPE_CHECKING:
    from casemate.knowledge.answers import Answer, Receipt
    from casemate.knowledge.answers.conversing import Turn, Understood
    from casemate.knowledge.answers.replaying import Replayed
    from casemate.knowledge.answers.support import Judge
    from casemate.knowledge.answers.telling import Event
    from casemate.knowledge.models import ChatModel, LanguageModel, Stop
    from casemate.store.keys import Keyring

_CONVERSATION = "sign/conversation/2"
"""Each form of a conversation has a key of its own: one from before a change is refused, not misread."""
LARGEST_CONVERSATION = 200_000
"""Characters of a conversation that travels with a form."""


@dataclass(frozen=True)
class Telling:
    """How a question was understood, its quotes, and what comes of them, sentence by sentence."""

    understood: Understood
    answer: Answer
    events: Iterator[Event]
    """Read once; closing it stops the model. The last one is ``Finished``."""
    writes: bool
    """Whether a language model is asked."""
    stop: Stop
    """Ends the model from any thread, even while it is silent; ``events`` then come to their end."""


class WritingActs(KnowledgeActs):
    """What is written by a model, and never taken for true."""

    _keyring: Keyring
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

    def tell_corpus(
        self,
        name: str,
        question: str,
        language: str,
        on: date | None = None,
        *,
        known: date | None = None,
        quotes: int = 3,
        turns: Sequence[Turn] = (),
        write: bool = True,
    ) -> Telling:
        """Quotes that answer, and a model's sentences on them as they are checked; for anyone.

        ``turns`` are earlier questions, the oldest first: what this one leaves out is taken from them, its
        day too where it names none. Nothing is kept of who asks what; where the home's settings say so, the
        digest of the receipt is recorded, without question or person.
        """
        from casemate.knowledge.answers.conversing import understood
        from casemate.knowledge.answers.telling import tell
        from casemate.knowledge.models import Stop

        meant = understood(question, language, on, turns, self.clock().date())
        answer = self._answered(name, meant, language, known, quotes)
        model = self.language_model() if write and answer.quotes else None
        settings = self.home.language_model
        salt = secrets.token_hex(16) if self.home.answers.receipts_on_ledger else ""
        stop = Stop()
        events = tell(
            answer, model, self._judge(), most=settings.tokens if settings else 0, salt=salt,
            stop=stop,
        )  # fmt: skip
        return Telling(meant, answer, self._noted(name, events), model is not None, stop)

    def replay_receipt(self, name: str, receipt: Receipt) -> Replayed:
        """Ask again what ``receipt`` is of: whether it is the same, and what is not; for anyone.

        What a model wrote is written again only by the very model that wrote it.
        """
        from casemate.knowledge.answers.replaying import replay

        again = self.ask_corpus(
            name, receipt.question, receipt.language, receipt.on,
            known=receipt.known, quotes=receipt.quotes, works=receipt.works,
        )  # fmt: skip
        settings = self.home.language_model
        model = self.language_model() if receipt.model else None
        return replay(receipt, again, model, self._judge(), settings.tokens if settings else 0)

    def seal_conversation(self, document: Mapping[str, Any]) -> str:
        """``document`` as text that a form may carry and nobody else can make."""
        told = json.dumps(document, ensure_ascii=False, separators=(",", ":"))
        return f"{self._mark(told)}.{told}"

    def open_conversation(self, sealed: str) -> Mapping[str, Any]:
        """What ``seal_conversation`` sealed; raises ``BadInput`` for anything else."""
        mark, _, told = sealed.partition(".")
        if len(sealed) > LARGEST_CONVERSATION or not hmac.compare_digest(
            mark.encode(), self._mark(told).encode()
        ):
            raise BadInput(
                "the earlier part of this conversation is not as it was sent: begin a new one"
            )
        found: Mapping[str, Any] = json.loads(told)
        return found

    def _mark(self, told: str) -> str:
        key = self._keyring.derive(_CONVERSATION)
        return hmac.new(key, told.encode("utf-8", "surrogatepass"), sha256).hexdigest()

    def _answered(
        self, name: str, meant: Understood, language: str, known: date | None, quotes: int
    ) -> Answer:
        """From the works under discussion where they answer, else from all."""
        if meant.works:
            answer = self.ask_corpus(
                name, meant.asked, language, meant.on,
                known=known, quotes=quotes, works=meant.works,
            )  # fmt: skip
            if answer.quotes:
                return answer
        return self.ask_corpus(name, meant.asked, language, meant.on, known=known, quotes=quotes)

    def _judge(self) -> Judge:
        from casemate.knowledge.answers.finding import likeness_by
        from casemate.knowledge.answers.support import Judge

        settings = self.home.language_model
        return Judge(
            likeness_by(self._encoder), across=bool(settings and settings.across_languages)
        )

    def _noted(self, name: str, events: Iterator[Event]) -> Iterator[Event]:
        """``events``; before the last is given, its receipt's digest is recorded where that is wanted."""
        from casemate.knowledge.answers.telling import Finished

        for event in events:
            if isinstance(event, Finished) and self.home.answers.receipts_on_ledger:
                with self._act(None, "corpus.note_answer", self.facts.open_corpus, name) as tx:
                    self.corpora_kept.note_answer(tx, name, event.receipt.digest)
            yield event

    def _close_writer(self) -> None:
        if self._writer is not None:
            self._writer.close()
            self._writer = None
