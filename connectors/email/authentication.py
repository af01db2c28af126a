"""Whether our own mail server proved the sender: its Authentication-Results, and nobody else's (RFC 8601, RFC 7489)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from connectors.email.charsets import decode

_PIECE: Final = re.compile(r'"(?:[^"\\]|\\.)*"|\\.|[()]|[^"\\()]+', re.DOTALL)
_PROPERTY: Final = re.compile(r'([A-Za-z][\w.-]{0,60})\s*=\s*("[^"]*"|[^\s;"]+)')


def _without_comments(text: str) -> str:
    depth, kept = 0, []
    for match in _PIECE.finditer(text):
        if match[0] == "(":
            depth += 1
        elif match[0] == ")":
            depth = max(0, depth - 1)
        elif depth == 0:
            kept.append(match[0])
    return "".join(kept)


def _results(value: bytes, authserv_id: str) -> Iterator[tuple[str, dict[str, str]]]:
    """(method, properties) of each result that ``authserv_id`` reports in one field; the result is under ``result``."""
    head, *infos = _without_comments(decode(value)).split(";")
    if head.split()[:1] != [authserv_id] and (head.split() or [""])[0].lower() != authserv_id.lower():
        return
    for info in infos:
        pairs = [(name.lower(), found.strip('"').lower()) for name, found in _PROPERTY.findall(info)]
        if pairs:
            (method, result), *rest = pairs
            yield method, {"result": result, **dict(rest)}


def _domain(value: str) -> str:
    return value.rpartition("@")[2].rstrip(".")


def _aligned(signer: str, domain: str) -> bool:
    """Whether a signature of ``signer`` speaks for ``domain``: the same, or a parent of it that could be delegated."""
    return bool(signer) and (signer == domain or ("." in signer and domain.endswith("." + signer)))


def proves(values: list[bytes], authserv_id: str, sender: str) -> bool:
    """Whether the topmost results of ``authserv_id`` prove the domain of ``sender``.

    DMARC decides when it says pass or fail; else an aligned DKIM signature or an SPF pass of the very same domain does. The
    mail server must remove forged fields that bear its own id (RFC 8601 section 5), as all common ones do.
    """
    domain = _domain(sender)
    if not authserv_id or not domain:
        return False
    found = [result for value in values[:20] for result in _results(value, authserv_id)]
    dmarc = next((props for method, props in found if method == "dmarc"), {"result": "none"})
    if dmarc["result"] in ("pass", "fail"):
        return dmarc["result"] == "pass" and _domain(dmarc.get("header.from", domain)) == domain
    for method, props in found:
        if props["result"] != "pass":
            continue
        if method == "dkim" and _aligned(props.get("header.d") or _domain(props.get("header.i", "")), domain):
            return True
        if method == "spf" and _domain(props.get("smtp.mailfrom", "")) == domain:
            return True
    return False
