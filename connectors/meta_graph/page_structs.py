"""What Messenger and Instagram write in their messaging webhooks, as far as we read it. Whatever is missing has a default."""

from __future__ import annotations

from msgspec import Raw, Struct


class Party(Struct, frozen=True):
    """Who wrote, or to whom; the id means something for this account only."""

    id: str = ""


class Coordinates(Struct, frozen=True):
    """A place."""

    lat: float = 0.0
    long: float = 0.0


class Element(Struct, frozen=True):
    """A product somebody shares."""

    title: str = ""
    subtitle: str = ""
    url: str = ""


class Product(Struct, frozen=True):
    """Products somebody shares."""

    elements: tuple[Element, ...] = ()


class Payload(Struct, frozen=True):
    """The content of an attachment; which fields are there depends on its kind."""

    url: str = ""
    title: str = ""
    sticker_id: int = 0
    coordinates: Coordinates | None = None
    product: Product | None = None


class Attachment(Struct, frozen=True):
    """Something besides words."""

    type: str = ""
    title: str = ""
    url: str = ""
    payload: Payload | None = None


class QuickReply(Struct, frozen=True):
    """What was chosen below a message."""

    payload: str = ""


class Story(Struct, frozen=True):
    """A story of the account; its address ends with it."""

    id: str = ""
    url: str = ""


class ReplyTo(Struct, frozen=True):
    """What a message answers: another one, or a story."""

    mid: str = ""
    story: Story | None = None


class AdContext(Struct, frozen=True):
    """The advertisement."""

    ad_title: str = ""


class ReferredProduct(Struct, frozen=True):
    """The article of a shop."""

    id: str = ""


class Referral(Struct, frozen=True):
    """The link, advertisement or article that led here."""

    ref: str = ""
    source: str = ""
    referer_uri: str = ""
    ads_context_data: AdContext | None = None
    product: ReferredProduct | None = None


class Message(Struct, frozen=True):
    """A message in either direction (``is_echo``: the account's own)."""

    mid: str = ""
    text: str = ""
    is_echo: bool = False
    is_deleted: bool = False
    is_unsupported: bool = False
    metadata: str = ""
    quick_reply: QuickReply | None = None
    reply_to: ReplyTo = ReplyTo()
    referral: Referral | None = None
    attachments: tuple[Raw, ...] = ()


class MessageEdit(Struct, frozen=True):
    """The new words of a message."""

    mid: str = ""
    text: str = ""


class Reaction(Struct, frozen=True):
    """An emoji on a message, or its withdrawal."""

    mid: str = ""
    action: str = ""
    emoji: str = ""
    reaction: str = ""


class Postback(Struct, frozen=True):
    """A button of a message or of the menu."""

    mid: str = ""
    title: str = ""
    payload: str = ""
    referral: Referral | None = None


class Delivered(Struct, frozen=True):
    """What reached the customer's device. Messages are not always named one by one; ``watermark`` is when."""

    mids: tuple[str, ...] = ()
    watermark: int = 0


class Read(Struct, frozen=True):
    """What the customer has seen: Instagram names the message, Messenger only a time."""

    mid: str = ""
    watermark: int = 0


class Event(Struct, frozen=True):
    """One thing that happened between a customer and the account; one of the fields after ``timestamp`` says what."""

    sender: Party = Party()
    recipient: Party = Party()
    timestamp: int = 0
    message: Message | None = None
    message_edit: MessageEdit | None = None
    reaction: Reaction | None = None
    postback: Postback | None = None
    referral: Referral | None = None
    delivery: Delivered | None = None
    read: Read | None = None


class Bare(Struct, frozen=True):
    """What is still known of an event whose content has an unknown shape."""

    class Named(Struct, frozen=True):
        """Its id."""

        mid: str = ""

    sender: Party = Party()
    timestamp: int = 0
    message: Named | None = None
