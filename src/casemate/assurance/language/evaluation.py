"""A whole evaluation: opens the model and the journal, runs, makes the document, writes Inspect's log."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from casemate.assurance.language.energy import grid_of
from casemate.assurance.language.figures import document
from casemate.assurance.language.journal import Journal, open_journal
from casemate.assurance.language.opening import Named, open_model
from casemate.assurance.language.runner import Hears, run
from casemate.assurance.language.trial import Plan, key_of


@dataclass(frozen=True)
class Wanted:
    """What is put to which model. ``log`` is the folder for Inspect's log, where one is wanted."""

    plan: Plan
    named: Named
    work: Path
    country: str = "LUX"
    log: Path | None = None


@dataclass(frozen=True)
class Evaluated:
    """What came of it. ``resumed`` answers were there from before; ``keep`` once the document is safe."""

    document: dict[str, Any]
    resumed: int
    journal: Journal

    def keep(self) -> None:
        """The document is where it belongs: the journal is not needed any more."""
        self.journal.discard()


@contextmanager
def evaluate(wanted: Wanted, hears: Hears | None = None) -> Iterator[Evaluated]:
    """The evaluation; whoever has put its document away says ``keep``, else the next run starts from it."""
    grid = grid_of(wanted.country)  # before the work, as it may be missing
    with closing(open_model(wanted.named, wanted.work / "models")) as model:
        key = key_of(wanted.plan, model.card)
        with open_journal(wanted.work / "journals", key) as journal:
            trial = run(wanted.plan, model, journal, hears)
            if wanted.log is not None:
                from casemate.assurance.language.logs import write_log

                write_log(trial, wanted.log)
            yield Evaluated(document(trial, grid), trial.resumed, journal)
