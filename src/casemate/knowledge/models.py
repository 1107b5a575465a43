"""A language model as this room uses one: it writes, piece by piece, and whoever reads may stop it.

Nothing that a model writes is taken for true here: who shows its words checks them first
(``answers.written``, ``plain``, ``translation``). So the model may be any that speaks OpenAI's protocol,
elsewhere or, over a GGUF file, in this process. It is taken for hostile until it has answered: bounds on
seconds and bytes, nothing compressed, no redirects, and no word of its errors in ours.
"""

from __future__ import annotations

import json
import secrets
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from socket import SHUT_RDWR, socket
from threading import BoundedSemaphore, Lock
from typing import Any, Protocol

import httpx

from casemate.canonical import canonical_json
from casemate.canonical import digest as digest_of
from casemate.errors import CasemateError, Unavailable
from casemate.language.gguf import file_digest, load_gguf
from casemate.language.keys import key_from
from casemate.language.packaged import PACKAGED, model_file, packaged
from casemate.language.settings import LanguageSettings

MOST_BYTES = 1 << 20
"""Of one text as it comes, frames and all."""
_WAIT = 5.0
"""Seconds that a text waits for its turn."""


class Stopped(CasemateError):
    """Whoever asked has ended a text before its end; what was half said is not told."""

    title = "Stopped"


