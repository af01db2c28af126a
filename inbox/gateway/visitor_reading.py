"""Reads of a conversation what a visitor may see, and finds the earlier ones he took part in."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping, Sequence

from inbox.core.conversation import Category, Conversation
from inbox.core.customer import identity_id
from inbox.core.ids import AgentId, ChannelId, ConversationId, CustomerId, Instant
from inbox.core.message import Address, Message
from inbox.core.permissions import Scope
from inbox.core.transcript import Transcript
from inbox.core.views import View
from inbox.core.visitor import VisitorId
from inbox.flow.committer import Committer
from inbox.flow.past import MailTranscript, TakeUp, is_his
from inbox.flow.placing import open_key
from inbox.flow.unseen import writes_letters
from inbox.flow.working import ChannelFacts
from inbox.gateway.visitor_rows import Mine, visible
from inbox.gateway.visitors import Episode, Held
from inbox.ports import Journal, Queries
from inbox.records import IDENTITIES, THREAD_KEYS

PAGE = 100
SIGNED = "signed"
PAGES = 20
"""So many of a customer's conversations are looked through for those of the browser, by ``PAGE``."""
MOST = 20
HIS = tuple(category for category in Category if category is not Category.SPAM)


async def read(queries: Queries, conversation: Conversation, facts: ChannelFacts, visitor: str, limit: int) -> Held:
    """Its newest messages that he may see, oldest first, also what went by mail from and to an address that is proved to be his."""
    mine = await _proved(queries, conversation.customer, facts, visitor)
    shown = await _newest(queries, conversation.id, lambda m: visible(m, facts.id, facts.kind, visitor, mine), limit)
    return Held(shown, mine)


async def _proved(queries: Queries, customer: CustomerId, facts: ChannelFacts, visitor: str) -> Mine:
    """The customer's proved addresses, if this visitor is that customer. That an agent merged him with another proves nothing: of the
    other's addresses he sees nothing, unless the website vouches for who he is."""
    person = await queries.customer(customer)
    known = await queries.identities_of(*(person.whole if person is not None else (customer,)))
    own = next((i for i in known if (i.kind, i.scope, i.value) == (facts.kind, facts.scope, visitor)), None)
    if own is None:
        return frozenset()
    same = [i for i in known if i.customer == own.customer]
    his = known if any(i.how == SIGNED for i in same) else same
    return frozenset((i.kind, i.value) for i in his if i.verified and i.kind != facts.kind)


async def _newest(queries: Queries, id: ConversationId, shows: Callable[[Message], bool], limit: int) -> Sequence[Message]:
    shown: list[Message] = []
    before = None
    while len(shown) < limit:
        page = await queries.timeline(id, before, PAGE)
        shown += [m for m in page if shows(m)]
        if len(page) < PAGE:
            break
        before = (page[-1].arrived_at, page[-1].id)
    return shown[:limit][::-1]


class JournalPast:
    """``visitors.Past`` on the journal. ``facts`` are the running channels', ``mailbox`` the channel to mail by, if it can."""

    def __init__(
        self, journal: Journal, queries: Queries, committer: Committer, facts: Callable[[], Mapping[ChannelId, ChannelFacts]], mailbox: str
    ) -> None:
        self._journal = journal
        self._queries = queries
        self._committer = committer
        self._facts = facts
        self._mailbox = mailbox

    def mails(self) -> bool:
        """Whether a channel is there that can write to him."""
        return writes_letters(self._facts(), self._mailbox) is not None

    async def earlier(self, channel: ChannelId, visitor: VisitorId) -> Sequence[Episode]:
        """His conversations, newest first, each with its newest message."""
        facts = self._facts().get(channel)
        if facts is None:
            return ()
        id = identity_id(facts.kind, facts.scope, visitor)
        who = (await self._journal.load({IDENTITIES: frozenset({id})}))[IDENTITIES].get(id)
        if who is None:
            return ()
        current = await self._current(facts, visitor)
        person = await self._queries.customer(who.customer)
        of_his = View("", HIS, customer=who.customer, absorbed=person.whole if person is not None else ())
        episodes: list[Episode] = []
        async for c in self._all(of_his):
            one = await self._episode(c, facts, visitor, 1, current) if is_his(c, facts, visitor) else None
            if one is not None and one.messages:
                episodes.append(one)
            if len(episodes) == MOST:
                break
        return episodes

    async def _all(self, view: View) -> AsyncIterator[Conversation]:
        """Those of a view, as far back as one looks."""
        after: str | None = None
        for _ in range(PAGES):
            page, after = await self._queries.page(view, Scope(all=True), AgentId(""), after, PAGE)
            for c in page:
                yield c
            if after is None:
                return

    async def one(self, channel: ChannelId, visitor: VisitorId, conversation: str, limit: int) -> Episode | None:
        """One of them, '' for the one he is in; None: it is not his."""
        facts = self._facts().get(channel)
        if facts is None:
            return None
        current = await self._current(facts, visitor)
        c = await self._queries.conversation(ConversationId(conversation or current))
        if c is None or not is_his(c, facts, visitor):
            return None
        return await self._episode(c, facts, visitor, limit, current)

    async def take_up(self, channel: ChannelId, visitor: VisitorId, conversation: str) -> bool:
        """From now on he writes in it; False: it is not his."""
        return await self._committer.submit(TakeUp(ConversationId(conversation), channel, visitor))

    async def mail(self, channel: ChannelId, visitor: VisitorId, conversation: str, to: str, transcript: Transcript) -> Instant:
        """Durable when it returns: 0 when it is on its way, the milliseconds to wait, or less than 0 for an address nothing is sent to."""
        by = writes_letters(self._facts(), self._mailbox)
        if by is None:
            return -1
        address = Address(by.kind, to)
        return await self._committer.submit(MailTranscript(ConversationId(conversation), channel, visitor, address, by.id, transcript))

    async def _current(self, facts: ChannelFacts, visitor: str) -> str:
        key = open_key(facts.id, identity_id(facts.kind, facts.scope, visitor))
        led = (await self._journal.load({THREAD_KEYS: frozenset({key})}))[THREAD_KEYS].get(key)
        c = None if led is None else await self._queries.conversation(led.conversation)
        return "" if c is None else c.id

    async def _episode(self, c: Conversation, facts: ChannelFacts, visitor: str, limit: int, current: str) -> Episode:
        held = await read(self._queries, c, facts, visitor, limit)
        return Episode(c.id, held.messages, c.category is Category.RESOLVED, c.id == current)
