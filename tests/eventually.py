"""Waiting for something that another task or process brings about: bounded, and at once when it is there."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

Value = TypeVar("Value")


async def eventually(ask: Callable[[], Value | Awaitable[Value]], *, seconds: float = 30.0, what: str = "") -> Value:
    """Ask until the answer is truthy and return it; fail the test after `seconds`, naming `what` was awaited and the last answer."""
    loop = asyncio.get_running_loop()
    give_up = loop.time() + seconds
    while True:
        answer = ask()
        value = await answer if isinstance(answer, Awaitable) else answer
        if value:
            return value
        if loop.time() > give_up:
            raise AssertionError(f"not within {seconds} s: {what or getattr(ask, '__qualname__', ask)}; last answer {value!r}")
        await asyncio.sleep(0.01)
