"""Whom an encrypted connection trusts: the system's authorities, or the one an operator names."""

from __future__ import annotations

import functools
import ssl


class NoAuthority(OSError):
    """The file that is to name the trusted authority is missing, unreadable or holds no certificate."""


@functools.lru_cache(maxsize=16)
def tls_context(ca_file: str) -> ssl.SSLContext:
    """A verifying client context, made once per file. Raises ``NoAuthority``, whose words name the file and what is wrong with it."""
    try:
        context = ssl.create_default_context(cafile=ca_file or None)
    except ssl.SSLError:
        raise NoAuthority(f"{ca_file} holds no certificate in PEM form") from None
    except OSError as wrong:
        raise NoAuthority(f"{ca_file} cannot be read: {wrong.strerror}") from None
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context


def why_untrusted(error: BaseException | None) -> str:
    """What is wrong with the other side's certificate, '' if the error is about something else."""
    while error is not None:
        if isinstance(error, ssl.SSLCertVerificationError):
            return error.verify_message
        error = error.__cause__ or error.__context__
    return ""
