"""Names of attached files: cleaned for display. Where a file is stored never depends on its name."""

from __future__ import annotations

import re
import unicodedata
from typing import Final

from connectors.email import limits

_UNSAFE: Final = frozenset(("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"))
_RESERVED: Final = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?", re.IGNORECASE)
_FORBIDDEN: Final = re.compile(r'[<>:"|?*]+')
_UNNAMED: Final = {
    "message/rfc822": "message.eml", "text/plain": "text.txt", "text/html": "page.html", "text/calendar": "invitation.ics",
    "application/ics": "invitation.ics", "text/vcard": "contact.vcf", "text/x-vcard": "contact.vcf", "text/csv": "table.csv",
    "image/jpeg": "picture.jpg", "image/png": "picture.png", "image/gif": "picture.gif", "image/webp": "picture.webp",
    "application/pdf": "document.pdf", "application/zip": "archive.zip", "application/ms-tnef": "winmail.dat",
    "application/pgp-signature": "signature.asc", "application/pgp-encrypted": "version.asc", "audio/mpeg": "sound.mp3",
    "application/pkcs7-signature": "smime.p7s", "application/x-pkcs7-signature": "smime.p7s", "video/mp4": "film.mp4",
    "application/pkcs7-mime": "smime.p7m", "application/x-pkcs7-mime": "smime.p7m", "message/delivery-status": "delivery-status.txt",
    "text/rfc822-headers": "headers.txt", "message/feedback-report": "report.txt", "message/disposition-notification": "receipt.txt",
}  # fmt: skip


def file_name(name: str, kind: str) -> str:
    """A name that is safe to show and to offer for saving: no path, no control or direction marks, no hidden or reserved name.

    An absent name is made from the media type. The extension survives shortening.
    """
    visible = "".join(c for c in unicodedata.normalize("NFC", name) if unicodedata.category(c) not in _UNSAFE)
    base = _FORBIDDEN.sub("_", visible.replace("\\", "/").rsplit("/", 1)[-1]).strip(" .")
    if not base:
        return _UNNAMED.get(kind, "file.bin")
    if _RESERVED.fullmatch(base):
        base = "_" + base
    if len(base) <= limits.FILE_NAME:
        return base
    stem, dot, extension = base.rpartition(".")
    if not dot or len(extension) > 20:
        return base[: limits.FILE_NAME]
    return f"{stem[: limits.FILE_NAME - len(extension) - 1]}.{extension}"
