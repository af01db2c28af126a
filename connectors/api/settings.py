"""What an operator may set for a channel of his own making. Unknown keys are refused; secrets are marked and kept sealed."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta, Struct

from inbox.core.labels import label
from inbox.core.standard_webhooks import key_of

Secret = Annotated[str, Meta(extra={"secret": True})]
Url = Annotated[str, Meta(pattern=r"^(https?://[^\s]+)?$", max_length=2000, description="an http or https address, or nothing")]


class ApiSettings(Struct, frozen=True, forbid_unknown_fields=True):
    """``secret`` signs in both directions. While it is being changed ``old_secret`` counts as well.

    ``url`` takes what agents write; empty: the channel only receives.
    """

    secret: Annotated[Secret, label("Secret", "Signs in both directions: whsec_ and 24 to 64 bytes in base64.")]
    url: Annotated[Url, label("Address of your system", "Takes what agents write. Without it the channel only receives.")] = ""
    old_secret: Annotated[Secret, label("Former secret", "Counts as well while the secret is being changed.", advanced=True)] = ""

    def __post_init__(self) -> None:
        for name in ("secret", "old_secret"):
            value = getattr(self, name)
            try:
                if value or name == "secret":
                    key_of(value)
            except ValueError as wrong:
                raise ValueError(f"{name}: {wrong}") from None

    @property
    def keys(self) -> tuple[bytes, ...]:
        """What is signed with, the present key first."""
        return tuple(key_of(secret) for secret in (self.secret, self.old_secret) if secret)
