"""An SMTP server on loopback that lets in who shows a token of the login service (XOAUTH2), and keeps what is handed in."""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, Session

from tests.peers.login_service import LoginService

REASON = base64.b64encode(json.dumps({"status": "400", "schemes": "Bearer", "scope": "mail"}).encode()).decode()


@dataclass
class TokenSmtp:
    """What came, and who tried to get in: (user, whether he got in)."""

    login: LoginService
    port: int = 0
    mails: list[bytes] = field(default_factory=list)
    tried: list[tuple[str, bool]] = field(default_factory=list)

    async def auth_XOAUTH2(self, server: SMTP, args: list[str]) -> AuthResult:
        """A token that is not taken is first answered with why, and refused after an empty line (as Google and Microsoft do)."""
        user, _, bearer = base64.b64decode(args[1]).decode().removeprefix("user=").partition("\x01auth=Bearer ")
        let_in = self.login.owner(bearer.rstrip("\x01")) == user
        self.tried.append((user, let_in))
        if let_in:
            return AuthResult(success=True)
        assert await server.challenge_auth(REASON, encode_to_b64=False) == b"", "the answer to a reason is empty"
        await server.push("535 5.7.3 Authentication unsuccessful")
        return AuthResult(success=False, handled=True)

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        """Keep it."""
        if not session.authenticated:
            return "530 5.7.0 Authentication required"
        assert isinstance(envelope.content, bytes)
        self.mails.append(envelope.content)
        return "250 taken"


@asynccontextmanager
async def token_smtp(login: LoginService) -> AsyncIterator[TokenSmtp]:
    """It listens until the end of the block."""
    smtp = TokenSmtp(login)
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: SMTP(smtp, auth_require_tls=False, loop=loop), "127.0.0.1", 0)
    smtp.port = server.sockets[0].getsockname()[1]
    try:
        yield smtp
    finally:
        server.close()
        await server.wait_closed()
