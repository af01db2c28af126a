"""What may happen to a conversation, and what follows: its category, queue entry, waiting mark and clocks.

Every function takes the conversation as it stands and returns a ``Changed``. The version is left to the committer.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import StrEnum

from msgspec import UNSET, Struct, UnsetType
from msgspec.structs import replace

from inbox.core import sla, triage
from inbox.core.conversation import Category, Conversation, LastMessage, Participant, Priority
from inbox.core.errors import Invalid
from inbox.core.events import EventType
from inbox.core.ids import AgentId, Instant, TeamId
from inbox.core.message import DeliveryState, Kind, Message, Reason

MAX_PARTICIPANTS = 200


class Trigger(StrEnum):
    """What can move a conversation to another category: four things that happen, then five that somebody asks for."""

    CUSTOMER_WROTE = "customer_wrote"
    ANSWERED = "answered"
    UNDELIVERED = "undelivered"
    SNOOZE_OVER = "snooze_over"
    OPEN = "open"
    WAIT = "wait"
    SNOOZE = "snooze"
    RESOLVE = "resolve"
    MARK_SPAM = "mark_spam"


_OPEN, _WAITING, _SNOOZED, _RESOLVED, _SPAM = Category.OPEN, Category.WAITING, Category.SNOOZED, Category.RESOLVED, Category.SPAM

# Theory of operation. A pair that is missing is illegal. A customer's message brings everything back to the agents
# except spam, and so does an answer that could not be delivered, because the customer still waits for it. Answering
# leaves a reminder (snoozed) and a closed matter (resolved) as they are. Spam has one way out, so that nothing is
# sent to a spammer by a slip.
TRANSITIONS: Mapping[Category, Mapping[Trigger, Category]] = {
    _OPEN: {
        Trigger.CUSTOMER_WROTE: _OPEN,
        Trigger.ANSWERED: _WAITING,
        Trigger.UNDELIVERED: _OPEN,
        Trigger.OPEN: _OPEN,
        Trigger.WAIT: _WAITING,
        Trigger.SNOOZE: _SNOOZED,
        Trigger.RESOLVE: _RESOLVED,
        Trigger.MARK_SPAM: _SPAM,
    },
    _WAITING: {
        Trigger.CUSTOMER_WROTE: _OPEN,
        Trigger.ANSWERED: _WAITING,
        Trigger.UNDELIVERED: _OPEN,
        Trigger.OPEN: _OPEN,
        Trigger.WAIT: _WAITING,
        Trigger.SNOOZE: _SNOOZED,
        Trigger.RESOLVE: _RESOLVED,
        Trigger.MARK_SPAM: _SPAM,
    },
    _SNOOZED: {
        Trigger.CUSTOMER_WROTE: _OPEN,
        Trigger.ANSWERED: _SNOOZED,
        Trigger.UNDELIVERED: _OPEN,
        Trigger.SNOOZE_OVER: _OPEN,
        Trigger.OPEN: _OPEN,
        Trigger.WAIT: _WAITING,
        Trigger.SNOOZE: _SNOOZED,
        Trigger.RESOLVE: _RESOLVED,
        Trigger.MARK_SPAM: _SPAM,
    },
    _RESOLVED: {
        Trigger.CUSTOMER_WROTE: _OPEN,
        Trigger.ANSWERED: _RESOLVED,
        Trigger.UNDELIVERED: _OPEN,
        Trigger.OPEN: _OPEN,
        Trigger.WAIT: _WAITING,
        Trigger.SNOOZE: _SNOOZED,
        Trigger.RESOLVE: _RESOLVED,
        Trigger.MARK_SPAM: _SPAM,
    },
    _SPAM: {
        Trigger.CUSTOMER_WROTE: _SPAM,
        Trigger.UNDELIVERED: _SPAM,
        Trigger.OPEN: _OPEN,
        Trigger.MARK_SPAM: _SPAM,
    },
}

ASKED: Mapping[Category, Trigger] = {
    _OPEN: Trigger.OPEN,
    _WAITING: Trigger.WAIT,
    _SNOOZED: Trigger.SNOOZE,
    _RESOLVED: Trigger.RESOLVE,
    _SPAM: Trigger.MARK_SPAM,
}
"""The trigger by which somebody asks for a category."""


class Happened(Struct, frozen=True, omit_defaults=True):
    """One event to be written, and why it came so where something was decided."""

    type: EventType
    reason: Reason | None = None


class Changed(Struct, frozen=True):
    """The conversation afterwards and what happened, in order. Nothing happened: nothing is to be written."""

    conversation: Conversation
    happened: tuple[Happened, ...] = ()

    @property
    def types(self) -> tuple[EventType, ...]:
        """The kinds of event, in order."""
        return tuple(h.type for h in self.happened)

    @property
    def reason(self) -> Reason | None:
        """The first reason given."""
        return next((h.reason for h in self.happened if h.reason is not None), None)

    def then(self, step: Callable[[Conversation], Changed]) -> Changed:
        """Take a further step from here."""
        later = step(self.conversation)
        return Changed(later.conversation, self.happened + later.happened)


def started(seed: Conversation, message: Message, now: Instant, policy: sla.Policy | None = None) -> Changed:
    """A conversation begins with this message, a customer's or a colleague's.

    ``seed`` carries the ids, number, channel, customer, subject, team, participants, related ones and, if one shall
    serve it, the bot; its version is 0.
    """
    happened = [Happened(EventType.CONVERSATION_STARTED, message.reason)]
    if seed.bot is not None:
        happened.append(Happened(EventType.BOT_ENTERED))
    changed = Changed(replace(seed, sla=sla.start(policy)), tuple(happened))
    write = reply_queued if message.kind is Kind.REPLY else customer_wrote
    return changed.then(lambda c: write(c, message, now))


def customer_wrote(c: Conversation, message: Message, now: Instant) -> Changed:
    """A message came in. An automatic or late one is shown, and nothing else: no reopening, no waiting mark, no clock."""
    _alive(c)
    c = _with_participant(_with_message(c, message, now), message)
    quiet = bool(message.automatic) or message.late
    heard_at = c.heard_at if quiet else max(c.heard_at or 0, message.at)
    c = replace(c, reply_channel=c.reply_channel if quiet and c.reply_channel else message.channel, heard_at=heard_at)
    changed = Changed(c, (Happened(EventType.MESSAGE_RECEIVED, message.reason),))
    if quiet:
        return changed.then(lambda c: _settle(c, now))
    return changed.then(lambda c: _awaits(c, min(now, message.arrived_at), now)).then(lambda c: _enter(c, Trigger.CUSTOMER_WROTE, now))


def reply_queued(c: Conversation, message: Message, now: Instant) -> Changed:
    """An answer goes out. An agent's keeps the response promises, takes over from a bot and makes it the customer's turn.

    A bot's only ends the customer's wait; the house's own notices change nothing but the thread.
    Raises ``Invalid`` for spam: nothing is sent there.
    """
    _alive(c)
    if c.category is Category.SPAM:
        raise Invalid("conversation", "it is marked as spam; open it before you answer")
    c = _with_message(c, message, now)
    reply = LastMessage(message.id, message.arrived_at, message.kind, message.author.id or message.author.kind, "")
    changed = Changed(replace(c, last_reply=reply), (Happened(EventType.MESSAGE_QUEUED),))
    match message.author.kind:
        case "agent":
            return changed.then(lambda c: _answered(c, now))
        case "bot":
            return Changed(replace(changed.conversation, waiting_since=None), changed.happened)
        case _:
            return changed


def forwarded(c: Conversation, message: Message, now: Instant) -> Changed:
    """A message goes out to somebody else; the customer is still owed his answer."""
    _alive(c)
    return Changed(_with_message(c, message, now), (Happened(EventType.MESSAGE_QUEUED),))


def note_written(c: Conversation, message: Message, now: Instant) -> Changed:
    """A private note was added; nobody's turn changes."""
    _alive(c)
    return Changed(_with_message(c, message, now), (Happened(EventType.NOTE_WRITTEN),))


