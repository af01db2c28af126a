"""The other ends of ``fanout``: sockets that follow a list and count bytes, as cheaply as Python can."""

from __future__ import annotations

import asyncio
import base64
import json
import sys
from typing import cast

import uvloop

BATCH = 50


class Counting(asyncio.Protocol):
    """One client. After ``follow`` it counts what comes."""

    def __init__(self, agent: str, port: int, crowd: Crowd) -> None:
        self.agent = agent
        self.port = port
        self.crowd = crowd
        self.heard = b""
        self.following = False
        self.count = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Upgrade and say what to follow."""
        line = cast(asyncio.Transport, transport)
        request = [
            "GET /ws HTTP/1.1",
            f"Host: 127.0.0.1:{self.port}",
            f"Origin: http://127.0.0.1:{self.port}",
            "Upgrade: websocket",
            "Connection: Upgrade",
            "Sec-WebSocket-Version: 13",
            f"Sec-WebSocket-Key: {base64.b64encode(b'0123456789abcdef').decode()}",
            f"Cookie: agent={self.agent}",
        ]
        line.write(("\r\n".join(request) + "\r\n\r\n").encode())
        identify = json.dumps({"t": "identify", "csrf": "csrf", "subs": [{"t": "view", "sub": "list", "view": "all"}]}).encode()
        line.write(bytes([0x81, 0x80 | len(identify)]) + bytes(4) + identify)  # masked with zeros, which is a mask

    def data_received(self, data: bytes) -> None:
        """Count; before that, look for the last frame of the greeting."""
        if self.following:
            self.count += len(data)
            self.crowd.read(len(data))
            return
        self.heard += data
        if b'"t":"presence"' in self.heard:
            self.following, self.heard = True, b""
            self.crowd.joined()


class Crowd:
    """All clients, as one count."""

    def __init__(self, size: int) -> None:
        self.size = size
        self.following = 0
        self.left = 0
        self.moved = asyncio.Event()

    def joined(self) -> None:
        """One more follows."""
        self.following += 1
        self.moved.set()

    def read(self, count: int) -> None:
        """So many bytes were read by one of them."""
        self.left -= count
        if self.left <= 0:
            self.moved.set()

    async def until_following(self, count: int) -> None:
        """Returns when so many follow."""
        while self.following < count:
            self.moved.clear()
            await self.moved.wait()

    async def until_read(self, size: int) -> None:
        """Returns when each has read ``size`` bytes more."""
        self.left += size * self.size
        while self.left > 0:
            self.moved.clear()
            await self.moved.wait()


async def main(port: int, count: int) -> None:
    """Connect, then answer each size on standard input with a line once everybody has read as much."""
    loop = asyncio.get_running_loop()
    crowd = Crowd(count)
    for start in range(0, count, BATCH):
        for n in range(start, min(start + BATCH, count)):
            agent = f"agent-{n}"
            await loop.create_connection(lambda agent=agent: Counting(agent, port, crowd), "127.0.0.1", port)  # type: ignore[misc]  # agent is bound
        await crowd.until_following(min(start + BATCH, count))
    _say("ready")
    reader = asyncio.StreamReader()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    while line := await reader.readline():
        await crowd.until_read(int(line))
        _say("done")


def _say(word: str) -> None:
    sys.stdout.write(word + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    uvloop.run(main(int(sys.argv[1]), int(sys.argv[2])))
