"""Twilio as far as the connector speaks to it: makes messages, lists them by pages, keeps their files, wants its credentials."""

from __future__ import annotations

import json
from base64 import b64encode
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Any, Final
from urllib.parse import urlencode

from aiohttp import web

from tests.peers.sms_http import Asked, SmsProvider

ACCOUNT: Final = "AC" + "0" * 31 + "1"
TOKEN: Final = "a-token-for-tests"
ROOT: Final = f"/2010-04-01/Accounts/{ACCOUNT}"


class FakeTwilio(SmsProvider):
    """``messages`` are what the account holds, in the order in which they came to be. ``now`` is its clock, in milliseconds."""

    def __init__(self) -> None:
        super().__init__()
        self.now = 1_795_255_200_000
        self.messages: list[dict[str, Any]] = []
        self.media: dict[str, list[tuple[str, bytes]]] = {}
        self.opted_out: set[str] = set()
        self.page = 1000
        self.user, self.password = ACCOUNT, TOKEN

    async def do(self, asked: Asked) -> web.Response:
        """What the API does."""
        wanted = "Basic " + b64encode(f"{self.user}:{self.password}".encode()).decode()
        if asked.headers.get("Authorization") != wanted:
            return problem(401, 20003, "Authenticate")
        match asked.method, asked.path.removeprefix(ROOT).strip("/").split("/"):
            case "POST", ["Messages.json"]:
                return self._create(asked.form)
            case "GET", ["Messages.json"]:
                return self._list(dict(asked.query))
            case "GET", ["Messages", sid, "Media.json"] if sid in self.media:
                return self._media_list(sid)
            case "GET", ["Messages", sid, "Media", place]:
                kind, content = self.media[sid][int(place.removeprefix("ME"))]
                return web.Response(body=content, content_type=kind)
            case _:
                return problem(404, 20404, "The requested resource was not found")

    def received(self, text: str, sender: str = "+491711234567", to: str = "+15005550006", **more: Any) -> dict[str, Any]:
        """A customer's message comes in; whether anybody is told of it is not this one's business."""
        return self._add({"from": sender, "to": to, "body": text, "direction": "inbound", "status": "received"} | more)

    def _create(self, fields: list[tuple[str, str]]) -> web.Response:
        told = dict(fields)
        if told["To"] in self.opted_out:
            return problem(400, 21610, "Attempt to send to unsubscribed recipient")
        sent = {
            "from": told.get("From"),
            "to": told["To"],
            "body": told.get("Body", ""),
            "direction": "outbound-api",
            "status": "accepted" if "MessagingServiceSid" in told else "queued",
            "messaging_service_sid": told.get("MessagingServiceSid"),
            "num_media": str(sum(name == "MediaUrl" for name, _ in fields)),
        }
        return web.json_response(self._add(sent), status=201)

    def _add(self, told: dict[str, Any]) -> dict[str, Any]:
        sid = ("MM" if told.get("num_media", "0") != "0" else "SM") + f"{len(self.messages) + 1:032x}"
        date = format_datetime(datetime.fromtimestamp(self.now // 1000, UTC))
        base: dict[str, Any] = {"num_media": "0", "messaging_service_sid": None, "error_code": None, "error_message": None}
        message = {**base, "sid": sid, "account_sid": ACCOUNT, "date_created": date, "date_sent": date, "at": self.now, **told}
        self.messages.append(message)
        return message

    def _list(self, asked: dict[str, str]) -> web.Response:
        since = datetime.fromisoformat(asked["DateSent>"]).timestamp() * 1000 if "DateSent>" in asked else 0
        fitting = [
            m
            for m in reversed(self.messages)
            if m["at"] >= since and asked.get("To", m["to"]) == m["to"] and asked.get("From", m["from"]) == m["from"]
        ]
        size, place = min(int(asked.get("PageSize", "50")), self.page), int(asked.get("Page", "0"))
        rest = fitting[(place + 1) * size :]
        uri = f"{ROOT}/Messages.json?{urlencode({**asked, 'Page': str(place + 1)})}" if rest else None
        return web.json_response({"messages": fitting[place * size : (place + 1) * size], "next_page_uri": uri})

    def _media_list(self, sid: str) -> web.Response:
        listed = [{"uri": f"{ROOT}/Messages/{sid}/Media/ME{n}.json", "content_type": kind} for n, (kind, _) in enumerate(self.media[sid])]
        return web.json_response({"media_list": listed, "next_page_uri": None})


def problem(status: int, code: int, message: str) -> web.Response:
    """An error as Twilio tells it."""
    return web.Response(status=status, text=told(status, code, message), content_type="application/json")


def told(status: int, code: int, message: str) -> str:
    """The body of one."""
    return json.dumps({"code": code, "message": message, "more_info": f"https://www.twilio.com/docs/errors/{code}", "status": status})
