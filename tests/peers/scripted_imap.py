"""An IMAP server that misbehaves on command, for what no sound server can be made to do (RFC 9051, as much as we use)."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

Answer = Callable[[asyncio.StreamWriter, int], bool]
"""Writes an answer to the fetch of one mail's body instead of it; False: the connection ends."""


def refuse(writer: asyncio.StreamWriter, uid: int) -> bool:
    """The server itself says that it cannot give the mail."""
    raise Refused


def hang_up(writer: asyncio.StreamWriter, uid: int) -> bool:
    """The connection breaks at this mail."""
    return False


def cut_short(writer: asyncio.StreamWriter, uid: int) -> bool:
    """Fewer bytes come than were announced."""
    writer.write(f"* 1 FETCH (UID {uid} BODY[] {{100}}\r\nhalf a mail".encode())
    return False


class Refused(Exception):
    """Answered by NO."""


class ScriptedImap:
    """One folder. ``dates`` has INTERNALDATEs as the server writes them.

    ``trouble`` says what happens at the body of a mail; ``at_idle`` mails arrive in the very packet that opens IDLE.
    """

    def __init__(self, mails: dict[int, bytes], capabilities: str = "IMAP4rev1 IDLE", tells_next_uid: bool = True) -> None:
        self.mails = mails
        self.dates: dict[int, str] = {}
        self.validity = 7
        self.capabilities = capabilities
        self.tells_next_uid = tells_next_uid
        self.trouble: dict[int, Answer] = {}
        self.at_idle: dict[int, bytes] = {}
        self.connections = 0
        self.fetched: list[int] = []
        self.port = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One client."""
        self.connections += 1
        writer.write(f"* OK [CAPABILITY {self.capabilities}] ready\r\n".encode())
        try:
            going = True
            while going and (line := await reader.readline()):
                tag, _, command = line.decode().strip().partition(" ")
                going = await self._command(reader, writer, tag, command)
                await writer.drain()
        except ConnectionError:
            pass
        finally:
            writer.close()

    async def _command(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, tag: str, command: str) -> bool:
        verb = command.upper()
        if verb.startswith("UID FETCH"):
            return self._fetch(writer, tag, command)
        if verb.startswith("IDLE"):
            await self._idle(reader, writer)
        elif verb.startswith("CAPABILITY"):
            writer.write(f"* CAPABILITY {self.capabilities}\r\n".encode())
        elif verb.startswith("EXAMINE"):
            next_uid = f"* OK [UIDNEXT {max(self.mails, default=0) + 1}] next\r\n" if self.tells_next_uid else ""
            writer.write(f"* {len(self.mails)} EXISTS\r\n* OK [UIDVALIDITY {self.validity}] ok\r\n{next_uid}".encode())
        elif verb.startswith("UID SEARCH"):
            writer.write(f"* SEARCH {' '.join(map(str, sorted(self.mails)))}\r\n".encode())
        writer.write(f"{tag} OK done\r\n".encode())
        return True

    async def _idle(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        told = "+ idling\r\n"
        if self.at_idle:
            self.mails |= self.at_idle
            self.at_idle = {}
            told += f"* {len(self.mails)} EXISTS\r\n"
        writer.write(told.encode())
        await reader.readline()

    def _fetch(self, writer: asyncio.StreamWriter, tag: str, command: str) -> bool:
        asked = [int(uid) for uid in re.findall(r"\d+", command.split("(")[0])]
        for n, uid in enumerate(uid for uid in asked if uid in self.mails):
            if "RFC822.SIZE" in command:
                date = f' INTERNALDATE "{self.dates[uid]}"' if uid in self.dates else ""
                writer.write(f"* {n + 1} FETCH (UID {uid} RFC822.SIZE {len(self.mails[uid])}{date})\r\n".encode())
                continue
            try:
                if uid in self.trouble and not self.trouble[uid](writer, uid):
                    return False
            except Refused:
                writer.write(f"{tag} NO cannot read it\r\n".encode())
                return True
            self.fetched.append(uid)
            writer.write(f"* {n + 1} FETCH (UID {uid} BODY[] {{{len(self.mails[uid])}}}\r\n".encode() + self.mails[uid] + b")\r\n")
        writer.write(f"{tag} OK done\r\n".encode())
        return True


@asynccontextmanager
async def scripted_imap(server: ScriptedImap) -> AsyncIterator[ScriptedImap]:
    """The server on a loopback port of its own."""
    listening = await asyncio.start_server(server.serve, "127.0.0.1", 0)
    async with listening:
        server.port = listening.sockets[0].getsockname()[1]
        yield server
