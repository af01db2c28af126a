"""Proofs that a string in an answer is ours: reply tokens for addresses, signed message ids, addresses of surveys. 128-bit HMAC-SHA-256.

All use the lower-case base32 alphabet without padding, because mail systems may change the case of an address
(RFC 5321, 2.4) and many forms accept nothing but letters and digits.
"""

from __future__ import annotations

import base64
import hmac
from collections.abc import Iterable

from inbox.core.ids import ConversationId, MessageId

_BYTES = 16
_REPLY_LENGTH = 26
_MESSAGE_LENGTH = 52
_ALPHABET = frozenset("abcdefghijklmnopqrstuvwxyz234567")
_SHORTEST_KEY = 16


def reply_token(key: bytes, conversation: ConversationId) -> str:
    """The conversation's token, 26 characters; who presents it belongs to the conversation, though nobody knows who he is."""
    return _encode(_mac(key, b"reply", conversation.encode()))


def as_reply_token(text: str) -> str | None:
    """The text as ``reply_token`` writes it, or None if it cannot be one; whether it is one, only a look-up of it can tell."""
    token = text.lower() if len(text) == _REPLY_LENGTH else ""
    return token if token and _ALPHABET.issuperset(token) else None


def signed_message_token(key: bytes, message: MessageId) -> str:
    """The id of a message of ours with its signature, 52 characters, for the local part of a Message-ID.

    Raises ``ValueError`` for an id that is not 32 hexadecimal digits.
    """
    return _signed(key, b"message", message)


def verify_message_token(keys: Iterable[bytes], token: str) -> MessageId | None:
    """The message id that one of the keys signed, None for anything else. Takes the same time for every wrong signature."""
    return _verified(keys, b"message", token)


def survey_token(key: bytes, message: MessageId) -> str:
    """What the address ends in at which the survey that this message asked is answered, 52 characters; see ``signed_message_token``.

    Who has it may answer; a message's own token, which stands in every header, is none.
    """
    return _signed(key, b"survey", message)


def verify_survey_token(keys: Iterable[bytes], token: str) -> MessageId | None:
    """The message whose survey it answers, None for anything else."""
    return _verified(keys, b"survey", token)


def _signed(key: bytes, purpose: bytes, message: MessageId) -> str:
    raw = bytes.fromhex(message)
    if len(raw) != _BYTES or raw.hex() != message:
        raise ValueError("a message id has 32 lower-case hexadecimal digits")
    return _encode(raw + _mac(key, purpose, raw))


def _verified(keys: Iterable[bytes], purpose: bytes, token: str) -> MessageId | None:
    lowered = token.lower() if len(token) == _MESSAGE_LENGTH else ""
    if not lowered or not _ALPHABET.issuperset(lowered):
        return None
    raw = base64.b32decode(lowered.upper() + "====")
    signed = [hmac.compare_digest(_mac(key, purpose, raw[:_BYTES]), raw[_BYTES:]) for key in keys]
    return MessageId(raw[:_BYTES].hex()) if any(signed) and _encode(raw) == lowered else None


def _mac(key: bytes, purpose: bytes, value: bytes) -> bytes:
    if len(key) < _SHORTEST_KEY:
        raise ValueError(f"a key has at least {_SHORTEST_KEY} bytes")
    return hmac.digest(key, purpose + b"\0" + value, "sha256")[:_BYTES]


def _encode(raw: bytes) -> str:
    return base64.b32encode(raw).decode().rstrip("=").lower()
