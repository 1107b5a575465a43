"""A suite as a task of Inspect AI: its samples, a solver that asks, a scorer that judges by the suite.

Any model of Inspect's answers the asks of messages. Log-likelihoods of options are told by our provider
``casemate`` alone (``language.provider``): Inspect's own providers have no call for them, and a model that
cannot tell them is refused with a sentence, not scored by something else.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from casemate.assurance.suites.contract import (
    Answer,
    Ask,
    Likelihood,
    Outcome,
    Reply,
    Sample,
    Suite,
    digest,
)
from casemate.errors import BadInput
from casemate.plain import plain

if TYPE_CHECKING:
    from inspect_ai import Task
    from inspect_ai.dataset import Sample as InspectSample
    from inspect_ai.model import ChatMessage, GenerateConfig, ModelOutput
    from inspect_ai.scorer import Scorer
    from inspect_ai.solver import Solver

OPTIONS = (
    "casemate_options"  # in a request's extra_body: the continuations whose likelihood is asked for
)
TEXT = "casemate_text"  # in it too: text to be continued as it stands, in place of messages
LIKELIHOODS = "casemate_likelihoods"  # in an output's metadata: what was told of them


def inspect_task(suite: Suite, language: str, seed: int, limit: int | None) -> Task:
    """The task; Inspect's logs carry the suite's version and the digest of the samples."""
    from inspect_ai import Task
    from inspect_ai.dataset import MemoryDataset

    given = suite.samples(language, seed, limit)
    by_id = {one.id: one for one in given}
    return Task(
        dataset=MemoryDataset([to_inspect(one) for one in given], name=suite.about.name),
        solver=_asking(by_id),
        scorer=_judging(suite, by_id),
        name=f"{suite.about.name}-{language}",
        version=suite.about.version,
        metadata={
            "suite": suite.about.name,
            "suite_version": suite.about.version,
            "language": language,
            "seed": seed,
            "samples": digest(given),
        },
    )


def to_inspect(sample: Sample) -> InspectSample:
    """``sample`` as Inspect's, its first ask as input and the whole as metadata."""
    from inspect_ai.dataset import Sample as InspectSample

    return InspectSample(
        id=sample.id,
        input=turns(sample.asks[0]),
        target=sample.target,
        metadata={"sample": plain(sample), "group": sample.group, "concern": sample.concern},
    )


def turns(ask: Ask) -> list[ChatMessage]:
    """The messages of ``ask`` as Inspect's; text to be continued stands as a user's turn."""
    from inspect_ai.model import ChatMessageAssistant, ChatMessageSystem, ChatMessageUser

    kinds = {
        "system": ChatMessageSystem,
        "user": ChatMessageUser,
        "assistant": ChatMessageAssistant,
    }
    if not ask.messages:
        return [ChatMessageUser(content=ask.text)]
    return [kinds[one.role](content=one.content) for one in ask.messages]


def to_reply(output: ModelOutput, ask: Ask) -> Reply:
    """What Inspect's ``output`` says on ``ask``; raises ``BadInput`` where likelihoods are missing."""
    used = output.usage
    tokens = (used.input_tokens, used.output_tokens) if used else (0, 0)
    if not ask.options:
        stopped = {"max_tokens": "length", "stop": "stop"}.get(
            output.stop_reason, output.stop_reason
        )
        return Reply(output.completion, (), stopped, *tokens)
    told = (output.metadata or {}).get(LIKELIHOODS)
    if told is None:
        raise BadInput(
            f"the model {output.model} does not tell log-likelihoods of options, which this suite needs; "
            "run it with a local model: --model casemate/smollm2"
        )
    return Reply("", tuple(Likelihood(*one) for one in told), "scored", *tokens)


def _asking(by_id: dict[str, Sample]) -> Solver:
    from inspect_ai.model import GenerateConfig, get_model
    from inspect_ai.solver import Generate, TaskState, solver

    def config(sample: Sample, ask: Ask) -> GenerateConfig:
        extra: dict[str, object] = {OPTIONS: list(ask.options)} if ask.options else {}
        if not ask.messages:
            extra[TEXT] = ask.text
        return GenerateConfig(max_tokens=sample.most_tokens, extra_body=extra or None)

    @solver(name="casemate_asking")
    def asking() -> Solver:
        async def solve(state: TaskState, generate: Generate) -> TaskState:
            sample = by_id[str(state.sample_id)]
            replies = []
            for ask in sample.asks:
                output = await get_model().generate(turns(ask), config=config(sample, ask))
                replies.append(to_reply(output, ask))
                state.output = output
                state.messages.append(output.message)
            state.metadata["answer"] = plain(Answer(tuple(replies)))
            return state

        return solve

    return asking()


def _judging(suite: Suite, by_id: dict[str, Sample]) -> Scorer:
    from inspect_ai.scorer import Score, Target, mean, scorer, stderr
    from inspect_ai.solver import TaskState

    @scorer(metrics={"*": [mean(), stderr()]}, name="casemate_judging")
    def judging() -> Scorer:
        async def judge(state: TaskState, target: Target) -> Score:
            answer = from_plain(state.metadata["answer"])
            found = suite.score(answer, by_id[str(state.sample_id)])
            return Score(
                value={one.value: int(one is found.outcome) for one in Outcome},
                answer=found.read or answer.text,
                metadata={"answer": json.dumps(plain(answer), ensure_ascii=False)},
            )

        return judge

    return judging()


def from_plain(told: dict[str, list[dict[str, object]]]) -> Answer:
    """The answer that ``plain`` wrote."""
    replies = []
    for one in told["replies"]:
        options = one.pop("likelihoods")
        assert isinstance(options, list)
        scored = tuple(Likelihood(**each) for each in options)
        replies.append(Reply(likelihoods=scored, **one))  # type: ignore[arg-type]  # as plain wrote it
    return Answer(tuple(replies))
