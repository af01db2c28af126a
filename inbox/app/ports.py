"""The ports on which channels listen themselves: where they are, and whether somebody listens there."""

from __future__ import annotations

import errno
import socket
from dataclasses import dataclass

from inbox.core.errors import CannotStart
from inbox.core.listening import listener_of
from inbox.settings import Channel, Settings


@dataclass(frozen=True)
class Place:
    """Where a channel listens, and the setting that says so."""

    setting: str
    host: str
    port: int

    def trouble(self) -> CannotStart | None:
        """Why nobody can begin to listen there now, with the remedy; None when one can."""
        try:
            family, kind, protocol, _, address = socket.getaddrinfo(self.host, self.port, type=socket.SOCK_STREAM)[0]
            with socket.socket(family, kind, protocol) as trial:
                trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # what was closed a moment ago is no obstacle
                trial.bind(address)
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                remedy = f"stop the program that uses it, or set {self.setting} to another port"
                return CannotStart(f"port {self.port} of {self.host} is taken", remedy)
            remedy = f"check {self.setting} and the host beside it"
            return CannotStart(f"cannot listen on {self.host}:{self.port}: {error.strerror or error}", remedy)
        return None


def place_of(channel: Channel) -> Place | None:
    """Where a channel listens, if it does."""
    listener = listener_of(channel.settings)
    return Place(f"channels.{channel.id}.settings.listener.port", *listener) if listener is not None else None


def require_free(settings: Settings) -> None:
    """Raise ``CannotStart`` for the first channel that could not listen."""
    for channel in settings.channels:
        place = place_of(channel)
        trouble = place.trouble() if place is not None else None
        if trouble is not None:
            raise trouble
