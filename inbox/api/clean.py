"""HTML of strangers made harmless; run as a module it is the limited process that does so for large or odd ones.

What is kept is what mails use for layout. Scripts, forms, frames, style sheets, positions and everything loaded from elsewhere go.
The result is shown in a sandboxed frame under a policy of its own, so that a hole here is not yet an attack.
"""

from __future__ import annotations

import re
import resource
import sys
from functools import partial
from typing import BinaryIO
from urllib.parse import unquote

import msgspec
import nh3

MAX_HTML = 2 * 1024 * 1024
CPU_SECONDS = 2
MEMORY = 768 * 1024 * 1024
_LENGTH = 4


def _names(text: str) -> frozenset[str]:
    return frozenset(text.split())


_TAGS = _names(
    "a abbr address article aside b bdi bdo big blockquote br caption center cite code col colgroup dd del dfn div dl dt em"
    " figcaption figure font footer h1 h2 h3 h4 h5 h6 header hr i img ins kbd li main mark nav ol p pre q rp rt ruby s samp section"
    " small span strike strong sub sup table tbody td tfoot th thead time tr tt u ul var wbr"
)
_DROPPED = _names("script style title template iframe object embed svg math noscript noframes noembed xmp textarea select")
_ATTRIBUTES = {
    "*": _names("style dir lang align valign bgcolor width height title"),
    "a": _names("href"),
    "img": _names("src alt border"),
    "table": _names("border cellpadding cellspacing"),
    "td": _names("colspan rowspan nowrap"),
    "th": _names("colspan rowspan nowrap"),
    "col": _names("span"),
    "font": _names("color face size"),
    "ol": _names("start type"),
    "ul": _names("type"),
    "li": _names("value"),
}
_STYLES = _names(
    "background background-color border border-bottom border-collapse border-color border-left border-radius border-right"
    " border-spacing border-style border-top border-width box-sizing color direction display float clear font font-family font-size"
    " font-style font-variant font-weight height letter-spacing line-height list-style-type margin margin-bottom margin-left"
    " margin-right margin-top max-height max-width min-height min-width overflow-wrap padding padding-bottom padding-left"
    " padding-right padding-top table-layout text-align text-decoration text-indent text-transform vertical-align white-space width"
    " word-break word-spacing word-wrap"
)
_LOADS = re.compile(r"\\|url|image|src|@|expression|/\*", re.IGNORECASE)
_LINKS = re.compile(r"(?:https?|mailto|tel):", re.IGNORECASE)
_REMOTE = re.compile(r"https?:", re.IGNORECASE)
_SCHEMES = _names("http https mailto tel cid")


class Job(msgspec.Struct, frozen=True):
    """What to clean. ``inline`` maps content ids to ``data:`` addresses; ``images``: remote ones may stay."""

    html: str
    images: bool
    inline: dict[str, str]


def clean(job: Job) -> str:
    """The harmless part of the HTML, as the content of a body."""
    cleaned = nh3.clean(
        job.html,
        tags=_TAGS,
        clean_content_tags=_DROPPED,
        attributes=_ATTRIBUTES,
        attribute_filter=partial(_kept, job),
        url_schemes=_SCHEMES,
        url_relative="deny",
        link_rel="noopener noreferrer",
        set_tag_attribute_values={"a": {"target": "_blank"}},
        filter_style_properties=_STYLES,
    )
    return cleaned.replace("\x00", "")


def _kept(job: Job, tag: str, name: str, value: str) -> str | None:
    """The attribute's value as it may stay, None to drop it."""
    if name == "style":
        return ";".join(part for part in value.split(";") if not _LOADS.search(part))
    if name == "href":
        return value if _LINKS.match(value.strip()) else None
    if name != "src":
        return value
    address = value.strip()
    if address[:4].lower() == "cid:":
        return job.inline.get(unquote(address[4:]).strip("<>"))
    return address if job.images and _REMOTE.match(address) else None


def main(jobs: BinaryIO, answers: BinaryIO) -> None:
    """Clean one job after the other until the input ends, each within its own share of processor time."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    decoder = msgspec.msgpack.Decoder(Job)
    while head := jobs.read(_LENGTH):
        used = resource.getrusage(resource.RUSAGE_SELF)
        allowed = int(used.ru_utime + used.ru_stime) + 1 + CPU_SECONDS
        resource.setrlimit(resource.RLIMIT_CPU, (allowed, resource.RLIM_INFINITY))
        cleaned = clean(decoder.decode(jobs.read(int.from_bytes(head, "big")))).encode("utf-8", "replace")
        answers.write(len(cleaned).to_bytes(_LENGTH, "big") + cleaned)
        answers.flush()


if __name__ == "__main__":
    main(sys.stdin.buffer, sys.stdout.buffer)
