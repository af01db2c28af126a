"""The visitors' socket: frames both ways, and how bytes become frames. Pure; the widget's types are generated from these structs.

The widget opens with what it holds (token, last message, unsent lines) and gets what it lacks. Every line it sends carries a
``client_id`` of its own and is repeated after a reconnect until ``said`` names it, so that repeating is harmless.
"""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from msgspec import Meta, Struct

from inbox.core.errors import Malformed
from inbox.core.ids import Instant
from inbox.core.rating import LONGEST_COMMENT
from inbox.core.visitor import FILES_PER_MESSAGE, TEXT_LIMIT, Attributes
from inbox.core.widget import PageGreeting

VERSION = 1
HEARTBEAT_MS = 25_000
MAX_INBOUND_BYTES = 49_152
"""10,000 characters of four bytes each, and their files, still fit."""

HISTORY = 50

Id = Annotated[str, Meta(min_length=1, max_length=64)]
ClientId = Annotated[str, Meta(pattern=r"^[A-Za-z0-9_-]{8,64}$")]
Short = Annotated[str, Meta(max_length=200)]
Token = Annotated[str, Meta(max_length=100)]
Signed = Annotated[str, Meta(max_length=4096)]


class Open(Struct, tag="open", tag_field="t", forbid_unknown_fields=True):
    """First frame. ``token`` is the visitor's secret, ``identity`` the host site's signed token about its logged-in user.

    ``have`` maps the newest messages the widget holds to their versions; ``pending`` are the client ids of lines it has not
    seen acknowledged.
    """

    version: int = VERSION
    token: Token | None = None
    identity: Signed | None = None
    have: Annotated[dict[Id, int], Meta(max_length=HISTORY)] = {}
    pending: Annotated[tuple[ClientId, ...], Meta(max_length=50)] = ()
    page: Annotated[str, Meta(max_length=2000)] = ""
    language: Annotated[str, Meta(max_length=35)] = ""


class Start(Struct, tag="start", tag_field="t", forbid_unknown_fields=True):
    """Somebody unknown is about to write: make him a visitor. Answered by ``visitor``."""


class Identify(Struct, tag="identify", tag_field="t", forbid_unknown_fields=True):
    """The host site's user logged in while the page was open. Answered by ``identified`` and a fresh ``ready``."""

    identity: Signed


class Say(Struct, tag="say", tag_field="t", forbid_unknown_fields=True):
    """One message. ``files`` are the references that uploads answered with. Answered by ``said``, ``slow_down`` or ``refused``."""

    client_id: ClientId
    text: Annotated[str, Meta(max_length=TEXT_LIMIT)] = ""
    files: Annotated[tuple[Signed, ...], Meta(max_length=FILES_PER_MESSAGE)] = ()
    name: Short = ""
    email: Annotated[str, Meta(max_length=320)] = ""


class About(Struct, tag="about", tag_field="t", forbid_unknown_fields=True):
    """What the host page says of whoever looks at it; goes with his next lines, in place of what it said before."""

    attributes: Attributes = {}


class Comment(Struct, tag="comment", tag_field="t", forbid_unknown_fields=True):
    """What he says beside his score, to the ``message`` that asked for it, in place of what he said before. Answered by ``message`` or
    ``refused`` (``comment``: it is too late)."""

    message: Id
    text: Annotated[str, Meta(min_length=1, max_length=LONGEST_COMMENT)]


class Typing(Struct, tag="typing", tag_field="t", forbid_unknown_fields=True):
    """The visitor types; repeated at most every 3 s, void after 10 s."""

    on: bool = True


class Here(Struct, tag="here", tag_field="t", forbid_unknown_fields=True):
    """The page where he has the open panel before his eyes; None: nowhere any more. Void with the line."""

    page: Annotated[str, Meta(max_length=2000)] | None = None


class Got(Struct, tag="got", tag_field="t", forbid_unknown_fields=True):
    """These answers reached a tab that nobody looks at."""

    messages: Annotated[tuple[Id, ...], Meta(min_length=1, max_length=HISTORY)]


class Seen(Struct, tag="seen", tag_field="t", forbid_unknown_fields=True):
    """These answers were shown to the visitor."""

    messages: Annotated[tuple[Id, ...], Meta(min_length=1, max_length=HISTORY)]


