"""What an operator may set for a LINE Official Account. Unknown keys are refused; secrets are marked and kept sealed."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta, Struct

Secret = Annotated[str, Meta(min_length=1, extra={"secret": True})]
BaseUrl = Annotated[str, Meta(pattern=r"^https?://[^/\s?#@]+$", description="an address without a path, such as https://api.line.me")]


class LineSettings(Struct, frozen=True, forbid_unknown_fields=True):
    """One channel of the Messaging API. ``channel_secret`` proves that deliveries are LINE's, ``channel_access_token`` that calls are ours.

    ``base_url`` takes messages, ``data_url`` gives the files that customers send.
    """

    channel_secret: Secret
    channel_access_token: Secret
    base_url: BaseUrl = "https://api.line.me"
    data_url: BaseUrl = "https://api-data.line.me"
