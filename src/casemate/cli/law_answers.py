"""``casemate law answer`` and ``law replay``: sentences as they are checked, conversations, receipts."""

import json
import sys
from collections.abc import Callable
from contextlib import closing
from datetime import date
from pathlib import Path
from typing import Annotated, Any, TypeVar

import typer
from rich.console import Console, Group
from rich.text import Text

from casemate.cli.common import Desk, Shown, command, printable
from casemate.errors import BadInput
from casemate.knowledge.answers import Answer, Receipt
from casemate.knowledge.answers.conversing import MOST_TURNS, Turn, Understood
from casemate.knowledge.answers.telling import Event, Finished
from casemate.knowledge.answers.written import DroppedSentence, Supported
from casemate.plain import plain
from casemate.register.law.cases import read_day

_LARGEST = 2**20
T = TypeVar("T")


def add_to(app: typer.Typer) -> None:
    """Put the commands into ``casemate law``."""
    command(app, "answer")(answer)
    command(app, "replay")(replay)


def answer(
    desk: Desk,
    question: Annotated[str, typer.Argument(help="A question, in any of the four languages.")],
    lang: Annotated[str, typer.Option("--lang", help="Language of the answer.")] = "fr",
    on: Annotated[
        str | None,
        typer.Option("--on", help="The day asked about (default: the one before, or today)."),
    ] = None,
    conversation: Annotated[
        Path | None,
        typer.Option(help="A file that holds the questions so far; this one is added to it."),
    ] = None,
    quotes: Annotated[int, typer.Option(min=1, max=10, help="The most quotes.")] = 3,
    corpus: Annotated[str, typer.Option(help="The collection of laws.")] = "law",
) -> Shown:
    """Quotes that answer, and a language model's sentences on them as they are checked."""
    turns = _turns(conversation) if conversation is not None and conversation.exists() else []
    told = desk.platform.tell_corpus(
        corpus, question, lang, read_day(on, "--on"),
        quotes=quotes, turns=turns,
    )  # fmt: skip
    say = _silent if desk.as_json else Console(soft_wrap=True).print
    say(_head(told.understood, told.answer))
    events: list[Event] = []
    with closing(told.events):  # type: ignore[type-var]  # a generator
        for event in told.events:
            events.append(event)
            say(_line(event))
            sys.stdout.flush()
    if conversation is not None:
        _keep(conversation, [*turns, _turn(told.understood, told.answer)])
    return Shown(told_document(told.understood, told.answer, events))


def replay(
    desk: Desk,
    receipt: Annotated[Path, typer.Argument(help="A receipt, or an answer that holds one (JSON).")],
    corpus: Annotated[str, typer.Option(help="The collection of laws.")] = "law",
) -> Shown:
    """Ask again what a receipt is of: whether the answer is the same, and what has changed."""
    found = desk.platform.replay_receipt(corpus, _receipt(receipt))
    if found.same:
        head = "The same: quotes" + (" and sentences." if found.writing_same else ".")
    else:
        head = "Changed, or not to be told again:"
    lines = [head, *(f"- {one}" for one in found.changed)]
    return Shown(found, "\n".join(map(printable, lines)))


def told_document(understood: Understood, answer: Answer, events: list[Event]) -> dict[str, Any]:
    """All of it, for machines."""
    finished = next((one for one in events if isinstance(one, Finished)), Finished(answer.receipt))
    return {
        "understood": understood,
        "answer": answer,
        "sentences": [one for one in events if isinstance(one, Supported)],
        "dropped": [one for one in events if isinstance(one, DroppedSentence)],
        "note": finished.note,
        "receipt": {**finished.receipt.to_document(), "digest": finished.receipt.digest},
    }


def _head(understood: Understood, answer: Answer) -> Group:
    from casemate.cli.law import answer_text

    lines = []
    if understood.before is not None:
        lines.append(Text(f"The day changes: {understood.before} → {understood.on}.", "bold"))
    else:
        lines.append(Text(f"As of {understood.on}.", "dim"))
    if understood.goes_on:
        lines.append(Text(f"Understood as: {printable(understood.asked)}", "dim"))
    return Group(*lines, answer_text(answer))


def _line(event: Event) -> Text:
    if isinstance(event, Supported):
        cited = "".join(f"[{one}]" for one in event.quotes)
        kind = {
            "quote": "",
            "reworded": " (in other words)",
            "translated": " (machine translation)",
        }
        return Text(f"{printable(event.text)} {cited}{kind[event.kind]}")
    if isinstance(event, DroppedSentence):
        return Text(f"Left out: {printable(event.text)} — {event.why}.", "dim")
    model = (
        f" · written by {event.receipt.model}, machine text checked" if event.receipt.model else ""
    )
    note = f"{event.note}. " if event.note else ""
    return Text(f"{note}Receipt {event.receipt.digest}{model}", "dim")


def _silent(_said: Any) -> None:
    """A machine is told at the end."""


def _turn(understood: Understood, answer: Answer) -> Turn:
    works = tuple(dict.fromkeys(one.work for one in answer.quotes)) or understood.works
    return Turn(understood.asked, understood.on, works)


def _keep(path: Path, turns: list[Turn]) -> None:
    document = [plain(one) for one in turns[-MOST_TURNS:]]
    path.write_text(json.dumps(document, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


def _turns(path: Path) -> list[Turn]:
    def read(told: Any) -> list[Turn]:
        return [
            Turn(str(one["question"]), date.fromisoformat(one["on"]), tuple(map(str, one["works"])))
            for one in told
        ]

    return _read(path, "the questions so far", read)


def _receipt(path: Path) -> Receipt:
    def read(told: Any) -> Receipt:
        return Receipt.from_document(told.get("receipt", told))

    return _read(path, "a receipt", read)


def _read(path: Path, what: str, read: Callable[[Any], T]) -> T:
    """What ``read`` makes of the JSON in ``path``; raises ``BadInput``."""
    try:
        with path.open("rb") as file:
            content = file.read(_LARGEST + 1)
        if len(content) > _LARGEST:
            raise BadInput(f"{path} is larger than {_LARGEST // 2**20} MiB: this is not {what}")
        return read(json.loads(content))
    except OSError as failure:
        raise BadInput(f"{path} cannot be read: {failure.strerror}") from failure
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as odd:
        raise BadInput(f"{path} does not hold {what}") from odd
