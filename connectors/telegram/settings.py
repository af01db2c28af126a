"""What an operator may set for a Telegram bot. Unknown keys are refused; secrets are marked and kept sealed."""

from __future__ import annotations

import hashlib
import hmac
from typing import Annotated, Literal

from msgspec import Meta, Struct

from inbox.core.labels import label

Token = Annotated[
    str,
    Meta(
        pattern=r"^[0-9]{1,20}:[A-Za-z0-9_-]{10,200}$",
        description='the bot\'s token as @BotFather gave it, such as "123456:ABC-DEF"',
        extra={"secret": True},
    ),
]
SecretWord = Annotated[
    str,
    Meta(
        pattern=r"^([A-Za-z0-9_-]{16,256})?$",
        description="16 to 256 letters, digits, _ and -, or nothing",
        extra={"secret": True},
    ),
]
BaseUrl = Annotated[
    str,
    Meta(pattern=r"^https?://[^\s/?#@]+(/[^\s?#]*)?$", max_length=300, description='an address, such as "https://api.telegram.org"'),
]
CommandName = Annotated[str, Meta(pattern=r"^[a-z0-9_]{1,32}$", description="1 to 32 small letters, digits and _, without the slash")]


class Command(Struct, frozen=True, forbid_unknown_fields=True):
    """One entry of the menu that Telegram shows beside the bot's text field."""

    command: CommandName
    description: Annotated[str, Meta(min_length=1, max_length=256)]


class TelegramSettings(Struct, frozen=True, forbid_unknown_fields=True):
    """One bot. ``mode``: we ask Telegram for news (poll), or it calls us (webhook), which needs a public https address.

    ``secret``: the word that Telegram sends with each call; empty: one is made from the token. ``connections``: how many calls
    Telegram makes at the same time; more than one may change the order of messages. ``quote``: where an answer shows the message
    it answers. ``commands``: the bot's menu; empty: left as it is.
    """

    token: Annotated[Token, label("Bot token", "As @BotFather gave it, such as 123456:ABC-DEF.")]
    mode: Annotated[
        Literal["poll", "webhook"],
        label("How news comes in", "poll works everywhere; webhook needs a public https address and registers itself."),
    ] = "poll"
    secret: Annotated[SecretWord, label("Webhook secret", "Empty: one is made from the token.", advanced=True)] = ""
    connections: Annotated[
        int, Meta(ge=1, le=100), label("Calls at the same time", "More than one may change the order of messages.", advanced=True)
    ] = 1
    quote: Annotated[Literal["groups", "always", "never"], label("Quote the message that is answered")] = "groups"
    commands: Annotated[tuple[Command, ...], Meta(max_length=100), label("Menu of the bot", "command = description.")] = ()
    base_url: Annotated[BaseUrl, label("Address of the Bot API", advanced=True)] = "https://api.telegram.org"

    def method_url(self, method: str) -> str:
        """Where a method of the Bot API is called."""
        return f"{self.base_url.rstrip('/')}/bot{self.token}/{method}"

    def file_url(self, path: str) -> str:
        """Where a file's bytes are."""
        return f"{self.base_url.rstrip('/')}/file/bot{self.token}/{path}"

    def secret_word(self, channel: str) -> str:
        """What proves that a call comes from Telegram."""
        return self.secret or hmac.new(self.token.encode(), f"webhook:{channel}".encode(), hashlib.sha256).hexdigest()
