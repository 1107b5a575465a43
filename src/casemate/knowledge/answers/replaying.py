"""Ask again what a receipt is of, and say what is not the same any more."""

from dataclasses import dataclass

from casemate.knowledge.answers.answering import differences
from casemate.knowledge.answers.records import Answer, Receipt
from casemate.knowledge.answers.support import Judge
from casemate.knowledge.answers.telling import Finished, tell
from casemate.knowledge.models import LanguageModel


@dataclass(frozen=True)
class Replayed:
    """Whether the quotes are the same, and what a model wrote: ``None`` where it was not written again."""

    same: bool
    quotes_same: bool
    writing_same: bool | None
    changed: tuple[str, ...]
    """What is not the same, a sentence each."""
    answer: Answer


def replay(
    receipt: Receipt, again: Answer, model: LanguageModel | None, judge: Judge, most: int
) -> Replayed:
    """Hold the answer that is given by now against ``receipt``."""
    changed = differences(receipt, again.receipt)
    quotes_same = not changed
    writing: bool | None = None
    if receipt.model:
        if model is None:
            changed.append(
                f"the sentences of {receipt.model} were not written again: there is none here"
            )
        elif model.digest != receipt.model_digest:
            changed.append(
                f"the sentences were not written again: the model here is {model.name}, "
                f"not the {receipt.model} that wrote them"
            )
        elif quotes_same:
            writing, why = _written_again(receipt, again, model, judge, most)
            changed += why
    same = quotes_same and (not receipt.model or writing is True)
    return Replayed(same, quotes_same, writing, tuple(changed), again)


def _written_again(
    receipt: Receipt, again: Answer, model: LanguageModel, judge: Judge, most: int
) -> tuple[bool, list[str]]:
    *_, end = tell(again, model, judge, most=most)
    assert isinstance(end, Finished)
    if end.note:
        return False, [f"the sentences were not written again: {end.note}"]
    if end.receipt.prompt != receipt.prompt:
        return False, ["what the model is asked has changed"]
    if end.receipt.model_settings != receipt.model_settings:
        return False, ["the model is asked with other settings"]
    if end.receipt.written != receipt.written:
        return False, ["the model wrote other sentences that stand"]
    return True, []
