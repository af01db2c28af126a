"""What may happen to a conversation, and what follows: its category, queue entry, waiting mark and clocks.

Every function takes the conversation as it stands and returns a ``Changed``. The version is left to the committer.
"""

from __future__ import annotations

from collections.abc import Callable

from msgspec import UNSET, Struct, UnsetType
from msgspec.structs import replace

from inbox.core import delivery, policies, sla, triage
from inbox.core.conversation import Category, Conversation, Priority
from inbox.core.errors import Invalid
from inbox.core.events import EventType
from inbox.core.ids import AgentId, Instant, TeamId
from inbox.core.message import DeliveryState, Kind, Message, Reason
from inbox.core.transitions import ASKED, TRANSITIONS, Trigger

MAX_PARTICIPANTS = triage.MAX_PARTICIPANTS
TAKEN_BACK = "taken_back"
"""Why an answer was not sent: its author did not want it any more."""


class Happened(Struct, frozen=True, omit_defaults=True):
    """One event to be written, and why it came so where something was decided. ``tell``: who gets a notice of it beside its agent;
    ``call``: the webhooks that are called."""

    type: EventType
    reason: Reason | None = None
    tell: tuple[AgentId, ...] = ()
    call: tuple[str, ...] = ()


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


def started(seed: Conversation, message: Message, now: Instant, policy: policies.Policy | None = None) -> Changed:
    """A conversation begins with this message, a customer's or a colleague's.

    ``seed`` carries the ids, number, channel, customer, subject, team, participants, related ones and, if one shall
    serve it, the bot; its version is 0.
    """
    write = reply_queued if message.kind is Kind.REPLY else customer_wrote
    return begun(seed, message, policy).then(lambda c: write(c, message, now))


def begun(seed: Conversation, message: Message, policy: policies.Policy | None) -> Changed:
    """The same before what its first message does."""
    happened = [Happened(EventType.CONVERSATION_STARTED, message.reason)]
    if seed.bot is not None:
        happened.append(Happened(EventType.BOT_ENTERED))
    return Changed(replace(seed, sla=policies.start(policy, seed.priority)), tuple(happened))


def customer_wrote(c: Conversation, message: Message, now: Instant) -> Changed:
    """A message came in. An automatic or late one is shown, and nothing else: no reopening, no waiting mark, no clock."""
    _alive(c)
    c = triage.with_participant(triage.with_message(c, message, now), message)
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
    c = triage.with_message(c, message, now)
    changed = Changed(replace(c, last_reply=triage.reply(message)), (Happened(EventType.MESSAGE_QUEUED),))
    match message.author.kind:
        case "agent":
            return changed.then(lambda c: _answered(c, message, now))
        case "bot":
            return Changed(replace(changed.conversation, waiting_since=None), changed.happened)
        case _:
            return changed


def forwarded(c: Conversation, message: Message, now: Instant) -> Changed:
    """A message goes out to somebody else; the customer is still owed his answer."""
    _alive(c)
    return Changed(triage.with_message(c, message, now), (Happened(EventType.MESSAGE_QUEUED),))


def note_written(c: Conversation, message: Message, now: Instant) -> Changed:
    """A private note was added; nobody's turn changes."""
    _alive(c)
    return Changed(triage.with_message(c, message, now), (Happened(EventType.NOTE_WRITTEN),))


def noted_call(c: Conversation, message: Message, now: Instant) -> Changed:
    """A logged call stands in the thread; what follows from it is ``calls.logged``'s."""
    _alive(c)
    return Changed(triage.with_message(c, message, now), (Happened(EventType.CALL_LOGGED),))


def owed(c: Conversation, since: Instant, now: Instant) -> Changed:
    """The customer turned to us, and waits for an answer since then."""
    return _awaits(c, since, now).then(lambda c: _enter(c, Trigger.CUSTOMER_WROTE, now))


def answered(c: Conversation, by: Message, now: Instant) -> Changed:
    """A colleague has answered him by other means than a message."""
    return _answered(c, by, now)


def delivery_changed(c: Conversation, message: Message, now: Instant) -> Changed:
    """A sent message stands differently now. An agent's answer that failed or was cancelled makes the customer
    wait again, and if it was the last, the promise that it kept is owed again. One that still waited for its time was none, and one
    that was taken back from who waited for nothing leaves it so."""
    why = Reason(TAKEN_BACK, (message.id,)) if triage.is_taken_back(message) else None
    changed = Changed(c, (Happened(EventType.DELIVERY_CHANGED, why),))
    if message.delivery is not None and delivery.waits(message.delivery):
        return Changed(triage.unscheduled(c, message), changed.happened)
    lost = message.delivery is not None and message.delivery.state in (DeliveryState.FAILED, DeliveryState.CANCELLED)
    if not lost or message.author.kind != "agent" or c.merged_into is not None:
        return changed
    if c.last_reply is not None and c.last_reply.id == message.id:
        changed = changed.then(lambda c: Changed(_with_clocks(c, sla.on_reply_lost(c.sla, message.id))))
        stood = triage.stood(message) if why is not None else None
        if stood is not None and stood.category == c.category == Category.WAITING:
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
    since = c.assigned_at if new_agent == c.assignee else None if new_agent is None else now
    changed = Changed(replace(c, assignee=new_agent, team=new_team, assign_reason=reason, assigned_at=since), (happened,))
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


def set_followers(c: Conversation, add: tuple[AgentId, ...] = (), remove: tuple[AgentId, ...] = ()) -> Changed:
    """Who else hears when its customer writes. Raises ``Invalid`` for too many."""
    _alive(c)
    after = triage.followers(c.followers, add, remove)
    return Changed(c) if after == c.followers else Changed(replace(c, followers=after), (Happened(EventType.FOLLOWERS_CHANGED),))


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
    """The agent whose capacity it takes: open ones do, and on a chat-like channel those that wait for the customer's next line.

    What is offered to somebody takes his capacity until he has answered.
    """
    taken = c.category is Category.OPEN or (conversational and c.category is Category.WAITING)
    holder = c.assignee if c.waiting is None or c.waiting.offer is None else c.waiting.offer.agent
    return holder if taken and c.merged_into is None else None


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
    why = Reason(trigger.value, numbers={} if turned.snoozed_until is None else {"until": turned.snoozed_until})
    return Changed(turned, (Happened(EventType.STATUS_CHANGED, why),)).then(lambda c: _settle(c, now))


def _settle(c: Conversation, now: Instant) -> Changed:
    """What always holds afterwards: open and nobody's means queued, and clocks run exactly while it is the agents' turn."""
    step = sla.on_category(c.sla, c.category, now, held=c.bot is not None)
    settled = _with_clocks(c, step.clocks)
    happened = tuple(Happened(news.type, news.reason) for news in step.news)
    nobodys = c.category is Category.OPEN and c.assignee is None and c.bot is None
    if nobodys == (c.queued_at is not None):
        return Changed(settled, happened)
    if not nobodys:
        return Changed(replace(settled, queued_at=None, waiting=None, why_waiting=None), happened)
    return Changed(replace(settled, queued_at=now), (*happened, Happened(EventType.QUEUED)))


def _answered(c: Conversation, reply: Message, now: Instant) -> Changed:
    step = sla.on_reply(c.sla, now, reply.id)
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
