"""Frames on their way out: every one once and in order, whether the line takes them or the task does; bounded."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import hypothesis.strategies as st
from hypothesis import given

from inbox.gateway.outbox import MAX_BYTES, MAX_FRAMES, Flusher, Outbox
from inbox.gateway.protocol import CloseCode
from inbox.testing.clock import settle

steps = st.lists(st.sampled_from(["offer", "offer", "offer two", "turn", "jam", "clear"]), max_size=40)


class Client:
    """A socket that can be jammed, and the task that writes at its pace."""

    def __init__(self) -> None:
        self.read: list[bytes] = []
        self.jammed = False
        self.freed = asyncio.Event()
        self.outbox = Outbox(self.line, Flusher())

    def line(self, frames: Sequence[bytes]) -> bool:
        if not self.jammed:
            self.read += frames
        return not self.jammed

    async def write(self) -> None:
        while frames := await self.outbox.take():
            for frame in frames:
                while self.jammed:
                    self.freed.clear()
                    await self.freed.wait()
                self.read.append(frame)

    def free(self) -> None:
        self.jammed = False
        self.freed.set()


@given(steps)
def test_every_frame_arrives_once_and_in_order(steps: list[str]) -> None:
    async def play() -> tuple[list[bytes], int]:
        client, count = Client(), 0
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(client.write())
            for step in steps:
                for _ in range(step.startswith("offer") + step.endswith("two")):
                    client.outbox.offer(b"%d" % count)
                    count += 1
                if step == "turn":
                    await asyncio.sleep(0)
                elif step == "jam":
                    client.jammed = True
                elif step == "clear":
                    client.free()
            client.free()
            await settle()
            client.outbox.close(CloseCode.RESTART)
        return client.read, count

    read, count = asyncio.run(play())
    assert read == [b"%d" % n for n in range(count)]


async def test_frames_of_one_turn_are_written_together() -> None:
    written: list[list[bytes]] = []

    def line(frames: Sequence[bytes]) -> bool:
        written.append(list(frames))
        return True

    outbox = Outbox(line, Flusher())
    async with asyncio.TaskGroup() as tasks:
        writing = tasks.create_task(outbox.take())
        await settle()
        outbox.offer(b"1")
        outbox.offer(b"2")
        await settle()
        outbox.offer(b"3")
        await settle()
        writing.cancel()
    assert written == [[b"1", b"2"], [b"3"]]


async def test_too_many_frames_or_bytes_end_it_and_free_the_memory() -> None:
    for frame, fits in ((b"x", MAX_FRAMES), (b"x" * (MAX_BYTES // 4), 4)):
        outbox = Outbox()
        for _ in range(fits):
            outbox.offer(frame)
        assert (outbox.code, len(outbox)) == (None, fits)
        outbox.offer(frame)
        assert (outbox.code, len(outbox)) == (CloseCode.RESUME, 0)
        assert await outbox.take() == []


async def test_one_frame_always_fits() -> None:
    outbox = Outbox()
    outbox.offer(b"x" * 2 * MAX_BYTES)
    assert outbox.code is None


async def test_a_farewell_goes_out_last_and_only_the_first_end_counts() -> None:
    outbox = Outbox()
    outbox.offer(b"1")
    outbox.close(CloseCode.RESTART, "restart", b"bye")
    outbox.close(CloseCode.RESUME, drop=True)
    outbox.offer(b"2")
    assert await outbox.take() == [b"1", b"bye"]
    assert await outbox.take() == []
    assert (outbox.code, outbox.reason) == (CloseCode.RESTART, "restart")


async def test_what_is_put_with_patience_waits_for_room_and_not_after_the_end() -> None:
    outbox = Outbox()
    for _ in range(MAX_FRAMES):
        outbox.offer(b"x")
    async with asyncio.TaskGroup() as tasks:
        putting = tasks.create_task(outbox.put(b"last"))
        await settle()
        assert not putting.done()
        assert len(await outbox.take()) == MAX_FRAMES
    assert await outbox.take() == [b"last"]
    for _ in range(MAX_FRAMES):
        outbox.offer(b"x")
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(outbox.put(b"never"))
        await settle()
        outbox.close(CloseCode.RESTART, drop=True)
    assert await outbox.take() == []
