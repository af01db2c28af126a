"""Whom an encrypted connection trusts: the system's authorities, or the one an operator names."""

from __future__ import annotations

import functools
import ssl


@functools.lru_cache(maxsize=16)
def tls_context(ca_file: str) -> ssl.SSLContext:
    """A verifying client context, made once per file. Raises ``OSError`` (``ssl.SSLError`` is one) for a file that is none."""
    context = ssl.create_default_context(cafile=ca_file or None)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context


def why_untrusted(error: BaseException | None) -> str:
    """What is wrong with the other side's certificate, '' if the error is about something else."""
    while error is not None:
        if isinstance(error, ssl.SSLCertVerificationError):
            return error.verify_message
        error = error.__cause__ or error.__context__
    return ""