def delivery_changed(c: Conversation, message: Message, now: Instant) -> Changed:
    """A sent message stands differently now. An agent's answer that failed or was cancelled makes the customer wait again."""
    changed = Changed(c, (Happened(EventType.DELIVERY_CHANGED),))
    lost = message.delivery is not None and message.delivery.state in (DeliveryState.FAILED, DeliveryState.CANCELLED)
    if not lost or message.author.kind != "agent" or c.merged_into is not None:
        return changed
    return changed.then(lambda c: _enter(c, Trigger.UNDELIVERED, now)).then(lambda c: _waits(c, now))


def set_category(c: Conversation, category: Category, now: Instant, until: Instant | None = None, status: str = "") -> Changed:
    """Somebody asks for another category, under the name ``status`` if that is a custom one.

    Snoozing needs ``until``, an instant in the future. Raises ``Invalid`` for what the table does not allow.
    """
    _alive(c)
    if category is Category.SNOOZED and (until is None or until <= now):
        raise Invalid("until", "snooze needs an instant in the future")
    if category is not Category.SNOOZED and until is not None:
        raise Invalid("until", "only snooze has an end")
    return _enter(c, ASKED[category], now, until, status)


def snooze_over(c: Conversation, epoch: int, now: Instant) -> Changed:
    """The snooze timer of this epoch went off; nothing happens when it is void or early."""
    if c.category is not Category.SNOOZED or epoch != c.snooze_epoch or c.snoozed_until is None or now < c.snoozed_until:
        return Changed(c)
    return _enter(c, Trigger.SNOOZE_OVER, now)


