"""The table of what moves a conversation from one category to another; the picture in the documentation is drawn from it."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from inbox.core.conversation import Category


class Trigger(StrEnum):
    """What can move a conversation to another category: four things that happen, then five that somebody asks for."""

    CUSTOMER_WROTE = "customer_wrote"
    ANSWERED = "answered"
    UNDELIVERED = "undelivered"
    SNOOZE_OVER = "snooze_over"
    OPEN = "open"
    WAIT = "wait"
    SNOOZE = "snooze"
    RESOLVE = "resolve"
    MARK_SPAM = "mark_spam"


_OPEN, _WAITING, _SNOOZED, _RESOLVED, _SPAM = Category.OPEN, Category.WAITING, Category.SNOOZED, Category.RESOLVED, Category.SPAM

# Theory of operation. A pair that is missing is illegal. A customer's message brings everything back to the agents
# except spam, and so does an answer that could not be delivered, because the customer still waits for it. Answering
# leaves a reminder (snoozed) and a closed matter (resolved) as they are. Spam has one way out, so that nothing is
# sent to a spammer by a slip.
TRANSITIONS: Mapping[Category, Mapping[Trigger, Category]] = {
    _OPEN: {
        Trigger.CUSTOMER_WROTE: _OPEN,
        Trigger.ANSWERED: _WAITING,
        Trigger.UNDELIVERED: _OPEN,
        Trigger.OPEN: _OPEN,
        Trigger.WAIT: _WAITING,
        Trigger.SNOOZE: _SNOOZED,
        Trigger.RESOLVE: _RESOLVED,
        Trigger.MARK_SPAM: _SPAM,
    },
    _WAITING: {
        Trigger.CUSTOMER_WROTE: _OPEN,
        Trigger.ANSWERED: _WAITING,
        Trigger.UNDELIVERED: _OPEN,
        Trigger.OPEN: _OPEN,
        Trigger.WAIT: _WAITING,
        Trigger.SNOOZE: _SNOOZED,
        Trigger.RESOLVE: _RESOLVED,
        Trigger.MARK_SPAM: _SPAM,
    },
    _SNOOZED: {
        Trigger.CUSTOMER_WROTE: _OPEN,
        Trigger.ANSWERED: _SNOOZED,
        Trigger.UNDELIVERED: _OPEN,
        Trigger.SNOOZE_OVER: _OPEN,
        Trigger.OPEN: _OPEN,
        Trigger.WAIT: _WAITING,
        Trigger.SNOOZE: _SNOOZED,
        Trigger.RESOLVE: _RESOLVED,
        Trigger.MARK_SPAM: _SPAM,
    },
    _RESOLVED: {
        Trigger.CUSTOMER_WROTE: _OPEN,
        Trigger.ANSWERED: _RESOLVED,
        Trigger.UNDELIVERED: _OPEN,
        Trigger.OPEN: _OPEN,
        Trigger.WAIT: _WAITING,
        Trigger.SNOOZE: _SNOOZED,
        Trigger.RESOLVE: _RESOLVED,
        Trigger.MARK_SPAM: _SPAM,
    },
    _SPAM: {
        Trigger.CUSTOMER_WROTE: _SPAM,
        Trigger.UNDELIVERED: _SPAM,
        Trigger.OPEN: _OPEN,
        Trigger.MARK_SPAM: _SPAM,
    },
}

ASKED: Mapping[Category, Trigger] = {
    _OPEN: Trigger.OPEN,
    _WAITING: Trigger.WAIT,
    _SNOOZED: Trigger.SNOOZE,
    _RESOLVED: Trigger.RESOLVE,
    _SPAM: Trigger.MARK_SPAM,
}
"""The trigger by which somebody asks for a category."""
