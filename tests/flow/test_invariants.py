"""Whatever happens in whatever order, on two processes, with crashes and a database that comes and goes: what must always hold, holds."""

from __future__ import annotations

import asyncio
from collections import Counter
from contextlib import AsyncExitStack
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from msgspec import UNSET

from inbox.connector import BotAction, IdentityProof, InboundMessage, Item, Receipt
from inbox.core import commands as c
from inbox.core import tokens
from inbox.core.agent import Role
from inbox.core.conversation import Category, Conversation, Priority
from inbox.core.errors import InboxError, Rejected, TryLater
from inbox.core.events import Event, facets
from inbox.core.ids import AgentId, ChannelId, MessageId, message_id
from inbox.core.lifecycle import occupies
from inbox.core.message import Address, DeliveryState, Kind, Message
from inbox.core.permissions import Actor
from inbox.flow.working import timers_of
from inbox.testing.builders import a_team
from inbox.testing.clock import ManualClock, settle
from inbox.testing.memory_store import MemoryStore
from inbox.testing.recording_connector import ACCEPTS, LOSES_ANSWER, LOSES_MESSAGE, TAKES_AND_HANGS, Does, raises
from tests.flow.house import BOT, CHAT, KEY, MAIL, MINUTE, ROBOT, TEAM, House, World, stored_in

PEOPLE = tuple(Address("email", f"{name}@example.org", name.title()) for name in ("anna", "bob", "eve"))
VISITORS = tuple(Address("visitor", f"v{n}") for n in range(2))
AGENTS = tuple(AgentId(name) for name in ("mia", "ben"))
BEHAVIOURS: tuple[Does, ...] = (
    ACCEPTS,
    TAKES_AND_HANGS,
    LOSES_ANSWER,
    LOSES_MESSAGE,
    raises(TryLater("busy")),
    raises(Rejected("no")),
    raises(LookupError("a bug")),
    Does(refused={PEOPLE[0].value: "full"}),
)

moods = st.sampled_from(BEHAVIOURS)
few = st.integers(0, 11)
either = st.integers(0, 1)


