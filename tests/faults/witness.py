"""The outside world that answers are sent to: keeps every line it has read before it answers, whatever becomes of the answer."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from types import TracebackType
from typing import Self


class Witness:
    """A TCP server on a loopback port, speaking the probe connector's lines."""

    def __init__(self) -> None:
        self.received: Counter[str] = Counter()
        self.port = 0
        self.whose = 0
        self.hold = asyncio.Event()
        self.hold.set()
        self.reached = asyncio.Event()
        self.refuse_held = False
        self._server: asyncio.Server | None = None

    async def __aenter__(self) -> Self:
        """Listen."""
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        """Stop."""
        self.hold.set()
        if self._server is not None:
            self._server.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """``hold`` keeps answers to process ``whose`` back; with ``refuse_held`` what was held is then told ``no``, although it was
        taken: nobody else may hear that lie, who would rightly send again."""
        try:
            line = json.loads(await reader.readline() or b"{}")
            answer = "ok"
            if line.get("do") == "send":
                self.received[line["id"]] += 1
                if line.get("pid") == self.whose:
                    self.reached.set()
                    held = not self.hold.is_set()
                    await self.hold.wait()
                    answer = "no" if held and self.refuse_held else "ok"
            elif line.get("do") == "lookup":
                answer = "ok" if self.received[line["id"]] else "no"
            writer.write(answer.encode() + b"\n")
            await writer.drain()
        except (ConnectionError, ValueError):
            pass
        finally:
            writer.close()
