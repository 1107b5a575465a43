"""The law flagship's demo: ten questions in four languages, as of three days, each answered by quotes or
refused; on an invented regulation, and on real law where it is at hand.
"""

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from importlib.resources import as_file, files
from pathlib import Path

from casemate.errors import BadInput, Conflict
from casemate.flagships.law.algorithms import ASSISTANT
from casemate.flagships.law.questions import INVENTED, REAL, REAL_TEXTS, Question
from casemate.flagships.law.short_names import short_names
from casemate.flagships.law.sources import files_in, read_law
from casemate.knowledge.answers import Answer
from casemate.platform import Platform
from casemate.register.records import read_record

CORPUS, REAL_LAW = "law", "real-law"
OPERATOR, HOLDER = "acct-operator", "acct-publisher"


@dataclass(frozen=True)
class Told:
    """A question with its answer."""

    question: Question
    answer: Answer

    @property
    def is_right(self) -> bool:
        """The right provision's words of the right day, or a refusal where nothing answers."""
        if not self.question.answer:
            return bool(self.answer.refusal)
        return any(
            quote.provision == self.question.answer and self.question.words in quote.text
            for quote in self.answer.quotes
        )


def play(platform: Platform, tell: Callable[[str], None], texts: Path | None = None) -> list[Told]:
    """Load the invented regulation, or of the folder ``texts`` the laws that are asked about; index, ask.

    Raises ``BadInput`` where the folder holds none of them.
    """
    if not platform.corpora():  # else it was played here before
        _somebody_who_publishes(platform)
        platform.record_algorithm(HOLDER, read_record(ASSISTANT))
    if texts is not None:
        chosen = [one for one in files_in(texts) if any(part in str(one) for part in REAL_TEXTS)]
        if not chosen:
            raise BadInput(
                f"{texts} holds none of the laws that the demo asks about: {', '.join(REAL_TEXTS)}"
            )
        return _asked(platform, REAL_LAW, texts, chosen, REAL, tell)
    with as_file(files(__package__).joinpath("sample")) as sample:
        return _asked(platform, CORPUS, sample, files_in(sample), INVENTED, tell)


def _asked(
    platform: Platform, corpus: str, folder: Path, texts: Sequence[Path],
    questions: Sequence[Question], tell: Callable[[str], None],
) -> list[Told]:  # fmt: skip
    platform.load_corpus(HOLDER, corpus, folder, texts, read_law)
    names = short_names({one.work for one in platform.works_of_corpus(corpus)})
    platform.index_corpus(
        HOLDER, corpus, names, lambda what, done, of: tell(f"{what}: {done} of {of}")
    )
    return [
        Told(one, platform.ask_corpus(corpus, one.text, one.language, one.on)) for one in questions
    ]


def _somebody_who_publishes(platform: Platform) -> None:
    with suppress(Conflict):  # a demo that was cut off began here
        platform.found("Operator")
    if HOLDER not in {account.id for account in platform.accounts(OPERATOR)}:
        publisher = platform.add_organisation(OPERATOR, "Publisher of laws").id
        platform.add_account(OPERATOR, "Publisher", publisher, ["data_holder"], account_id=HOLDER)
