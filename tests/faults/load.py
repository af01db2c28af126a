"""People at work while the service dies: customers who deliver until they are acknowledged, an agent who answers, a screen that follows."""

from __future__ import annotations

import asyncio
import json
import random
from collections.abc import Callable
from typing import Any

import aiohttp
import websockets

from tests.clients import AgentClient, Frame, Refused
from tests.faults.record import Record
from tests.probe.connector import sign

SECRET = "a secret of sixteen bytes"
AWAY = (aiohttp.ClientError, OSError, asyncio.TimeoutError, websockets.WebSocketException)
RETRY_S = 0.1
SNOOZE_MS = 2_500


class Customers:
    """They repeat a delivery until it is acknowledged, and sometimes although it was."""

    def __init__(self, base: str, record: Record, dice: random.Random) -> None:
        self._url = f"{base}/hooks/probe/probe"
        self._record = record
        self._dice = dice
        self._sent = 0

    async def write(self, http: aiohttp.ClientSession, sender: str, text: str) -> None:
        """Deliver one message for certain."""
        self._record.tried.add(text)
        body = json.dumps({"key": text, "sender": sender, "text": text}).encode()
        headers = {"X-Signature": sign(SECRET, body), "Content-Type": "application/json"}
        again = self._dice.random() < 0.15
        while True:
            try:
                async with http.post(self._url, data=body, headers=headers, timeout=aiohttp.ClientTimeout(5)) as answer:
                    if answer.status == 200:
                        self._record.delivered.add(text)
                        if not again:
                            return
                        again = False
                    elif answer.status < 500:
                        raise RuntimeError(f"a delivery was answered {answer.status}")
            except AWAY:
                pass
            await asyncio.sleep(RETRY_S * self._dice.random())

    async def keep_writing(self, name: str, until: Callable[[], bool]) -> None:
        """One customer who writes all the time."""
        async with aiohttp.ClientSession() as http:
            n = 0
            while not until():
                n += 1
                await self.write(http, name, f"{name}-{n}")
                await asyncio.sleep(self._dice.random() * 0.06)


class Answering:
    """An agent who answers, and snoozes what was written only once. What got no answer from the service is asked again."""

    def __init__(self, agent: AgentClient, record: Record, dice: random.Random) -> None:
        self._agent = agent
        self._record = record
        self._dice = dice
        self._snoozed: set[str] = set()

    async def work(self, until: Callable[[], bool], now: Callable[[], int]) -> None:
        """Answer until told to stop; what was begun is brought to its end."""
        n = 0
        while not until():
            try:
                rows = (await self._agent.call("GET", "/conversations", view="all", limit="50"))["rows"]
            except (*AWAY, Refused):
                await asyncio.sleep(RETRY_S)
                continue
            for row in self._dice.sample(rows, min(4, len(rows))):
                n += 1
                if row["customer"]["name"] or row["last"] is None:
                    continue
                if "once" in row["last"]["preview"]:
                    await self._snooze(row, now)
                else:
                    await self._reply(row["id"], f"answer-{n}")
            await asyncio.sleep(0.02)

    async def _reply(self, conversation: str, text: str) -> None:
        client_id = f"{text}-{self._dice.getrandbits(64):016x}"
        made = await self._certainly(lambda: self._agent.reply(conversation, f"{text}-{conversation[:6]}", client_id))
        if made is not None:
            self._record.replied[made["message"]["id"]] = made["message"]["text"]

    async def _snooze(self, row: Frame, now: Callable[[], int]) -> None:
        if row["id"] in self._snoozed:
            return
        self._snoozed.add(row["id"])
        until = now() + SNOOZE_MS
        body = {"status": "snoozed", "until": until}
        if await self._certainly(lambda: self._agent.call("PATCH", f"/conversations/{row['id']}", body)) is not None:
            self._record.snoozed.add(row["id"])

    async def _certainly(self, ask: Callable[[], Any]) -> Any:
        """The service's answer, however often it has to be asked; None for a refusal."""
        while True:
            try:
                return await ask()
            except Refused as no:
                if no.status < 500:
                    return None
            except AWAY:
                pass
            await asyncio.sleep(RETRY_S)


