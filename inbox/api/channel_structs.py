"""Bodies and answers about channels, for admins."""

from __future__ import annotations

from typing import Annotated, Any

from msgspec import UNSET, Meta, Struct, UnsetType, field

from inbox.api.structs import ONE_LINE, Count, Id, Input, Ref
from inbox.core.acknowledgement import Acknowledgement
from inbox.core.ids import Instant

Slug = Annotated[str, Meta(max_length=64, pattern=r"^[a-z0-9][a-z0-9_-]*(?![\s\S])")]
ChannelName = Annotated[str, Meta(min_length=1, max_length=100, pattern=ONE_LINE)]
Settings = Annotated[dict[str, Any], Meta(max_length=200)]
Readers = Annotated[tuple[Id, ...], Meta(max_length=200)]
Forget = Annotated[tuple[Annotated[str, Meta(max_length=200, pattern=ONE_LINE)], ...], Meta(max_length=50)]


class ConnectorRow(Struct, frozen=True):
    """What a channel can be. ``form`` is JSON Schema of its settings without references: ``title`` and ``help`` of each field are for
    people, ``writeOnly`` marks secrets. ``webhook``: deliveries come to an address of ours. ``first``: one may write to somebody who has
    not written; ``kind`` is then the kind of his address. ``sign``: the icon it asks for.
    ``sends`` False: nothing goes out by it. ``docs`` is the page that explains it."""

    name: str
    title: str
    about: str
    role: str
    kind: str
    sign: str
    form: dict[str, Any]
    webhook: bool
    first: bool
    sends: bool
    docs: str


class ChannelSetup(Struct, frozen=True):
    """A channel or bot with its settings. ``secrets`` names those that are set; their values are never told. ``managed``: ``file`` for
    those of the service's settings file, which cannot be changed here, else ``workspace``. ``webhook``: the address to enter at the
    provider, '' where there is none. ``consent``: it works by somebody's consent at the provider. ``enabled`` false: removed.
    ``applied``: the server that answers runs this version. ``readers``: the teams whose people see its conversations; none: everybody."""

    id: str
    connector: str
    role: str
    name: str
    team: str | None
    bot: str | None
    managed: str
    enabled: bool
    paused: bool
    acknowledgement: Acknowledgement | None
    readers: tuple[str, ...]
    settings: dict[str, Any]
    secrets: tuple[str, ...]
    webhook: str
    consent: bool
    version: int
    applied: bool
    healthy: bool
    problem: str
    remedy: str
    since: Instant | None
    last_ok_at: Instant | None


class CreateChannel(Input, frozen=True):
    """A new channel; ``id`` is for good. It is tried out first, and refused with ``not_working`` when it does not work, unless
    ``anyway``; one that only lacks somebody's consent at the provider is saved, because consent is given to what is saved."""

    id: Slug
    connector: Id
    name: ChannelName
    team: Ref = ""
    bot: Ref = ""
    settings: Settings = field(default_factory=dict)
    paused: bool = False
    acknowledgement: Acknowledgement | None = None
    readers: Readers = ()
    anyway: bool = False


class EditChannel(Input, frozen=True):
    """Only what is given changes; ``version`` is what was seen, a newer one answers 409. ``settings`` are given whole, but a secret that
    is empty stays as it is unless ``forget`` names it. Other settings are tried out first as with a new channel. ``enabled`` true brings a
    removed one back."""

    version: Count
    name: ChannelName | UnsetType = UNSET
    team: Ref | UnsetType = UNSET
    bot: Ref | UnsetType = UNSET
    settings: Settings | UnsetType = UNSET
    forget: Forget = ()
    paused: bool | UnsetType = UNSET
    acknowledgement: Acknowledgement | UnsetType | None = UNSET
    readers: Readers | UnsetType = UNSET
    enabled: bool | UnsetType = UNSET
    anyway: bool = False


class TestChannel(Input, frozen=True):
    """Settings to be tried out and not stored. ``id`` of a channel that is there: its secrets hold where these are empty."""

    connector: Id
    settings: Settings = field(default_factory=dict)
    id: Slug | None = None
    forget: Forget = ()


class Trial(Struct, frozen=True):
    """What the provider said. ``consent``: nothing more can be tried before somebody signs in there, which is done once it is saved."""

    ok: bool
    problem: str
    remedy: str
    consent: bool
