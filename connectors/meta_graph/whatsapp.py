"""WhatsApp by Meta's Cloud API: one business phone number is one channel."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from functools import partial
from typing import Any, ClassVar, Final

from msgspec import Struct

from connectors.meta_graph import templates, webhook
from connectors.meta_graph.graph import Graph
from connectors.meta_graph.markup import rendered
from connectors.meta_graph.sending import in_parts, to_each
from connectors.meta_graph.settings import WhatsAppSettings
from connectors.meta_graph.webhook import ACCOUNT, reading
from connectors.meta_graph.whatsapp_errors import SENTENCES
from connectors.meta_graph.whatsapp_parse import KIND, parse
from inbox.connector import (
    AmendKind,
    Amendment,
    Answer,
    Capabilities,
    Connector,
    Health,
    Item,
    OutboundFile,
    OutboundMessage,
    RawDelivery,
    Sent,
    Signal,
    SignalKind,
    Tools,
)
from inbox.core.errors import InboxError, NeedsLogin, Rejected, TryLater, Unsupported
from inbox.core.ids import ChannelId
from inbox.core.templates import MEDIA, FilledTemplate, Template

TEXT_LIMIT: Final = 4096
CAPTION_LIMIT: Final = 1024
MOST_PAGES: Final = 100
MOST_BUTTONS: Final = 3
LIST_LABEL: Final = "☰"
"""What opens a list: understood in every language."""

_MB: Final = 1024 * 1024
_MEDIA: Final[Mapping[str, tuple[str, int]]] = {
    "image/jpeg": ("image", 5 * _MB),
    "image/png": ("image", 5 * _MB),
    "video/mp4": ("video", 16 * _MB),
    "video/3gpp": ("video", 16 * _MB),
    "audio/aac": ("audio", 16 * _MB),
    "audio/amr": ("audio", 16 * _MB),
    "audio/mp4": ("audio", 16 * _MB),
    "audio/mpeg": ("audio", 16 * _MB),
    "audio/ogg": ("audio", 16 * _MB),
}
"""What WhatsApp shows as such and up to which size; everything else is a document."""
_DOCUMENT_LIMIT: Final = 100 * _MB


class _Accepted(Struct, frozen=True):
    """The answer to a message."""

    class One(Struct, frozen=True):
        """One that was taken."""

        id: str = ""

    messages: tuple[One, ...] = ()


class _Medium(Struct, frozen=True):
    """A medium as the API describes it; ``url`` is good for five minutes."""

    id: str = ""
    url: str = ""


class WhatsAppConnector(Connector):
    """See the module."""

    name: ClassVar[str] = "whatsapp"
    title: ClassVar[str] = "WhatsApp"
    purpose: ClassVar[str] = "A business number of the WhatsApp Cloud API."
    capabilities: Capabilities = Capabilities(
        address_kind=KIND,
        sign="whatsapp",
        conversational=True,
        receipts=True,
        text_limit=TEXT_LIMIT,
        window=24 * 60 * 60 * 1000,
        rate=80,
        templates=True,
        choices=10,
        signals=(SignalKind.TYPING, SignalKind.READ),
        amends=(AmendKind.REACT,),
    )
    Settings: ClassVar[type[Struct]] = WhatsAppSettings
    settings: WhatsAppSettings

    def __init__(self, channel: ChannelId, settings: WhatsAppSettings, tools: Tools) -> None:
        super().__init__(channel, settings, tools)
        self._graph = Graph(settings, tools, SENTENCES)

    def verify(self, raw: RawDelivery) -> None:
        """By the verify token or the signature."""
        webhook.verify(raw, self.settings.app_secret, self.settings.verify_token)

    def context(self) -> Mapping[str, str]:
        """Several numbers may share one webhook: ``parse`` takes what is for this one."""
        return {ACCOUNT: self.settings.phone_number_id}

    @classmethod
    def parse(cls, raw: RawDelivery) -> Sequence[Item]:
        """Every entry, change, message and status."""
        return parse(raw)

    def answer(self, raw: RawDelivery) -> Answer:
        """The challenge, or that it was taken."""
        return webhook.answer(raw)

    def render(self, message: OutboundMessage) -> str:
        """With WhatsApp's own marks."""
        return rendered(message.text)

    async def send(self, message: OutboundMessage) -> Sent:
        """Files are handed over first: they are what may be refused, and nobody has seen anything of the answer by then."""
        files = [(file, await self._upload(file)) for file in message.files]
        contents = (
            [_template(message.template, files)] if message.template else list(_contents(self.render(message), files, message.choices))
        )
        return await to_each(message, partial(self._send_to, message, contents))

    async def _send_to(self, message: OutboundMessage, contents: Sequence[dict[str, Any]], address: str) -> Sent:
        quoted = {"context": {"message_id": message.references[-1]}} if self.settings.quote_answers and message.references else {}
        payloads = [_recipient(address) | content for content in contents]
        payloads[0] |= quoted
        # Meta repeats this with every receipt. Only the last part bears it: it says that all of them were accepted.
        payloads[-1]["biz_opaque_callback_data"] = message.message_token
        return await in_parts([partial(self._post, payload) for payload in payloads])

    async def _post(self, payload: Mapping[str, Any]) -> str:
        answer = await self._graph.send(f"{self.settings.phone_number_id}/messages", payload)
        accepted = reading(answer.body, _Accepted) or _Accepted()
        return next((one.id for one in accepted.messages), "")

    async def _upload(self, file: OutboundFile) -> str:
        if file.size > _DOCUMENT_LIMIT:
            raise Rejected(f"{file.name} is larger than the 100 MB that WhatsApp takes.")
        form = {"messaging_product": "whatsapp", "type": file.type}
        answer = await self._graph.upload(f"{self.settings.phone_number_id}/media", file, "file", form)
        medium = reading(answer.body, _Medium) or _Medium()
        if not medium.id:
            raise TryLater("Meta took the file and told no id.")
        return str(medium.id)

    async def amend(self, amendment: Amendment) -> None:
        """A reaction, which is a message of its own that Meta shows below the customer's."""
        reaction = {"message_id": amendment.ids[0], "emoji": amendment.text}
        await self._post({**_recipient(amendment.to), "type": "reaction", "reaction": reaction})

    async def signal(self, signal: Signal) -> None:
        """Either marks the message as read; typing is shown below it for 25 seconds, or until an answer comes."""
        if not signal.message:
            return
        typing = {"typing_indicator": {"type": "text"}} if signal.kind is SignalKind.TYPING else {}
        read = {"messaging_product": "whatsapp", "status": "read", "message_id": signal.message}
        await self._graph.send(f"{self.settings.phone_number_id}/messages", read | typing)

    async def templates(self) -> Sequence[Template]:
        """All pages of what the number's account has, as far as Meta approved it."""
        if not self.settings.account_id:
            raise Unsupported("Put account_id, the id of the WhatsApp business account, into the settings of this channel.")
        found: list[Template] = []
        after = ""
        for _ in range(MOST_PAGES):
            place = {"after": after} if after else {}
            fields = "name,language,status,category,components"
            answer = await self._graph.get(f"{self.settings.account_id}/message_templates", fields=fields, limit="200", **place)
            page, after = templates.listed(answer.body)
            found += page
            if not after:
                break
        return found

    async def fetch(self, ref: str) -> AsyncIterator[bytes]:
        """In two steps: the medium's id leads to an address, and that with our token to the bytes."""
        try:
            answer = await self._graph.get(ref, phone_number_id=self.settings.phone_number_id)
        except NeedsLogin as login:
            raise TryLater(login.reason) from login
        medium = reading(answer.body, _Medium) or _Medium()
        if not medium.url:
            raise Rejected("WhatsApp told no address of this file.")
        return self._graph.download(medium.url)

    async def probe(self) -> Health:
        """Whether the token may use the number, and whether Meta delivers its messages here."""
        health, _ = await self._graph.healthy(self.settings.phone_number_id, "id,display_phone_number,verified_name")
        return await self._delivered_here() if health.ok and self.tools.hooks else health

    async def _delivered_here(self) -> Health:
        """Looks for the address that wins: the number's own, else its account's, else the app's. Silent where Meta does not tell."""
        here = f"{self.tools.hooks}{self.name}/{self.channel}"
        try:
            answer = await self._graph.get(self.settings.phone_number_id, fields="webhook_configuration")
        except InboxError:
            return Health(True)
        told = reading(answer.body, _Number) or _Number()
        there = told.webhook_configuration.effective
        if not there or there.rstrip("/") == here:
            return Health(True)
        return Health(False, f"Meta delivers the messages of this number to {there}.", f"Set the webhook of the number to {here}")


