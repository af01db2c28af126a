"""One visitor's thread as one of his tabs holds it: what it is shown and what it may send."""

from __future__ import annotations

from typing import Literal, TypeVar

import msgspec

from inbox.connector import RawDelivery
from inbox.core.errors import Conflict, Invalid, NotAuthentic, NotFound
from inbox.core.ids import Instant, MessageId, digest, message_id
from inbox.core.message import DeliveryState, Kind, Message
from inbox.core.visitor import (
    FILE_LIMIT,
    Visitor,
    VisitorDelivery,
    VisitorFile,
    VisitorProved,
    VisitorSaid,
    VisitorSaw,
    line_key,
)
from inbox.gateway import visitor_protocol as p
from inbox.gateway.visitor_past import PastTab, Tab
from inbox.gateway.visitor_rows import Mine, missed, row, shown, visible
from inbox.gateway.visitor_tokens import Identity, UploadTicket
from inbox.gateway.visitors import RESUME, Outgoing, Services, VisitorChannel, Visitors

TYPING_MS = 2_000
REMEMBERED = 500
HELD = 500

_DELIVERED, _READ = 1, 2

K = TypeVar("K")
V = TypeVar("V")


class VisitorThread:
    """Listens before it reads, so that nothing falls between the snapshot and the changes after it."""

    def __init__(
        self,
        services: Services,
        visitors: Visitors,
        channel: VisitorChannel,
        visitor: Visitor,
        identity: Identity | None,
        tab: Tab,
        out: Outgoing,
    ) -> None:
        """``identity``: what the host site's token proved, told to the ledger with the tab's first delivery."""
        self.visitor = visitor
        self._services = services
        self._visitors = visitors
        self._channel = channel
        self._untold = identity
        self._stated_email = identity.stated_email if identity else ""
        self._tab = tab
        self._out = out
        self._mine: Mine = frozenset()
        self._held: list[Message] | None = None
        self._own: dict[MessageId, str] = {}
        self._answers: dict[MessageId, int] = {}
        self._files: dict[str, bool] = {}
        self._typed_at: Instant = 0
        self._past = PastTab(services, visitors, channel, visitor, tab, out, self._row, self._afresh)

    async def show(self, have: dict[str, int], pending: tuple[str, ...]) -> None:
        """Send ``ready`` with what a widget lacks that holds ``have``; ``pending`` lines are named where they are among it."""
        for client_id in pending:
            self._remember_own(client_id)
        self._held = []
        thread = await self._services.feed.thread(self._channel.id, self.visitor.id, p.HISTORY)
        self._mine = thread.mine
        held, self._held = self._held, None
        whole, lacking = missed([self._row(message) for message in thread.messages if self._may_see(message)], have)
        there = self._services.feed.online(self._channel.id, self.visitor.id)
        self._out.put(p.Ready(self._services.now(), p.HEARTBEAT_MS, there.online, "known", whole, lacking, there.back))
        for message in held:
            self.changed(message)

    async def _afresh(self) -> None:
        """Another conversation is his now: here it is shown at once, his other tabs come back for it."""
        for other in self._visitors.tabs(self._channel.id, self.visitor.id):
            if other.out is not self._out:
                other.out.close(RESUME)
        await self.show({}, ())

    @property
    def half_shown(self) -> bool:
        """Whether showing it broke off: what changes is held back for ever."""
        return self._held is not None

    def look(self, tab: Tab) -> None:
        """What is known of the tab has changed."""
        self._tab = tab

    def changed(self, message: Message) -> None:
        """Pass on a message if its visitor may see it."""
        if self._held is None:
            if self._may_see(message):
                self._out.put(p.MessageChanged(self._row(message)))
        elif len(self._held) < HELD:
            self._held.append(message)
        else:
            self._out.close(RESUME)

    async def receive(self, frame: p.ThreadFrame) -> None:
        """Raises ``TryLater`` when nothing was stored."""
        match frame:
            case p.Say():
                await self._say(frame)
            case p.Comment():
                await self._comment(frame)
            case p.Got():
                await self._saw(frame.messages, _DELIVERED)
            case p.Seen():
                await self._saw(frame.messages, _READ)
            case p.Typing():
                self._type(frame.on)
            case p.Upload():
                self._upload(frame)
            case p.Link():
                self._link(frame)
            case _:
                await self._past.receive(frame)

    async def prove(self) -> None:
        """Tell the ledger who the visitor turned out to be."""
        claims = self._claims()
        if claims:
            await self._deliver(f"{self.visitor.id}/proved/{digest(*claims.values())}", VisitorProved())

    def _may_see(self, message: Message) -> bool:
        return visible(message, self._channel.id, self._channel.address_kind, self.visitor.id, self._mine)

    def _row(self, message: Message) -> p.MessageRow:
        here = message.channel == self._channel.id
        if here and message.kind is not Kind.CUSTOMER:
            state = message.delivery.state if message.delivery else DeliveryState.SENT
            level = {DeliveryState.DELIVERED: _DELIVERED, DeliveryState.READ: _READ}.get(state, 0)
            _remember(self._answers, message.id, max(level, self._answers.get(message.id, 0)))
        for attachment in message.attachments:
            _remember(self._files, attachment.file, True)
        by = shown(self._channel.settings, message.author.kind, self._services.feed.account_of(message.author))
        rated_at = "" if message.rates is None else self._services.rated_at(message.rates)
        return row(message, by, self._own.get(message.id, ""), self._address_of, here=here, rated_at=rated_at)

    def _address_of(self, file: str) -> str:
        return self._services.tickets.address(self._channel.id, file, self._services.now())

    async def _say(self, frame: p.Say) -> None:
        if not frame.text.strip() and not frame.files:
            self._out.put(p.Refused("empty", frame.client_id))
        elif wait := self._visitors.lines.take(self.visitor.id, self._services.now()):
            self._out.put(p.SlowDown(wait, frame.client_id))
        elif (files := self._attached(frame.files)) is None:
            self._out.put(p.Refused("file", frame.client_id))
        else:
            email = frame.email or self._stated_email
            said = VisitorSaid(frame.client_id, frame.text, files, frame.name, email, self._tab.language, self._tab.attributes)
            message = self._remember_own(frame.client_id)
            await self._deliver(line_key(self.visitor.id, frame.client_id), said)
            self._out.put(p.Said(frame.client_id, message))

    async def _comment(self, frame: p.Comment) -> None:
        """Only to a question this tab was given."""
        question = MessageId(frame.message)
        if wait := self._visitors.lines.take(self.visitor.id, self._services.now()):
            self._out.put(p.SlowDown(wait))
            return
        try:
            if question not in self._answers:
                raise NotFound
            await self._services.comment(question, frame.text)
        except (Conflict, Invalid, NotFound):
            self._out.put(p.Refused("comment"))

    def _attached(self, references: tuple[str, ...]) -> tuple[VisitorFile, ...] | None:
        """The files he uploaded himself; None when one is not his."""
        try:
            read = [self._services.tickets.read_reference(text, self._services.now()) for text in references]
        except NotAuthentic:
            return None
        mine = all(reference.visitor == self.visitor.id for reference in read)
        return tuple(reference.file for reference in read) if mine else None

    async def _saw(self, messages: tuple[str, ...], level: int) -> None:
        """Only answers this tab was given, and only what is news."""
        wanted = (MessageId(message) for message in dict.fromkeys(messages))
        fresh = tuple(message for message in wanted if self._answers.get(message, _READ) < level)
        if not fresh:
            return
        state: Literal["delivered", "read"] = "read" if level == _READ else "delivered"
        await self._deliver(f"{self.visitor.id}/{state}/{digest(*fresh)}", VisitorSaw(fresh, state))
        self._answers.update(dict.fromkeys(fresh, level))

    def _type(self, on: bool) -> None:
        now = self._services.now()
        if on and now - self._typed_at < TYPING_MS:
            return
        self._typed_at = now if on else 0
        self._services.feed.visitor_typing(self._channel.id, self.visitor.id, on)

    def _upload(self, frame: p.Upload) -> None:
        settings, now = self._channel.settings, self._services.now()
        media = frame.type.partition(";")[0].strip().lower()
        if not settings.files or media not in settings.file_types:
            self._out.put(p.Refused("file_type", frame.client_id))
        elif frame.size > FILE_LIMIT:
            self._out.put(p.Refused("file_size", frame.client_id))
        elif wait := self._visitors.uploads.take(self.visitor.id, now):
            self._out.put(p.SlowDown(wait, frame.client_id))
        else:
            ticket = UploadTicket(self._channel.id, self.visitor.id, self._services.new_id(), frame.name, media, frame.size)
            url = f"/chat/{self._channel.id}/files"
            self._out.put(p.Ticket(frame.client_id, url, self._services.tickets.upload(ticket, now)))

    def _link(self, frame: p.Link) -> None:
        if frame.file in self._files:
            self._out.put(p.Linked(frame.file, self._address_of(frame.file)))
        else:
            self._out.put(p.Refused("file"))

    async def _deliver(self, key: str, delivery: VisitorDelivery) -> None:
        """Returns once the ledger has it. Verified claims go with the first delivery."""
        known = {"visitor": self.visitor.id, "page": self._tab.page, "ip": self._tab.ip, **self._claims()}
        context = {name: value for name, value in known.items() if value}
        body = msgspec.json.encode(delivery)
        await self._services.deliver(RawDelivery(self._channel.id, key, body, self._services.now(), context=context))
        self._untold = None

    def _claims(self) -> dict[str, str]:
        identity = self._untold
        return {"subject": identity.subject, "email": identity.email, "name": identity.name} if identity else {}

    def _remember_own(self, client_id: str) -> MessageId:
        message = message_id(self._channel.id, line_key(self.visitor.id, client_id))
        _remember(self._own, message, client_id)
        return message


def _remember(where: dict[K, V], key: K, value: V) -> None:
    """Set, forgetting the oldest beyond what is worth remembering."""
    where[key] = value
    if len(where) > REMEMBERED:
        where.pop(next(iter(where)))
