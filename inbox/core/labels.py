"""What a setting is called where people fill it in: beside its type, so that a form needs to know nothing of a connector."""

from __future__ import annotations

from typing import Any

from msgspec import Meta


def label(title: str, help: str = "", *, advanced: bool = False, pick: str = "") -> Meta:
    """For ``Annotated``: the words beside the field, and a sentence that helps. ``advanced``: right as it is for nearly everybody.

    ``pick``: the value is the id of an entry of this list of the catalog.
    """
    more: dict[str, Any] = {"help": help} if help else {}
    if advanced:
        more["advanced"] = True
    if pick:
        more["pick"] = pick
    return Meta(title=title, extra_json_schema=more or None)