class _Number(Struct, frozen=True):
    """What the API says of a phone number."""

    class Webhooks(Struct, frozen=True):
        """Where its deliveries go, the nearest first."""

        phone_number: str = ""
        whatsapp_business_account: str = ""
        application: str = ""

        @property
        def effective(self) -> str:
            """The address that Meta uses."""
            return self.phone_number or self.whatsapp_business_account or self.application

    webhook_configuration: Webhooks = Webhooks()


def _recipient(address: str) -> dict[str, Any]:
    """A number, or the user id of somebody who hides his number."""
    to = {"to": address} if address.startswith("+") else {"recipient": address}
    return {"messaging_product": "whatsapp", "recipient_type": "individual", **to}


def _contents(text: str, files: Sequence[tuple[OutboundFile, str]], choices: Sequence[str]) -> Sequence[dict[str, Any]]:
    """The messages an answer becomes. A short text goes below the only file, if that is of a kind that shows it; choices come last."""
    media = [_medium(file, id) for file, id in files]
    if choices:
        return [*media, {"type": "interactive", "interactive": _interactive(text, choices)}]
    if len(media) == 1 and text and len(text) <= CAPTION_LIMIT and media[0]["type"] != "audio":
        kind = media[0]["type"]
        return [{"type": kind, kind: {**media[0][kind], "caption": text}}]
    words = [{"type": "text", "text": {"body": text, "preview_url": True}}] if text else []
    return [*words, *media]


