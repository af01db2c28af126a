"""Bodies and answers of the HTTP API; strict: unknown fields are refused, nothing is coerced. OpenAPI is made from these."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import UNSET, Meta, Struct, UnsetType

from inbox.core.conversation import Category, Priority
from inbox.core.ids import Instant
from inbox.core.message import Address, AmendKind, Sticker
from inbox.core.undoing import Left
from inbox.flow.rows import ConversationRow, EventRow, MessageRow

ONE_LINE = r"^[^\u0000-\u001f\u007f]*(?![\s\S])"
"""No control character anywhere: nothing that is one line here can become two in a header. The look-ahead is for Python, whose
``$`` also fits before a last newline."""
NO_NUL = r"^[^\u0000]*(?![\s\S])"
_KEY = r"^[^.$\u0000-\u001f\u007f]+(?![\s\S])"

MAX_COUNT = 2**53 - 1
"""The greatest integer every JSON reader keeps exactly."""

Id = Annotated[str, Meta(min_length=1, max_length=64, pattern=ONE_LINE)]
Ref = Annotated[str, Meta(max_length=64, pattern=ONE_LINE)]
"""An id, or '' for none."""
Short = Annotated[str, Meta(max_length=200, pattern=ONE_LINE)]
Line = Annotated[str, Meta(max_length=1000, pattern=ONE_LINE)]
Text = Annotated[str, Meta(max_length=200_000, pattern=NO_NUL)]
Name = Annotated[str, Meta(min_length=1, max_length=200, pattern=ONE_LINE)]
Key = Annotated[str, Meta(min_length=1, max_length=60, pattern=_KEY)]
Secret = Annotated[str, Meta(min_length=1, max_length=1000)]
Count = Annotated[int, Meta(ge=0, le=MAX_COUNT)]
Subject = Annotated[str, Meta(max_length=500, pattern=ONE_LINE)]
Mode = Literal["reply", "note", "forward"]
Ids = Annotated[tuple[Id, ...], Meta(max_length=100)]
Tags = Annotated[tuple[Annotated[str, Meta(min_length=1, max_length=50, pattern=ONE_LINE)], ...], Meta(max_length=50)]


class Input(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """Base of every request body."""


class AddressInput(Input, frozen=True):
    """An address a message shall go to; ``kind`` is the channel's address kind."""

    kind: Id
    value: Annotated[str, Meta(min_length=1, max_length=1000, pattern=ONE_LINE)]
    name: Short = ""


Addresses = Annotated[tuple[AddressInput, ...], Meta(max_length=100)]


class ResetRequest(Input, frozen=True):
    """Whose password was forgotten; the answer is the same whether the account exists or not."""

    email: Short


class NewPassword(Input, frozen=True):
    """The new password of a reset."""

    password: Annotated[str, Meta(min_length=10, max_length=1000)]


class ChangePassword(Input, frozen=True):
    """The own password, changed; ends all other sessions."""

    current: Secret
    password: Annotated[str, Meta(min_length=10, max_length=1000)]


class Me(Struct, frozen=True):
    """The logged-in account; ``permissions`` and ``sight`` are those of its role. Send ``csrf`` back as ``X-CSRF-Token`` with
    everything that changes something."""

    id: str
    name: str
    email: str
    role: str
    permissions: tuple[str, ...]
    sight: str
    teams: tuple[str, ...]
    availability: str
    break_reason: str
    signature: str
    csrf: str
    keys: dict[str, str]
    language: str
    screen: dict[str, str]


class Beginning(Struct, frozen=True):
    """Which first steps of a new workspace were taken: a channel runs, somebody else can log in, a customer was answered."""

    channel: bool
    colleague: bool
    answered: bool


class SessionState(Struct, frozen=True):
    """Whether somebody is logged in, and nothing about who."""

    logged_in: bool


Keys = Annotated[
    dict[Annotated[str, Meta(max_length=30, pattern=r"^[a-z-]+(?![\s\S])")], Annotated[str, Meta(max_length=30, pattern=ONE_LINE)]],
    Meta(max_length=100),
]