def sla_fired(c: Conversation, metric: str, kind: sla.Alarm, epoch: int, now: Instant) -> Changed:
    """A clock's alarm of this epoch went off; nothing happens when it is void or early."""
    fired = {clock.metric: sla.fire(clock, kind, epoch, now) for clock in c.sla if clock.metric == metric}.get(metric)
    if not isinstance(fired, sla.Fired):
        return Changed(c)
    clocks = tuple(fired.clock if clock.metric == metric else clock for clock in c.sla)
    return Changed(_with_clocks(c, clocks), (Happened(fired.news.type, fired.news.reason),))


def assign(
    c: Conversation, agent: AgentId | UnsetType | None, team: TeamId | UnsetType | None, reason: Reason | None, now: Instant
) -> Changed:
    """Give it to an agent or team, or take it away (None); ``UNSET`` leaves that part. A person takes over from a bot."""
    _alive(c)
    new_agent = c.assignee if isinstance(agent, UnsetType) else agent
    new_team = c.team if isinstance(team, UnsetType) else team
    if (new_agent, new_team) == (c.assignee, c.team):
        return Changed(c)
    taken = new_agent is None and c.assignee is not None
    happened = Happened(EventType.UNASSIGNED if taken else EventType.ASSIGNED, reason)
    changed = Changed(replace(c, assignee=new_agent, team=new_team, assign_reason=reason), (happened,))
    if new_agent is not None:
        changed = changed.then(_without_bot)
    return changed.then(lambda c: _settle(c, now))


def queue(c: Conversation, now: Instant, reason: Reason | None = None) -> Changed:
    """Give it back: neither agent nor bot holds it, and if it is open it waits for the next agent."""
    return assign(c, None, UNSET, reason, now).then(_without_bot).then(lambda c: _settle(c, now))


def bot_enters(c: Conversation, bot: AgentId, now: Instant) -> Changed:
    """A bot serves an open conversation that nobody holds. Raises ``Invalid`` otherwise."""
    _alive(c)
    if c.bot == bot:
        return Changed(c)
    if c.assignee is not None or c.category is not Category.OPEN:
        raise Invalid("bot", "a bot can only take an open conversation that no agent holds")
    return Changed(replace(c, bot=bot), (Happened(EventType.BOT_ENTERED),)).then(lambda c: _settle(c, now))


def bot_leaves(c: Conversation, now: Instant, reason: Reason | None = None) -> Changed:
    """The bot hands over or failed: the customer now waits for a person."""
    if c.bot is None:
        return Changed(c)
    return _without_bot(c, reason).then(lambda c: _waits(c, now)).then(lambda c: _settle(c, now))


def set_priority(c: Conversation, priority: Priority) -> Changed:
    """Change how urgent it is."""
    _alive(c)
    if c.priority is priority:
        return Changed(c)
    return Changed(replace(c, priority=priority), (Happened(EventType.PRIORITY_CHANGED),))


def set_tags(c: Conversation, add: tuple[str, ...] = (), remove: tuple[str, ...] = ()) -> Changed:
    """Add and remove tags; see ``triage.tags`` for what a tag is. Raises ``Invalid``."""
    _alive(c)
    tags = triage.tags(c.tags, add, remove)
    return Changed(c) if tags == c.tags else Changed(replace(c, tags=tags), (Happened(EventType.TAGS_CHANGED),))


def set_subject(c: Conversation, subject: str) -> Changed:
    """Rename it. Raises ``Invalid`` when nothing visible is left of the name, or it is too long."""
    _alive(c)
    line = triage.subject(subject)
    return Changed(c) if line == c.subject else Changed(replace(c, subject=line), (Happened(EventType.SUBJECT_CHANGED),))


def accept_participant(c: Conversation, kind: str, value: str) -> Changed:
    """An agent vouches for a newcomer, who from now on is answered like the others. Raises ``NotFound``."""
    _alive(c)
    participants = triage.accepted(c.participants, kind, value)
    if participants == c.participants:
        return Changed(c)
    return Changed(replace(c, participants=participants), (Happened(EventType.PARTICIPANT_ACCEPTED),))


def split_participant(c: Conversation, kind: str, value: str) -> Changed:
    """A participant and his messages leave for a conversation of their own. Raises ``NotFound``, ``Invalid`` for the only one."""
    _alive(c)
    participants = triage.without(c.participants, kind, value)
    return Changed(replace(c, participants=participants), (Happened(EventType.PARTICIPANT_SPLIT),))