class Upload(Struct, tag="upload", tag_field="t", forbid_unknown_fields=True):
    """May this file be sent? Answered by ``ticket`` or ``refused``."""

    client_id: ClientId
    name: Annotated[str, Meta(min_length=1, max_length=200)]
    type: Annotated[str, Meta(max_length=100)]
    size: Annotated[int, Meta(ge=1)]


class Link(Struct, tag="link", tag_field="t", forbid_unknown_fields=True):
    """The address of a shown file has expired; answered by ``linked``."""

    file: Id


class Earlier(Struct, tag="earlier", tag_field="t", forbid_unknown_fields=True):
    """Which conversations he had here; answered by ``earlier``."""


class Look(Struct, tag="look", tag_field="t", forbid_unknown_fields=True):
    """What was said in one of them; answered by ``look`` or ``refused`` (``conversation``)."""

    conversation: Id


class TakeUp(Struct, tag="take_up", tag_field="t", forbid_unknown_fields=True):
    """From now on he writes in this one; answered by a fresh ``ready`` or ``refused`` (``conversation``)."""

    conversation: Id


class AskTranscript(Struct, tag="transcript", tag_field="t", forbid_unknown_fields=True):
    """Mail him what was said, '' in the conversation he is in; answered by ``transcript``."""

    email: Annotated[str, Meta(min_length=1, max_length=320)]
    conversation: Annotated[str, Meta(max_length=64)] = ""
    language: Annotated[str, Meta(max_length=35)] = ""


class Beat(Struct, tag="beat", tag_field="t", forbid_unknown_fields=True):
    """Every ``ready.heartbeat`` milliseconds; answered by ``beaten``, so that the widget notices a dead line."""


PastFrame = Earlier | Look | TakeUp | AskTranscript
ThreadFrame = Say | Comment | Typing | Got | Seen | Upload | Link | PastFrame
ClientFrame = Open | Start | Identify | About | Beat | Here | ThreadFrame


class FileRow(Struct):
    """A file of a message. ``url`` is a path on this server, good for one hour and this file only."""

    id: str
    name: str
    type: str
    size: int
    url: str


class MessageRow(Struct):
    """A message as its visitor may see it; whoever holds the same or a newer ``version`` ignores it.

    ``who`` is visitor, agent, bot or system; ``name`` a first name. ``text`` of answers is markdown. ``seen``: by the other side.
    ``choices``: answers to choose from by one tap. Of a survey that he has answered: until when he may add a comment or change it, and
    what it says. ``face``: an agent's who is shown by it: the id of a picture, which is at ``/faces/ID``, or his initial.
    """

    id: str
    version: int
    who: Literal["visitor", "agent", "bot", "system"]
    name: str
    text: str
    at: Instant
    files: tuple[FileRow, ...]
    client_id: str
    seen: bool
    choices: tuple[str, ...] = ()
    comment_until: Instant | None = None
    comment: str = ""
    face: str = ""


class Ready(Struct, tag="ready", tag_field="t"):
    """Answer to ``open``. ``whole``: ``messages`` replace what the widget holds; else they are what it missed.

    ``back``: outside of business hours, when they begin again.
    ``visitor`` is known, unknown (no such token: forget it) or locked (only the logged-in user's signed token opens this thread).
    """

    now: Instant
    heartbeat: int
    online: bool
    visitor: Literal["known", "unknown", "locked"]
    whole: bool
    messages: tuple[MessageRow, ...]
    back: Instant | None = None


class VisitorMade(Struct, tag="visitor", tag_field="t"):
    """The answer to ``start``. ``token`` is told this once; '' when the signed identity is all that is needed to come back."""

    token: str


class Identified(Struct, tag="identified", tag_field="t"):
    """Whether the signed identity is believed; ``reason`` is off, invalid, audience, lifetime or expired."""

    ok: bool
    reason: str = ""


class Said(Struct, tag="said", tag_field="t"):
    """The line is stored for good and will appear as message ``id``."""

    client_id: str
    id: str


class MessageChanged(Struct, tag="message", tag_field="t"):
    """A message is new or looks like this now."""

    row: MessageRow


class SomebodyTypes(Struct, tag="typing", tag_field="t"):
    """An agent types (void after 10 s) or has stopped."""

    name: str
    on: bool


