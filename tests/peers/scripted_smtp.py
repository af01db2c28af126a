"""An SMTP server that misbehaves on command, for what no sound server can be made to do."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

HANG_UP = ""
"""As an answer: the connection is closed instead."""


class ScriptedSmtp:
    """Answers each verb as scripted, else politely. ``data`` holds what came between DATA and the final dot."""

    def __init__(self, answers: Mapping[str, str]) -> None:
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
                    self.data.append(await reader.readuntil(b"\r\n.\r\n"))
                    going = await self._answer(writer, ".")
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

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
async def scripted_smtp(answers: Mapping[str, str]) -> AsyncIterator[ScriptedSmtp]:
    """The server on a loopback port of its own."""
    script = ScriptedSmtp(answers)
    server = await asyncio.start_server(script.serve, "127.0.0.1", 0)
    async with server:
        script.port = server.sockets[0].getsockname()[1]
        yield script
