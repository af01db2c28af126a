"""Finds the connectors: every module or folder in ``connectors/`` that sets ``CONNECTORS``, and named outside packages."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterable, Mapping
from importlib.metadata import entry_points

from inbox.connector import Connector
from inbox.core.errors import CannotStart

GROUP = "inbox.connectors"
FOLDER = "connectors"


def discover(outside: Iterable[str] = ()) -> Mapping[str, type[Connector]]:
    """Connector classes by name. Packages outside the tree are loaded only if ``outside`` names their entry point.

    Raises ``CannotStart`` when two have one name, or a named one is not installed.
    """
    found: dict[str, type[Connector]] = {}
    package = importlib.import_module(FOLDER)
    for module in pkgutil.iter_modules(package.__path__, f"{FOLDER}."):
        for connector in getattr(importlib.import_module(module.name), "CONNECTORS", ()):
            _add(found, connector, module.name)
    installed = {point.name: point for point in entry_points(group=GROUP)}
    for name in outside:
        if name not in installed:
            raise CannotStart(f"connector package {name!r} is not installed", f"install it, or take {name!r} out of the settings")
        _add(found, installed[name].load(), installed[name].value)
    return found


def address_kinds(connectors: Iterable[type[Connector]]) -> frozenset[str]:
    """The kinds of addresses that their channels have."""
    return frozenset(one.capabilities.address_kind for one in connectors) - {""}


def _add(found: dict[str, type[Connector]], connector: type[Connector], where: str) -> None:
    other = found.get(connector.name)
    if other is not None and other is not connector:
        raise CannotStart(f"two connectors are called {connector.name!r}: {other.__module__} and {where}", "rename or remove one of them")
    found[connector.name] = connector
