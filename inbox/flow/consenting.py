"""What is committed about a channel's consent: given, claimed for renewal, renewed, over. Each change tells every server."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from msgspec.structs import replace

from inbox.core.events import Event, EventType
from inbox.core.ids import AgentId, ChannelId, Instant
from inbox.core.message import Author
from inbox.core.permissions import Action, Actor, require
from inbox.flow.committer import Rank
from inbox.flow.placing import SYSTEM
from inbox.flow.working import Layer
from inbox.flow.writing import author_of
from inbox.records import CONSENTS, Consent

LEASE_MS = 60_000
"""For how long others leave a renewal to whoever claimed it."""


@dataclass(frozen=True)
class Held:
    """Another one renews it, at the longest until then."""

    until: Instant


@dataclass(frozen=True)
class Give:
    """Somebody consented, for the first time or anew. A renewal under way comes too late."""

    actor: Actor
    channel: ChannelId
    client: str
    tokens: str
    rank: Rank = Rank.COMMAND
    size: int = 3000

    @property
    def group(self) -> str:
        """One channel's changes keep their order."""
        return self.channel

    def decide(self, layer: Layer) -> Consent:
        """The consent as it stands now. Raises ``Denied``."""
        require(self.actor, Action.MANAGE_CHANNELS)
        layer.need((CONSENTS, (self.channel,)))
        before = layer.get(CONSENTS, self.channel)
        fence = 1 if before is None else before.fence + 1
        given = Consent(self.channel, self.client, self.tokens, AgentId(self.actor.id), layer.now, fence=fence)
        return _put(layer, given, "given", author_of(self.actor))


@dataclass(frozen=True)
class ClaimRenewal:
    """Renew it, unless it changed since it was looked at or somebody else is about it. Recorded before the provider is asked."""

    channel: ChannelId
    version: int
    rank: Rank = Rank.COMMAND
    size: int = 3000

    @property
    def group(self) -> str:
        """One channel's changes keep their order."""
        return self.channel

    def decide(self, layer: Layer) -> Consent | Held | None:
        """The consent as claimed; None: look again."""
        layer.need((CONSENTS, (self.channel,)))
        before = layer.get(CONSENTS, self.channel)
        if before is None or before.refused:
            return None
        if before.lease_until is not None and before.lease_until > layer.now:
            return Held(before.lease_until)
        if before.version != self.version:
            return None
        return layer.put(CONSENTS, replace(before, fence=before.fence + 1, lease_until=layer.now + LEASE_MS))


@dataclass(frozen=True)
class Renewed:
    """What came of a renewal, stored only if nobody else has acted since the claim."""

    channel: ChannelId
    fence: int
    outcome: Callable[[Consent], Consent]
    what: str
    rank: Rank = Rank.COMMAND
    size: int = 3000

    @property
    def group(self) -> str:
        """One channel's changes keep their order."""
        return self.channel

    def decide(self, layer: Layer) -> bool:
        """Whether it counted."""
        layer.need((CONSENTS, (self.channel,)))
        before = layer.get(CONSENTS, self.channel)
        if before is None or before.fence != self.fence:
            return False
        _put(layer, replace(self.outcome(before), lease_until=None), self.what, SYSTEM)
        return True


def stored(tokens: str) -> Callable[[Consent], Consent]:
    """It was renewed; ``tokens`` are the sealed new ones."""
    return lambda consent: replace(consent, tokens=tokens)


def over(why: str) -> Callable[[Consent], Consent]:
    """The provider takes it no more."""
    return lambda consent: replace(consent, refused=why[:100])


def released(consent: Consent) -> Consent:
    """Nothing came of it; another one may try."""
    return consent


def _put(layer: Layer, consent: Consent, what: str, by: Author) -> Consent:
    kept = layer.put(CONSENTS, consent)
    layer.event(Event(EventType.CONSENT_CHANGED, layer.now, by, data={"channel": consent.id, "what": what}))
    return kept
