"""Generators aimed at the hard places: equal instants, few ids that repeat, empty and long text, marks, bidi, lone surrogates."""

from __future__ import annotations

from typing import TypeVar

from hypothesis import strategies as st

from inbox.core import lifecycle
from inbox.core.agent import Role
from inbox.core.conversation import Category, ClockState, Conversation, Participant, Priority
from inbox.core.events import Facets
from inbox.core.ids import AgentId, ChannelId, ConversationId, CustomerId, Instant, MessageId, TeamId
from inbox.core.message import Address, Attachment, Author, Delivery, DeliveryState, Kind, Message
from inbox.core.permissions import Action, Actor, Grant, Sight
from inbox.core.policies import Policy, Targets

T = TypeVar("T")

NOW: Instant = 1_800_000_000_000
HOUR = 60 * 60 * 1000

ANN, BEA, BOT = AgentId("ann"), AgentId("bea"), AgentId("bot")
BY_BOT = Author("bot", "bot")
POLICY = Policy("gold", 1, targets=Targets(HOUR, HOUR, 9 * HOUR))

ODD_TEXTS = (
    "",
    " ",
    "\n\t\r\u2028",
    "\ud800",
    "a\udfffb",
    "\u202eevil\u202c",
    "\x00\x1b[31m",
    "e\u0301" * 3,
    "a" + "\u0301\u0316" * 200,
    "\ufdfa" * 50,
    "👩‍👩‍👧‍👦 🇩🇪",
    "黒猫が好き",
    "สวัสดีครับ",
    "हिन्दी भाषा",
    "İSTANBUL ısı ß ﬁne",
    "word " * 2_000,
    "x" * 5_000,
)

texts = st.sampled_from(ODD_TEXTS) | st.text(st.characters(exclude_categories=()), max_size=60)
instants = st.sampled_from([0, NOW - 1, NOW, NOW, NOW + 1, NOW + HOUR]) | st.integers(0, NOW * 2)

agent_ids = st.sampled_from([AgentId(i) for i in ("ann", "bea", "cem", "bot")])
team_ids = st.sampled_from([TeamId(i) for i in ("blue", "red")])
channel_ids = st.sampled_from([ChannelId(i) for i in ("mail", "chat")])
customer_ids = st.sampled_from([CustomerId(i) for i in ("kim", "lou")])
conversation_ids = st.sampled_from([ConversationId(f"c{i}") for i in range(5)])
message_ids = st.sampled_from([MessageId(f"m{i}") for i in range(5)])


def maybe(strategy: st.SearchStrategy[T]) -> st.SearchStrategy[T | None]:
    """The value or None."""
    return st.none() | strategy


tags = st.lists(st.sampled_from(["vip", "VIP", "refund", "späť"]), max_size=3, unique=True).map(tuple)

facets = st.builds(
    Facets,
    category=st.sampled_from(Category),
    channel=channel_ids,
    customer=customer_ids,
    assignee=maybe(agent_ids),
    team=maybe(team_ids),
    priority=st.sampled_from(Priority),
    tags=tags,
    queued=st.booleans(),
    bot=maybe(agent_ids),
    merged=st.booleans(),
    mentioned=st.lists(agent_ids, max_size=2, unique=True).map(tuple),
    followers=st.lists(agent_ids, max_size=2, unique=True).map(tuple),
    scheduled=st.booleans(),
)

actors = st.builds(
    Actor,
    id=agent_ids,
    role=st.sampled_from(Role),
    teams=st.lists(team_ids, max_size=2, unique=True).map(tuple),
    active=st.booleans(),
    custom=st.none() | st.builds(Grant, st.frozensets(st.sampled_from(Action)), st.sampled_from(Sight)),
    barred=st.lists(channel_ids, max_size=2, unique=True).map(tuple),
)

addresses = st.builds(
    Address,
    kind=st.sampled_from(["email", "phone"]),
    value=st.sampled_from(["a@x.org", "b@x.org", "A@x.org", "+491"]),
    name=texts,
)

shares = st.sampled_from([(), (1,), (50,), (80,), (99,), (50, 80), (1, 50, 99)])
policies = st.builds(
    Policy,
    id=st.just("gold"),
    version=st.integers(1, 3),
    targets=st.builds(
        Targets, first_response=maybe(st.integers(0, 100)), next_response=maybe(st.integers(0, 100)), resolution=maybe(st.integers(0, 100))
    ),
    warn_shares=shares,
)


def message(
    kind: Kind = Kind.CUSTOMER,
    *,
    id: str = "m1",
    at: Instant = NOW,
    author: Author | None = None,
    text: str = "Hello",
    automatic: str = "",
    sender: Address | None = None,
    channel: ChannelId | None = None,
    new_participant: bool = False,
    state: DeliveryState | None = None,
    subject: str = "",
    fresh: int | None = None,
    attachments: tuple[Attachment, ...] = (),
) -> Message:
    """A message of the given kind, by the customer kim or the agent ann unless said otherwise."""
    by = author or (Author("customer", "kim") if kind is Kind.CUSTOMER else Author("agent", "ann"))
    return Message(
        id=MessageId(id),
        conversation=ConversationId("c1"),
        kind=kind,
        author=by,
        at=at,
        arrived_at=at,
        channel=channel,
        sender=sender,
        text=text,
        automatic=automatic,
        new_participant=new_participant,
        delivery=None if state is None else Delivery(state),
        subject=subject,
        fresh=fresh,
        attachments=attachments,
    )


def seed(
    *,
    id: str = "c1",
    assignee: str | None = None,
    bot: str | None = None,
    team: str | None = None,
    participants: tuple[Participant, ...] = (),
) -> Conversation:
    """What a conversation is made from."""
    return Conversation(
        id=ConversationId(id),
        number=1042,
        version=0,
        channel=ChannelId("mail"),
        customer=CustomerId("kim"),
        created_at=NOW,
        updated_at=NOW,
        channels=(ChannelId("mail"),),
        assignee=None if assignee is None else AgentId(assignee),
        bot=None if bot is None else AgentId(bot),
        team=None if team is None else TeamId(team),
        participants=participants,
    )


def begun(assignee: str | None = None, bot: str | None = None, **more: object) -> Conversation:
    """A conversation that a customer began at NOW with ``message(**more)``."""
    return lifecycle.started(seed(assignee=assignee, bot=bot), message(**more), NOW, POLICY).conversation  # type: ignore[arg-type]  # builder's keywords


def as_category(category: Category, assignee: str | None = None) -> Conversation:
    """Such a conversation a millisecond later in another category; snoozed for an hour."""
    until = NOW + HOUR if category is Category.SNOOZED else None
    return lifecycle.set_category(begun(assignee), category, NOW + 1, until).conversation


def clock(c: Conversation, metric: str) -> ClockState:
    """Where one of its clocks stands."""
    return next(clock.state for clock in c.sla if clock.metric == metric)
