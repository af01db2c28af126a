"""What an operator may set for a form on a website. Unknown keys are refused."""

from __future__ import annotations

from typing import Annotated, Final

from msgspec import Meta, Struct

from inbox.core.labels import label

FieldName = Annotated[str, Meta(min_length=1, max_length=100)]
SiteKey = Annotated[
    str,
    Meta(
        pattern=r"^[A-Za-z0-9_-]{16,100}$",
        description="16 to 100 letters, digits, _ and -; it stands in the page's source",
        extra={"secret": True},
    ),
]
Origin = Annotated[str, Meta(pattern=r"^https?://[^/\s?#@]+$", description='scheme, host and port only, such as "https://www.example.com"')]
Page = Annotated[str, Meta(pattern=r"^(https?://[^\s]+)?$", max_length=2000, description="an address, or nothing")]
Text = Annotated[str, Meta(max_length=1000)]

SHAPE: Final = "form"
"""Under this name the shape of the form is kept with every post."""


class FormShape(Struct, frozen=True, omit_defaults=True):
    """Which field is what; all ``parse`` has to know. ``attributes``: by field the customer's attribute it becomes."""

    email: Annotated[FieldName, label("Field of the mail address", advanced=True)] = "email"
    name: Annotated[FieldName, label("Field of the name", advanced=True)] = "name"
    subject: Annotated[FieldName, label("Field of the subject", advanced=True)] = "subject"
    message: Annotated[FieldName, label("Field of the message", advanced=True)] = "message"
    honeypot: Annotated[str, label("Field that people do not see", "Whoever fills it in is a machine.", advanced=True)] = "website"
    title: Annotated[Text, label("Subject of posts without one", advanced=True)] = "Your message"
    min_seconds: Annotated[float, Meta(ge=0, le=600), label("Least seconds to fill it in", advanced=True)] = 2.0
    attributes: Annotated[dict[str, str], label("Fields that become attributes", "field = attribute of the customer.")] = {}


class FormSettings(FormShape, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One form. ``site_key`` comes with every post; ``origins`` are the sites it may come from, empty: any.

    ``reply_by`` is the id of the email channel that answers. ``thanks_url``: where the browser goes on, else it shows ``thanks``.
    ``title`` is the subject of posts without one. ``honeypot``: a field that people do not see; whoever fills it in is a machine.
    ``min_seconds``: whoever was faster is one, too. ``per_hour``: how many posts one address may send.
    """

    site_key: Annotated[SiteKey, label("Site key", "16 to 100 letters, digits, _ and -. It stands in the source of the page.")]
    reply_by: Annotated[str, Meta(min_length=1, max_length=64), label("Answers go out by", "The id of an email channel.")]
    origins: Annotated[tuple[Origin, ...], Meta(max_length=100), label("Sites", "Such as https://www.example.com. Empty: any.")] = ()
    thanks: Annotated[Text, label("Thanks", "Shown after sending.")] = "Thank you. Your message has arrived."
    thanks_url: Annotated[Page, label("Page after sending", "Instead of the thanks.")] = ""
    per_hour: Annotated[int, Meta(ge=1, le=100_000), label("Posts an hour from one address", advanced=True)] = 30
