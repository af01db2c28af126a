"""Sending an answer: split into what single calls take, each sent once, with what was already taken remembered between attempts."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

import msgspec
from msgspec import Struct
from msgspec.structs import replace
from telegram.constants import FileSizeLimit, MessageLimit, ParseMode

from connectors.telegram.api import BotApi, Told
from connectors.telegram.markup import as_html, length, pieces
from connectors.telegram.pins import with_places
from connectors.telegram.places import Place, place_of
from connectors.telegram.settings import TelegramSettings
from inbox.connector import OutboundFile, OutboundMessage, Sent, Tools
from inbox.core.errors import Rejected, TryLater, Unknown
from inbox.provider import Part

BYTES_A_SECOND: Final = 100_000
"""A line that is slow but moves."""

PIECE: Final = 4_000
"""What is written into one message: less than it takes, because lists gain a line by their formatting."""

_METHODS: Final = {
    "image/jpeg": ("sendPhoto", "photo"),
    "image/png": ("sendPhoto", "photo"),
    "image/webp": ("sendPhoto", "photo"),
    "image/gif": ("sendAnimation", "animation"),
    "video/mp4": ("sendVideo", "video"),
    "audio/ogg": ("sendVoice", "voice"),
    "audio/mpeg": ("sendAudio", "audio"),
    "audio/mp4": ("sendAudio", "audio"),
    "audio/x-m4a": ("sendAudio", "audio"),
}
_DOCUMENT: Final = ("sendDocument", "document")
_NOT_AS_SUCH: Final = ("photo", "image", "video", "voice", "audio", "wrong type", "dimensions")
_TRIES: Final = 4
_BUTTON_BYTES: Final = 64
_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f]")


class Step(Struct, frozen=True):
    """One call. ``field`` is the parameter that carries the file; ``plain`` the text without its formatting."""

    method: str
    fields: dict[str, Any]
    file: OutboundFile | None = None
    field: str = ""
    plain: str = ""


class _Accepted(Struct, frozen=True):
    message_id: int


def seconds_for(files: tuple[OutboundFile, ...]) -> float:
    """How long the uploads may take."""
    return sum(30 + file.size / BYTES_A_SECOND for file in files)


class Sender:
    """Sends the messages of one channel."""

    def __init__(self, settings: TelegramSettings, tools: Tools, api: BotApi) -> None:
        self._settings = settings
        self._tools = tools
        self._api = api

    async def send(self, message: OutboundMessage) -> Sent:
        """Write to every chat the recipients are in, once to each. Raises as ``Connector.send``."""
        chats = _chats(message)
        _check_files(message.files)
        done: dict[str, list[str]] = {}
        refused: dict[str, str] = {}
        later: dict[str, str] = {}
        for place, addresses in chats.items():
            try:
                done[place.name] = await self._write(message, place, several=len(chats) > 1)
            except Rejected as no:
                refused.update(dict.fromkeys(addresses, no.reason))
            except TryLater as wait:
                if not done:
                    raise TryLater(wait.reason, wait.after, refused) from wait
                later.update(dict.fromkeys(addresses, wait.reason))
        ids = [id for several in done.values() for id in several]
        if not ids:
            raise Rejected(max(refused.values(), key=len), refused)
        return Sent(ids[0], refused=refused, later=later, provider_ids=tuple(ids) if len(ids) > 1 else ())

    async def _write(self, message: OutboundMessage, place: Place, *, several: bool) -> list[str]:
        """The ids of what stands in the chat now. Where more than one call is needed, a later attempt goes on after the last that
        was accepted."""
        steps = self._steps(message, place)
        several = several or len(steps) > 1
        name = f"sent:{message.id}:{place.name}"
        done: list[str] = []
        if several:
            done = list((await self._tools.cursor.load(name)).get("ids", ()))
        for step in steps[len(done) :]:
            try:
                done.append(await self._do(step, place))
            except Rejected as no:
                raise Rejected(f"Only a part of it arrived. {no.reason}" if done else no.reason) from no
            if several:
                await self._tools.cursor.save(name, {"ids": done})
        return done

    def _steps(self, message: OutboundMessage, place: Place) -> list[Step]:
        """Text first, then places, then the files; with a single file a short text is its caption."""
        text, places = (message.text.strip(), []) if message.choices else with_places(message.text.strip())
        marked = as_html(text)
        if len(message.files) == 1 and not message.choices and length(marked) <= MessageLimit.CAPTION_LENGTH:
            caption = {"caption": marked, "parse_mode": ParseMode.HTML.value} if marked else {}
            steps = [_upload(message.files[0], caption, text), *map(_pin, places)]
        else:
            said = [_said(part) for part in pieces(text, PIECE)] if text else []
            files = [_upload(file, {}, "") for file in message.files]
            steps = [*files, *_offering(said, message.choices)] if message.choices else [*said, *map(_pin, places), *files]
        if not steps:
            raise Rejected("Telegram takes no empty message.")
        first = steps[0]
        steps[0] = replace(first, fields=first.fields | self._quote(message, place))
        return [replace(step, fields=_target(place) | step.fields) for step in steps]

    def _quote(self, message: OutboundMessage, place: Place) -> dict[str, Any]:
        wanted = self._settings.quote == "always" or (self._settings.quote == "groups" and place.chat < 0)
        number = place.number(message.references[-1]) if wanted and message.references else None
        return {} if number is None else {"reply_parameters": {"message_id": number, "allow_sending_without_reply": True}}

    async def _do(self, step: Step, place: Place) -> str:
        """Make the call; what Telegram only refuses in this form is tried in another. Refused calls have sent nothing."""
        for _ in range(_TRIES):
            told = await self._ask(step)
            if told.ok:
                return _accepted(told, place)
            other = _otherwise(step, told)
            if other is None:
                break
            step = other
            place = replace(place, chat=told.hints.migrate_to_chat_id or place.chat)
        raise told.error or Unknown("Telegram gave an answer that is not understood.")

    async def _ask(self, step: Step) -> Told:
        if step.file is None:
            return await self._api.ask(step.method, step.fields)
        content = self._tools.open_file(step.file.file)
        name = _CONTROL.sub("_", step.file.name) or "file"
        part = Part(step.field, content, name, step.file.type or "application/octet-stream")
        return await self._api.ask(step.method, step.fields, part, seconds=seconds_for((step.file,)))


def _chats(message: OutboundMessage) -> Mapping[Place, list[str]]:
    """The places the recipients are to be written to, with their addresses. Raises ``Rejected`` when there is none."""
    wanted = set(message.envelope)
    found: dict[Place, list[str]] = {}
    for address in (*message.to, *message.cc, *message.bcc):
        place = place_of(address.value)
        if place is not None and (not wanted or address.value in wanted):
            found.setdefault(place, []).append(address.value)
    if not found:
        raise Rejected("There is no Telegram chat to write to.")
    return found


def _check_files(files: tuple[OutboundFile, ...]) -> None:
    for file in files:
        if file.size > FileSizeLimit.FILESIZE_UPLOAD:
            raise Rejected(f"Telegram takes files of at most 50 MB; {file.name} is larger.")
        if file.size == 0:
            raise Rejected(f"Telegram takes no empty file; {file.name} is one.")


def _said(text: str) -> Step:
    marked = as_html(text)
    if not marked or length(marked) > MessageLimit.MAX_TEXT_LENGTH:
        return Step("sendMessage", {"text": text}, plain=text)
    return Step("sendMessage", {"text": marked, "parse_mode": ParseMode.HTML.value}, plain=text)


def _pin(place: tuple[float, float]) -> Step:
    latitude, longitude = place
    return Step("sendLocation", {"latitude": latitude, "longitude": longitude})


def _offering(said: list[Step], choices: tuple[str, ...]) -> list[Step]:
    """The last text with a button for each choice. What a tap brings back is the label, cut to the 64 bytes a button may hold."""
    *before, last = said
    return [*before, replace(last, fields=last.fields | {"reply_markup": buttons(choices)})]


def buttons(choices: tuple[str, ...]) -> dict[str, Any]:
    """A row for each choice."""
    return {"inline_keyboard": [[{"text": c, "callback_data": c.encode()[:_BUTTON_BYTES].decode(errors="ignore")}] for c in choices]}


def _upload(file: OutboundFile, fields: dict[str, Any], plain: str) -> Step:
    method, field = _METHODS.get(file.type.partition(";")[0].strip().lower(), _DOCUMENT)
    if method == "sendPhoto" and file.size > FileSizeLimit.PHOTOSIZE_UPLOAD:
        method, field = _DOCUMENT
    return Step(method, fields, file, field, plain)


def _target(place: Place) -> dict[str, Any]:
    fields: dict[str, Any] = {"chat_id": place.chat}
    if place.business:
        fields["business_connection_id"] = place.business
    if place.topic.startswith("d"):
        fields["direct_messages_topic_id"] = int(place.topic[1:])
    elif place.topic:
        fields["message_thread_id"] = int(place.topic)
    return fields


def _accepted(told: Told, place: Place) -> str:
    try:
        return place.message(msgspec.json.decode(told.result, type=_Accepted).message_id)
    except (msgspec.MsgspecError, UnicodeError, RecursionError) as odd:
        raise Unknown("Telegram gave an answer that is not understood.") from odd


def _otherwise(step: Step, told: Told) -> Step | None:
    """The same in another form: to the group's new number, without formatting, or as a plain document."""
    said = told.description.lower()
    if told.hints.migrate_to_chat_id:
        return replace(step, fields=step.fields | {"chat_id": told.hints.migrate_to_chat_id})
    if told.status != 400:
        return None
    if "can't parse entities" in said and "parse_mode" in step.fields:
        shown = "text" if step.file is None else "caption"
        bare = {name: value for name, value in step.fields.items() if name != "parse_mode"}
        return replace(step, fields=bare | {shown: step.plain})
    if step.file is not None and step.field != "document" and any(word in said for word in _NOT_AS_SUCH):
        method, field = _DOCUMENT
        return replace(step, method=method, field=field)
    return None