class Life(RuleBasedStateMachine):
    """Two processes over one store.

    ``sent`` are the keys of what customers wrote and got acknowledged, ``tried_again`` what agents asked to be sent again.
    """

    def __init__(self) -> None:
        super().__init__()
        self.runner = asyncio.Runner()
        self.memory = MemoryStore()
        self.clock = ManualClock()
        self.world = World()
        self.stack = AsyncExitStack()
        self.houses: list[House] = []
        self.sent: set[tuple[ChannelId, str]] = set()
        self.tried_again: set[MessageId] = set()
        self.count = 0

    def do(self, work: Any) -> Any:
        """Run it, and everything that follows from it."""

        async def whole() -> Any:
            try:
                result = await work
            except InboxError as refused:
                result = refused
            for _ in range(3):
                await settle(60)
                for house in self.houses:
                    await house.intake.drain()
                    await house.committer.drain()
            return result

        return self.runner.run(whole())

    @initialize()
    def opens(self) -> None:
        """Two processes, two agents and a bot."""
        self.runner.run(self._start())
        self.do(self._hire())

    async def _start(self) -> None:
        store = stored_in(self.memory)
        self.houses = [House(store, self.clock, self.world, name, bot=True) for name in ("one", "two")]
        self.stack = AsyncExitStack()
        for house in self.houses:
            await self.stack.enter_async_context(house.running())

    async def _hire(self) -> None:
        await self.memory.directory.save_team(a_team(TEAM))
        for agent in AGENTS:
            await self.houses[0].hire(agent, capacity=3, teams=(TEAM,), role=Role.SUPERVISOR)
        await self.houses[0].hire(BOT, role=Role.BOT, online=False)

    def teardown(self) -> None:
        """When everything works again, what was acknowledged is there. Then both end."""
        if self.houses:
            self.memory.away = False
            for _ in range(4):
                self.do(self.clock.advance(30_000))
            unsettled = [row for row in self.memory.tables.deliveries.values() if row.state == "received"]
            stored = {m.id for m in self.messages}
            self.runner.run(self.stack.aclose())
            assert unsettled == []
            assert [key for channel, key in self.sent if message_id(channel, key) not in stored] == []
        self.runner.close()

    # What is there

    @property
    def conversations(self) -> list[Conversation]:
        """All, by number."""
        found: list[Conversation] = list(self.memory.tables.nouns["conversations"].values())
        return sorted(found, key=lambda x: x.number)

    @property
    def messages(self) -> list[Message]:
        """All, in the order of their arrival."""
        found: list[Message] = list(self.memory.tables.nouns["messages"].values())
        return sorted(found, key=lambda m: (m.arrived_at, m.id))

    def some(self, n: int, of: list[Any]) -> Any:
        """One of them, None if there is none."""
        return of[n % len(of)] if of else None

    # What customers do

    @rule(at=either, who=few, about=few, automatic=st.booleans(), by_token=st.booleans(), twice=st.booleans())
    def mail(self, at: int, who: int, about: int, automatic: bool, by_token: bool, twice: bool) -> None:
        """Anew, about an earlier one, by a token, or one that was there already."""
        earlier = [m for m in self.messages if m.channel == MAIL and m.external_id]
        target = self.some(about, earlier) if about % 3 else None
        self.count += not (twice and self.count)
        item = InboundMessage(
            key=f"m{self.count}",
            sender=PEOPLE[who % 3],
            external_id=f"<m{self.count}@x>",
            cc=(PEOPLE[about % 3],),
            subject="S",
            text=f"mail {self.count}",
            references=() if target is None or by_token else (target.external_id,),
            tokens=(tokens.reply_token(KEY, target.conversation),) if target is not None and by_token else (),
            automatic="auto-reply" if automatic else "",
        )
        self._deliver(at, MAIL, item)

    @rule(at=either, who=either, prove=st.booleans())
    def line(self, at: int, who: int, prove: bool) -> None:
        """A visitor says something."""
        self.count += 1
        said = InboundMessage(f"l{self.count}", VISITORS[who], text=f"line {self.count}", authenticated=True)
        proof: list[Item] = [IdentityProof(VISITORS[who], PEOPLE[who], "signed")] if prove else []
        self._deliver(at, CHAT, *proof, said)

    @rule(at=either, which=few, state=st.sampled_from([DeliveryState.DELIVERED, DeliveryState.READ, DeliveryState.FAILED]))
    def receipt(self, at: int, which: int, state: DeliveryState) -> None:
        """A provider reports."""
        reply = self.some(which, [m for m in self.messages if m.delivery is not None and m.delivery.provider_id])
        if reply is not None and reply.channel is not None:
            self._deliver(at, reply.channel, Receipt(state, provider_id=reply.delivery.provider_id))

    def _deliver(self, at: int, channel: ChannelId, *items: Item) -> None:
        self.count += 1
        result = self.do(self.houses[at].deliver(*items, channel=channel, key=f"d{self.count}"))
        if not isinstance(result, InboxError):
            self.sent |= {(channel, item.key) for item in items if isinstance(item, InboundMessage)}

    # What agents do

    @rule(
        at=either,
        who=either,
        which=few,
        then=st.sampled_from([None, Category.RESOLVED]),
        seen=st.booleans(),
        hold=st.sampled_from([0, 30_000]),
        mood=moods,
    )
    def reply(self, at: int, who: int, which: int, then: Category | None, seen: bool, hold: int, mood: Does) -> None:
        """Having seen everything or not caring, to close or not, kept back for a while or not; the provider is in some mood."""
        conversation = self.some(which, self.conversations)
        if conversation is not None:
            last = conversation.last.id if conversation.last else None
            self.count += 1
            self.world.mail.will(mood)
            text = f"reply {self.count}"
            command = c.Reply(conversation.id, f"r{self.count}", text, seen=last, anyway=not seen, then=then, hold=hold)
            self._command(at, who, command)
            self.do(self.clock.advance(100))

    @rule(at=either, who=either, which=few, to=st.sampled_from(Category), soon=st.integers(1, 90))
    def status(self, at: int, who: int, which: int, to: Category, soon: int) -> None:
        """Any other category."""
        until = self.clock.now() + soon * MINUTE if to is Category.SNOOZED else None
        self._about(at, who, which, lambda id: c.SetStatus(id, to, until=until))

    @rule(at=either, who=either, which=few, to=st.sampled_from([*AGENTS, None, UNSET]), team=st.sampled_from([TEAM, None, UNSET]))
    def assign(self, at: int, who: int, which: int, to: Any, team: Any) -> None:
        """To anybody, or back."""
        self._about(at, who, which, lambda id: c.Assign(id, to, team))

    @rule(at=either, who=either, which=few, bot=st.booleans(), urgent=st.booleans())
    def hand(self, at: int, who: int, which: int, bot: bool, urgent: bool) -> None:
        """Give it to the bot or take it back; or change how urgent it is, or whether one follows it."""
        self._about(at, who, which, lambda id: c.GiveToBot(id, ROBOT if bot else None))
        self._about(at, who, which, lambda id: c.SetPriority(id, Priority.URGENT if urgent else Priority.LOW))
        self._about(at, who, which, lambda id: c.Follow(id, urgent))

    @rule(at=either, who=either, which=few, person=few, off=st.booleans())
    def participant(self, at: int, who: int, which: int, person: int, off: bool) -> None:
        """Accept or split off."""
        crowded = [x for x in self.conversations if len(x.participants) > 1]
        conversation = self.some(which, crowded)
        if conversation is not None:
            him = self.some(person, conversation.participants)
            kind = c.SplitParticipant if off else c.AcceptParticipant
            self._command(at, who, kind(conversation.id, him.kind, him.value))

    @rule(at=either, who=either, which=few)
    def take_back(self, at: int, who: int, which: int) -> None:
        """Call back what has not left yet."""
        waiting = [m for m in self.messages if m.delivery is not None and m.delivery.state is DeliveryState.PENDING]
        reply = self.some(which, waiting)
        if reply is not None:
            self._command(at, who, c.CancelSend(reply.conversation, reply.id))

    @rule(at=either, who=either, which=few, cancel=st.booleans())
    def redeliver(self, at: int, who: int, which: int, cancel: bool) -> None:
        """Call back, or try again."""
        reply = self.some(which, [m for m in self.messages if m.kind is Kind.REPLY])
        if reply is not None and cancel:
            self._command(at, who, c.CancelSend(reply.conversation, reply.id))
        elif reply is not None:
            self.tried_again.add(reply.id)
            self._command(at, who, c.Retry(reply.conversation, reply.id))

    def _about(self, at: int, who: int, which: int, make: Any) -> None:
        conversation = self.some(which, self.conversations)
        if conversation is not None:
            self._command(at, who, make(conversation.id))

    def _command(self, at: int, who: int, command: c.Command) -> None:
        self.do(self.houses[at].do(Actor(AGENTS[who], Role.SUPERVISOR, (TEAM,)), command))

    # What happens around

    @rule(who=either, there=st.booleans())
    def comes_or_goes(self, who: int, there: bool) -> None:
        """An agent sits down or leaves."""
        for house in self.houses:
            (house.comes if there else house.goes)(AGENTS[who])
        self.do(asyncio.sleep(0))

    @rule(does=moods, can_tell=st.booleans(), trouble=st.sampled_from([None, TryLater("busy"), LookupError("a bug")]))
    def provider(self, does: Does, can_tell: bool, trouble: Exception | None) -> None:
        """The other side is in some mood, and can or cannot tell what became of earlier messages."""
        self.world.mail.will(does)
        self.world.mail.can_look_up, self.world.mail.answers_look_up = can_tell, trouble

    @rule(text=st.sampled_from(["reply", "hand_over", "tag"]))
    def bot(self, text: str) -> None:
        """The bot's next idea."""
        self.world.bot.append([BotAction(text, "moo")])

    @rule(minutes=st.sampled_from([0, 1, 6, 45, 70]))
    def time_passes(self, minutes: int) -> None:
        """Deadlines, snoozes, retries and mail copies fall due."""
        self.do(self.clock.advance(minutes * MINUTE + 1_000))

    @rule(then=few)
    def away(self, then: int) -> None:
        """The database does not answer for a moment."""
        self.memory.away = True
        self.do(self.clock.advance(5_000 if then % 2 else 10))
        self.memory.away = False
        self.do(self.clock.advance(3_000))

    @rule(which=either, later=st.sampled_from([0, 3, 20]))
    def crash(self, which: int, later: int) -> None:
        """Both processes are killed in the middle of something, and started again."""
        self.runner.run(self._crash(which, later))
        self.do(self.clock.advance(1_000))

    async def _crash(self, which: int, later: int) -> None:
        work = asyncio.gather(
            self.houses[which].write(f"at the end {self.count}", key=f"x{self.count}"),
            self.clock.advance(10),
            return_exceptions=True,
        )
        for _ in range(later):
            await asyncio.sleep(0)
        await self.stack.aclose()
        work.cancel()
        await asyncio.gather(work, return_exceptions=True)
        await self._start()

    # What must always hold

    def _events(self) -> list[Event]:
        return [self.memory.tables.events[key] for key in sorted(self.memory.tables.events)]

    @invariant()
    def journal_is_dense(self) -> None:
        """No writer leaves a number out."""
        by_writer: dict[int, list[int]] = {}
        for event in self._events():
            by_writer.setdefault(event.o, []).append(event.n)
        assert all(numbers == list(range(1, len(numbers) + 1)) for numbers in by_writer.values())

    @invariant()
    def entries_chain(self) -> None:
        """Folding a conversation's entries gives what is stored, and its version only rises."""
        by_conversation: dict[str, list[Event]] = {}
        for event in sorted(self._events(), key=lambda e: (e.version, e.o, e.n)):
            if event.conversation is not None:
                by_conversation.setdefault(event.conversation, []).append(event)
        stored = {x.id: x for x in self.conversations}
        assert by_conversation.keys() == stored.keys()
        for id, events in by_conversation.items():
            assert events[0].before is None
            assert all(one.after == other.before for one, other in pairwise(events))
            assert len({(e.version, e.o) for e in events}) == len({e.version for e in events}), "one version, one writer"
            assert events[-1].after == facets(stored[id])  # type: ignore[index]  # an id
            assert events[-1].version <= stored[id].version  # type: ignore[index]  # an id

    @invariant()
    def loads_are_what_is_held(self) -> None:
        """An agent's load is the weight of what he holds."""
        facts = self.houses[0].channels.facts() if self.houses else {}
        held: Counter[str] = Counter()
        for x in self.conversations:
            holder = occupies(x, conversational=facts[x.channel].conversational)
            if holder is not None:
                held[holder] += facts[x.channel].weight
        assert {a.id: a.load for a in self.memory.tables.nouns["agents"].values() if a.load} == dict(held)

    @invariant()
    def timers_follow_from_state(self) -> None:
        """Nothing else is armed, and nothing is missing."""
        wanted = {t.id: (t.kind, t.due_at) for x in self.conversations for t in timers_of(x, 0)}
        assert {t.id: (t.kind, t.due_at) for t in self.memory.tables.nouns["timers"].values()} == wanted

    @invariant()
    def counts_are_what_is_there(self) -> None:
        """Messages, the customer's among them, and the newest of them, but for what was taken back before it left."""
        messages = self.messages
        for x in self.conversations:
            mine = [m for m in messages if m.conversation == x.id]
            assert (x.messages, x.inbound) == (len(mine), sum(m.kind is Kind.CUSTOMER for m in mine))
            assert x.last is not None
            assert x.last.id == next(m.id for m in reversed(mine) if not _was_taken_back(m))
            assert x.last_reply is None or not _was_taken_back(self.memory.tables.nouns["messages"][x.last_reply.id])
            assert x.newest_at == mine[-1].arrived_at
            assert len({m.arrived_at for m in mine}) == len(mine), "a thread has one order"

    @invariant()
    def nothing_is_sent_twice(self) -> None:
        """Unless an agent asks for it, whatever the provider did and whenever the process died. What nobody can tell of is sent once
        more where receivers know a repetition by its id."""
        repeated = {m.id for m in self.messages if m.delivery is not None and m.delivery.repeated}
        for provider in (self.world.mail, self.world.chat):
            times: Counter[MessageId] = Counter(m.id for m in provider.accepted)
            assert {id for id, n in times.items() if n > 1} <= self.tried_again | repeated
            assert {id for id, n in times.items() if n > 2} <= self.tried_again


def _was_taken_back(message: Message) -> bool:
    """Nothing that somebody else called back, which says why."""
    return message.delivery is not None and message.delivery.state is DeliveryState.CANCELLED and message.delivery.error == ""


TestLife = pytest.mark.timeout(600)(Life.TestCase)
TestLife.settings = settings(max_examples=30, stateful_step_count=40, deadline=None)
