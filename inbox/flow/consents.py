"""Tokens of channels that work by somebody's consent: asked for, kept sealed, renewed in time, by one server at a time.

A provider may give another refresh token with every renewal and take the old one no more. Therefore who renews holds a lease,
recorded before the provider is asked; the answer is stored under its fence, and everybody else waits for it.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import msgspec
import structlog

from inbox import failpoints
from inbox.core import oauth
from inbox.core.errors import InboxError, NeedsLogin, Rejected, TryLater, Unknown
from inbox.core.events import EventType
from inbox.core.ids import ChannelId, Instant
from inbox.core.oauth import OAuthClient, Tokens
from inbox.core.permissions import Action, Actor, require
from inbox.flow.consenting import ClaimRenewal, Give, Held, Renewed, over, released, stored
from inbox.flow.feed import Change
from inbox.flow.resuming import Submit
from inbox.flow.timers import either
from inbox.ports import Clock, Journal
from inbox.provider import FORM, Access, Http, form
from inbox.records import CONSENTS, Consent

ASK_SECONDS = 20.0
RETRY_MS = 1_000
ROUNDS = 3
FIELD = "oauth"

log = structlog.get_logger(__name__)


class Seals(Protocol):
    """Encrypts what must not lie open in the database, bound to its place."""

    def seal(self, value: str, *, channel: str, field: str) -> str:
        """The value encrypted."""

    def unseal(self, sealed: str, *, channel: str, field: str) -> str:
        """The value again. Raises ``NeedsLogin`` when its key is gone."""


@dataclass(frozen=True)
class Standing:
    """How it stands with a channel's consent: whose it is and since when, '' and 0 without; ``problem``: why it is of no use."""

    by: str = ""
    at: Instant = 0
    problem: str = ""


