"""An SMTP server that misbehaves on command, for what no sound server can be made to do."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager

HANG_UP = ""
"""As an answer: the connection is closed instead."""

PIECE = 1 << 16


async def at_once(read: int) -> None:
    """The pace of a server that does not hesitate."""


class ScriptedSmtp:
    """Answers each verb as scripted, else politely. ``data`` holds what came between DATA and the final dot.

    ``pace`` is awaited before each piece of a mail is read and before it is answered; it hears how many bytes were read.
    """

    def __init__(self, answers: Mapping[str, str], pace: Callable[[int], Awaitable[None]] = at_once) -> None:
        self.pace = pace
        self.answers = {
            "greeting": "220 scripted.test", "EHLO": "250-scripted.test\r\n250 SIZE 1000000", "MAIL": "250 ok", "RCPT": "250 ok",
            "DATA": "354 go on", ".": "250 taken", "QUIT": "221 bye", **answers,
        }  # fmt: skip
        self.port = 0
        self.said: list[str] = []
        self.data: list[bytes] = []

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One client."""
        try:
            going = await self._answer(writer, "greeting")
            while going and (line := await reader.readline()):
                said = line.decode().strip()
                self.said.append(said)
                going = await self._answer(writer, *self._keys(said))
                if going and said == "DATA" and self.answers["DATA"].startswith("354"):
                    self.data.append(await self._read_mail(reader))
                    going = await self._answer(writer, ".")
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    async def _read_mail(self, reader: asyncio.StreamReader) -> bytes:
        mail = bytearray()
        while not mail.endswith(b"\r\n.\r\n"):
            await self.pace(len(mail))
            piece = await reader.read(PIECE)
            if not piece:
                raise asyncio.IncompleteReadError(bytes(mail), None)
            mail += piece
        await self.pace(len(mail))
        return bytes(mail)

    def _keys(self, said: str) -> tuple[str, ...]:
        return said, said.split(" ")[0]

    async def _answer(self, writer: asyncio.StreamWriter, *keys: str) -> bool:
        answer = next((self.answers[key] for key in keys if key in self.answers), "500 what?")
        if answer == HANG_UP:
            return False
        writer.write(answer.encode() + b"\r\n")
        await writer.drain()
        return not answer.startswith(("221", "421"))


@asynccontextmanager
async def scripted_smtp(answers: Mapping[str, str], pace: Callable[[int], Awaitable[None]] = at_once) -> AsyncIterator[ScriptedSmtp]:
    """The server on a loopback port of its own, with buffers so small that a sender feels its pace."""
    script = ScriptedSmtp(answers, pace)
    listening = socket.create_server(("127.0.0.1", 0))
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, PIECE)
    server = await asyncio.start_server(script.serve, sock=listening, limit=PIECE)
    async with server:
        script.port = server.sockets[0].getsockname()[1]
        yield script
