"""What is written: bodies of answers, notes and first messages, and the templates that may stand in their place."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta, Struct, field

from inbox.api.structs import Addresses, AddressInput, Id, Ids, Input, Line, Mode, Ref, Short, Subject, Text
from inbox.core.ids import Instant
from inbox.core.templates import TemplateButton

_SLOT = r"^[a-z]+\.[A-Za-z0-9_]+(?![\s\S])"

Hold = Annotated[int, Meta(ge=0, le=60_000)]
Values = Annotated[dict[Annotated[str, Meta(max_length=100, pattern=_SLOT)], Line], Meta(max_length=100)]


class UseTemplate(Input, frozen=True):
    """A template by its id, with a value for each of its variables."""

    template: Id
    values: Values = field(default_factory=dict)


class SendMessage(Input, frozen=True):
    """A reply, note or forward. ``seen`` is the newest message the author saw: a colleague's newer reply answers 409
    unless ``anyway``. ``client_id`` makes a repeated request the same message. ``then`` sets the status with the send.
    A reply may use an approved ``template`` of the channel instead of a text, or be one of its ``stickers`` by the id. ``choices``: up to
    ten answers of at most 20 characters, for the customer to choose from by one tap. ``hold``: milliseconds for which it stays here, to be
    taken back.
    A reply with ``send_at`` waits for that instant, and is called back when the customer writes before.
    ``whisper``: only the conversation's agent and supervisors see the note."""

    kind: Mode
    text: Text
    client_id: Id
    to: Addresses = ()
    cc: Addresses = ()
    bcc: Addresses = ()
    files: Ids = ()
    mentions: Annotated[tuple[Id, ...], Meta(max_length=50)] = ()
    subject: Subject = ""
    seen: Ref = ""
    anyway: bool = False
    message: Ref = ""
    then: Literal["", "resolved", "waiting", "open"] = ""
    template: UseTemplate | None = None
    choices: Annotated[tuple[Short, ...], Meta(max_length=10)] = ()
    sticker: Ref = ""
    hold: Hold = 0
    send_at: Instant | None = None
    whisper: bool = False


class StartConversation(Input, frozen=True):
    """A new conversation with any address; ``customer`` when it is a known person. ``template`` instead of a text. With ``send_at`` the
    conversation is there at once, and its first message waits for that instant."""

    channel: Id
    to: Annotated[tuple[AddressInput, ...], Meta(min_length=1, max_length=100)]
    text: Text
    client_id: Id
    subject: Subject = ""
    cc: Addresses = ()
    bcc: Addresses = ()
    files: Ids = ()
    customer: Ref = ""
    template: UseTemplate | None = None
    hold: Hold = 0
    send_at: Instant | None = None


class PreviewText(Input, frozen=True):
    """Words as they would be written into an answer."""

    text: Text


class PreviewRow(Struct, frozen=True):
    """What the channel makes of them. ``markup``: it shows markdown in its own way, and ``text`` is still that."""

    text: str
    markup: bool


class SlotRow(Struct, frozen=True):
    """A variable that needs a value. ``place``: header, body or button; ``name``: its name, or the button's position."""

    key: str
    place: str
    name: str


class TemplateRow(Struct, frozen=True):
    """A text that the channel's provider has approved, in one language, with ``slots`` to be filled in.

    ``header_kind``: '' for none, text, or image, video, document: a file to be sent along. ``problem``: why it cannot be sent from here.
    """

    id: str
    name: str
    language: str
    category: str
    header_kind: str
    header: str
    body: str
    footer: str
    buttons: tuple[TemplateButton, ...]
    slots: tuple[SlotRow, ...]
    problem: str


class TemplateList(Struct, frozen=True):
    """A channel's templates by name and language. ``fetched_at``: when the provider was last asked; None: not since the service started.
    ``problem``: why that failed; those fetched before stay."""

    rows: tuple[TemplateRow, ...]
    fetched_at: Instant | None
    problem: str
