"""LINE's Messaging API on loopback, as far as a channel uses it. A request of one retry key is carried out once."""

from __future__ import annotations

import json
import uuid
from typing import Any

from aiohttp import web

from tests.peers.sms_http import Asked, SmsProvider

TOKEN = "access-token-of-the-test"


class FakeLine(SmsProvider):
    """``shown`` has what customers see, as (to, message)."""

    def __init__(self) -> None:
        super().__init__()
        self.shown: list[tuple[str, dict[str, Any]]] = []
        self.endpoint = ""
        self.active = True
        self.reaches = True
        self.names: dict[str, str] = {}
        self.preparing: set[str] = set()
        self.failed: set[str] = set()
        self.content: dict[str, bytes] = {}
        self._accepted: dict[str, list[dict[str, str]]] = {}
        self.tokens: dict[str, str] = {}
        """Reply tokens that are good, and to whom they lead."""

    async def do(self, asked: Asked) -> web.Response:
        """The right answer."""
        if asked.headers.get("Authorization") != f"Bearer {TOKEN}":
            return _refusal(401, "Authentication failed. Confirm that the access token in the authorization header is valid.")
        if asked.path == "/v2/bot/message/push":
            return self._push(asked)
        if asked.path == "/v2/bot/message/reply":
            return self._reply(asked)
        return self._look(asked.path.split("/")[3:])

    def _look(self, path: list[str]) -> web.Response:
        match path:
            case ["info"]:
                return web.json_response({"userId": "U0", "basicId": "@shop", "displayName": "Shop", "chatMode": "bot"})
            case ["profile", user] | ["group" | "room", _, "member", user] if user in self.names:
                return web.json_response({"userId": user, "displayName": self.names[user]})
            case ["channel", "webhook", "endpoint"]:
                if not self.endpoint:
                    return _refusal(404, "Not found")
                return web.json_response({"endpoint": self.endpoint, "active": self.active})
            case ["channel", "webhook", "test"]:
                reason, detail = ("OK", "200") if self.reaches else ("COULD_NOT_CONNECT", "TLS handshake failure")
                return web.json_response({"success": self.reaches, "statusCode": 0, "reason": reason, "detail": detail})
            case ["message", id, "content", "transcoding"]:
                return web.json_response(
                    {"status": "processing" if id in self.preparing else "failed" if id in self.failed else "succeeded"}
                )
            case ["message", id, "content"] if id in self.content:
                return web.Response(body=self.content[id])
        return _refusal(404, "Not found")

    def _reply(self, asked: Asked) -> web.Response:
        body = json.loads(asked.body)
        to = self.tokens.pop(body["replyToken"], "")
        if not to:
            return _refusal(400, "Invalid reply token")
        self.shown += [(to, message) for message in body["messages"]]
        return web.json_response({"sentMessages": [{"id": f"r{len(self.shown)}"} for _ in body["messages"]]})

    def _push(self, asked: Asked) -> web.Response:
        key = str(uuid.UUID(asked.headers["X-Line-Retry-Key"]))
        if key in self._accepted:
            return web.json_response({"message": "The retry key is already accepted", "sentMessages": self._accepted[key]}, status=409)
        body = json.loads(asked.body)
        messages = body["messages"]
        if not 1 <= len(messages) <= 5 or any(_is_wrong(message) for message in messages):
            detail = {"message": "May not be empty", "property": "messages[0].text"}
            return web.json_response({"message": "The request body has 1 error(s)", "details": [detail]}, status=400)
        self.shown += [(body["to"], message) for message in messages]
        ids = [{"id": str(461_230_966_842_064_000 + len(self.shown) - len(messages) + n)} for n in range(1, len(messages) + 1)]
        self._accepted[key] = ids
        return web.json_response({"sentMessages": ids})


def _is_wrong(message: dict[str, Any]) -> bool:
    if message["type"] == "text":
        return not 1 <= len(message["text"].encode("utf-16-le")) // 2 <= 5000
    if message["type"] == "sticker":
        return not (message["packageId"].isdigit() and message["stickerId"].isdigit())
    return not all(message[name].startswith("https://") for name in ("originalContentUrl", "previewImageUrl"))


def _refusal(status: int, message: str) -> web.Response:
    return web.json_response({"message": message}, status=status)
