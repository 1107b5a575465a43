"""The law flagship's demo: ten questions in four languages, as of three days, on an invented regulation.

Eight have an answer, whose words differ from day to day; two have none and are refused.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from importlib.resources import as_file, files
from pathlib import Path

from casemate.flagships.law.algorithms import ASSISTANT
from casemate.flagships.law.sources import files_in, read_law
from casemate.knowledge.answers import Answer
from casemate.platform import Platform
from casemate.register.records import read_record

CORPUS = "law"
HOLDER = "acct-publisher"
THEN, NOW, LATER = date(2022, 6, 1), date(2026, 6, 1), date(2030, 1, 1)


@dataclass(frozen=True)
class Question:
    """What is asked of the day ``on``; ``answer`` is the provision that answers, ``words`` what it says."""

    text: str
    language: str
    on: date
    answer: str = ""
    words: str = ""


QUESTIONS = (
    Question("Combien coûte la taxe annuelle pour un chien ?", "fr", THEN, "art_2", "40 euros"),
    Question("Combien coûte la taxe annuelle pour un chien ?", "fr", NOW, "art_2", "60 euros"),
    Question("Wie hoch ist die jährliche Steuer für einen Hund?", "de", LATER, "art_2", "75 Euro"),
    Question("Wéivill Hënn däerf e Stot halen?", "lb", THEN, "art_6", "zwee"),
    Question("How many dogs may a household keep?", "en", NOW, "art_6", "three"),
    Question("Où le chien doit-il être tenu en laisse ?", "fr", NOW, "art_3", "en laisse"),
    Question("Darf ich meinen Hund auf einen Spielplatz führen?", "de", THEN, "art_4", "verboten"),
    Question("Within how many days is a dog registered?", "en", LATER, "art_1", "fourteen days"),
    Question("Quel est le délai pour renouveler un passeport biométrique ?", "fr", NOW),
    Question("What is the speed limit for electric scooters on motorways?", "en", NOW),
)


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
    """Load the invented regulation, and the folder ``texts`` beside it, index them, ask ten questions."""
    _somebody_who_publishes(platform)
    platform.record_algorithm(HOLDER, read_record(ASSISTANT))
    with as_file(files(__package__).joinpath("sample")) as sample:
        for name, place in ((CORPUS, sample), *([("more-laws", texts)] if texts else [])):
            platform.load_corpus(HOLDER, name, place, files_in(place), read_law)
            platform.index_corpus(
                HOLDER, name, progress=lambda what, done, of: tell(f"{what}: {done} of {of}")
            )
    return [
        Told(one, platform.ask_corpus(CORPUS, one.text, one.language, one.on)) for one in QUESTIONS
    ]


def _somebody_who_publishes(platform: Platform) -> None:
    operator = platform.found("Operator").id
    publisher = platform.add_organisation(operator, "Publisher of laws").id
    platform.add_account(operator, "Publisher", publisher, ["data_holder"], account_id=HOLDER)
