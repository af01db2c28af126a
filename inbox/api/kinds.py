"""Conditions ask only for kinds of addresses that a channel here can have."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from inbox.core.conditions import ALWAYS, Condition, Field
from inbox.core.errors import Invalid
from inbox.core.permissions import Actor


async def there_are(parts: Any, actor: Actor, before: Any, after: Any) -> None:
    """Asked ahead of saving what has conditions. Raises ``Invalid`` with the value's place and what it can be; conditions that are as
    they were are left alone, as a connector may have gone since."""
    if after is None or after.conditions == (ALWAYS if before is None else before.conditions):
        return
    for where, kind in _asked(after.conditions, "conditions"):
        if kind not in parts.kinds:
            raise Invalid(where, f"{kind!r} is none of: {', '.join(sorted(parts.kinds))}")


def _asked(condition: Condition, where: str) -> Iterator[tuple[str, str]]:
    """The kinds that are compared with, each with its place."""
    if condition.field == Field.CHANNEL_KIND:
        values = (condition.value,) if isinstance(condition.value, str) else condition.value
        yield from ((f"{where}.value", value) for value in values)
    for name in ("all", "any", "none"):
        for place, member in enumerate(getattr(condition, name) or ()):
            yield from _asked(member, f"{where}.{name}.{place}")
