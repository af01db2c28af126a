"""Phone numbers in one form, and how many messages a text becomes on a phone."""

from __future__ import annotations

from typing import Literal

import phonenumbers
from msgspec import Struct

_BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_EXTENDED = frozenset("\f^{}\\[~]|€")
_ROOM = {"gsm-7": (160, 153), "ucs-2": (70, 67)}
"""Units one message holds, and each of several: these spend six bytes on saying what they are part of."""


class Segments(Struct, frozen=True):
    """``units``: septets (GSM-7) or 16-bit words (UCS-2); ``count``: messages that are sent and paid for."""

    encoding: Literal["gsm-7", "ucs-2"]
    units: int
    count: int


def e164(number: str, region: str | None = None) -> str:
    """The number as ``+`` and digits (ITU-T E.164), or '' for what cannot be one, such as a short code or a sender's name.

    ``region`` (ISO 3166, two letters) is where a number without a country code belongs; None: it must have one.
    """
    text = number.strip().removeprefix("tel:")
    if any(ch.isalpha() for ch in text):
        return ""  # a sender's name may have letters around a number that is not his
    try:
        parsed = phonenumbers.parse(text, region)
    except phonenumbers.NumberParseException:
        return ""
    if not phonenumbers.is_possible_number(parsed):
        return ""
    return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)


def segments(text: str) -> Segments:
    """How a text is cut (3GPP TS 23.038, 23.040): one character outside the GSM alphabet makes the whole of it UCS-2.

    No character is cut in two, so a message may end one unit early.
    """
    simple = all(ch in _BASIC or ch in _EXTENDED for ch in text)
    encoding: Literal["gsm-7", "ucs-2"] = "gsm-7" if simple else "ucs-2"
    widths = [1 + (ch in _EXTENDED) if simple else 1 + (ord(ch) > 0xFFFF) for ch in text]
    units, (alone, part) = sum(widths), _ROOM[encoding]
    if units <= alone:
        return Segments(encoding, units, int(units > 0))
    count, free = 0, 0
    for width in widths:
        if width > free:
            count, free = count + 1, part
        free -= width
    return Segments(encoding, units, count)
