"""What an error looks like over HTTP: RFC 9457 problem details. Beside ``hooks`` the only place that knows HTTP statuses."""

from __future__ import annotations

from collections.abc import Sequence

from inbox.api.bodies import TooSlow, WrongType
from inbox.api.call import Call
from inbox.api.structs import Problem
from inbox.core.errors import (
    Conflict,
    Denied,
    InboxError,
    Invalid,
    Malformed,
    NotFound,
    Prevented,
    Refused,
    TooLarge,
    TooMany,
    TryLater,
    Unauthenticated,
)
from inbox.flow.rows import MessageRow

PROBLEM_TYPE = "application/problem+json"
OK = 200
NO_CONTENT = 204
REFUSED_HOST = 421
NOT_NOW = 503
CLOSED_BY_CLIENT = 499
"""In the log only: nobody was there any more to take the answer."""
RETRY_MS = 2_000
"""Advised wait where the error names none."""

STATUSES: tuple[tuple[type[InboxError], int], ...] = (
    (Denied, 403),
    (NotFound, 404),
    (Unauthenticated, 401),
    (TooLarge, 413),
    (TooMany, 429),
    (Invalid, 422),
    (Malformed, 422),
    (Refused, 422),
    (Conflict, 409),
    (TryLater, 503),
    (WrongType, 415),
    (TooSlow, 408),
)
"""The first class that fits gives the status; whatever is not here is 500."""

TITLES = {
    401: "Not logged in",
    403: "Not allowed",
    404: "Not found",
    405: "Method not allowed",
    408: "Too slow",
    409: "The state has changed",
    413: "Too large",
    415: "Wrong content type",
    421: "Wrong host",
    422: "Not valid",
    429: "Too many requests",
    500: "Unexpected error",
    503: "Not available now",
}


def success(call: Call) -> int:
    """The status of a call that went well."""
    if call.creates:
        return 201
    return OK if call.answer is not None or call.raw else NO_CONTENT


def failures(call: Call) -> tuple[int, ...]:
    """The statuses a call can fail with."""
    wrong = {422, 429, 503, REFUSED_HOST}
    if not call.open:
        wrong |= {401, 403}
    if call.method != "GET":
        wrong |= {403} if call.open else {403, 404, 409}
    if call.open and call.body is not None and call.answer is not None:
        wrong |= {401}
    if "{" in call.path:
        wrong |= {404}
    if call.body is not None or call.form:
        wrong |= {408, 413, 415}
    return tuple(sorted(wrong))


def status_of(error: Exception) -> int:
    """The status an error is answered with."""
    return next((status for kind, status in STATUSES if isinstance(error, kind)), 500)


def problem(error: Exception, newer: Sequence[MessageRow] = (), error_id: str = "") -> Problem:
    """The problem details of an error. Of an unexpected one only ``error_id`` is told: its text may hold anything."""
    status = status_of(error)
    if status == 500 or not isinstance(error, InboxError):
        return Problem("about:blank", TITLES[500], 500, "unexpected", id=error_id)
    return Problem(
        type="about:blank",
        title=TITLES[status],
        status=status,
        code=error.code,
        detail="" if isinstance(error, TryLater) else str(error),
        field=error.field if isinstance(error, Invalid) else "",
        after=wait_of(error),
        reason=error.reason if isinstance(error, Denied | Prevented) else "",
        by=error.by if isinstance(error, Prevented) else "",
        newer=tuple(newer),
    )


def refusal(status: int, code: str, detail: str = "") -> Problem:
    """A problem of HTTP itself: a path, method or media type that does not exist here."""
    return Problem("about:blank", TITLES.get(status, "Refused"), status, code, detail)


def wait_of(error: InboxError) -> int:
    """Milliseconds to wait before the next attempt, 0 where waiting does not help."""
    if isinstance(error, TooMany):
        return error.after
    if isinstance(error, TryLater):
        return error.after if error.after is not None else RETRY_MS
    return 0
