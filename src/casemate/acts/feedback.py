"""What people say of published algorithms, and the answers. Part of ``Platform``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from casemate.acts.register import RegisterActs

if TYPE_CHECKING:
    from casemate.register.feedback import Feedback, FeedbackBox


class FeedbackActs(RegisterActs):
    """The acts on feedback; those of the sender take a code and no account."""

    feedback_box: FeedbackBox

    def give_feedback(
        self,
        algorithm: str,
        kind: str,
        text: str,
        *,
        contact: str = "",
        language: str = "en",
        source: str | None = None,
    ) -> tuple[Feedback, str]:
        """Say something of a published algorithm, without an account; gives it with a code, told once.

        ``kind`` is ``question``, ``correction``, ``complaint`` or ``appeal``; ``source`` the network that
        it comes from. Raises ``NotFound`` for what is not public, ``TooManyRequests`` for too many.
        """
        self.public_algorithm(algorithm)  # what is not there for the public leaves no trace either
        with self._act(None, "feedback.give", self.facts.algorithm, algorithm) as tx:
            return self.feedback_box.put(
                tx, algorithm, kind, text, contact=contact, language=language, source=source
            )

    def feedback_of(self, code: str) -> Feedback:
        """What the owner of ``code`` wrote, and the answer."""
        with self.store.read() as tx:
            return self.feedback_box.of_code(tx, code)

    def take_back_feedback(self, code: str) -> Feedback:
        """Erase what the owner of ``code`` wrote, how to reach them, and the answer."""
        with self.store.transaction() as tx:
            return self.feedback_box.take_back(tx, code)

    def algorithm_feedback(self, actor: str, algorithm: str) -> Sequence[Feedback]:
        """What was said of an algorithm, the newest first, for its organisation and the authority."""
        self._require_known(actor, algorithm)
        action = "feedback.read"
        with self._look(actor, action, self.facts.algorithm, algorithm) as tx:
            return self.feedback_box.of_algorithm(tx, algorithm)

    def waiting_feedback(self, actor: str) -> dict[str, int]:
        """How many messages wait for an answer, by algorithm; of those whose feedback ``actor`` reads."""
        with self._look(actor, "algorithm.list", self.facts.home) as tx:
            account = self._account(tx, actor)
            return {
                algorithm: number
                for algorithm, number in self.feedback_box.waiting(tx).items()
                if self.policies.is_allowed(
                    account, "feedback.read", self.facts.algorithm(tx, algorithm)
                )
            }

    def answer_feedback(self, actor: str, feedback: str, answer: str) -> Feedback:
        """Answer for one's own organisation, once; raises ``Conflict`` where that was done."""
        with self.store.read() as tx:
            algorithm = self.feedback_box.get(tx, feedback).algorithm
        with self._changing(actor, "feedback.answer", algorithm) as tx:
            return self.feedback_box.answer(tx, actor, feedback, answer)
