"""What agents and bots ask for, in the imperative. Strict: unknown fields are refused, every size has a limit."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from msgspec import UNSET, Meta, Struct, UnsetType

from inbox.core.conversation import Category, Priority
from inbox.core.ids import AgentId, ChannelId, ConversationId, CustomerId, FileId, Instant, MessageId, QueueId, TeamId
from inbox.core.message import Address, AmendKind, Call
from inbox.core.permissions import Action

_ID = Meta(min_length=1, max_length=64)
Key = Annotated[str, _ID]
Text = Annotated[str, Meta(max_length=200_000)]
Line = Annotated[str, Meta(max_length=1_000)]
Files = Annotated[tuple[Annotated[FileId, _ID], ...], Meta(max_length=100)]
Tags = Annotated[tuple[Annotated[str, Meta(min_length=1, max_length=50)], ...], Meta(max_length=50)]


class Addressee(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """Somebody to write to, as ``Address`` but strict. A path of RFC 5321 has at most 254 characters; links of social channels more."""

    kind: Key
    value: Annotated[str, Meta(min_length=1, max_length=1_000)]
    name: Annotated[str, Meta(max_length=200)] = ""

    def address(self) -> Address:
        """The value that messages carry."""
        return Address(self.kind, self.value, self.name)


class UseTemplate(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """An approved template of the channel instead of words; ``values`` by the keys of its variables, see ``core.templates.Slot``."""

    template: Key
    values: Annotated[dict[Annotated[str, Meta(min_length=1, max_length=100)], Line], Meta(max_length=100)] = {}


Addressees = Annotated[tuple[Addressee, ...], Meta(max_length=100)]
SomeAddressees = Annotated[tuple[Addressee, ...], Meta(min_length=1, max_length=100)]


Hold = Annotated[int, Meta(ge=0, le=60_000)]
"""For how many milliseconds a message stays here, so that its author can take it back."""


class Command(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True, tag_field="do"):
    """Base of all commands; ``do`` tells them apart."""


class InConversation(Command, frozen=True):
    """Base of those that are about one conversation."""

    conversation: Annotated[ConversationId, _ID]


class Reply(InConversation, frozen=True, tag="reply"):
    """Answer the customer. ``client_id`` makes a repeated command the same message.

    ``seen`` is the newest message the author saw; a colleague's newer reply is a conflict unless ``anyway``.
    Without ``to`` it goes to the accepted participants. ``then`` is the category afterwards. With ``template`` there is no text.
    ``choices`` are answers for the customer to choose from; a ``sticker`` of the channel is all there is. With ``send_at`` it waits for
    that instant and is no answer before, see ``core/scheduling.py``; ``hold`` only keeps it back for a moment.
    """

    client_id: Key
    text: Text
    to: Addressees = ()
    cc: Addressees = ()
    bcc: Addressees = ()
    files: Files = ()
    subject: Line = ""
    seen: Annotated[MessageId, _ID] | None = None
    anyway: bool = False
    then: Category | None = None
    template: UseTemplate | None = None
    choices: Annotated[tuple[Line, ...], Meta(max_length=10)] = ()
    sticker: Line = ""
    hold: Hold = 0
    send_at: Instant | None = None


class Note(InConversation, frozen=True, tag="note"):
    """Write a private note; ``mentions`` are the colleagues named in it. ``whisper``: only the conversation's agent and supervisors
    see it."""

    client_id: Key
    text: Text
    files: Files = ()
    mentions: Annotated[tuple[Annotated[AgentId, _ID], ...], Meta(max_length=50)] = ()
    whisper: bool = False


class Forward(InConversation, frozen=True, tag="forward"):
    """Send a message of this conversation to somebody outside, with a word of one's own."""

    client_id: Key
    message: Annotated[MessageId, _ID]
    to: SomeAddressees
    text: Text = ""
    cc: Addressees = ()
    bcc: Addressees = ()
    files: Files = ()
    subject: Line = ""
    hold: Hold = 0


class StartConversation(Command, frozen=True, tag="start_conversation"):
    """Write first, to anybody; ``customer`` when it is a known person. With ``template`` there is no text. With ``send_at`` the
    conversation is there at once, and its first message waits for that instant."""

    client_id: Key
    channel: Annotated[ChannelId, _ID]
    to: SomeAddressees
    text: Text
    cc: Addressees = ()
    bcc: Addressees = ()
    files: Files = ()
    subject: Line = ""
    customer: Annotated[CustomerId, _ID] | None = None
    template: UseTemplate | None = None
    hold: Hold = 0
    send_at: Instant | None = None


class LogCall(InConversation, frozen=True, tag="log_call"):
    """Log a phone call with the customer; ``text`` are notes. ``resolved``: nothing is left to be done."""

    client_id: Key
    call: Call
    text: Text = ""
    resolved: bool = False


class StartCall(Command, frozen=True, tag="start_call"):
    """Log a phone call as the beginning of a conversation; ``customer`` when it is a known person."""

    client_id: Key
    channel: Annotated[ChannelId, _ID]
    call: Call
    text: Text = ""
    subject: Line = ""
    customer: Annotated[CustomerId, _ID] | None = None
    resolved: bool = False


class Assign(InConversation, frozen=True, tag="assign"):
    """Give it to an agent, a team, or with None to nobody; what is not given stays."""

    agent: Annotated[AgentId, _ID] | UnsetType | None = UNSET
    team: Annotated[TeamId, _ID] | UnsetType | None = UNSET


