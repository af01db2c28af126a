"""What the owner of a web chat decides: where it may be, how it looks, whom it greets."""

from __future__ import annotations

import re
from typing import Annotated, Literal

from msgspec import Meta, Struct

from inbox.core.labels import label
from inbox.core.visitor import PICTURE_TYPES

MIN_SECRET_BYTES = 32

FILE_TYPES = (
    *PICTURE_TYPES,
    "image/heic",
    "application/pdf",
    "text/plain",
    "text/csv",
    "application/zip",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "application/vnd.oasis.opendocument.text",
    "application/vnd.oasis.opendocument.spreadsheet",
    "video/mp4",
)

_ORIGIN = re.compile(r"https?://(\*\.)?[a-z0-9]([a-z0-9.-]*[a-z0-9])?(:[0-9]{1,5})?|https?://\[[0-9a-f:]+\](:[0-9]{1,5})?")

Language = Literal["auto", "en", "de", "fr", "es", "pt", "it", "nl", "pl", "tr", "ar"]
"""Those the widget has words in."""


class PageGreeting(Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """Said to who stays ``seconds`` on a page whose path and query match ``pages``, in which ``*`` stands for anything."""

    pages: Annotated[str, Meta(min_length=1, max_length=200), label("Pages", "Such as /tents* or *checkout*; * is every page.")]
    text: Annotated[str, Meta(min_length=1, max_length=300), label("Words")]
    seconds: Annotated[int, Meta(ge=0, le=3600), label("Seconds on the page")] = 10


class WidgetSettings(Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """What one web chat allows and how it looks.

    ``origins``: the sites that may embed it, as the browser writes them (``https://shop.example``, no path); ``https://*.shop.example``
    means every subdomain. ``identity_secret``: signs the host site's tokens about its users, at least 32 bytes; empty: none are
    believed. ``identity_required``: nobody else may write. ``prechat`` asks for name and mail address before the first message.
    ``starts_per_ip``: new visitors from one address in 12 hours. ``unseen_seconds``: after so long an answer that he has not
    seen goes to his proved mail address. ``hours``: the id of a calendar; outside of it the chat is offline whoever is there.
    """

    origins: Annotated[tuple[str, ...], label("Sites", "That may show the chat, such as https://shop.example. One per line.")] = ()
    identity_secret: Annotated[
        str,
        Meta(max_length=500, extra={"secret": True}),
        label("Identity secret", "Signs what your site says about its users; at least 32 bytes."),
    ] = ""
    identity_required: Annotated[bool, label("Known users only")] = False
    title: Annotated[str, Meta(max_length=60), label("Title")] = ""
    greeting: Annotated[str, Meta(max_length=300), label("Greeting")] = ""
    accent: Annotated[
        str,
        Meta(pattern=r"^#[0-9a-fA-F]{6}$", description="a colour in quotes: # and six digits or letters a to f"),
        label("Colour", "Such as #2257bf."),
    ] = "#2257bf"
    position: Annotated[Literal["right", "left"], label("Side of the page")] = "right"
    prechat: Annotated[Literal["off", "optional", "required"], label("Ask for name and mail address")] = "optional"
    files: Annotated[bool, label("Visitors may send files")] = True
    file_types: Annotated[tuple[str, ...], label("Types of files", advanced=True)] = FILE_TYPES
    starts_per_ip: Annotated[int, Meta(ge=1, le=10_000), label("New visitors from one address in 12 hours", advanced=True)] = 6
    theme: Annotated[
        Literal["auto", "light", "dark"], label("Theme", "auto: as the page declares, else as the visitor's system has it.")
    ] = "auto"
    language: Annotated[Language, label("Language", "auto: that of the page, else of the browser.")] = "auto"
    launcher: Annotated[str, Meta(max_length=40), label("Words on the button", "Beside its picture, such as: Questions?")] = ""
    agents: Annotated[
        Literal["faces", "names", "nobody"],
        label("Who answers is shown by", "faces: initials and first name; names: first name; nobody: the title instead."),
    ] = "faces"
    sound: Annotated[bool, label("A sound for answers", "Visitors can switch it off.")] = True
    hours: Annotated[str, Meta(max_length=64), label("Business hours", "Outside of them the chat is offline.", pick="calendars")] = ""
    answer_time: Annotated[Literal["minutes", "hours", "day"], label("Answers come within")] = "minutes"
    online_text: Annotated[str, Meta(max_length=120), label("Line under the title while somebody is there")] = ""
    offline_text: Annotated[str, Meta(max_length=120), label("Line under the title while nobody is there")] = ""
    greetings: Annotated[
        tuple[PageGreeting, ...],
        Meta(max_length=20),
        label("Greetings on pages", "A bubble beside the button. Of several that fit a page the first one counts."),
    ] = ()
    greeting_days: Annotated[int, Meta(ge=0, le=365), label("Days until somebody is greeted again", "0: on every page.", advanced=True)] = 7
    unseen_seconds: Annotated[
        int,
        Meta(ge=1, le=86_400),
        label("Seconds until an unseen answer goes out by mail", "To an address that the visitor proved.", advanced=True),
    ] = 300

    def __post_init__(self) -> None:
        """Raises ``ValueError`` for an origin that no browser would send, and for a secret that could be guessed."""
        for origin in self.origins:
            if not _ORIGIN.fullmatch(origin):
                raise ValueError(f"origins: {origin!r} is not an origin such as https://shop.example")
        if self.identity_secret and len(self.identity_secret.encode()) < MIN_SECRET_BYTES:
            raise ValueError(f"identity_secret: at least {MIN_SECRET_BYTES} bytes are needed")
        if self.identity_required and not self.identity_secret:
            raise ValueError("identity_required: needs an identity_secret")
