"""Stands in for the world's mail servers in the demo: accepts what the service sends and keeps it as files."""

from __future__ import annotations

from pathlib import Path

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session


class _Keep:
    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._count = len(list(folder.glob("*.eml")))

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        """Write the mail to a file before it is acknowledged."""
        self._count += 1
        content = envelope.content if isinstance(envelope.content, bytes) else str(envelope.content).encode()
        (self._folder / f"{self._count:04d}.eml").write_bytes(content)
        return "250 kept"


class PostOffice:
    """An SMTP server on a loopback port; every mail becomes ``NNNN.eml`` in ``folder``."""

    def __init__(self, folder: Path, host: str, port: int) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._server = Controller(_Keep(folder), hostname=host, port=port)

    def __enter__(self) -> PostOffice:
        """Start; raises ``OSError`` when the port is taken."""
        self._server.start()
        return self

    def __exit__(self, *exc: object) -> None:
        """Stop."""
        self._server.stop()
