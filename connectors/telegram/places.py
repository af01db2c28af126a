"""How a chat, a topic in it and a person in it are written as one address, and a message as one id.

Message numbers mean something only within their chat, and on a business account's behalf only within that account. A person
in a group has an address of his own there, so that an answer to it goes to the group and never to his private chat.
"""

from __future__ import annotations

import re

from msgspec import Struct

KIND = "telegram"

_ADDRESS = re.compile(r"(?:([A-Za-z0-9_=+.-]{1,200}):)?(-?[0-9]{1,20})(?:/(d?[0-9]{1,20}))?(?:#(-?[0-9]{1,20}))?")


class Place(Struct, frozen=True):
    """Where a message is said. ``topic``: number of a forum's topic, or with a ``d`` before it that of a channel's direct messages.
    ``business``: the connection by which the bot writes in a business account's name."""

    chat: int
    topic: str = ""
    business: str = ""

    @property
    def name(self) -> str:
        """The place as text."""
        return self.chat_name + (f"/{self.topic}" if self.topic else "")

    @property
    def chat_name(self) -> str:
        """The chat as text, without the topic."""
        return f"{self.business}:{self.chat}" if self.business else str(self.chat)

    def person(self, user: int) -> str:
        """The address of somebody who speaks here; in a private chat the place itself."""
        return self.name if user == self.chat else f"{self.name}#{user}"

    def message(self, number: int) -> str:
        """The id of a message."""
        return f"{self.chat_name}:{number}"

    def number(self, message: str) -> int | None:
        """The number of a message by its id, if it is in this chat."""
        chat, _, number = message.rpartition(":")
        return int(number) if chat == self.chat_name and number.isdecimal() else None


def place_of(address: str) -> Place | None:
    """The place an address belongs to; None for what is no address of ours."""
    found = _ADDRESS.fullmatch(address.strip())
    return Place(int(found[2]), found[3] or "", found[1] or "") if found else None
