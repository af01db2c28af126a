"""How a person, a group and a person in a group are written as one address.

Somebody in a group has an address of his own there, so that an answer to it goes to the group and never to his private chat.
"""

from __future__ import annotations

import re

from msgspec import Struct

KIND = "line"

_ADDRESS = re.compile(r"(?P<chat>[CR][0-9a-f]{32})(?:#(?P<member>U[0-9a-f]{32}))?|(?P<user>U[0-9a-f]{32})")


class Place(Struct, frozen=True):
    """``chat``: the group or room, '' for a private chat. ``user``: who speaks, '' where LINE does not say."""

    chat: str
    user: str

    @property
    def address(self) -> str:
        """As one address."""
        return f"{self.chat}#{self.user}" if self.chat and self.user else self.chat or self.user


def target(address: str) -> str:
    """Where a message to this address goes: the group or the person; '' for what is no address of LINE."""
    found = _ADDRESS.fullmatch(address.strip())
    return "" if found is None else found["chat"] or found["user"]


def profile_path(address: str) -> str:
    """Where LINE tells the name that belongs to an address; '' for a group, or what is no address of LINE."""
    found = _ADDRESS.fullmatch(address.strip())
    if found is None or not (found["user"] or found["member"]):
        return ""
    if found["user"]:
        return f"/v2/bot/profile/{found['user']}"
    kind = "group" if found["chat"].startswith("C") else "room"
    return f"/v2/bot/{kind}/{found['chat']}/member/{found['member']}"