Screen = Annotated[
    dict[Annotated[str, Meta(max_length=30, pattern=r"^[A-Za-z]+(?![\s\S])")], Annotated[str, Meta(max_length=10_000, pattern=ONE_LINE)]],
    Meta(max_length=30),
]


class EditMe(Input, frozen=True):
    """What an agent sets about himself. ``keys``: all shortcuts of the screen that he changed, '' for off. ``break_reason`` goes with the
    availability ``break``, '' for none. ``language``: the screen's, as a BCP 47 tag; '' for the browser's. ``screen``:
    all his other choices about the screen, by name, as it writes them."""

    availability: Literal["online", "away", "busy", "break"] | UnsetType = UNSET
    break_reason: Ref = ""
    signature: Annotated[str, Meta(max_length=2000, pattern=NO_NUL)] | UnsetType = UNSET
    name: Name | UnsetType = UNSET
    keys: Keys | UnsetType = UNSET
    language: Annotated[str, Meta(max_length=35, pattern=r"^([a-z]{2,3}(-[A-Za-z0-9]{2,8})*)?(?![\s\S])")] | UnsetType = UNSET
    screen: Screen | UnsetType = UNSET


class AgentRow(Struct, frozen=True):
    """A colleague or bot. ``state`` is online, busy, break, away or offline. ``face``: his picture is at ``/faces/ID``; '' for none."""

    id: str
    name: str
    role: str
    teams: tuple[str, ...]
    state: str
    load: int
    capacity: int
    break_reason: str = ""
    face: str = ""


class TeamRow(Struct, frozen=True):
    """A team."""

    id: str
    name: str


class ChannelRow(Struct, frozen=True):
    """A channel as agents see it. ``kind`` is its address kind, ``sign`` the icon it asks for, '' for that of its kind; the flags are its
    capabilities. ``removed``: it was taken out of the settings; its conversations stay, nothing is received or sent by it. ``paused``:
    the same for now; what is to be sent by it waits. ``reads``: the reader sees its conversations, and so may begin one."""

    id: str
    name: str
    connector: str
    kind: str
    sign: str
    team: str | None
    subject: bool
    recipients: bool
    html: bool
    typing: bool
    conversational: bool
    text_limit: int | None
    window: int | None
    opt_out: bool
    sends: bool
    templates: bool
    choices: int
    stickers: tuple[Sticker, ...]
    amends: tuple[AmendKind, ...]
    address: str
    healthy: bool
    problem: str
    remedy: str
    since: Instant | None
    last_ok_at: Instant | None
    removed: bool
    paused: bool
    reads: bool = True


class ViewRow(Struct, frozen=True):
    """A view that can be listed and followed."""

    id: str
    sort: str


class Bootstrap(Struct, frozen=True):
    """All the screen needs to start. ``tag_colours`` by name, of those that have one; ``new_tags``: whether one may make new ones;
    ``zone``: the time zone in which reports tell days."""

    me: Me
    agents: tuple[AgentRow, ...]
    teams: tuple[TeamRow, ...]
    channels: tuple[ChannelRow, ...]
    views: tuple[ViewRow, ...]
    tags: tuple[str, ...]
    tag_colours: dict[str, str]
    new_tags: bool
    now: Instant
    zone: str
    product: str
    version: str


class FileRow(Struct, frozen=True):
    """A stored file."""

    id: str
    name: str
    type: str
    size: int


class ForwardedRow(Struct, frozen=True):
    """The message that a forward passes on, by its sender and its subject or first words."""

    id: str
    author_name: str
    text: str


class DraftRow(Struct, frozen=True):
    """An own draft; the newest ``revision`` wins. ``to`` null: nobody chose recipients. Files that are gone are left out."""

    conversation: str
    mode: str
    text: str
    to: tuple[Address, ...] | None
    cc: tuple[Address, ...]
    bcc: tuple[Address, ...]
    files: tuple[FileRow, ...]
    subject: str
    message: ForwardedRow | None
    revision: int
    updated_at: Instant


