"""What one tab asks about what was said before: the visitor's earlier conversations, one of them, going on with it, a transcript."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import assert_never

from msgspec import Struct

from inbox.core import transcript
from inbox.core.message import Message
from inbox.core.visitor import Visitor
from inbox.gateway import visitor_protocol as p
from inbox.gateway.visitors import Outgoing, Services, VisitorChannel, Visitors

PREVIEW = 120
WRITTEN = 1000
"""So many messages a transcript holds at most."""


class Tab(Struct, frozen=True):
    """What is known of a tab: hashed address, the page it shows, the browser's language, what the page says of its user."""

    ip: str
    page: str = ""
    language: str = ""
    attributes: dict[str, str] = {}


class PastTab:
    """Answers a tab's frames about the past. ``row`` draws a message, ``afresh`` shows the tab which conversation is his now."""

    def __init__(
        self,
        services: Services,
        visitors: Visitors,
        channel: VisitorChannel,
        visitor: Visitor,
        tab: Tab,
        out: Outgoing,
        row: Callable[[Message], p.MessageRow],
        afresh: Callable[[], Awaitable[None]],
    ) -> None:
        self._services = services
        self._visitors = visitors
        self._channel = channel
        self._visitor = visitor
        self._ip = tab.ip
        self._out = out
        self._row = row
        self._afresh = afresh

    async def receive(self, frame: p.PastFrame) -> None:
        """Raises ``TryLater`` when the database does not answer."""
        if wait := self._visitors.looks.take(self._visitor.id, self._services.now()):
            self._out.put(p.SlowDown(wait))
            return
        match frame:
            case p.Earlier():
                await self._earlier()
            case p.Look():
                await self._look(frame.conversation)
            case p.TakeUp():
                await self._take_up(frame.conversation)
            case p.AskTranscript():
                self._out.put(await self._transcript(frame))
            case _:
                assert_never(frame)

    async def _earlier(self) -> None:
        found = await self._services.past.earlier(self._channel.id, self._visitor.id)
        rows = [(one, self._row(one.messages[-1])) for one in found]
        self._out.put(p.EarlierOnes(tuple(p.EarlierRow(e.id, r.at, r.name, _preview(r), e.current, e.resolved) for e, r in rows)))

    async def _look(self, conversation: str) -> None:
        one = await self._services.past.one(self._channel.id, self._visitor.id, conversation, p.HISTORY)
        if one is None:
            self._out.put(p.Refused("conversation"))
        else:
            self._out.put(p.Looked(one.id, tuple(self._row(message) for message in one.messages)))

    async def _take_up(self, conversation: str) -> None:
        if await self._services.past.take_up(self._channel.id, self._visitor.id, conversation):
            await self._afresh()
        else:
            self._out.put(p.Refused("conversation"))

    async def _transcript(self, frame: p.AskTranscript) -> p.TranscriptAsked:
        """Nobody gets a mail of us with nothing in it but what a stranger wrote: it needs an answer of ours, too."""
        past, to = self._services.past, transcript.mail_address(frame.email)
        if not past.mails():
            return p.TranscriptAsked("off")
        if not to:
            return p.TranscriptAsked("address")
        one = await past.one(self._channel.id, self._visitor.id, frame.conversation, WRITTEN)
        if one is None or not any(m.author.kind in ("agent", "bot") for m in one.messages):
            return p.TranscriptAsked("nothing")
        now = self._services.now()
        if wait := self._visitors.transcripts.take(self._visitor.id, now) or self._visitors.transcripts_from.take(self._ip, now):
            return p.TranscriptAsked("wait", wait)
        title = self._channel.settings.title or "Chat"
        text = transcript.written([self._line(m) for m in one.messages], title, frame.language)
        wait = await past.mail(self._channel.id, self._visitor.id, one.id, to, text)
        return p.TranscriptAsked("wait" if wait > 0 else "address" if wait < 0 else "queued", max(0, wait))

    def _line(self, message: Message) -> transcript.Line:
        """As he sees it, without the address at which he rates: the mail may go to somebody else."""
        row = self._row(message)
        text = row.text if message.rates is None else message.text
        name = None if row.who == "visitor" else row.name or self._channel.settings.title
        return transcript.Line(row.at, name, text, tuple(file.name for file in row.files))


def _preview(row: p.MessageRow) -> str:
    return " ".join(row.text.split())[:PREVIEW] or ", ".join(file.name for file in row.files)[:PREVIEW]
