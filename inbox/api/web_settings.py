"""What the API has to know of where it is seen from and what it serves."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network
from pathlib import Path

MIB = 1024 * 1024


@dataclass(frozen=True)
class WebSettings:
    """``public_url`` without a trailing slash; ``hosts`` are further names it answers to. ``demo``: the sample shop is served."""

    public_url: str
    hosts: tuple[str, ...] = ()
    trusted_proxies: tuple[IPv4Network | IPv6Network, ...] = ()
    max_upload: int = 25 * MIB
    max_delivery: int = 35 * MIB
    ui: Path = Path(__file__).parent.parent / "ui"
    demo: bool = False

    @property
    def secure(self) -> bool:
        """Whether browsers reach it by TLS."""
        return self.public_url.startswith("https://")
