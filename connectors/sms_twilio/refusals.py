"""Twilio's error codes in sentences an agent understands. https://www.twilio.com/docs/api/errors"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

OPTED_OUT: Final = 21610
TOO_MANY_WAIT: Final = frozenset({21611, 30001})
"""Our sender's queue is full: nothing was taken."""

_NOT_A_MOBILE: Final = "This number cannot receive SMS; it may be wrong, or a landline."
_SENDER: Final = "The sender of this channel cannot send SMS; an admin has to check it."
_FILE: Final = "Twilio could not take a file: its kind or size is not allowed in an MMS."
_REGISTRATION: Final = "The carriers refuse our number because it is not registered with them; an admin has to register it at Twilio."
_UNREACHABLE: Final = "The phone could not be reached; it may be switched off or without signal."
_FILTERED: Final = "The carrier filtered the message as unwanted."

_SENTENCES: Final[Mapping[int, str]] = {
    OPTED_OUT: "The customer has opted out of SMS with STOP. He must send START to us before he can be written to again.",
    21211: _NOT_A_MOBILE,
    21212: _SENDER,
    21217: _NOT_A_MOBILE,
    21219: "This Twilio account is on trial and may write to verified numbers only.",
    21265: "This number is a short code, which cannot be written to.",
    21266: "This is the number we send from.",
    21408: "SMS to this country is switched off in the Twilio account; an admin can allow it under geo permissions.",
    21602: "There is nothing to send.",
    21603: _SENDER,
    21604: "The message has no recipient.",
    21605: "The message is too long.",
    21606: _SENDER,
    21608: "This Twilio account is on trial and may write to verified numbers only.",
    21609: "Twilio refuses the address for delivery reports; an admin has to check the service's public address.",
    21611: "Too many messages of our number wait at Twilio.",
    21612: "Twilio has no way from our number to this one.",
    21614: _NOT_A_MOBILE,
    21617: "The message is too long; an SMS holds 1,600 characters.",
    21620: _FILE,
    21623: _FILE,
    21635: _NOT_A_MOBILE,
    21659: _SENDER,
    21660: _SENDER,
    21661: _SENDER,
    21703: "The messaging service has no sender; an admin has to add a number to it.",
    21704: "The messaging service has no sender; an admin has to add a number to it.",
    21705: "The messaging service of this channel does not exist; an admin has to check it.",
    11751: _FILE,
    12300: _FILE,
    30001: "Too many messages of our number wait at Twilio.",
    30002: "The Twilio account was suspended; an admin has to act.",
    30003: _UNREACHABLE,
    30004: "The recipient's carrier blocks messages to this number.",
    30005: "This number does not exist, or its phone could not be reached.",
    30006: "This number is a landline, or its carrier takes no messages.",
    30007: _FILTERED,
    30008: "The message was not delivered; the carrier did not say why.",
    30017: "The carrier's network was congested; the message was not delivered.",
    30018: _REGISTRATION,
    30019: _FILE,
    30022: "The carrier's limit for our number was reached; try again later.",
    30023: "The carrier's daily limit for our number was reached; try again tomorrow.",
    30024: _REGISTRATION,
    30032: _REGISTRATION,
    30034: _REGISTRATION,
    30036: "The message could not be delivered in the time it had.",
    30410: "The carrier did not answer in time; the message may not have been delivered.",
    30453: _FILTERED,
    30500: "The message was not delivered because of a fault at Twilio.",
}


def is_known(code: int) -> bool:
    """Whether the code speaks of the message and not of our access."""
    return code in _SENTENCES


def sentence(code: int, said: str = "") -> str:
    """What happened. ``said`` is Twilio's own text, for codes that are not known here; 0: no code was given."""
    known = _SENTENCES.get(code)
    if known is not None:
        return known
    number = f" (error {code})" if code else ""
    return f"Twilio did not deliver the message{number}: {said}"[:300] if said else f"Twilio did not deliver the message{number}."
