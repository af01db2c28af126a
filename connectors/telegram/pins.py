"""Places in an answer: a link to a map, or a geo URI (RFC 5870), that stands alone on a line becomes a place on Telegram's own map."""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import parse_qs, urlsplit

_NUMBER: Final = r"(-?[0-9]{1,3}(?:\.[0-9]{1,15})?)"
_PAIR: Final = re.compile(rf"{_NUMBER},\s?{_NUMBER}")
_GEO: Final = re.compile(rf"geo:{_NUMBER},{_NUMBER}(?:[,;][^\s]*)?", re.IGNORECASE)
_SEEN: Final = re.compile(rf"/@{_NUMBER},{_NUMBER}[,/]")
_GOOGLE: Final = re.compile(r"(?:www\.|maps\.)?google\.[a-z]{2,3}(?:\.[a-z]{2})?")
_OSM: Final = frozenset({"www.openstreetmap.org", "openstreetmap.org"})

Place = tuple[float, float]
"""Latitude and longitude in degrees."""


def with_places(text: str) -> tuple[str, list[Place]]:
    """The text without the lines that are places, and these in their order."""
    words, places = [], []
    for line in text.splitlines():
        place = place_of_link(line.strip())
        if place is None:
            words.append(line)
        else:
            places.append(place)
    return ("\n".join(words).strip(), places) if places else (text, [])


def place_of_link(line: str) -> Place | None:
    """The place that a line is, if it is one and nothing else."""
    found = _GEO.fullmatch(line) or _on_map(line)
    if found is None:
        return None
    latitude, longitude = float(found[1]), float(found[2])
    return (latitude, longitude) if abs(latitude) <= 90 and abs(longitude) <= 180 else None


def _on_map(line: str) -> re.Match[str] | None:
    if not line.startswith("https://") or any(c.isspace() for c in line):
        return None
    try:
        parts = urlsplit(line)
    except ValueError:
        return None
    host, query = (parts.hostname or "").lower(), parse_qs(parts.query)
    if host in _OSM:
        return _PAIR.fullmatch(f"{query.get('mlat', [''])[0]},{query.get('mlon', [''])[0]}")
    if _GOOGLE.fullmatch(host) and (parts.path.startswith("/maps") or host.startswith("maps.")):
        return _PAIR.fullmatch((query.get("q") or query.get("query") or [""])[0]) or _SEEN.search(f"{parts.path}/")
    return None
