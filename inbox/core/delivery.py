"""How an outbound message's delivery may move: claims under a fence, outcomes, receipts in any order, and when to try again.

A send is recorded as SENDING before it is tried. If its outcome is never recorded, nobody knows whether it happened:
it becomes UNKNOWN and is looked up. It is repeated at most once, and only where receivers recognise a repetition.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

from msgspec import Struct
from msgspec.structs import replace

from inbox.core.errors import Conflict
from inbox.core.ids import Instant
from inbox.core.message import Delivery, DeliveryState, Reason, Recipient, SentPart

_S = DeliveryState

MAX_TRIED_FOR = 48 * 60 * 60 * 1000
FIRST_WAIT = 30_000
LONGEST_WAIT = 60 * 60 * 1000
MAX_NOTED = 20
NEEDS_LOGIN = "needs_login"
"""How the reason begins of a delivery that waits for credentials."""

# The lattice. Receipts may come in any order, twice, or late: the higher one stays. "Failed" stands above "sent",
# because providers report "sent" after "failed" when they overtake each other, and below "delivered", which is proof.
_RANK: Mapping[DeliveryState, int] = {
    _S.PENDING: 0,
    _S.SENDING: 1,
    _S.UNKNOWN: 2,
    _S.SENT: 3,
    _S.FAILED: 4,
    _S.DELIVERED: 5,
    _S.READ: 6,
    _S.CANCELLED: 7,
}

_UNSETTLED = frozenset({_S.PENDING, _S.SENDING, _S.UNKNOWN})
_RECEIPTS = frozenset({_S.SENT, _S.FAILED, _S.DELIVERED, _S.READ})


class Claim(Struct, frozen=True):
    """This worker may act until ``delivery.lease_until``: ``send`` it, or ``resolve`` whether an earlier send was accepted."""

    delivery: Delivery
    purpose: Literal["send", "resolve"]


class NotDue(Struct, frozen=True):
    """Nothing to do before ``due_at``; None: nothing to do at all."""

    due_at: Instant | None


class Later(Struct, frozen=True):
    """For these addresses (address to reason) it is to be tried again at ``due_at``."""

    addresses: Mapping[str, str]
    due_at: Instant


class GiveUp(Struct, frozen=True):
    """No further attempt."""

    reason: Reason


def claim(delivery: Delivery, now: Instant, lease: int) -> Claim | NotDue:
    """Take it for ``lease`` milliseconds. The fence rises, so that whoever held it before can no longer report.

    That an unknown one is about to be repeated is recorded with the claim, so that it happens once whatever follows.
    """
    if delivery.state not in _UNSETTLED:
        return NotDue(None)
    free_at = delivery.due_at if delivery.lease_until is None else delivery.lease_until
    if free_at is None or free_at > now:
        return NotDue(free_at)
    held = replace(delivery, fence=delivery.fence + 1, lease_until=now + lease)
    if delivery.state is _S.PENDING:
        return Claim(replace(held, state=_S.SENDING, attempts=delivery.attempts + 1, tried_at=now), "send")
    if delivery.state is _S.UNKNOWN and delivery.repeat_at is not None and delivery.repeat_at <= now:
        again = replace(held, state=_S.SENDING, attempts=delivery.attempts + 1, tried_at=now)
        return Claim(replace(again, repeat_at=None, repeated=True), "send")
    return Claim(replace(held, state=_S.UNKNOWN, due_at=now), "resolve")


def keep(delivery: Delivery, fence: int, now: Instant, lease: int) -> Delivery:
    """Hold on to it for ``lease`` milliseconds from now. Raises ``Conflict`` on an old fence and when it is not held any more."""
    _check(delivery, fence)
    if delivery.lease_until is None:
        raise Conflict("It is not being sent.")
    return replace(delivery, lease_until=now + lease)


def sent(
    delivery: Delivery,
    fence: int,
    provider_id: str,
    refused: Mapping[str, str] | None = None,
    state: DeliveryState = DeliveryState.SENT,
    later: Later | None = None,
    parts: Sequence[str] = (),
) -> Delivery:
    """The provider accepted it, but for the addresses in ``refused`` (address to reason) and, for now, those in ``later``.

    Who was to get it and is not named there has it, and gets it no more. ``parts``: the provider's ids of the messages it became,
    where they are several. Raises ``Conflict`` on an old fence.
    """
    _check(delivery, fence)
    waiting = _folded(later.addresses if later else None)
    taken = tuple(
        (replace(r, error=waiting[r.address.casefold()]) if r.address.casefold() in waiting else _raised(r, state, ""))
        if r.state in _UNSETTLED
        else r
        for r in _refused(delivery.recipients, refused)
    )
    known = tuple(dict.fromkeys(id for id in (*delivery.provider_ids, *parts, provider_id) if id))
    pieces = _pieces(delivery, parts, state)
    accepted = replace(
        _settled(delivery), provider_id=provider_id or delivery.provider_id, provider_ids=known, recipients=taken, parts=pieces
    )
    if later is not None and any(_is_open(r) for r in taken):
        return replace(accepted, state=_S.PENDING, due_at=later.due_at, error=max(waiting.values(), key=len))
    return _whole(accepted, state, "")


def failed(delivery: Delivery, fence: int, error: str, recipients: Mapping[str, str] | None = None) -> Delivery:
    """It is refused for good; ``recipients`` has the reason of single addresses. Raises ``Conflict`` on an old fence.

    Those for whom it was taken at an earlier attempt have it nevertheless.
    """
    _check(delivery, fence)
    why = _folded(recipients)
    refused = tuple(
        _raised(r, _S.FAILED, why.get(r.address.casefold(), error)) if r.state in _UNSETTLED else r for r in delivery.recipients
    )
    return _whole(replace(_settled(delivery), recipients=refused), _S.FAILED, error)


def put_off(delivery: Delivery, fence: int, error: str, due_at: Instant, refused: Mapping[str, str] | None = None) -> Delivery:
    """Certainly not sent by this attempt; try again at ``due_at``, unless a receipt knew better. Raises ``Conflict`` on an old fence.

    ``refused`` has the reasons of addresses that nobody need try again.
    """
    _check(delivery, fence)
    return _open_again(delivery, _S.PENDING, error, due_at, refused)


def bring_forward(delivery: Delivery, now: Instant) -> Delivery | None:
    """Try it now if it waits only because the login was refused; None: it does not."""
    waits = delivery.state is _S.PENDING and delivery.error.startswith(NEEDS_LOGIN) and delivery.due_at is not None
    return replace(delivery, due_at=now) if waits and (delivery.due_at or 0) > now else None


def unknown(delivery: Delivery, fence: int, error: str, due_at: Instant, refused: Mapping[str, str] | None = None) -> Delivery:
    """Nobody knows whether it was accepted; look it up at ``due_at``, unless a receipt told. Raises ``Conflict`` on an old fence.

    ``refused`` has the reasons of addresses for which it certainly was not.
    """
    _check(delivery, fence)
    return _open_again(delivery, _S.UNKNOWN, error, due_at, refused)


def repeat(delivery: Delivery, fence: int, error: str, at: Instant) -> Delivery:
    """Nobody can tell what became of it: send it once more at ``at``, unless a receipt tells. Raises ``Conflict`` on an old fence."""
    _check(delivery, fence)
    waits = _open_again(delivery, _S.UNKNOWN, error, at, None)
    return replace(waits, repeat_at=at) if waits.state is _S.UNKNOWN else waits


def waits(delivery: Delivery) -> bool:
    """Whether its author chose a time for it and nothing was tried yet, so that it is no answer, or never was one."""
    return delivery.scheduled_for is not None and delivery.attempts == 0


def send_now(delivery: Delivery, now: Instant) -> Delivery:
    """Somebody does not want to wait for its time any longer. Raises ``Conflict`` when it waits for nothing but its turn."""
    if delivery.state is not _S.PENDING or delivery.attempts or (delivery.due_at or 0) <= now:
        raise Conflict("It is already being sent.")
    return replace(delivery, due_at=now)


def cancel(delivery: Delivery, why: str = "") -> Delivery:
    """Called back for all who certainly did not get it. Raises ``Conflict`` when it is too late for that."""
    if delivery.state is not _S.PENDING:
        raise Conflict("It is already being sent.")
    if delivery.repeated:
        raise Conflict("It may have been sent already.")
    called_back = replace(_settled(delivery), fence=delivery.fence + 1)
    if not any(_RANK[r.state] >= _RANK[_S.SENT] and not _is_refused(r) for r in delivery.recipients):
        return replace(called_back, state=_S.CANCELLED, error=why)
    kept = tuple(replace(r, state=_S.CANCELLED, error="") if _is_open(r) else r for r in delivery.recipients)
    return _whole(replace(called_back, recipients=kept), _S.SENT, "")


def again(delivery: Delivery, now: Instant) -> Delivery:
    """Somebody asks for another try of what failed or is not known, for those recipients who did not get it. Raises ``Conflict``."""
    if delivery.lease_until is not None:
        raise Conflict("It is being sent.")
    refused = delivery.state is not _S.CANCELLED and any(_is_refused(r) for r in delivery.recipients)
    if delivery.state not in (_S.FAILED, _S.UNKNOWN) and not refused:
        raise Conflict("It did not fail.")
    recipients = tuple(Recipient(r.address, _S.PENDING) if _is_refused(r) else r for r in delivery.recipients)
    repeated = delivery.repeated or delivery.state is _S.UNKNOWN
    delivery = replace(delivery, scheduled_for=None, then="")
    return replace(
        delivery,
        state=_S.PENDING,
        due_at=now,
        attempts=0,
        error="",
        recipients=recipients,
        repeat_at=None,
        repeated=repeated,
        parts=(),
    )


def merge(current: Delivery, state: DeliveryState, recipient: str = "", error: str = "", part: str = "") -> Delivery:
    """What is known after a receipt. Any order and any number of the same receipts give the same result.

    Without ``recipient`` it is about all of them, but for those whom the provider has not taken it for yet. An address we did
    not send to (a forwarder's) speaks for the only one we did, and is noted beside several. States that no provider reports
    are ignored, and so is news of a cancelled message. ``part``: the provider's id of what the receipt is about; an answer of
    several parts is as far as the slowest of them, and failed as soon as one of them is.
    """
    if state not in _RECEIPTS or current.state is _S.CANCELLED:
        return current
    if current.parts:
        return _in_parts(current, state, error, part)
    if not current.recipients:
        return _whole(current, state, error)
    return _whole(replace(current, recipients=_told(current, state, recipient, error)), state, error)


def reached_by(delivery: Delivery, until: Instant) -> bool | None:
    """Whether news about all that was sent up to an instant is news about this message; None: that is not known yet."""
    if delivery.tried_at is None or delivery.tried_at > until:
        return False
    return None if delivery.state in (_S.SENDING, _S.UNKNOWN) else delivery.state in (_S.SENT, _S.DELIVERED)


def _pieces(delivery: Delivery, ids: Sequence[str], state: DeliveryState) -> tuple[SentPart, ...]:
    """The parts as they were sent to the only recipient. What was told before is of the last, which alone bears our own id."""
    own = _own(delivery.recipients)
    if len(own) != 1 or not ids:
        return ()
    *before, last = dict.fromkeys(ids)
    known = SentPart(last, state) if own[0].state in _UNSETTLED else SentPart(last, own[0].state, own[0].error)
    return (*(SentPart(id, state) for id in before), known)


def _in_parts(current: Delivery, state: DeliveryState, error: str, part: str) -> Delivery:
    """What follows for the one recipient is computed from all parts anew, so that the order of receipts decides nothing."""
    known = any(p.id == part for p in current.parts)
    parts = tuple(_part_raised(p, state, error) if p.id == part or not known else p for p in current.parts)
    lost = [p.error for p in parts if p.state is _S.FAILED]
    whole = _S.FAILED if lost else min((p.state for p in parts), key=lambda s: _RANK[s])
    why = max(lost, key=lambda error: (len(error), error), default="")
    standing = tuple(r if r.noted else replace(r, state=whole, error=why) for r in current.recipients)
    return _whole(replace(current, parts=parts, recipients=standing), whole, why)


def _part_raised(part: SentPart, state: DeliveryState, error: str) -> SentPart:
    raised, why = _higher((part.state, part.error), (state, error))
    return replace(part, state=raised, error=why)


def next_attempt(attempts: int, retry_after: int | None, first_due: Instant, now: Instant, jitter: float) -> Instant | GiveUp:
    """When to try after ``attempts`` failures: 30 s, doubling to an hour, plus up to a fifth by ``jitter`` in [0, 1).

    Never before ``retry_after`` milliseconds that the provider asked for, and never later than 48 hours after ``first_due``.
    """
    deadline = first_due + MAX_TRIED_FOR
    doubled = min(FIRST_WAIT << min(max(attempts - 1, 0), 20), LONGEST_WAIT)
    wait = doubled + int(doubled * jitter / 5)
    asked = now + (retry_after or 0)
    if now >= deadline or asked > deadline:
        return GiveUp(Reason("tried_long_enough", numbers={"attempts": attempts, "tried_for": now - first_due}))
    return min(max(now + wait, asked), deadline)


def _check(delivery: Delivery, fence: int) -> None:
    if delivery.fence != fence:
        raise Conflict("Another worker took this message over.")


def _is_refused(recipient: Recipient) -> bool:
    return recipient.state is _S.FAILED and not recipient.noted


def _is_open(recipient: Recipient) -> bool:
    return recipient.state in _UNSETTLED and not recipient.noted


def _own(recipients: tuple[Recipient, ...]) -> list[Recipient]:
    return [r for r in recipients if not r.noted]


def _folded(reasons: Mapping[str, str] | None) -> dict[str, str]:
    return {address.casefold(): reason for address, reason in (reasons or {}).items()}


def _refused(recipients: tuple[Recipient, ...], refused: Mapping[str, str] | None) -> tuple[Recipient, ...]:
    no = _folded(refused)
    return tuple(_raised(r, _S.FAILED, no[r.address.casefold()]) if _is_open(r) and r.address.casefold() in no else r for r in recipients)


def _open_again(delivery: Delivery, state: DeliveryState, error: str, due_at: Instant, refused: Mapping[str, str] | None) -> Delivery:
    if delivery.state not in _UNSETTLED:
        return delivery
    told = replace(delivery, recipients=_refused(delivery.recipients, refused))
    if told.recipients and not any(_is_open(r) for r in told.recipients):
        return _whole(_settled(told), _S.FAILED, error)
    return replace(told, state=state, due_at=due_at, lease_until=None, error=error)


def _settled(delivery: Delivery) -> Delivery:
    return replace(delivery, due_at=None, lease_until=None, repeat_at=None)


def _told(current: Delivery, state: DeliveryState, address: str, error: str) -> tuple[Recipient, ...]:
    recipients, folded = current.recipients, address.casefold()
    own = [r for r in recipients if not r.noted]
    if not address or (len(own) == 1 and own[0].address.casefold() != folded):
        waits = bool(current.provider_id) and any(not _is_open(r) for r in own)
        return tuple(r if r.noted or (waits and _is_open(r)) else _raised(r, state, error) for r in recipients)
    if any(r.address.casefold() == folded for r in recipients):
        return tuple(_raised(r, state, error) if r.address.casefold() == folded else r for r in recipients)
    if len(recipients) - len(own) >= MAX_NOTED:
        return recipients
    return (*recipients, Recipient(address, state, error if state is _S.FAILED else "", noted=True))


def _raised(recipient: Recipient, state: DeliveryState, error: str) -> Recipient:
    raised, why = _higher((recipient.state, recipient.error), (state, error))
    return replace(recipient, state=raised, error=why)


def _higher(one: tuple[DeliveryState, str], other: tuple[DeliveryState, str]) -> tuple[DeliveryState, str]:
    """Of two reasons for the same failure the longer one stays, so that their order decides nothing."""
    state, error = max(one, other, key=lambda known: (_RANK[known[0]], len(known[1]), known[1]))
    return state, error if state is _S.FAILED else ""


def _whole(delivery: Delivery, state: DeliveryState, error: str) -> Delivery:
    """The message as a whole: failed when it failed for all, else as far as the slowest recipient who did not fail.

    It is in a worker's hands, or waits for one, until that is at least "sent".
    """
    if delivery.recipients:
        own = [r for r in delivery.recipients if not r.noted]
        reached = [r.state for r in own if r.state is not _S.FAILED]
        state = min(reached, key=lambda s: _RANK[s], default=_S.FAILED)
        error = max((r.error for r in own), key=lambda why: (len(why), why)) if state is _S.FAILED else ""
    else:
        state, error = _higher((delivery.state, delivery.error), (state, error))
    if state in _UNSETTLED:
        return delivery
    return replace(_settled(delivery), state=state, error=error)