class Stop:
    """Ends a text from any thread, at once: also while the model is silent and its reader waits for it."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._is_set = False
        self._lines: list[Callable[[], None]] = []

    @property
    def is_set(self) -> bool:
        """Whether it was ended."""
        return self._is_set

    def set(self) -> None:
        """End it; a second time does nothing."""
        with self._lock:
            self._is_set = True
            lines, self._lines = self._lines, []
        for hang_up in lines:
            hang_up()

    def on_line(self, hang_up: Callable[[], None]) -> None:
        """Have ``hang_up`` called when it is ended; at once, if it was."""
        with self._lock:
            if not self._is_set:
                self._lines.append(hang_up)
                return
        hang_up()

    def watch(self, event: str, told: Mapping[str, Any]) -> None:
        """For httpx (extension ``trace``): take note of the connection that is made for a request.

        A thread that waits for bytes is woken by nothing but the end of its connection.
        """
        if event in ("connection.connect_tcp.complete", "connection.start_tls.complete"):
            line: socket = told["return_value"].get_extra_info("socket")
            self.on_line(lambda: _hang_up(line))


def _hang_up(line: socket) -> None:
    with suppress(OSError):  # it is closed already, and that is what is wanted
        socket.shutdown(line, SHUT_RDWR)  # TLS's own would clear what the reader still holds


class LanguageModel(Protocol):
    """What writes. ``digest`` is of its file, or of where it is asked and by which name."""

    @property
    def name(self) -> str:
        """What people call it."""

    @property
    def digest(self) -> str:
        """What a receipt holds of it."""

    @property
    def settings(self) -> Mapping[str, str | int]:
        """How it is asked: what else a text depends on."""

    def write(
        self, system: str, prompt: str, *, most: int, stop: Stop | None = None
    ) -> Iterator[str]:
        """Pieces of a text of at most ``most`` tokens, the likeliest ones.

        Closing the iterator stops the model, between two pieces; ``stop`` does at any moment, and
        ``Stopped`` is raised. Raises ``Unavailable`` where it does not answer as it should.
        """

    def close(self) -> None:
        """Let go of memory and connections."""


class ChatModel:
    """A model behind an address that speaks OpenAI's chat completions, streamed."""

    def __init__(
        self,
        url: str,
        model: str,
        *,
        digest: str | None = None,
        key: str | None = None,
        seconds: float = 60.0,
        at_once: int = 1,
        more: Mapping[str, Any] | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """``more`` goes into each request; ``seconds`` bound one text, beginning to end."""
        self._model, self._seconds, self._more, self._clock = (
            model,
            seconds,
            dict(more or {}),
            clock,
        )
        told = canonical_json({"endpoint": url, "model": model})
        self._digest = digest or digest_of(told)
        self._turns = BoundedSemaphore(at_once)
        headers = {"accept-encoding": "identity"}
        if key is not None:
            headers["authorization"] = f"Bearer {key}"
        self._http = httpx.Client(
            base_url=url, headers=headers, timeout=seconds, trust_env=False, follow_redirects=False,
            limits=httpx.Limits(max_keepalive_connections=0),  # whoever stops a text ends its connection
        )  # fmt: skip

    @property
    def name(self) -> str:
        """As the settings name it."""
        return self._model

    @property
    def digest(self) -> str:
        """Of the file, or of address and name: which weights an endpoint uses, it alone knows."""
        return self._digest

    @property
    def settings(self) -> Mapping[str, str | int]:
        """Greedy: no chance in it but the endpoint's own."""
        return {"temperature": 0, "seed": 0}

    def write(
        self, system: str, prompt: str, *, most: int, stop: Stop | None = None
    ) -> Iterator[str]:
        """Pieces as they come. See ``LanguageModel``."""
        stop = stop or Stop()
        with self._turn():
            try:
                until = self._clock() + self._seconds
                for piece in self._pieces(system, prompt, most, until, stop):
                    yield piece
                    _require_going_on(stop)
            except httpx.TimeoutException as late:
                raise self._late() from late
            except httpx.HTTPError as broken:
                _require_going_on(stop)
                raise Unavailable(
                    "the language model could not be reached, or broke off"
                ) from broken
            _require_going_on(stop)

    def close(self) -> None:
        """Let go of connections."""
        self._http.close()

    @contextmanager
    def _turn(self) -> Iterator[None]:
        if not self._turns.acquire(timeout=_WAIT):
            raise Unavailable("the language model is busy: ask again in a moment")
        try:
            yield
        finally:
            self._turns.release()

    def _pieces(
        self, system: str, prompt: str, most: int, until: float, stop: Stop
    ) -> Iterator[str]:
        _require_going_on(stop)
        turns = [{"role": "system", "content": system}, {"role": "user", "content": prompt}]
        asked = {
            "model": self._model, "messages": turns, "max_tokens": most, "temperature": 0, "seed": 0,
            "stream": True, **self._more,
        }  # fmt: skip
        watched = {"trace": stop.watch}
        with self._http.stream(
            "POST", "chat/completions", json=asked, extensions=watched
        ) as answer:
            _require_well(answer)
            whole = not answer.headers.get("content-type", "").startswith("text/event-stream")
            lines = _lines(self._bytes(answer, until))
            if whole:
                yield from _said(b"\n".join(lines), "message")
                return
            for line in lines:
                if line.startswith(b"data:"):
                    data = line[5:].strip()
                    if data == b"[DONE]":
                        return
                    yield from _said(data, "delta")

    def _bytes(self, answer: httpx.Response, until: float) -> Iterator[bytes]:
        read = 0
        for piece in answer.iter_raw():
            read += len(piece)
            if read > MOST_BYTES:
                raise Unavailable(
                    f"the language model sent more than {MOST_BYTES} bytes for one text; it was stopped"
                )
            if self._clock() > until:
                raise self._late()
            yield piece

    def _late(self) -> Unavailable:
        return Unavailable(
            f"the language model took more than {self._seconds:g} seconds; it was stopped"
        )


class FileModel(ChatModel):
    """A GGUF file, loaded in this process and asked over loopback with a key that nobody else has."""

    def __init__(self, path: Path, settings: LanguageSettings, name: str = "") -> None:
        """Load ``path``. Raises ``BadInput`` where it is no GGUF file."""
        key = secrets.token_urlsafe(24)
        self._server: Any = load_gguf(path, settings.context, settings.threads, key)
        self._context = settings.context
        super().__init__(
            f"{self._server.listening_address}/v1",
            name or path.stem,
            digest=file_digest(path),
            key=key,
            seconds=settings.seconds,
            at_once=settings.at_once,
            # What was computed of an earlier prompt is not taken up: rounding would depend on it.
            more={"cache_prompt": False, "top_k": 1, "samplers": ["top_k"]},
        )

    @property
    def settings(self) -> Mapping[str, str | int]:
        """Greedy, and the same bytes for the same ask on the same machine."""
        return {**super().settings, "context": self._context}

    def close(self) -> None:
        """Unload the model."""
        super().close()
        self._server = None


def open_language_model(settings: LanguageSettings, cache: Path) -> ChatModel:
    """The model that ``settings`` name, ready; close it. ``cache`` is where packaged parts are joined.

    Raises ``BadInput`` or ``NotFound`` where there is no such model, ``Unavailable`` where a package lacks.
    """
    if settings.endpoint is not None:
        key = None if settings.key_env is None else key_from(settings.key_env).secret
        return ChatModel(
            settings.endpoint, settings.model, key=key, seconds=settings.seconds,
            at_once=settings.at_once,
        )  # fmt: skip
    if any(one.name == settings.model for one in PACKAGED):
        return FileModel(model_file(packaged(settings.model), cache), settings, settings.model)
    path = Path(settings.model)
    if path.suffix != ".gguf":
        packaged(settings.model)  # says which there are
    return FileModel(path, settings)


def whole_text(model: LanguageModel, system: str, prompt: str, *, most: int) -> str:
    """All of it at once."""
    return "".join(model.write(system, prompt, most=most))


def _require_going_on(stop: Stop) -> None:
    if stop.is_set:
        raise Stopped("whoever asked has stopped the language model")


def _lines(pieces: Iterator[bytes]) -> Iterator[bytes]:
    left = b""
    for piece in pieces:
        *whole, left = (left + piece).split(b"\n")
        yield from whole
    if left:
        yield left


def _require_well(answer: httpx.Response) -> None:
    if answer.status_code in (401, 403):
        raise Unavailable(f"the language model does not take the key (status {answer.status_code})")
    if answer.status_code != httpx.codes.OK:
        raise Unavailable(f"the language model answers with status {answer.status_code}")
    if answer.headers.get("content-encoding", "identity").lower() != "identity":
        raise Unavailable("the language model answers compressed, which it was asked not to")


def _said(data: bytes, where: str) -> Iterator[str]:
    """The text of one frame; raises ``Unavailable`` where it is none of the protocol."""
    try:
        choices = json.loads(data)["choices"]
        told = [one.get(where, {}).get("content") for one in _list(choices)[:1]]
        texts = [one for one in told if one]
        if not all(isinstance(one, str) for one in texts):
            raise TypeError
        for one in texts:
            one.encode()  # a lone surrogate is no text
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as odd:
        raise Unavailable("the language model sent something that is no chat completion") from odd
    yield from texts


def _list(value: Any) -> Sequence[Any]:
    if not isinstance(value, list):
        raise TypeError
    return value
