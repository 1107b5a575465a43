"""Any endpoint that speaks OpenAI's protocol, taken for hostile until it has answered.

It may hang, trickle for ever, send anything, change its model between two questions, or limit its rate.
So each ask has a bound in bytes and in seconds, what comes back is read by a strict schema, and what it
says of itself (model, fingerprint) is held against the start with every reply; fixed probes, greedy, are
asked at the start twice, and again while it is tried and at the end. Where the two rounds at the start
differ, its answers cannot tell one model from another, and the card says that only its own word was
compared.

What it sends on errors is not repeated in ours: it could hold the key, or text made to mislead.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from threading import Lock, Thread
from typing import Annotated, Any, NoReturn, TypeVar

import openai
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from casemate.assurance.language.bounded import Bounded, TooMuch
from casemate.assurance.language.models import Card, Sampling
from casemate.assurance.suites.contract import Ask, Reply, question
from casemate.canonical import canonical_json, digest
from casemate.errors import BadInput, IntegrityFailure, NotFound, Unavailable
from casemate.language.address import require_address
from casemate.language.keys import Key

_PROBES = ("Say one word.", "What is two plus two?", "Nennen Sie eine Farbe.")
_PROBE_TOKENS = 8
_AGAIN = frozenset({408, 425, 429, 500, 502, 503, 504, 529})
T = TypeVar("T")


class ModelChanged(IntegrityFailure):
    """What answers is not what answered before: figures of the run are of no one model."""


class Garbage(Unavailable):
    """What came back is no answer."""


@dataclass(frozen=True)
class Limits:
    """Bounds on one ask; ``tries`` with pauses that grow, each at most ``longest_pause`` seconds."""

    seconds: float = 120.0
    most_bytes: int = 1 << 20
    tries: int = 5
    longest_pause: float = 60.0


class _Strict(BaseModel):
    model_config = ConfigDict(extra="ignore", strict=True)


class _Said(_Strict):
    content: Annotated[str, Field(max_length=1 << 20)] | None = None
    refusal: Annotated[str, Field(max_length=1 << 16)] | None = None


class _Choice(_Strict):
    message: _Said
    finish_reason: Annotated[str, Field(max_length=40)] | None = None


class _Usage(_Strict):
    prompt_tokens: Annotated[int, Field(ge=0, le=10_000_000)] = 0
    completion_tokens: Annotated[int, Field(ge=0, le=10_000_000)] = 0


class _Completion(_Strict):
    model: Annotated[str, Field(max_length=300)] = ""
    system_fingerprint: Annotated[str, Field(max_length=300)] | None = None
    choices: Annotated[list[_Choice], Field(min_length=1, max_length=8)]
    usage: _Usage | None = None


class Endpoint:
    """A model behind an address. Opening it asks the probes; close it to let go of its connections."""

    def __init__(
        self,
        url: str,
        model: str,
        *,
        key: Key | None = None,
        limits: Limits | None = None,
        connections: int = 1,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        """``sleep`` is how it waits between tries."""
        self._url, self._model = require_address(url), model
        self._limits, self._sleep = limits or Limits(), sleep
        self._connections = connections
        self._first: tuple[str, str] | None = None
        self._seen = Lock()
        self._loop = asyncio.new_event_loop()
        self._thread = Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        try:
            self._client = self._run(self._open(key))
            self._card = self._introduced()
        except BaseException:
            self._stop()
            raise

    @property
    def card(self) -> Card:
        """What it says of itself, and whether its probes repeat."""
        return self._card

    @property
    def connections(self) -> int:
        """As the operator allows."""
        return self._connections

    def reply(self, ask: Ask, most_tokens: int, sampling: Sampling) -> Reply:
        """Answer ``ask``. Raises ``ModelChanged`` as soon as it says it is another model."""
        if ask.options or not ask.messages:
            raise BadInput(
                "an endpoint is asked by messages; log-likelihoods need a local model: --model smollm2"
            )
        return self._tried(lambda: self._once(ask, most_tokens, sampling))

    def identity(self) -> str:
        """The digest of what it says of itself, and of its answers to the probes where those repeat."""
        return self._identity(self._probed() if self._card.repeatable else ())

    def close(self) -> None:
        """Close its connections and its thread."""
        self._run(self._client.close())
        self._stop()

    def _stop(self) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    async def _open(self, key: Key | None) -> openai.AsyncOpenAI:
        import httpx2 as httpx  # what the openai client stands on

        return openai.AsyncOpenAI(
            base_url=self._url,
            api_key=key.secret if key else "none",
            max_retries=0,
            http_client=httpx.AsyncClient(
                transport=Bounded(self._limits.most_bytes),
                follow_redirects=False,
                trust_env=False,
                timeout=self._limits.seconds,
            ),
        )

    def _introduced(self) -> Card:
        once, twice = self._probed(), self._probed()
        repeatable = once == twice
        said, fingerprint = self._first or ("", "")
        return Card(
            self._model,
            "endpoint",
            self._identity(once if repeatable else ()),
            "not stated: as its provider says",
            f"endpoint {self._url}",
            repeatable=repeatable,
            log_likelihoods=False,
            settings={
                "model it says it is": said or None,
                "fingerprint it tells": fingerprint or None,
                "probes repeat": repeatable,
                "seconds for an ask": self._limits.seconds,
                "bytes of an answer": self._limits.most_bytes,
            },
        )

    def _identity(self, probed: tuple[str, ...]) -> str:
        told = {"asked": self._model, "said": list(self._first or ()), "probes": list(probed)}
        return digest(canonical_json(told))

    def _probed(self) -> tuple[str, ...]:
        greedy = Sampling()
        return tuple(
            self._tried(lambda: self._once(question(one), _PROBE_TOKENS, greedy)).text  # noqa: B023 - called at once
            for one in _PROBES
        )

    def _tried(self, once: Callable[[], Reply]) -> Reply:
        for at in range(1, self._limits.tries + 1):
            try:
                return once()
            except _Later as later:
                if at == self._limits.tries:
                    raise Unavailable(
                        f"the endpoint {self._url} {later.why}, {at} times in a row; what was answered is "
                        "kept: run the same command again to go on"
                    ) from later
                self._sleep(min(later.after or 2.0 ** (at - 1), self._limits.longest_pause))
        raise AssertionError("a try returns or raises")

    def _once(self, ask: Ask, most_tokens: int, sampling: Sampling) -> Reply:
        try:
            told = self._run(self._ask(ask, most_tokens, sampling))
        except TimeoutError as error:
            raise _Later(f"did not answer in {self._limits.seconds:g} seconds") from error
        except openai.APIStatusError as error:
            if _is_filtered(error):
                return Reply("", (), "content_filter")
            self._refused(error)
        except openai.APIConnectionError as error:
            if isinstance(error.__cause__, TooMuch):
                raise error.__cause__ from error
            raise _Later("could not be reached, or broke off") from error
        return self._read(told)

    async def _ask(self, ask: Ask, most_tokens: int, sampling: Sampling) -> bytes:
        turns: Any = [{"role": one.role, "content": one.content} for one in ask.messages]
        async with asyncio.timeout(self._limits.seconds):  # headers that trickle are bounded too
            raw = await self._client.chat.completions.with_raw_response.create(
                model=self._model,
                messages=turns,
                max_tokens=most_tokens,
                temperature=sampling.temperature,
                seed=sampling.seed,
            )
            return raw.http_response.content

    def _read(self, told: bytes) -> Reply:
        try:
            found = _Completion.model_validate_json(told)
        except ValidationError as error:
            raise Garbage(
                f"the endpoint {self._url} answered with something that is no chat completion "
                f"({error.error_count()} faults; {len(told)} bytes)"
            ) from error
        self._require_same((found.model, found.system_fingerprint or ""))
        choice, used = found.choices[0], found.usage or _Usage()
        stopped = "content_filter" if choice.message.refusal else choice.finish_reason or "stop"
        text = choice.message.content or choice.message.refusal or ""
        return Reply(text, (), stopped, used.prompt_tokens, used.completion_tokens)

    def _require_same(self, said: tuple[str, str]) -> None:
        with self._seen:
            if self._first is None:
                self._first = said
            if said != self._first:
                raise ModelChanged(
                    f"the endpoint {self._url} changed its model while it was tried: first it said "
                    f"{_named(self._first)}, now {_named(said)}"
                )

    def _refused(self, error: openai.APIStatusError) -> NoReturn:
        status = error.status_code
        if status in _AGAIN:
            why = "limits its rate" if status == 429 else f"answers with status {status}"
            raise _Later(why, _seconds(error.response.headers.get("retry-after"))) from None
        if status in (401, 403):
            raise BadInput(
                f"the endpoint {self._url} does not take the key (status {status})"
            ) from None
        if status == 404:
            raise NotFound(f"the endpoint {self._url} has no model {self._model!r}") from None
        if 300 <= status < 400:
            raise BadInput(
                f"the endpoint {self._url} sends elsewhere, which is not followed"
            ) from None
        raise BadInput(
            f"the endpoint {self._url} refuses what is asked (status {status})"
        ) from None

    def _run(self, work: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result()


class _Later(Exception):
    """Worth another try, ``after`` so many seconds where the endpoint said so."""

    def __init__(self, why: str, after: float | None = None) -> None:
        super().__init__(why)
        self.why, self.after = why, after


def _is_filtered(error: openai.APIStatusError) -> bool:
    """Whether a status 400 says that the content was not wanted: a refusal, not a mistake of ours."""
    return error.status_code == 400 and error.code in ("content_filter", "content_policy_violation")


def _seconds(header: str | None) -> float | None:
    """``Retry-After`` in seconds; a date or nonsense counts as not said."""
    try:
        found = float(header or "")
    except ValueError:
        return None
    return found if 0 < found < 1e6 else None


def _named(said: tuple[str, str]) -> str:
    return ascii(said[0][:60]) + (f" ({said[1][:40]!a})" if said[1] else "")