def occupies(c: Conversation, *, conversational: bool) -> AgentId | None:
    """The agent whose capacity it takes: open ones do, and on a chat-like channel those that wait for the customer's next line."""
    taken = c.category is Category.OPEN or (conversational and c.category is Category.WAITING)
    return c.assignee if taken and c.merged_into is None else None


def _alive(c: Conversation) -> None:
    if c.merged_into is not None:
        raise Invalid("conversation", "it was merged into another one; change that one")


def _enter(c: Conversation, trigger: Trigger, now: Instant, until: Instant | None = None, status: str = "") -> Changed:
    to = TRANSITIONS[c.category].get(trigger)
    if to is None:
        raise Invalid("status", f"a conversation that is {c.category.value} cannot do this: {trigger.value}")
    name = status or (c.status if to is c.category else to.value)
    if (to, name) == (c.category, c.status) and trigger is not Trigger.SNOOZE:
        return _settle(c, now)
    turned = replace(
        c,
        category=to,
        status=name,
        updated_at=max(c.updated_at, now),
        waiting_since=c.waiting_since if to in (Category.OPEN, Category.SNOOZED) else None,
        snoozed_until=until if to is Category.SNOOZED else None,
        snooze_epoch=c.snooze_epoch + (to is Category.SNOOZED),
        resolved_at=now if to is Category.RESOLVED else None,
    )
    return Changed(turned, (Happened(EventType.STATUS_CHANGED, Reason(trigger.value)),)).then(lambda c: _settle(c, now))


def _settle(c: Conversation, now: Instant) -> Changed:
    """What always holds afterwards: open and nobody's means queued, and clocks run exactly while it is the agents' turn."""
    step = sla.on_category(c.sla, c.category, now, held=c.bot is not None)
    settled = _with_clocks(c, step.clocks)
    happened = tuple(Happened(news.type, news.reason) for news in step.news)
    nobodys = c.category is Category.OPEN and c.assignee is None and c.bot is None
    if nobodys == (c.queued_at is not None):
        return Changed(settled, happened)
    if not nobodys:
        return Changed(replace(settled, queued_at=None), happened)
    return Changed(replace(settled, queued_at=now), (*happened, Happened(EventType.QUEUED)))


def _answered(c: Conversation, now: Instant) -> Changed:
    step = sla.on_reply(c.sla, now)
    news = tuple(Happened(item.type, item.reason) for item in step.news)
    answered = Changed(replace(_with_clocks(c, step.clocks), waiting_since=None), news)
    return answered.then(_without_bot).then(lambda c: _enter(c, Trigger.ANSWERED, now))


def _awaits(c: Conversation, since: Instant, now: Instant) -> Changed:
    """The customer waits from when his message arrived; what is promised counts from when we had it."""
    if c.category is Category.SPAM:
        return Changed(c)
    since = since if c.waiting_since is None else min(since, c.waiting_since)
    return Changed(replace(c, sla=sla.on_customer_message(c.sla, now), waiting_since=since))


def _waits(c: Conversation, now: Instant) -> Changed:
    return Changed(replace(c, waiting_since=now) if c.category is Category.OPEN and c.waiting_since is None else c)


def _without_bot(c: Conversation, reason: Reason | None = None) -> Changed:
    return Changed(c) if c.bot is None else Changed(replace(c, bot=None), (Happened(EventType.BOT_LEFT, reason),))


def _with_clocks(c: Conversation, clocks: sla.Clocks) -> Conversation:
    return replace(c, sla=clocks, sort_due=sla.sort_due(clocks))


def _with_message(c: Conversation, message: Message, now: Instant) -> Conversation:
    """A message that arrives out of order is counted, but the list keeps showing the newest."""
    last = triage.newest(message)
    newest = c.last is None or (c.last.at, c.last.id) <= (last.at, last.id)
    added = message.channel is not None and message.channel not in c.channels
    return replace(
        c,
        last=last if newest else c.last,
        messages=c.messages + 1,
        inbound=c.inbound + (message.kind is Kind.CUSTOMER),
        updated_at=max(c.updated_at, now),
        channels=(*c.channels, message.channel) if added else c.channels,
    )


def _with_participant(c: Conversation, message: Message) -> Conversation:
    sender = message.sender
    present = {(p.kind, p.value) for p in c.participants}
    if sender is None or len(present) >= MAX_PARTICIPANTS or (sender.kind, sender.value) in present:
        return c
    newcomer = Participant(sender.kind, sender.value, sender.name, accepted=not message.new_participant, customer=message.customer)
    return replace(c, participants=(*c.participants, newcomer))
