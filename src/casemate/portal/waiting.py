"""Requests that wait for something to happen, without holding a thread of the server's meanwhile.

Requests are answered by a few dozen threads. Were each that waits to hold one, as many patient clients
would keep everybody else out.
"""

import asyncio
import time
from collections.abc import Callable
from typing import TypeVar

from fastapi import Request
from starlette.concurrency import run_in_threadpool

T = TypeVar("T")
_FIRST, _LONGEST = 0.1, 1.0
"""Seconds between two looks: few at first, so that what is quick is told quickly."""


async def waited(
    request: Request, look: Callable[[], T], is_over: Callable[[T], bool], seconds: float
) -> T:
    """What ``look`` gives once it ``is_over``, after ``seconds``, or when the server is to end."""
    ends, pause = time.monotonic() + seconds, _FIRST
    while True:
        found = await run_in_threadpool(look)
        left = ends - time.monotonic()
        if left <= 0 or is_over(found) or request.app.state.is_ending:
            return found
        await asyncio.sleep(min(left, pause))
        pause = min(_LONGEST, pause * 1.5)