class Online(Struct, tag="online", tag_field="t"):
    """Whether somebody is there to answer soon; ``back``: outside of business hours, when they begin again."""

    online: bool
    back: Instant | None = None


class PlaceInLine(Struct, tag="place", tag_field="t"):
    """His conversation is number ``position`` of those that wait for an agent, for about ``minutes``; None while nobody can tell.

    ``position`` None: it does not wait, or not any more.
    """

    position: int | None = None
    minutes: int | None = None


class Ticket(Struct, tag="ticket", tag_field="t"):
    """POST the bytes to ``url`` with ``Authorization: Bearer <ticket>`` within five minutes."""

    client_id: str
    url: str
    ticket: str


class Linked(Struct, tag="linked", tag_field="t"):
    """A fresh address of a file."""

    file: str
    url: str


class EarlierRow(Struct):
    """A conversation of his: its last line that he may see, and when that was. ``current``: he writes in it; ``resolved``: it is over."""

    id: str
    at: Instant
    name: str
    text: str
    current: bool
    resolved: bool


class EarlierOnes(Struct, tag="earlier", tag_field="t"):
    """His conversations, newest first."""

    rows: tuple[EarlierRow, ...]


class Looked(Struct, tag="look", tag_field="t"):
    """What he may see of one of them, oldest first."""

    conversation: str
    messages: tuple[MessageRow, ...]


class TranscriptAsked(Struct, tag="transcript", tag_field="t"):
    """``queued``: the mail is on its way; ``wait``: not again before ``after`` milliseconds; ``address``: nothing can be sent there;
    ``nothing``: nobody has answered him yet; ``off``: no channel here writes mail."""

    state: Literal["queued", "wait", "address", "nothing", "off"]
    after: int = 0


class SlowDown(Struct, tag="slow_down", tag_field="t"):
    """Too much; repeat after so many milliseconds. ``client_id`` names the line that was not taken, '' for any frame."""

    after: int
    client_id: str = ""


class Refused(Struct, tag="refused", tag_field="t"):
    """A frame was not taken. Codes: malformed, open_first, start_first, identify_first, empty, file, file_type, file_size,
    too_many_files, conversation, comment, unavailable (``again``: repeat it later)."""

    code: str
    client_id: str = ""
    again: bool = False


class Beaten(Struct, tag="beaten", tag_field="t"):
    """The line is alive."""

    now: Instant


class Reconnect(Struct, tag="reconnect", tag_field="t"):
    """The server drains: come back after so many milliseconds."""

    after: int


ServerFrame = (
    Ready
    | VisitorMade
    | Identified
    | Said
    | MessageChanged
    | SomebodyTypes
    | Online
    | PlaceInLine
    | Ticket
    | Linked
    | EarlierOnes
    | Looked
    | TranscriptAsked
    | SlowDown
    | Refused
    | Beaten
    | Reconnect
)


class WidgetConfig(Struct):
    """What the launcher needs before anybody has written; public."""

    title: str
    greeting: str
    accent: str
    position: str
    prechat: str
    identity_required: bool
    files: bool
    file_types: tuple[str, ...]
    file_limit: int
    text_limit: int
    theme: str
    language: str
    launcher: str
    agents: str
    sound: bool
    answer_time: str
    online_text: str
    offline_text: str
    greetings: tuple[PageGreeting, ...]
    greeting_days: int
    transcript: bool


class Uploaded(Struct):
    """Answer to an upload: ``ref`` goes into ``say.files``, ``file`` is for showing it at once."""

    ref: str
    file: FileRow


_decoder: msgspec.json.Decoder[ClientFrame] = msgspec.json.Decoder(ClientFrame)
_encoder = msgspec.json.Encoder()


def decode(data: str | bytes) -> ClientFrame:
    """One frame of a visitor; raises ``Malformed`` for anything else."""
    if len(data) > MAX_INBOUND_BYTES:
        raise Malformed("frame too large")
    try:
        return _decoder.decode(data)
    except (msgspec.MsgspecError, UnicodeError, RecursionError) as bad:
        raise Malformed(str(bad)[:200]) from None


def encode(frame: ServerFrame | WidgetConfig | Uploaded) -> bytes:
    """The bytes of one frame or answer."""
    return _encoder.encode(frame)
