"""A GGUF model in this process, whose replies do not depend on what was asked before.

llama.cpp takes up again what it has computed of an earlier prompt. That is faster, but rounding depends on
which tokens were computed together, and a near tie may then fall differently: a reply would depend on its
neighbours (seen: 3 of 24 greedy answers differ with and without the cache). So exactly one thing is taken
up: the head of a prompt, that is what stands before its last message, computed once by itself. The rest is
always computed in one piece. The same model, machine and ask then give the same bytes in any order, and
after a kill.

Log-likelihoods: the tokens of an option are forced, one after the other, by a grammar of tokens, and their
probabilities are read before the grammar applies. One slot, one thread: more of either made no sample
cheaper in CPU seconds, and two threads on two busy cores were twenty times slower.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from pathlib import Path
from threading import Lock
from typing import Any

import httpx

from casemate.assurance.language.models import Card, Sampling
from casemate.assurance.suites.contract import Ask, Likelihood, Message, Reply
from casemate.errors import BadInput, IntegrityFailure, Unavailable
from casemate.language.gguf import file_digest, load_gguf, require_gguf
from casemate.language.packaged import Packaged, model_file

CONTEXT = 2048  # tokens of prompt and answer together
THREADS = 1
_SEEN = 64  # of the likeliest first tokens, how many are looked at before options are forced
_MARK = "\u2063casemate\u2063"  # stands for the last message while its place in the template is looked for


class LocalModel:
    """A GGUF file, loaded; one ask at a time. Close it: it holds the model's size in memory."""

    def __init__(self, card: Card, path: Path, *, context: int, threads: int) -> None:
        """Load ``path``. Raises ``BadInput`` where it is no GGUF file, or llama.cpp cannot read it."""
        require_gguf(path)
        self._card, self._path, self._lock = card, path, Lock()
        key = secrets.token_urlsafe(24)  # the runtime listens on loopback; nobody else may ask it
        self._server = load_gguf(path, context, threads, key, embedding=False)
        self._http = httpx.Client(
            base_url=self._server.listening_address,
            headers={"authorization": f"Bearer {key}"},
            timeout=60,
            trust_env=False,
        )
        self._context = context
        self._threads = threads
        self._heads: dict[tuple[Message, ...], list[int]] = {}  # of the newest alone
        self._head: list[int] = []
        self._last: list[int] = []
        self._embedder: Any = None

    @property
    def card(self) -> Card:
        """What it is."""
        return self._card

    @property
    def connections(self) -> int:
        """One: see above."""
        return 1

    def identity(self) -> str:
        """The digest of its file, which is mapped into memory: who replaced it would be seen."""
        return file_digest(self._path)

    def close(self) -> None:
        """Unload the model."""
        self._http.close()
        self._server = self._embedder = None

    def reply(self, ask: Ask, most_tokens: int, sampling: Sampling) -> Reply:
        """Answer ``ask``, or tell the log-likelihoods of its options."""
        with self._lock:
            head, prompt = self._prompt(ask)
            if not ask.options:
                return self._generate(head, prompt, most_tokens, sampling)
            return self._weigh(head, prompt, ask)

    def embed(self, texts: Sequence[str]) -> list[list[float]]:
        """A vector for each text: the mean over its tokens, of length one."""
        if self._embedder is None:
            key = secrets.token_urlsafe(24)
            self._embedder = load_gguf(
                self._path, self._context, self._threads, key, embedding=True
            )
        told = self._embedder.handle_embeddings({"input": list(texts)})
        _require_told(told, "data")
        return [one["embedding"] for one in told["data"]]

    def _generate(
        self, head: list[int], prompt: list[int], most_tokens: int, sampling: Sampling
    ) -> Reply:
        if len(prompt) + most_tokens > self._context:
            raise BadInput(
                f"a prompt of {len(prompt)} tokens and {most_tokens} of answer are more than the "
                f"context of {self._context} tokens"
            )
        self._settle(head, prompt)
        told = self._complete(prompt, max_tokens=most_tokens, **_sampled(sampling))
        choice = told["choices"][0]
        return Reply(
            choice["text"],
            (),
            choice["finish_reason"],
            len(prompt),
            told["usage"]["completion_tokens"],
        )

    def _weigh(self, head: list[int], prompt: list[int], ask: Ask) -> Reply:
        """Each option's log-likelihood; what a single look tells of all is not asked for again."""
        options = [self._option(ask, one, prompt) for one in ask.options]
        longest = max(len(tokens) for _, tokens in options)
        if len(prompt) + longest > self._context or not all(tokens for _, tokens in options):
            raise BadInput(f"an option is empty, or longer than the context: {ask.options}")
        if all(before == prompt and len(tokens) == 1 for before, tokens in options):
            first = self._first(head, prompt)
            if all(tokens[0] in first for _, tokens in options):
                likelihoods = tuple(Likelihood(first[tokens[0]], 1) for _, tokens in options)
                return Reply("", likelihoods, "scored", len(prompt), 1)
        likelihoods = tuple(self._forced(head, *one) for one in options)
        asked = sum(len(before) for before, _ in options)
        return Reply("", likelihoods, "scored", asked, sum(one.tokens for one in likelihoods))

    def _first(self, head: list[int], prompt: list[int]) -> dict[int, float]:
        self._settle(head, prompt)
        told = self._complete(prompt, max_tokens=1, logprobs=_SEEN, **_sampled(Sampling()))
        (seen,) = told["choices"][0]["logprobs"]["content"]
        return {one["id"]: float(one["logprob"]) for one in seen["top_logprobs"]}

    def _forced(self, head: list[int], before: list[int], tokens: list[int]) -> Likelihood:
        self._settle(head, before)
        grammar = "root ::= " + " ".join(f"<[{one}]>" for one in tokens)
        told = self._complete(
            before, max_tokens=len(tokens), logprobs=1, grammar=grammar, **_sampled(Sampling())
        )
        seen = told["choices"][0]["logprobs"]["content"]
        if [one["id"] for one in seen] != tokens:
            raise IntegrityFailure("the runtime did not follow the tokens of an option")
        return Likelihood(float(sum(one["logprob"] for one in seen)), len(tokens))

    def _settle(self, head: list[int], prompt: list[int]) -> None:
        """See that of what was computed before, exactly ``head`` is taken up for ``prompt``."""
        if head != self._head or not head:
            self._head = head
            if head:
                self._complete(head, max_tokens=1, cache_prompt=False, **_sampled(Sampling()))
            self._last = [*head, -1]
        reach = _shared(self._last, prompt)
        if head and reach > _shared(head, prompt):
            beyond = self._last[len(head) : len(head) + 1] + prompt[len(head) : len(head) + 1]
            other = next(one for one in range(1000, 1003) if one not in beyond)
            self._complete([*head, other], max_tokens=1, **_sampled(Sampling()))
        self._last = [*prompt, -1]

    def _complete(self, tokens: list[int], **more: Any) -> dict[str, Any]:
        request = {"prompt": tokens, "cache_prompt": bool(self._head), **more}
        if "logprobs" in more:
            request["n_probs"] = more["logprobs"]
        told = self._server.handle_completions(request)
        return _require_told(told, "choices")

    def _prompt(self, ask: Ask) -> tuple[list[int], list[int]]:
        """The tokens of ``ask``, and of its head: what the template puts before the last message."""
        if not ask.messages:
            return [], self._tokens(ask.text) or self._start()
        turns = [{"role": one.role, "content": one.content} for one in ask.messages]
        prompt = self._tokens(self._rendered(turns))
        before = (*ask.messages[:-1], Message(ask.messages[-1].role, ""))
        if before not in self._heads:
            marked = [*turns[:-1], {**turns[-1], "content": _MARK}]
            self._heads = {before: self._tokens(self._rendered(marked).split(_MARK)[0])}
        start = self._heads[before]
        return start[: _shared(start, prompt)], prompt

    def _option(self, ask: Ask, option: str, prompt: list[int]) -> tuple[list[int], list[int]]:
        """What stands before an option, and its tokens; text and option are cut where they stay apart."""
        if ask.messages or not ask.text:
            return prompt, self._tokens(option, special=False)
        whole = self._tokens(ask.text + option)
        apart = max(_shared(whole, prompt), 1)
        return whole[:apart], whole[apart:]

    def _rendered(self, turns: list[dict[str, str]]) -> str:
        told = self._told("/apply-template", {"messages": turns})
        return str(told["prompt"])

    def _tokens(self, text: str, *, special: bool = True) -> list[int]:
        asked = {"content": text, "add_special": special, "parse_special": special}
        return list(self._told("/tokenize", asked)["tokens"])

    def _start(self) -> list[int]:
        """The token that begins a text, for a sentence that has nothing before it."""
        return self._tokens(str(self._http.get("/props").json()["bos_token"]))

    def _told(self, path: str, asked: dict[str, Any]) -> dict[str, Any]:
        answer = self._http.post(path, json=asked)
        if answer.status_code != httpx.codes.OK:
            raise BadInput(f"the model's template or tokens refuse what is asked ({path})")
        told: dict[str, Any] = answer.json()
        return told


