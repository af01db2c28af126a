"""Inbox: one live, threaded conversation inbox for email, web chat, SMS and social channels."""

from importlib.metadata import PackageNotFoundError, version

try:
    __version__ = version("inbox-conversations")
except PackageNotFoundError:  # a checkout that was never installed
    __version__ = "0"
