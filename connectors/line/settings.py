"""What an operator may set for a LINE Official Account. Unknown keys are refused; secrets are marked and kept sealed."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta, Struct

from inbox.core.labels import label

Secret = Annotated[str, Meta(min_length=1, extra={"secret": True})]
BaseUrl = Annotated[str, Meta(pattern=r"^https?://[^/\s?#@]+$", description="an address without a path, such as https://api.line.me")]


class LineSettings(Struct, frozen=True, forbid_unknown_fields=True):
    """One channel of the Messaging API. ``channel_secret`` proves that deliveries are LINE's, ``channel_access_token`` that calls are ours.

    ``free_replies``: what is answered within a minute goes by the customer's reply token.
    ``base_url`` takes messages, ``data_url`` gives the files that customers send.
    """

    channel_secret: Annotated[Secret, label("Channel secret", "In the LINE developers console, under Basic settings.")]
    channel_access_token: Annotated[Secret, label("Channel access token", "Long-lived, under Messaging API.")]
    base_url: Annotated[BaseUrl, label("Address of the API", advanced=True)] = "https://api.line.me"
    data_url: Annotated[BaseUrl, label("Address of the API for files", advanced=True)] = "https://api-data.line.me"
    free_replies: Annotated[
        bool,
        label(
            "Free replies",
            "Answers within a minute do not count against the plan, but LINE cannot be asked about them.",
        ),
    ] = True
