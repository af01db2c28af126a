"""What the WhatsApp Cloud API writes in its ``messages`` webhooks, as far as we read it. Whatever is missing has a default."""

from __future__ import annotations

from msgspec import Raw, Struct, field

from connectors.meta_graph.graph import Problem


class Metadata(Struct, frozen=True):
    """Which of the business's numbers it is about."""

    phone_number_id: str = ""


class Profile(Struct, frozen=True):
    """How a customer calls himself."""

    name: str = ""
    username: str = ""


class Contact(Struct, frozen=True):
    """A customer. ``wa_id``: his number without the plus; left out for who hides it. ``user_id``: who he is to this business."""

    profile: Profile = Profile()
    wa_id: str = ""
    user_id: str = ""


class Value(Struct, frozen=True):
    """The content of one change."""

    metadata: Metadata = Metadata()
    contacts: tuple[Raw, ...] = ()
    messages: tuple[Raw, ...] = ()
    statuses: tuple[Raw, ...] = ()


class Status(Struct, frozen=True):
    """News of a message we sent."""

    id: str = ""
    status: str = ""
    timestamp: int = 0
    recipient_id: str = ""
    recipient_user_id: str = ""
    biz_opaque_callback_data: str = ""
    errors: tuple[Problem, ...] = ()


class Text(Struct, frozen=True):
    """Words."""

    body: str = ""


class Medium(Struct, frozen=True):
    """A file that is fetched by its id."""

    id: str = ""
    mime_type: str = ""
    caption: str = ""
    filename: str = ""
    voice: bool = False
    animated: bool = False


class Location(Struct, frozen=True):
    """A place."""

    latitude: float = 0.0
    longitude: float = 0.0
    name: str = ""
    address: str = ""
    url: str = ""


class CardName(Struct, frozen=True):
    """How somebody on a visiting card is called."""

    formatted_name: str = ""


class CardPhone(Struct, frozen=True):
    """His number."""

    phone: str = ""


class CardEmail(Struct, frozen=True):
    """His mail address."""

    email: str = ""


class CardOrganisation(Struct, frozen=True):
    """Where he works."""

    company: str = ""


class CardOf(Struct, frozen=True):
    """A visiting card."""

    name: CardName = CardName()
    phones: tuple[CardPhone, ...] = ()
    emails: tuple[CardEmail, ...] = ()
    org: CardOrganisation = CardOrganisation()


class Reply(Struct, frozen=True):
    """What was chosen among buttons or in a list."""

    id: str = ""
    title: str = ""
    description: str = ""


class FormReply(Struct, frozen=True):
    """A form that was filled in; the answers are JSON in a string."""

    name: str = ""
    body: str = ""
    response_json: str = ""


class Interactive(Struct, frozen=True):
    """An answer to something with buttons, a list or a form."""

    type: str = ""
    button_reply: Reply | None = None
    list_reply: Reply | None = None
    nfm_reply: FormReply | None = None


class Button(Struct, frozen=True):
    """A button of a template."""

    text: str = ""
    payload: str = ""


class Reaction(Struct, frozen=True):
    """An emoji on a message; none: taken back."""

    message_id: str = ""
    emoji: str = ""


class OrderItem(Struct, frozen=True):
    """One line of an order."""

    product_retailer_id: str = ""
    quantity: float = 0
    item_price: float = 0
    currency: str = ""


class Order(Struct, frozen=True):
    """What somebody put into his basket."""

    text: str = ""
    product_items: tuple[OrderItem, ...] = ()


class System(Struct, frozen=True):
    """Something happened to the customer's account."""

    body: str = ""
    type: str = ""
    wa_id: str = ""
    user_id: str = ""


class ReferredProduct(Struct, frozen=True):
    """What of the catalogue somebody asks about."""

    product_retailer_id: str = ""


class Context(Struct, frozen=True):
    """What a message answers."""

    id: str = ""
    referred_product: ReferredProduct | None = None


class Referral(Struct, frozen=True):
    """The advertisement or post that led here."""

    source_url: str = ""
    headline: str = ""
    body: str = ""


class Edited(Struct, frozen=True):
    """The new content of a message."""

    original_message_id: str = ""
    message: Message | None = None


class Revoked(Struct, frozen=True):
    """A message that was taken back."""

    original_message_id: str = ""


class UnsupportedKind(Struct, frozen=True):
    """What the API does not show."""

    type: str = ""


class Message(Struct, frozen=True):
    """One message of a customer; ``type`` names the field that has its content."""

    id: str = ""
    from_: str = field(default="", name="from")
    from_user_id: str = ""
    group_id: str = ""
    timestamp: int = 0
    type: str = ""
    text: Text | None = None
    image: Medium | None = None
    video: Medium | None = None
    audio: Medium | None = None
    document: Medium | None = None
    sticker: Medium | None = None
    location: Location | None = None
    contacts: tuple[CardOf, ...] = ()
    interactive: Interactive | None = None
    button: Button | None = None
    reaction: Reaction | None = None
    order: Order | None = None
    system: System | None = None
    edit: Edited | None = None
    revoke: Revoked | None = None
    unsupported: UnsupportedKind | None = None
    context: Context = Context()
    referral: Referral | None = None
    errors: tuple[Problem, ...] = ()


class Bare(Struct, frozen=True):
    """What is still known of a message whose content has an unknown shape."""

    id: str = ""
    from_: str = field(default="", name="from")
    from_user_id: str = ""
    timestamp: int = 0
    type: str = ""
