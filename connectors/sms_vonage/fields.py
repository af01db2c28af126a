"""A delivery's fields: JSON of either interface, or the SMS API's form or query."""

from __future__ import annotations

from typing import Any, Final
from urllib.parse import parse_qsl

import msgspec

from inbox.connector import RawDelivery
from inbox.core.errors import Malformed

_MOST: Final = 200


def fields_of(raw: RawDelivery) -> dict[str, Any]:
    """The fields by name. Raises ``Malformed``."""
    try:
        if raw.body.lstrip()[:1] in (b"{", b"["):
            return msgspec.json.decode(raw.body, type=dict[str, Any])
        text = raw.body.decode() or raw.context.get("query", "")
        return dict(parse_qsl(text, keep_blank_values=True, errors="strict", max_num_fields=_MOST))
    except (msgspec.MsgspecError, ValueError, RecursionError) as bad:
        raise Malformed(f"neither JSON nor a form: {bad}"[:200]) from None
