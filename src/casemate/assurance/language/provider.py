"""Local models as a provider of Inspect AI: ``inspect eval casemate/suite --model casemate/smollm2``.

Named by an entry point of the package, so that Inspect finds it by itself; endpoints are asked by Inspect's
own provider ``openai-api``. Besides messages it tells log-likelihoods of options, asked for in a request's
``extra_body``, which the suites' tasks do where a suite needs them.
"""

from __future__ import annotations

from typing import Any

import anyio.to_thread
from inspect_ai.model import (
    ChatMessage,
    GenerateConfig,
    ModelAPI,
    ModelOutput,
    ModelUsage,
    modelapi,
)
from inspect_ai.tool import ToolChoice, ToolInfo

from casemate.assurance.language.models import LanguageModel, Sampling
from casemate.assurance.language.opening import Named, open_model, work_folder
from casemate.assurance.suites.contract import Ask, Message, Reply
from casemate.assurance.suites.inspect_tasks import LIKELIHOODS, OPTIONS, TEXT
from casemate.errors import BadInput

_MOST_TOKENS = 256


class CasemateModel(ModelAPI):
    """A packaged model by its name, or a GGUF file: ``casemate/smollm2``, ``casemate//models/a.gguf``."""

    def __init__(
        self,
        model_name: str,
        base_url: str | None = None,
        api_key: str | None = None,
        config: GenerateConfig | None = None,
        **arguments: Any,
    ) -> None:
        """``threads`` is the one argument (``-M threads=1``)."""
        super().__init__(model_name, base_url, api_key, [], config or GenerateConfig())
        name = model_name.removeprefix("casemate/")
        threads = int(arguments.pop("threads", 1))
        if arguments:
            raise BadInput(f"casemate's models take threads, not {', '.join(arguments)}")
        named = Named(name, threads=threads)
        self._model: LanguageModel = open_model(named, work_folder() / "models")

    async def generate(
        self,
        input: list[ChatMessage],  # noqa: A002 - as Inspect names it
        tools: list[ToolInfo],
        tool_choice: ToolChoice,
        config: GenerateConfig,
    ) -> ModelOutput:
        """Answer; the model works in a thread, as Inspect's loop must not wait."""
        if tools:
            raise BadInput("local models are given no tools here")
        ask = _ask(input, config)
        sampling = Sampling(config.temperature or 0.0, config.seed or 0)
        most = config.max_tokens or _MOST_TOKENS
        reply = await anyio.to_thread.run_sync(self._model.reply, ask, most, sampling)
        return _output(self.model_name, reply)

    def max_connections(self) -> int:
        """One at a time."""
        return 1

    async def count_text_tokens(self, text: str) -> int:
        """A rough count: Inspect's own would download a table of tokens."""
        return max(1, len(text.encode()) // 4)

    async def aclose(self) -> None:
        """Unload the model."""
        self._model.close()


@modelapi(name="casemate")
def casemate() -> type[ModelAPI]:
    """What Inspect makes models of this provider from."""
    return CasemateModel


def _ask(given: list[ChatMessage], config: GenerateConfig) -> Ask:
    extra = config.extra_body or {}
    options = tuple(str(one) for one in extra.get(OPTIONS, ()))
    if TEXT in extra:
        return Ask(text=str(extra[TEXT]), options=options)
    return Ask(tuple(Message(one.role, one.text) for one in given), options=options)


def _output(name: str, reply: Reply) -> ModelOutput:
    stop = "max_tokens" if reply.stopped == "length" else "stop"
    output = ModelOutput.from_content(name, reply.text, stop)  # type: ignore[arg-type]  # one of its two
    total = reply.tokens_in + reply.tokens_out
    output.usage = ModelUsage(
        input_tokens=reply.tokens_in, output_tokens=reply.tokens_out, total_tokens=total
    )
    if reply.likelihoods:
        told = [[one.log_likelihood, one.tokens] for one in reply.likelihoods]
        output.metadata = {LIKELIHOODS: told}
    return output
