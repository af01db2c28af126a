"""Waiting for something that another task or process brings about: at once when it is there, and bounded."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

Value = TypeVar("Value")

PATIENCE_S = 120.0
"""How long a test waits for what must come. No measure of speed (that is for `tests/bench`): a machine may stand still for a while."""


async def eventually(ask: Callable[[], Value | Awaitable[Value]], *, seconds: float = PATIENCE_S, what: str = "") -> Value:
    """Ask until the answer is truthy and return it; fail the test after `seconds`, naming `what` was awaited and the last answer."""
    loop = asyncio.get_running_loop()
    began = loop.time()
    while True:
        answer = ask()
        value = await answer if isinstance(answer, Awaitable) else answer
        if value:
            return value
        waited = loop.time() - began
        if waited > seconds:
            raise AssertionError(f"not within {seconds} s: {what or getattr(ask, '__qualname__', ask)}; last answer {value!r}")
        await asyncio.sleep(min(max(0.01, waited / 10), 0.25))  # who waits long is not to hold up what he waits for