class Screen:
    """A client that follows a view through everything: snapshot once, then frames, resumed with its cursor after every break."""

    def __init__(self, agent: AgentClient, view: str = "all") -> None:
        self._agent = agent
        self.view = view
        self.rows: dict[str, int] = {}
        self._gone: dict[str, int] = {}
        self._cursor: dict[str, int] | None = None
        self.resumed = 0
        self.anew = 0
        self._online = asyncio.Event()
        self._online.set()
        self._line: websockets.ClientConnection | None = None

    async def stay_away(self, seconds: float) -> None:
        """The line breaks and the client comes back later."""
        self._online.clear()
        if self._line is not None:
            await self._line.close()
        await asyncio.sleep(seconds)
        self._online.set()

    async def follow(self) -> None:
        """Until cancelled."""
        while True:
            await self._online.wait()
            try:
                await self._connected()
            except (*AWAY, Refused):
                await asyncio.sleep(RETRY_S)

    async def _connected(self) -> None:
        cookie = "; ".join(f"{c.key}={c.value}" for c in self._agent.http.cookie_jar)
        url = self._agent.base.replace("http", "ws", 1) + "/ws"
        async with websockets.connect(
            url,
            origin=self._agent.base,  # type: ignore[arg-type]  # a plain string is an origin
            additional_headers={"Cookie": cookie},
            compression=None,
        ) as line:
            self._line = line
            sub = {"t": "view", "view": self.view, "sub": "list"}
            identify: Frame = {"t": "identify", "csrf": self._agent.me["csrf"], "subs": [sub]}
            if self._cursor is not None:
                identify["cursor"] = self._cursor
            await line.send(json.dumps(identify))
            beating = 0.0
            loop = asyncio.get_running_loop()
            while True:
                if loop.time() > beating:
                    beating = loop.time() + 0.3
                    await line.send(json.dumps({"t": "beat", "active": True}))
                try:
                    async with asyncio.timeout(0.3):  # wait_for may swallow a cancellation that comes with a frame
                        frame = json.loads(await line.recv())
                except TimeoutError:
                    continue
                await self._take(frame)

    async def _take(self, frame: Frame) -> None:
        match frame["t"]:
            case "ready":
                await self._ready(frame)
            case "resync":
                await self._snapshot()
            case "put":
                self._put(frame["row"]["id"], frame["row"]["version"])
            case "gone":
                self._drop(frame["id"], frame["version"])
            case "beaten":
                self._advance(frame["cursor"])
        if "c" in frame:
            self._advance({str(frame["c"][0]): frame["c"][1]})

    async def _ready(self, frame: Frame) -> None:
        """The subscription stands before the snapshot is fetched, so nothing falls between them."""
        if frame["resumed"]:
            self.resumed += 1
            return
        self.anew += 1
        self._cursor = dict(frame["cursor"])
        await self._snapshot()

    async def _snapshot(self) -> None:
        self.rows.clear()
        after: dict[str, str] = {}
        while True:
            page = await self._agent.call("GET", "/conversations", view=self.view, limit="100", **after)
            for row in page["rows"]:
                self._put(row["id"], row["version"])
            if page["next"] is None:
                return
            after = {"after": page["next"]}

    def _put(self, id: str, version: int) -> None:
        if version > self._gone.get(id, 0):
            self.rows[id] = max(version, self.rows.get(id, 0))

    def _drop(self, id: str, version: int) -> None:
        if version >= self.rows.get(id, 0):
            self._gone[id] = version
            self.rows.pop(id, None)

    def _advance(self, cursor: dict[str, int]) -> None:
        if self._cursor is not None:
            for writer, n in cursor.items():
                self._cursor[writer] = max(n, self._cursor.get(writer, 0))
