"""What agents and bots ask for, in the imperative. Strict: unknown fields are refused, every size has a limit."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from msgspec import UNSET, Meta, Struct, UnsetType

from inbox.core.conversation import Category, Priority
from inbox.core.ids import AgentId, ChannelId, ConversationId, CustomerId, FileId, Instant, MessageId, TeamId
from inbox.core.message import Address
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


Addressees = Annotated[tuple[Addressee, ...], Meta(max_length=100)]
SomeAddressees = Annotated[tuple[Addressee, ...], Meta(min_length=1, max_length=100)]


class Command(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True, tag_field="do"):
    """Base of all commands; ``do`` tells them apart."""


class InConversation(Command, frozen=True):
    """Base of those that are about one conversation."""

    conversation: Annotated[ConversationId, _ID]


class Reply(InConversation, frozen=True, tag="reply"):
    """Answer the customer. ``client_id`` makes a repeated command the same message.

    ``seen`` is the newest message the author saw; a colleague's newer reply is a conflict unless ``anyway``.
    Without ``to`` it goes to the accepted participants. ``then`` is the category afterwards.
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


class Note(InConversation, frozen=True, tag="note"):
    """Write a private note; ``mentions`` are the colleagues named in it."""

    client_id: Key
    text: Text
    files: Files = ()
    mentions: Annotated[tuple[Annotated[AgentId, _ID], ...], Meta(max_length=50)] = ()


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


class StartConversation(Command, frozen=True, tag="start_conversation"):
    """Write first, to anybody; ``customer`` when it is a known person."""

    client_id: Key
    channel: Annotated[ChannelId, _ID]
    to: SomeAddressees
    text: Text
    cc: Addressees = ()
    bcc: Addressees = ()
    files: Files = ()
    subject: Line = ""
    customer: Annotated[CustomerId, _ID] | None = None


class Assign(InConversation, frozen=True, tag="assign"):
    """Give it to an agent, a team, or with None to nobody; what is not given stays."""

    agent: Annotated[AgentId, _ID] | UnsetType | None = UNSET
    team: Annotated[TeamId, _ID] | UnsetType | None = UNSET


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
    | Assign
    | HandOver
    | GiveToBot
    | SetStatus
    | SetPriority
    | SetTags
    | SetSubject
    | AcceptParticipant
    | SplitParticipant
    | Retry
    | CancelSend
    | MarkSeen
    | EditCustomer
)

ACTIONS: Mapping[type[Command], Action] = {
    Reply: Action.REPLY,
    Note: Action.NOTE,
    Forward: Action.REPLY,
    StartConversation: Action.START_CONVERSATION,
    Assign: Action.ASSIGN,
    HandOver: Action.HAND_OVER,
    GiveToBot: Action.ASSIGN,
    SetStatus: Action.SET_STATUS,
    SetPriority: Action.SET_PRIORITY,
    SetTags: Action.TAG,
    SetSubject: Action.SET_SUBJECT,
    AcceptParticipant: Action.ACCEPT_PARTICIPANT,
    SplitParticipant: Action.ACCEPT_PARTICIPANT,
    Retry: Action.REPLY,
    CancelSend: Action.REPLY,
    MarkSeen: Action.READ,
    EditCustomer: Action.CUSTOMER_EDIT,
}
"""What the gate is asked for each command."""
