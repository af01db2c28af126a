"""A system of the operator's own on loopback: believes only what is signed, and takes one webhook-id once."""

from __future__ import annotations

import hashlib
import hmac
import json
from base64 import b64decode, b64encode
from typing import Any

from aiohttp import web

from tests.peers.sms_http import Asked, SmsProvider

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


class FakeSystem(SmsProvider):
    """``brought`` has the replies that were brought to customers, each once."""

    def __init__(self) -> None:
        super().__init__()
        self.brought: list[dict[str, Any]] = []
        self.secret = SECRET
        self.answer: dict[str, str] | None = None
        self._known: set[str] = set()

    async def do(self, asked: Asked) -> web.Response:
        """The right answer."""
        headers = {name.lower(): value for name, value in asked.headers.items()}
        text = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + asked.body
        right = b64encode(hmac.new(b64decode(self.secret.removeprefix("whsec_")), text, hashlib.sha256).digest()).decode()
        if f"v1,{right}" not in headers["webhook-signature"].split():
            return web.Response(status=401)
        told = json.loads(asked.body)
        if told["type"] == "reply" and headers["webhook-id"] not in self._known:
            self._known.add(headers["webhook-id"])
            self.brought.append(told)
        return web.json_response(self.answer) if self.answer is not None else web.Response(status=204)
