"""What this service relies on in the driver, and mends where it must."""

import asyncio

import pytest
from pymongo import lock as driver

from inbox.store.client import connect


async def test_a_wait_that_is_cancelled_as_its_time_is_up_keeps_no_lock() -> None:
    assert connect.__module__ == "inbox.store.client", "which mends the driver"
    lock = driver._async_create_lock()
    condition = driver._async_create_condition(lock)

    async def select_server() -> None:
        async with condition:
            await driver._async_cond_wait(condition, 0.01)

    waiting = asyncio.ensure_future(select_server())  # noqa: TID251  it is cancelled below
    await asyncio.sleep(0)
    async with lock:
        await asyncio.sleep(0.05)  # its time is up, and it wants the lock back
        waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    async with asyncio.timeout(1):
        await lock.acquire()