class Consents:
    """All channels' consents. ``begin`` and ``give`` are for people, ``of`` is for connectors."""

    def __init__(
        self, submit: Submit, journal: Journal, clock: Clock, http: Http, seals: Seals, keys: tuple[bytes, ...], public_url: str
    ) -> None:
        """``keys`` sign what goes to the provider and comes back with the person, newest first."""
        self._submit = submit
        self._journal = journal
        self._clock = clock
        self._http = http
        self._seals = seals
        self._keys = keys
        self._public_url = public_url
        self._flights: dict[ChannelId, asyncio.Task[Tokens | None]] = {}
        self._news: dict[ChannelId, asyncio.Event] = {}

    @property
    def redirect(self) -> str:
        """Where providers send people back to; it has to be registered there."""
        return f"{self._public_url}/oauth/return"

    def start(self, channel: ChannelId) -> str:
        """The address that an admin opens to consent."""
        return f"{self._public_url}/oauth/start/{channel}"

    def of(self, channel: ChannelId) -> Access:
        """What the channel's connector is given."""
        return _Access(self, channel)

    def heard(self, changes: Sequence[Change]) -> None:
        """Listener of the feed: whoever waits looks again."""
        for change in changes:
            if change.event.type is EventType.CONSENT_CHANGED:
                news = self._news.pop(ChannelId(str(change.event.data.get("channel"))), None)
                if news is not None:
                    news.set()

    def begin(self, actor: Actor, channel: ChannelId, client: OAuthClient, session: str) -> str:
        """The provider's address for this admin, good for a quarter of an hour in this login. Raises ``Denied``."""
        require(actor, Action.MANAGE_CHANNELS)
        nonce = secrets.token_urlsafe(16)
        state = oauth.state_of(self._keys[0], channel, session, nonce, self._clock.now())
        return oauth.address_of_consent(client, self.redirect, state, oauth.verifier(self._keys[0], nonce))

    def channel_of(self, state: str, session: str) -> ChannelId:
        """Which channel somebody comes back for. Raises ``Denied`` when this login did not begin it, or too long ago."""
        return oauth.read_state(self._keys, state, session, self._clock.now())[0]

    async def give(self, actor: Actor, client: OAuthClient, session: str, state: str, code: str) -> None:
        """Turn the code that came back into tokens and keep them. Raises ``Denied``, ``Rejected``, ``NeedsLogin``, ``TryLater``."""
        require(actor, Action.MANAGE_CHANNELS)
        channel, nonce, key = oauth.read_state(self._keys, state, session, self._clock.now())
        tokens = await self._ask(client, oauth.redemption(client, code, self.redirect, oauth.verifier(key, nonce)))
        await self._submit(Give(actor, channel, client.id, self._sealed(channel, tokens)))
        log.info("consent_given", channel=channel, agent=actor.id)

    async def standing(self, channel: ChannelId, client: OAuthClient) -> Standing:
        """For people."""
        found = await self._find(channel)
        if found is None:
            return Standing(problem=self._asks(channel, client).reason)
        fits = found.client == client.id and not found.refused
        return Standing(found.by, found.at, "" if fits else self._asks(channel, client, again=True).reason)

    async def token(self, channel: ChannelId, client: OAuthClient, refused: str = "") -> str:
        """See ``Access.token``."""
        for _ in range(ROUNDS):
            consent, tokens = await self._good(channel, client)
            if tokens.fresh(self._clock.now(), refused):
                return tokens.access
            try:
                fresh = await self._renewal(channel, client, consent)
            except TryLater:
                if tokens.usable(self._clock.now(), refused):
                    return tokens.access  # the next one who asks tries again
                raise
            if fresh is not None and fresh.access != refused:
                return fresh.access
        raise TryLater(f"{oauth.LOGIN_SERVICE}: renewed by another server", away=True)

    async def consented(self, channel: ChannelId, seconds: float) -> None:
        """See ``Access.consented``."""
        await either(self._told(channel), self._clock, self._clock.now() + int(seconds * 1000))

    async def close(self) -> None:
        """Let renewals come to their end: an answer that is lost may be the last refresh token."""
        if self._flights:
            await asyncio.wait(set(self._flights.values()))

    def _told(self, channel: ChannelId) -> asyncio.Event:
        return self._news.setdefault(channel, asyncio.Event())

    async def _find(self, channel: ChannelId) -> Consent | None:
        found: Mapping[str, Consent] = (await self._journal.load({CONSENTS: frozenset({channel})})).get(CONSENTS, {})
        return found.get(channel)

    async def _good(self, channel: ChannelId, client: OAuthClient) -> tuple[Consent, Tokens]:
        consent = await self._find(channel)
        if consent is None:
            raise self._asks(channel, client)
        if consent.refused or consent.client != client.id:
            raise self._asks(channel, client, again=True)
        return consent, self._opened(consent, client)

    def _asks(self, channel: ChannelId, client: OAuthClient, *, again: bool = False) -> NeedsLogin:
        account = f" as {client.user}" if client.user else ""
        reason = f"{client.provider} asks to sign in again." if again else f"Nobody has signed in at {client.provider} yet."
        return NeedsLogin(reason, f"Open {self.start(channel)} as an admin and sign in{account}.")

    def _sealed(self, channel: ChannelId, tokens: Tokens) -> str:
        return self._seals.seal(msgspec.json.encode(tokens).decode(), channel=channel, field=FIELD)

    def _opened(self, consent: Consent, client: OAuthClient) -> Tokens:
        try:
            return msgspec.json.decode(self._seals.unseal(consent.tokens, channel=consent.id, field=FIELD), type=Tokens)
        except NeedsLogin as lost:
            raise NeedsLogin(lost.reason, self._asks(consent.id, client, again=True).remedy) from lost

    async def _renewal(self, channel: ChannelId, client: OAuthClient, consent: Consent) -> Tokens | None:
        """One at a time; who is cancelled meanwhile leaves it going, because its answer must be kept."""
        flight = self._flights.get(channel)
        if flight is None:
            flight = asyncio.get_running_loop().create_task(self._renew(channel, client, consent))
            self._flights[channel] = flight
            flight.add_done_callback(lambda done: self._landed(channel, done))
        return await asyncio.shield(flight)

    def _landed(self, channel: ChannelId, flight: asyncio.Task[Tokens | None]) -> None:
        del self._flights[channel]
        if not flight.cancelled() and not isinstance(flight.exception(), InboxError | None):
            log.error("consent_not_renewed", channel=channel, exc_info=flight.exception())

    async def _renew(self, channel: ChannelId, client: OAuthClient, seen: Consent) -> Tokens | None:
        """The new tokens, or None when somebody else was about it: look again."""
        news = self._told(channel)
        claimed = await self._submit(ClaimRenewal(channel, seen.version))
        if isinstance(claimed, Held):
            await either(news, self._clock, claimed.until)
        if not isinstance(claimed, Consent):
            return None
        failpoints.hit("consents.claimed")
        before = self._opened(claimed, client)
        try:
            tokens = await self._ask(client, oauth.renewal(client, before), before)
        except Rejected as no:
            log.warning("consent_over", channel=channel, why=no.reason)
            await self._keep(claimed, Renewed(channel, claimed.fence, over(no.reason), "over"))
            return None
        except InboxError:
            await self._keep(claimed, Renewed(channel, claimed.fence, released, "released"))
            raise
        failpoints.hit("consents.asked")
        counted = await self._keep(claimed, Renewed(channel, claimed.fence, stored(self._sealed(channel, tokens)), "renewed"))
        return tokens if counted else None

    async def _keep(self, claimed: Consent, unit: Renewed) -> bool:
        """An answer that is not stored may cost the consent: worth the whole lease to try."""
        while True:
            try:
                return await self._submit(unit)
            except TryLater:
                again_at = self._clock.now() + RETRY_MS
                if again_at >= (claimed.lease_until or 0):
                    raise
                await self._clock.sleep_until(again_at)

    async def _ask(self, client: OAuthClient, fields: Mapping[str, str], before: Tokens | None = None) -> Tokens:
        try:
            answer = await self._http.request("POST", client.token_url, headers=FORM, body=form(fields), seconds=ASK_SECONDS)
        except (TryLater, Unknown) as away:
            raise TryLater(f"{oauth.LOGIN_SERVICE}: {away}"[:200], away=True) from away
        return oauth.granted(answer.status, answer.body, self._clock.now(), before)


class _Access:
    """``provider.Access`` of one channel."""

    def __init__(self, consents: Consents, channel: ChannelId) -> None:
        self._consents = consents
        self._channel = channel

    async def token(self, client: OAuthClient, refused: str = "") -> str:
        """A token that is good for some minutes."""
        return await self._consents.token(self._channel, client, refused)

    async def consented(self, seconds: float) -> None:
        """Until somebody consented."""
        await self._consents.consented(self._channel, seconds)