def _interactive(text: str, choices: Sequence[str]) -> dict[str, Any]:
    """Up to three choices are buttons, more of them a list that opens."""
    shown = {"body": {"text": text}}
    if len(choices) <= MOST_BUTTONS:
        buttons = [{"type": "reply", "reply": {"id": f"choice-{number}", "title": choice}} for number, choice in enumerate(choices, 1)]
        return {"type": "button", **shown, "action": {"buttons": buttons}}
    rows = [{"id": f"choice-{number}", "title": choice} for number, choice in enumerate(choices, 1)]
    return {"type": "list", **shown, "action": {"button": LIST_LABEL, "sections": [{"title": LIST_LABEL, "rows": rows}]}}


def _template(template: FilledTemplate, files: Sequence[tuple[OutboundFile, str]]) -> dict[str, Any]:
    medium = None
    if template.header_kind in MEDIA and files:
        file, id = files[0]
        medium = {"id": id, "filename": file.name or "file"} if template.header_kind == "document" else {"id": id}
    return {"type": "template", "template": templates.payload(template, medium)}


def _medium(file: OutboundFile, id: str) -> dict[str, Any]:
    kind, limit = _MEDIA.get(file.type.partition(";")[0].strip().lower(), ("document", _DOCUMENT_LIMIT))
    if kind == "document" or file.size > limit:
        return {"type": "document", "document": {"id": id, "filename": file.name or "file"}}
    return {"type": kind, kind: {"id": id}}