class SaveDraft(Input, frozen=True):
    """A draft as typed so far; ``base`` is the revision it was typed on (0: none), a newer stored one answers 409."""

    text: Text
    to: Addresses | None = None
    cc: Addresses = ()
    bcc: Addresses = ()
    files: Ids = ()
    subject: Subject = ""
    message: Ref = ""
    base: Count = 0


class ConversationPage(Struct, frozen=True):
    """Rows of a view, newest of the sort first; ``reads`` maps ids to the own mark's ``inbound``; ``drafts`` lists modes by id.

    ``next`` goes into ``after`` for the following page; None at the end.
    """

    rows: tuple[ConversationRow, ...]
    reads: dict[str, int]
    drafts: dict[str, tuple[str, ...]]
    next: str | None


class TimelinePage(Struct, frozen=True):
    """Messages and quiet lines, oldest first; ``before`` fetches what is older, ``after`` what is newer, None where nothing is."""

    items: tuple[MessageRow | EventRow, ...]
    before: str | None
    after: str | None


class ConversationDetail(Struct, frozen=True):
    """A conversation with its newest page of the timeline, own drafts and own read mark."""

    row: ConversationRow
    timeline: TimelinePage
    drafts: tuple[DraftRow, ...]
    read: int


class EditConversation(Input, frozen=True):
    """Only what is given changes. ``assignee`` and ``team``: an id, or null for nobody. ``until`` goes with snoozed.
    ``queue``: where it waits on, null for where its conditions lead. ``follow``: whether one hears oneself when its customer writes.
    ``left``: it undoes an act that left the conversation so; whatever somebody changed since stays, and all of it is a conflict."""

    assignee: Id | UnsetType | None = UNSET
    team: Id | UnsetType | None = UNSET
    status: Category | UnsetType = UNSET
    until: Count | UnsetType = UNSET
    priority: Priority | UnsetType = UNSET
    add_tags: Tags = ()
    remove_tags: Tags = ()
    subject: Annotated[str, Meta(min_length=1, max_length=500, pattern=ONE_LINE)] | UnsetType = UNSET
    bot: Id | UnsetType | None = UNSET
    queue: Id | UnsetType | None = UNSET
    follow: bool | UnsetType = UNSET
    left: Left | None = None


class AboutParticipant(Input, frozen=True):
    """A participant by his address: accept him, or split him off into a conversation of his own."""

    kind: Id
    value: Line
    action: Literal["accept", "split"]


class MarkRead(Input, frozen=True):
    """Seen up to and including this message; '' marks all of it unread."""

    message: Ref


class ReadMark(Struct, frozen=True):
    """The own mark: unread is the row's ``inbound`` minus this."""

    conversation: str
    inbound: int


class Created(Struct, frozen=True):
    """What a creating call made; ``duplicate`` when the same ``client_id`` had made it before."""

    conversation: ConversationRow
    message: MessageRow
    duplicate: bool = False


class SearchHit(Struct, frozen=True):
    """A conversation that was found. ``snippet``: the text around the first word found, cut so that every second piece is a word that
    was found; ``message`` is where that stands, '' where only the conversation itself was found."""

    row: ConversationRow
    snippet: tuple[str, ...]
    message: str


class SearchPage(Struct, frozen=True):
    """What was found, newest first. ``behind`` tells by how many milliseconds the index lags."""

    hits: tuple[SearchHit, ...]
    next: str | None
    behind: int


class CountRow(Struct, frozen=True):
    """How many a list holds; with ``more``, more than that."""

    count: int
    more: bool


class CountsRow(Struct, frozen=True):
    """Counters by view; 1000 means 999+."""

    counts: dict[str, int]


class Problem(Struct, frozen=True, omit_defaults=True):
    """RFC 9457 problem details. ``code`` is stable; ``field`` names the wrong field; ``newer`` holds the messages behind a 409.

    ``after``: milliseconds to wait before the next attempt. ``reason``: the code behind a refusal by the gate, or of what
    prevents it, which is called ``by``. ``id`` finds an unexpected error in the log.
    """

    type: str
    title: str
    status: int
    code: str
    detail: str = ""
    field: str = ""
    after: int = 0
    reason: str = ""
    by: str = ""
    id: str = ""
    newer: tuple[MessageRow, ...] = ()