class MoveToQueue(InConversation, frozen=True, tag="move_to_queue"):
    """Let what waits go on in another queue, at the place its time of waiting gives it; None: in the one its conditions lead to."""

    queue: Annotated[QueueId, _ID] | None


class HandOver(InConversation, frozen=True, tag="hand_over"):
    """A bot gives the conversation to people; ``code`` says why, for the record."""

    code: Annotated[str, Meta(max_length=64, pattern="^[a-z0-9_]*$")] = ""


class GiveToBot(InConversation, frozen=True, tag="give_to_bot"):
    """Let a bot serve it, or with None take it back."""

    bot: Annotated[AgentId, _ID] | None


class SetStatus(InConversation, frozen=True, tag="set_status"):
    """Another category, under a custom status name if given; ``until`` goes with snoozed."""

    category: Category
    status: Annotated[str, Meta(max_length=50)] = ""
    until: Instant | None = None


class SetPriority(InConversation, frozen=True, tag="set_priority"):
    """How urgent it is."""

    priority: Priority


class SetTags(InConversation, frozen=True, tag="set_tags"):
    """Add and remove tags."""

    add: Tags = ()
    remove: Tags = ()


class Follow(InConversation, frozen=True, tag="follow"):
    """Hear when its customer writes, whoever holds it; or no more."""

    follow: bool


class SetSubject(InConversation, frozen=True, tag="set_subject"):
    """Rename it."""

    subject: Annotated[str, Meta(min_length=1, max_length=500)]


class AcceptParticipant(InConversation, frozen=True, tag="accept_participant"):
    """Vouch for somebody who joined from outside."""

    kind: Key
    value: Line


class SplitParticipant(InConversation, frozen=True, tag="split_participant"):
    """Move a participant and his messages into a conversation of their own."""

    kind: Key
    value: Line


class Retry(InConversation, frozen=True, tag="retry"):
    """Send a failed message again to those who did not get it."""

    message: Annotated[MessageId, _ID]


class CancelSend(InConversation, frozen=True, tag="cancel_send"):
    """Call back a message that is still waiting to be sent."""

    message: Annotated[MessageId, _ID]


class SendNow(InConversation, frozen=True, tag="send_now"):
    """Send a message that waits for its time at once."""

    message: Annotated[MessageId, _ID]


class Amend(InConversation, frozen=True, tag="amend"):
    """Change a message that is out, where its channel can: reword one's own answer, take it back, react to what the customer wrote.

    ``text``: the new words, or the emoji; '' takes the reaction back.
    """

    message: Annotated[MessageId, _ID]
    kind: AmendKind
    text: Text = ""


class MarkSeen(InConversation, frozen=True, tag="mark_seen"):
    """Somebody of the house has this message of the customer before his eyes; a live channel tells the customer so."""

    message: Annotated[MessageId, _ID]


class EditCustomer(Command, frozen=True, tag="edit_customer"):
    """Change what is known of a person; ``version`` is what was seen. An attribute set to None is removed.

    A bot names the ``conversation`` in which it serves him.
    """

    customer: Annotated[CustomerId, _ID]
    version: int
    name: Annotated[str, Meta(max_length=200)] | UnsetType = UNSET
    company: Annotated[str, Meta(max_length=200)] | UnsetType = UNSET
    language: Annotated[str, Meta(max_length=35)] | UnsetType = UNSET
    notes: Annotated[str, Meta(max_length=10_000)] | UnsetType = UNSET
    attributes: Annotated[dict[Annotated[str, Meta(min_length=1, max_length=60)], Line | None], Meta(max_length=100)] = {}
    conversation: Annotated[ConversationId, _ID] | None = None


AnyCommand = (
    Reply
    | Note
    | Forward
    | StartConversation
    | LogCall
    | StartCall
    | Assign
    | MoveToQueue
    | HandOver
    | GiveToBot
    | SetStatus
    | SetPriority
    | SetTags
    | Follow
    | SetSubject
    | AcceptParticipant
    | SplitParticipant
    | Retry
    | CancelSend
    | SendNow
    | Amend
    | MarkSeen
    | EditCustomer
)

ACTIONS: Mapping[type[Command], Action] = {
    Reply: Action.REPLY,
    Note: Action.NOTE,
    Forward: Action.REPLY,
    StartConversation: Action.START_CONVERSATION,
    LogCall: Action.REPLY,
    StartCall: Action.START_CONVERSATION,
    Assign: Action.ASSIGN,
    MoveToQueue: Action.ASSIGN,
    HandOver: Action.HAND_OVER,
    GiveToBot: Action.ASSIGN,
    SetStatus: Action.SET_STATUS,
    SetPriority: Action.SET_PRIORITY,
    SetTags: Action.TAG,
    Follow: Action.READ,
    SetSubject: Action.SET_SUBJECT,
    AcceptParticipant: Action.ACCEPT_PARTICIPANT,
    SplitParticipant: Action.ACCEPT_PARTICIPANT,
    Retry: Action.REPLY,
    CancelSend: Action.REPLY,
    SendNow: Action.REPLY,
    Amend: Action.REPLY,
    MarkSeen: Action.READ,
    EditCustomer: Action.CUSTOMER_EDIT,
}
"""What the gate is asked for each command."""
