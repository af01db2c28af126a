"""How every channel is: what receiving, sending and the last trial of its credentials said, and since when."""

from __future__ import annotations

import re
from collections.abc import Callable

import structlog
from msgspec import Struct

from inbox.connector import Health
from inbox.core.ids import ChannelId, Instant

CONNECTOR, RECEIVING, SENDING, PROBE = "connector", "receiving", "sending", "probe"
"""Who reports: the connector of its own accord, its receiver, the outbox, the trial. One being fine does not mend another."""

_PERSONAL = re.compile(r"[^\s@<>,;:]+@[^\s@<>,;:]+|\+?\d[\d ()-]{5,}\d|[\w-]{24,}")
"""Addresses, numbers and what may be a key: a provider's own words can repeat them."""

log = structlog.get_logger(__name__)


class Standing(Struct, frozen=True):
    """A channel's light. ``since`` when it has been as it is, ``last_ok_at`` when anybody last said that all is well; None: never said."""

    ok: bool
    problem: str = ""
    remedy: str = ""
    since: Instant | None = None
    last_ok_at: Instant | None = None


class Lights:
    """The lights of this process's channels."""

    def __init__(self, now: Callable[[], Instant] = lambda: 0) -> None:
        self._now = now
        self._said: dict[ChannelId, dict[str, tuple[Health, Instant]]] = {}
        self._fine: dict[ChannelId, Instant] = {}

    def report(self, channel: ChannelId, health: Health, who: str = CONNECTOR) -> None:
        """Remember it, and log when the light changes. The same trouble again keeps the time at which it began."""
        fine = self.standing(channel).ok
        self._remember(channel, health, who)
        now = self.standing(channel)
        if fine and not now.ok:
            log.error("channel_out_of_order", channel=channel, what=_PERSONAL.sub("...", now.problem), since=now.since, who=who)
        elif now.ok and not fine:
            log.info("channel_in_order", channel=channel, since=now.since)

    def _remember(self, channel: ChannelId, health: Health, who: str) -> None:
        said = self._said.setdefault(channel, {})
        before = said.get(who)
        began = before[1] if before is not None and before[0].ok == health.ok else self._now()
        said[who] = (health, began)
        if health.ok:
            self._fine[channel] = self._now()

    def forget(self, channel: ChannelId) -> None:
        """The channel has other settings now, or is gone: what was said of it does not hold any more. When it last worked stays."""
        self._said.pop(channel, None)

    def ok(self, channel: ChannelId) -> bool:
        """Whether nothing is wrong."""
        return self.standing(channel).ok

    def standing(self, channel: ChannelId) -> Standing:
        """Fine while nothing was said; otherwise the trouble that has lasted longest."""
        said = self._said.get(channel, {}).values()
        fine = self._fine.get(channel)
        wrong = [(began, health) for health, began in said if not health.ok]
        if not wrong:
            return Standing(True, since=max((began for _, began in said), default=None), last_ok_at=fine)
        began, health = min(wrong, key=lambda entry: entry[0])
        return Standing(False, health.problem, health.remedy, began, fine)
