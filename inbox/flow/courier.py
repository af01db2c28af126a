"""One attempt to bring a claimed message to its provider, or to learn what became of an earlier one."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext

import structlog

from inbox.connector import Connector, OutboundMessage, Sent
from inbox.core import delivery
from inbox.core.conversation import FAR_FUTURE
from inbox.core.errors import InboxError, NeedsLogin, Rejected, TryLater, Unknown, Unsupported
from inbox.core.ids import ChannelId, Instant
from inbox.core.message import Delivery, Message
from inbox.flow.composing import Composer
from inbox.flow.traffic import Traffic
from inbox.ports import Clock

AFTER_LOGIN_MS = 5 * 60 * 1000
AFTER_PAUSE_MS = 10_000
LOOK_UP_SECONDS = 100.0
LOOK_UP_AFTER_MS = 10_000
"""An uncertain message may still be on its way into the provider's records."""

log = structlog.get_logger(__name__)

Outcome = Callable[[Delivery, Instant], Delivery]
Attempt = tuple[Outcome, str]
"""What the attempt makes of the delivery, and the id that answers will refer to."""


class Courier:
    """Talks to connectors and turns whatever comes of it into an outcome; raises nothing but a cancellation."""

    def __init__(
        self,
        find: Callable[[ChannelId], Connector | None],
        composer: Composer,
        clock: Clock,
        jitter: Callable[[], float],
        traffic: Traffic,
        paused: Callable[[ChannelId], bool] = lambda channel: False,
        hold: Callable[[Connector], AbstractContextManager[None]] = lambda connector: nullcontext(),
    ) -> None:
        """``paused`` channels send nothing for now. Within ``hold`` a connector is used, and not closed before its end."""
        self._find = find
        self._composer = composer
        self._clock = clock
        self._jitter = jitter
        self._traffic = traffic
        self._paused = paused
        self._hold = hold

    async def send(self, message: Message, d: Delivery) -> Attempt:
        """Hand it over. Until the connector is called it is certain that nothing was sent, afterwards only what it says is."""
        if message.channel is not None and self._paused(message.channel):
            return _put_off(d, "channel_paused", self._clock.now() + AFTER_PAUSE_MS)
        try:
            connector, outbound = await self._prepared(message)
        except Rejected as no:
            return _failed(d, no.reason, no.recipients)
        except TryLater as later:
            return self._later(d, message, later)
        except Exception:
            log.exception("message_not_composed", message=message.id)
            return self._later(d, message, TryLater("not_composed"))
        if d.lease_until is not None and self._clock.now() >= d.lease_until:
            # Whoever took it over meanwhile may have sent it. If nobody did, it is certain that nothing was sent.
            return _put_off(d, "lease_was_over", self._clock.now())
        with self._hold(connector):
            return await self._hand_over(message, d, connector, outbound)

    async def _hand_over(self, message: Message, d: Delivery, connector: Connector, outbound: OutboundMessage) -> Attempt:
        try:
            async with asyncio.timeout(connector.send_seconds(outbound)):
                sent = await connector.send(outbound)
            self._traffic.went(connector.channel)
            return self._accepted(d, message, sent)
        except Rejected as no:
            self._traffic.went(connector.channel)
            return _failed(d, no.reason, no.recipients)
        except NeedsLogin as login:
            self._traffic.failed(connector.channel, login)
            return _put_off(d, f"{delivery.NEEDS_LOGIN}: {login.reason}"[:300], self._clock.now() + AFTER_LOGIN_MS)
        except TryLater as later:
            self._noticed(connector, later)
            return self._later(d, message, later)
        except Unknown as unsure:
            self._traffic.failed(connector.channel, unsure)
            return self._unknown(d, unsure.reason or "unknown", unsure.recipients)
        except TimeoutError:
            self._traffic.failed(connector.channel, Unknown("no_answer"))
            return self._unknown(d, "no_answer")
        except Exception:
            log.exception("connector_failed", message=message.id)
            return self._unknown(d, "connector_failed")

    def _noticed(self, connector: Connector, later: TryLater) -> None:
        """A refusal of this message alone says that the provider is there."""
        if later.away:
            self._traffic.failed(connector.channel, later)
        else:
            self._traffic.went(connector.channel)

    async def look_up(self, message: Message, d: Delivery) -> Attempt:
        """Ask the provider what became of an uncertain send.

        Where it cannot tell, the message is repeated once if receivers recognise a repetition. Then a human decides.
        """
        try:
            connector, outbound = await self._prepared(message)
            with self._hold(connector):
                async with asyncio.timeout(LOOK_UP_SECONDS):
                    found = await connector.lookup(outbound)
        except Unsupported:
            return self._repeat(d, connector.capabilities.repeat_after)
        except InboxError as error:
            return self._look_again(d, message, error)
        except Exception:
            log.exception("lookup_failed", message=message.id)
            return self._look_again(d, message, TryLater())
        return _put_off(d, "was_not_accepted", self._clock.now()) if found is None else self._accepted(d, message, found)

    def _repeat(self, d: Delivery, after: int | None) -> Attempt:
        if after is None or d.repeated:
            return _unknown(d, "uncertain", FAR_FUTURE)
        at = self._clock.now() + after
        return (lambda x, _: delivery.repeat(x, d.fence, "uncertain_repeated", at)), ""

    async def _prepared(self, message: Message) -> tuple[Connector, OutboundMessage]:
        connector = self._find(message.channel) if message.channel else None
        if connector is None:
            raise TryLater("channel_gone", AFTER_LOGIN_MS)
        return connector, await self._composer.compose(message, connector)

    def _later(self, d: Delivery, message: Message, later: TryLater) -> Attempt:
        due = delivery.next_attempt(d.attempts, later.after, _first_due(d, message), self._clock.now(), self._jitter())
        if isinstance(due, delivery.GiveUp):
            return _failed(d, later.reason or due.reason.code, later.recipients)
        return _put_off(d, later.reason or "try_later", due, later.recipients)

    def _accepted(self, d: Delivery, message: Message, sent: Sent) -> Attempt:
        """Whoever was refused for now gets attempts of his own, as many and as long as a whole message would."""
        refused, later = sent.refused, None
        if sent.later:
            due = delivery.next_attempt(d.attempts, None, _first_due(d, message), self._clock.now(), self._jitter())
            if isinstance(due, delivery.GiveUp):
                refused = sent.refused | sent.later
            else:
                later = delivery.Later(sent.later, due)
        return (lambda x, _: delivery.sent(x, d.fence, sent.provider_id, refused, sent.state, later, sent.provider_ids)), sent.external_id

    def _unknown(self, d: Delivery, reason: str, refused: Mapping[str, str] | None = None) -> Attempt:
        return _unknown(d, reason, self._clock.now() + LOOK_UP_AFTER_MS, refused)

    def _look_again(self, d: Delivery, message: Message, error: InboxError) -> Attempt:
        looked_up = max(1, d.fence - d.attempts)
        due = delivery.next_attempt(looked_up, getattr(error, "after", None), _first_due(d, message), self._clock.now(), self._jitter())
        return _unknown(d, d.error or error.code, FAR_FUTURE if isinstance(due, delivery.GiveUp) else due)


def _first_due(d: Delivery, message: Message) -> Instant:
    return d.scheduled_for or message.arrived_at


def _failed(d: Delivery, reason: str, recipients: Mapping[str, str]) -> Attempt:
    return (lambda x, _: delivery.failed(x, d.fence, reason, recipients)), ""


def _unknown(d: Delivery, reason: str, look_up_at: Instant, refused: Mapping[str, str] | None = None) -> Attempt:
    return (lambda x, _: delivery.unknown(x, d.fence, reason, look_up_at, refused)), ""


def _put_off(d: Delivery, error: str, due_at: Instant, refused: Mapping[str, str] | None = None) -> Attempt:
    return (lambda x, _: delivery.put_off(x, d.fence, error, due_at, refused)), ""
