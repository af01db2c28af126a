"""What deciding needs to know of channels, without knowing any of them by name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from inbox.core.acknowledgement import Acknowledgement
from inbox.core.ids import AgentId, ChannelId, TeamId
from inbox.core.message import AmendKind, Sticker
from inbox.core.policies import Policy


@dataclass(frozen=True)
class ChannelFacts:
    """What deciding needs to know of a channel. On a ``live`` one an answer not seen for ``unseen_ms`` goes out by mail as well.

    ``choices``: how many answers it offers by one tap. ``stickers``: which it sends. ``public``: what is written there anybody reads.
    ``reply_by``: the channel that answers what comes in here; None: it does so itself.
    """

    id: ChannelId
    kind: str
    scope: str
    team: TeamId | None = None
    conversational: bool = False
    reply_keys: bool = False
    live: bool = False
    unseen_ms: int = 5 * 60 * 1000
    name: str = ""
    weight: int = 1
    text_limit: int | None = None
    window: int | None = None
    opt_out: bool = False
    sends: bool = True
    templates: bool = False
    choices: int = 0
    stickers: tuple[Sticker, ...] = ()
    public: bool = False
    amends: frozenset[AmendKind] = frozenset()
    title: str = ""
    policy: Policy | None = None
    bot: AgentId | None = None
    own: frozenset[str] = frozenset()
    reply_by: ChannelId | None = None
    acknowledgement: Acknowledgement | None = None


Channels = Mapping[ChannelId, ChannelFacts]
