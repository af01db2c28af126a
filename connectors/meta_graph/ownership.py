"""Whether an access token belongs to the account of a channel: deliveries about another account would be left aside."""

from __future__ import annotations

from typing import Literal

from connectors.meta_graph.graph import Graph
from inbox.connector import Health


async def of_page(graph: Graph, page_id: str) -> Health:
    """Whether the token is this Facebook page's."""
    health, told = await graph.healthy("me", "id,name")
    return _ours(health, str(told.get("id", "")), page_id, "page_id")


async def of_instagram(graph: Graph, login: Literal["facebook", "instagram"], account_id: str) -> Health:
    """Whether the token is this professional account's. By Facebook's login it is a page's that the account is linked to."""
    if login == "instagram":
        health, told = await graph.healthy("me", "user_id,username")
        return _ours(health, str(told.get("user_id", "")), account_id, "account_id")
    health, told = await graph.healthy("me", "instagram_business_account")
    linked = told.get("instagram_business_account")
    return _ours(health, str(linked.get("id", "")) if isinstance(linked, dict) else "", account_id, "account_id")


def _ours(health: Health, told: str, wanted: str, field: str) -> Health:
    if not health.ok or told == wanted:
        return health
    if not told:
        return Health(
            False, "The access token does not tell whose it is.", "Make one for this account, and see which ids its page in docs/ asks for."
        )
    return Health(False, f"The access token belongs to the account {told}.", f"Set {field} to it, or make a token for {wanted}.")
