"""Which conversation a message belongs to, and why.

A token or a message id we signed joins whoever sends it. What anybody can write into a header joins only those who
already take part; from a stranger it makes the new conversation a related one. Where the provider itself vouches for the thread, as
of a group's, whoever writes there takes part. A subject never joins.
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum
from typing import Literal

from msgspec import Struct

from inbox.core.conversation import Category
from inbox.core.ids import ConversationId, Instant
from inbox.core.message import Reason

DAY = 24 * 60 * 60 * 1000
MAX_RELATED = 10


class Evidence(StrEnum):
    """What leads to a conversation, strongest first."""

    TOKEN = "token"
    SIGNED_ID = "signed_id"
    PROVIDER_THREAD = "provider_thread"
    IN_REPLY_TO = "in_reply_to"
    REFERENCE = "reference"
    OPEN_IDENTITY = "open_identity"


_STRENGTH = {evidence: rank for rank, evidence in enumerate(Evidence)}
_SIGNED = frozenset({Evidence.TOKEN, Evidence.SIGNED_ID})


class Candidate(Struct, frozen=True, omit_defaults=True):
    """A conversation the message may belong to; one that was merged is given as the one it went into.

    ``order`` ranks equal evidence, 0 first (references: newest first). ``participant``: the sender takes part already. ``vouched``: the
    provider, not the sender, says that the message was written there.
    """

    conversation: ConversationId
    evidence: Evidence
    category: Category
    participant: bool
    updated_at: Instant
    order: int = 0
    resolved_at: Instant | None = None
    vouched: bool = False


class ThreadPolicy(Struct, frozen=True, omit_defaults=True):
    """``conversational``: an identity's messages belong to its open conversation without any reference.

    An answer within ``reopen_within`` milliseconds of the resolution reopens; what a later one does is in ``late``.
    """

    conversational: bool = False
    reopen_within: int = 30 * DAY
    late: Literal["new", "reopen"] = "new"


class Join(Struct, frozen=True):
    """It continues this conversation as it stands."""

    conversation: ConversationId
    reason: Reason
    new_participant: bool = False


class Reopen(Struct, frozen=True):
    """It continues this resolved conversation, which is open again."""

    conversation: ConversationId
    reason: Reason
    new_participant: bool = False


class Start(Struct, frozen=True):
    """It begins a conversation. Codes: ``no_reference``, ``stranger_reference``, ``too_late``."""

    reason: Reason
    related: tuple[ConversationId, ...] = ()


def decide(candidates: Iterable[Candidate], automatic: bool, policy: ThreadPolicy, now: Instant) -> Join | Reopen | Start:
    """The strongest evidence that counts wins; one that comes too late leaves the choice to the next.

    ``automatic``: nobody wrote the message, so it joins without reopening, however late.
    """
    ranked = sorted((c for c in candidates if policy.conversational or c.evidence is not Evidence.OPEN_IDENTITY), key=_rank)
    counting = [c for c in ranked if _belongs(c) or c.evidence in _SIGNED]
    for candidate in counting:
        if candidate.category is not Category.RESOLVED or automatic:
            return Join(candidate.conversation, _because(candidate), not _belongs(candidate))
        if policy.late == "reopen" or _age(candidate, now) <= policy.reopen_within:
            return Reopen(candidate.conversation, _because(candidate), not _belongs(candidate))
    related = tuple(dict.fromkeys(c.conversation for c in ranked))[:MAX_RELATED]
    if counting:
        late = counting[0]
        return Start(Reason("too_late", ids=(late.conversation,), numbers={"resolved_for": _age(late, now)}), related)
    return Start(Reason("stranger_reference" if ranked else "no_reference", ids=related), related)


def _belongs(candidate: Candidate) -> bool:
    """Whether nobody has to accept the sender."""
    return candidate.participant or candidate.vouched


def _rank(candidate: Candidate) -> tuple[object, ...]:
    """Total, so that the order in which candidates were found decides nothing."""
    return (
        _STRENGTH[candidate.evidence],
        candidate.order,
        -candidate.updated_at,
        candidate.conversation,
        not candidate.participant,
        not candidate.vouched,
        candidate.category,
        candidate.resolved_at or 0,
    )


def _age(candidate: Candidate, now: Instant) -> int:
    return now - (candidate.updated_at if candidate.resolved_at is None else candidate.resolved_at)


def _because(candidate: Candidate) -> Reason:
    return Reason(candidate.evidence.value, ids=(candidate.conversation,))
