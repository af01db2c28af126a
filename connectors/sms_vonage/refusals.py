"""Vonage's error codes in sentences an agent understands.

https://developer.vonage.com/en/api-errors/messages, https://developer.vonage.com/en/api-errors/sms,
https://developer.vonage.com/en/messaging/sms/guides/delivery-receipts
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

_CREDIT: Final = "The Vonage account has no credit left; an admin has to top it up."
_SUSPENDED: Final = "The Vonage account is barred; an admin has to act."
_SENDER: Final = "The sender of this channel is not allowed there; an admin has to check it."
_BARRED: Final = "This number is blocked at Vonage, for instance after STOP, and may not be written to."
_NO_ROUTE: Final = "Vonage finds no way to this number; it may be wrong."
_TOO_LONG: Final = "The message is too long."
_WRONG: Final = "Vonage refuses the message as not well-formed."
_DEMO: Final = "The Vonage account is on trial and may write to numbers on its list only."
_TOO_FAST: Final = "Messages are sent faster than the account may."
_SPAM: Final = "The carrier filtered the message as unwanted."
_AWAY: Final = "The phone could not be reached; it may be switched off or without signal."

_MESSAGES: Final[Mapping[int, str]] = {
    1000: _TOO_FAST,
    1010: _WRONG,
    1020: _WRONG,
    1040: _NO_ROUTE,
    1050: _BARRED,
    1060: _SUSPENDED,
    1070: _CREDIT,
    1090: _TOO_LONG,
    1120: _SENDER,
    1160: _DEMO,
    1170: "This is no valid mobile number.",
    1210: _SPAM,
    1240: "This number is blocked at Vonage, for instance after STOP, and may not be written to.",
    1250: _NO_ROUTE,
    1260: _NO_ROUTE,
}
_SMS: Final[Mapping[int, str]] = {
    1: _TOO_FAST,
    2: _WRONG,
    3: _WRONG,
    4: "Vonage refuses API key and secret.",
    5: "Vonage stumbled over the message.",
    6: _NO_ROUTE,
    7: _BARRED,
    8: _SUSPENDED,
    9: _CREDIT,
    10: _TOO_FAST,
    11: "The Vonage account may not use the SMS API.",
    12: _TOO_LONG,
    14: "Vonage wants signed requests, which this channel does not send.",
    15: _SENDER,
    22: _NO_ROUTE,
    23: "Vonage refuses the address for delivery reports; an admin has to check the service's public address.",
    29: _DEMO,
    32: "Vonage refuses API key and secret.",
    33: "This number is not in use any more.",
}
_RECEIPT: Final[Mapping[int, str]] = {
    2: _AWAY,
    3: "This number is not in use any more.",
    4: "The customer's carrier bars messages to this number.",
    5: "The number was ported, and its carrier could not be found.",
    6: _SPAM,
    7: _AWAY,
    8: "The carrier's network failed; the message was not delivered.",
    9: "The customer has asked not to get such messages.",
    10: _WRONG,
    11: _NO_ROUTE,
    12: _NO_ROUTE,
    13: "The customer is too young for messages of this service.",
    14: "The customer's carrier blocks such messages.",
    15: "The customer's prepaid credit is used up.",
    50: _SPAM,
    51: _SPAM,
    52: _SPAM,
    54: _SPAM,
}


def of_messages(code: int, said: str) -> str:
    """An error of the Messages API, in an answer or a status; 0: no code was given."""
    return _MESSAGES.get(code) or _unknown(code, said)


def of_sms(status: int, said: str) -> str:
    """A status in an answer of the SMS API."""
    return _SMS.get(status) or _unknown(status, said)


def of_receipt(code: int, status: str) -> str:
    """The code of a delivery receipt of the SMS API; ``status`` is its word."""
    if code in _RECEIPT:
        return _RECEIPT[code]
    return "The message could not be delivered in the time it had." if status == "expired" else _unknown(code, "")


def _unknown(code: int, said: str) -> str:
    number = f" (error {code})" if code else ""
    return f"Vonage did not deliver the message{number}: {said}"[:300] if said else f"Vonage did not deliver the message{number}."
