"""Stands in for the world's mail servers in the demo: accepts what the service sends and keeps it as files."""

from __future__ import annotations

import re
from pathlib import Path

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

NOWHERE = "gone.example.net"
"""Nobody has an address at this domain any more: mail to it is refused, for those who want to see that."""

_UNFIT = re.compile(r"[^A-Za-z0-9@._+-]+")


class _Keep:
    def __init__(self, folder: Path) -> None:
        self._folder = folder

    async def handle_RCPT(self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]) -> str:
        """Refuse what nobody could deliver."""
        if address.rpartition("@")[2].lower() == NOWHERE:
            return f"550 5.1.1 <{address}>: nobody has this address any more"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        """Write the mail to a file before it is acknowledged."""
        number = len(list(self._folder.glob("*.eml"))) + 1
        content = envelope.content if isinstance(envelope.content, bytes) else str(envelope.content).encode()
        to = _UNFIT.sub("_", envelope.rcpt_tos[0])[:60]
        # Whoever looks into the folder meanwhile finds it whole or not at all.
        unfinished = self._folder / f"{number:04d}.part"
        unfinished.write_bytes(content)
        unfinished.rename(self._folder / f"{number:04d}-{to}.eml")
        return "250 2.0.0 kept"


class PostOffice:
    """An SMTP server on a loopback port; every mail becomes ``NNNN-RECIPIENT.eml`` in ``folder``."""

    def __init__(self, folder: Path, host: str, port: int) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._server = Controller(_Keep(folder), hostname=host, port=port, enable_SMTPUTF8=True)

    def __enter__(self) -> PostOffice:
        """Start; raises ``OSError`` when the port is taken."""
        self._server.start()
        return self

    def __exit__(self, *exc: object) -> None:
        """Stop."""
        self._server.stop()
