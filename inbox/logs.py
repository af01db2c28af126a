"""Structured logs: ids, codes and numbers. Message text, addresses and secrets never get into them."""

from __future__ import annotations

import logging
import sys
import traceback
from collections.abc import Mapping, MutableMapping
from types import TracebackType
from typing import Any

import structlog

NOISY = ("pymongo", "aiohttp.access", "asyncio", "mail.log", "mail.error", "mail.debug", "imapclient")
MAX_VALUE = 300


def configure(level: str, format: str) -> None:
    """Set up logging for this process: ``format`` is ``json`` or ``console``, to standard error."""
    number = logging.getLevelName(level.upper())
    renderer: Any = structlog.processors.JSONRenderer() if format == "json" else structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            _bare_traceback,
            _shorten,
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(number),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
    logging.basicConfig(level=logging.WARNING, stream=sys.stderr, format="%(levelname)s %(name)s", force=True)
    for name in NOISY:
        logging.getLogger(name).setLevel(logging.CRITICAL)


def _bare_traceback(_: Any, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Where it happened and of what type; the exception's own words may hold a customer's, and local variables do."""
    given = event.pop("exc_info", None)
    error = sys.exc_info() if given is True else given
    if isinstance(error, BaseException):
        error = (type(error), error, error.__traceback__)
    if error and error[0] is not None:
        event["error_type"] = error[0].__name__
        event["at"] = _places(error[2])
    return event


def _places(trace: TracebackType | None) -> list[str]:
    return [f"{frame.filename.rpartition('/')[2]}:{frame.lineno}:{frame.name}" for frame in traceback.extract_tb(trace)[-8:]]


def _shorten(_: Any, __: str, event: MutableMapping[str, Any]) -> Mapping[str, Any]:
    return {key: value[:MAX_VALUE] if isinstance(value, str) else value for key, value in event.items()}