def local_model(
    path: Path, *, name: str = "", context: int = CONTEXT, threads: int = THREADS
) -> LocalModel:
    """A GGUF file that somebody names; its licence is theirs to know."""
    require_gguf(path)
    card = Card(
        name or path.stem,
        "local",
        file_digest(path),
        "not stated: as the file's maker says",
        f"file {path.name}",
        path.stat().st_size,
        settings={"context": context, "threads": threads},
    )
    return LocalModel(card, path, context=context, threads=threads)


def packaged_model(
    model: Packaged, cache: Path, *, context: int = CONTEXT, threads: int = THREADS
) -> LocalModel:
    """A model that was installed as packages, its digest verified first."""
    path = model_file(model, cache)
    source = f"packages {model.packages[0]}" + (" and others" if len(model.packages) > 1 else "")
    card = Card(
        model.name,
        "local",
        model.digest,
        model.licence,
        source,
        path.stat().st_size,
        model.note,
        settings={"context": context, "threads": threads},
    )
    return LocalModel(card, path, context=context, threads=threads)


def _sampled(sampling: Sampling) -> dict[str, Any]:
    if sampling.temperature == 0:
        return {"temperature": 0, "top_k": 1, "samplers": ["top_k"]}
    return {
        "temperature": sampling.temperature,
        "seed": sampling.seed % 2**31,
        "samplers": ["temperature"],
    }


def _require_told(told: Any, key: str) -> dict[str, Any]:
    if isinstance(told, dict) and key in told:
        return told
    what = told.get("error", {}).get("message", told) if isinstance(told, dict) else told
    raise Unavailable(f"the model's runtime did not answer: {str(what)[:200]}")


def _shared(one: Sequence[int], other: Sequence[int]) -> int:
    """How many tokens both begin with."""
    most = min(len(one), len(other))
    return next((at for at in range(most) if one[at] != other[at]), most)
