"""Comments under the posts of a Facebook page or an Instagram account: who comments is a customer, an answer is a public reply.

They are channels of their own beside Messenger and Instagram messages, because what is public and what is private must not meet in
one conversation. What somebody writes under his comment continues his conversation, what others write there begins theirs.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from typing import Annotated, Any, ClassVar, Final, Literal

from msgspec import Struct

from connectors.meta_graph import ownership, webhook
from connectors.meta_graph.graph import Graph, Sentences
from connectors.meta_graph.settings import FACEBOOK, INSTAGRAM, AccountId, GraphSettings, UrlOrNone
from connectors.meta_graph.webhook import ACCOUNT, Change, entries, instant, reading, what_is_left
from inbox.connector import (
    Answer,
    Capabilities,
    Connector,
    Deletion,
    Edit,
    Health,
    InboundFile,
    InboundMessage,
    Item,
    OutboundMessage,
    RawDelivery,
    Sent,
    Tools,
)
from inbox.core.errors import Rejected
from inbox.core.ids import ChannelId
from inbox.core.labels import label
from inbox.core.message import Address, Card
from inbox.core.plain import plain

SENTENCES: Final[Sentences] = {
    (100, 33): "This comment cannot be found any more: it was removed, or the account may not see it.",
    (368, 0): "Meta has blocked this account for a while, because it takes its comments for abuse.",
}
_NOBODY: Final = "unknown"
_SECONDS: Final = 100_000_000_000
"""Meta writes the time of an entry in seconds or in milliseconds."""


class FacebookCommentsSettings(GraphSettings, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The posts of one Facebook page."""

    page_id: Annotated[AccountId, label("Page ID", "Of the Facebook page.")]

    @property
    def account(self) -> str:
        """As deliveries name it."""
        return self.page_id


class InstagramCommentsSettings(GraphSettings, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The posts of one professional Instagram account. ``login``: by which of Meta's two ways the access token was made."""

    account_id: Annotated[AccountId, label("Account ID", "Of the professional Instagram account.")]
    login: Annotated[Literal["facebook", "instagram"], label("Login", "By which of the two ways of Meta the access token was made.")] = (
        "facebook"
    )
    base_url: Annotated[UrlOrNone, label("Address of the Graph API", advanced=True)] = ""

    @property
    def root(self) -> str:
        """Where the API is."""
        return self.base_url or (INSTAGRAM if self.login == "instagram" else FACEBOOK)

    @property
    def account(self) -> str:
        """As deliveries name it."""
        return self.account_id


class _Person(Struct, frozen=True):
    """Who commented; Facebook tells a name, Instagram what he calls himself."""

    id: str = ""
    name: str = ""
    username: str = ""


class _Post(Struct, frozen=True):
    """What was commented on."""

    id: str = ""
    permalink_url: str = ""


class _OnFacebook(Struct, frozen=True, rename={"sender": "from"}):
    """A change of the field ``feed``. ``parent_id`` is the post's id or, for a reply, that of the comment."""

    item: str = ""
    verb: str = ""
    comment_id: str = ""
    post_id: str = ""
    parent_id: str = ""
    message: str = ""
    photo: str = ""
    created_time: int = 0
    sender: _Person = _Person()
    post: _Post = _Post()


class _OnInstagram(Struct, frozen=True, rename={"sender": "from"}):
    """A change of the field ``comments``; ``parent_id`` is there for a reply to another comment."""

    id: str = ""
    text: str = ""
    parent_id: str = ""
    sender: _Person = _Person()
    media: _Post = _Post()


class _Accepted(Struct, frozen=True):
    """The answer to a comment."""

    id: str = ""


class CommentsConnector(Connector):
    """What both have in common."""

    about: ClassVar[str]
    field: ClassVar[str]
    settings: FacebookCommentsSettings | InstagramCommentsSettings

    def __init__(self, channel: ChannelId, settings: Any, tools: Tools) -> None:
        super().__init__(channel, settings, tools)
        self._graph = Graph(settings, tools, SENTENCES)

    def verify(self, raw: RawDelivery) -> None:
        """By the verify token or the signature."""
        webhook.verify(raw, self.settings.app_secret, self.settings.verify_token)

    def context(self) -> Mapping[str, str]:
        """Whose comments these are: its own are no news, and what is for another account is left."""
        return {ACCOUNT: self.settings.account}

    @classmethod
    def parse(cls, raw: RawDelivery) -> Sequence[Item]:
        """Every change of every entry."""
        account, unreadable = raw.context.get(ACCOUNT, ""), False
        items: list[Item] = []
        left: set[str] = set()
        for entry in entries(raw, cls.about):
            if entry is None:
                unreadable = True
            elif account and entry.id != account:
                left.add(f"another account ({entry.id[:40]})")
            else:
                left |= {"messages"} if entry.messaging or entry.standby else set()
                for one in entry.changes:
                    change: Change | None = reading(one, Change)
                    unreadable |= change is None
                    found = [] if change is None else list(cls._of(change, entry.id, reading(entry.time, int) or 0))
                    items += found
                    left |= set() if found or change is None else {f"{change.field[:40] or 'nothing'} that is no customer's comment"}
        return what_is_left(items, left, unreadable)

    @classmethod
    def _of(cls, change: Change, account: str, at: int) -> Iterator[Item]:
        return cls.of_change(change, account, at) if change.field == cls.field else iter(())

    @classmethod
    @abstractmethod
    def of_change(cls, change: Change, account: str, at: int) -> Iterator[Item]:
        """What a change of the field means; ``at``: when Meta sent it, as Meta writes it."""

    def answer(self, raw: RawDelivery) -> Answer:
        """The challenge, or that it was taken."""
        return webhook.answer(raw)

    def render(self, message: OutboundMessage) -> str:
        """Plain words: comments know no marks."""
        return plain(message.text)

    async def send(self, message: OutboundMessage) -> Sent:
        """A public reply to the comment that the conversation began with; below it Meta shows all of them in their order."""
        if not message.references:
            raise Rejected("There is no comment that this could be a reply to.")
        if message.files:
            raise Rejected("Files cannot be sent as a comment.")
        text = self.render(message)
        if not text:
            raise Rejected("A comment needs words.")
        answer = await self._graph.send(self.replies_to(message.references[0]), {"message": text})
        id = (reading(answer.body, _Accepted) or _Accepted()).id
        return Sent(id, id)

    @abstractmethod
    def replies_to(self, comment: str) -> str:
        """Where replies to a comment are made."""

    async def fetch(self, ref: str) -> AsyncIterator[bytes]:
        """From the address that came with the comment; it is open to whoever knows it, and ends."""
        return self._graph.public(ref)


def _comment(kind: str, id: str, sender: _Person, text: str, at: int | None, parent: str, post: _Post, photo: str = "") -> InboundMessage:
    name = sender.name or sender.username
    lead = Card("referral", "Comment under a post", "", post.permalink_url if post.permalink_url.startswith("https://") else "")
    file = InboundFile("photo.jpg", "image/jpeg", ref=photo)
    return InboundMessage(
        key=id,
        sender=Address(kind, sender.id or _NOBODY, name),
        at=at,
        received_at=at,
        external_id=id,
        text=text,
        files=(file,) if photo.startswith("https://") else (),
        references=(parent,) if parent else (),
        authenticated=bool(sender.id),
        unreadable="" if sender.id else "a comment that does not say who wrote it",
        cards=(lead,),
    )


class FacebookCommentsConnector(CommentsConnector):
    """The posts of one Facebook page."""

    name: ClassVar[str] = "facebook_comments"
    title: ClassVar[str] = "Facebook comments"
    purpose: ClassVar[str] = "Comments under the posts of a page; answers are public replies."
    about: ClassVar[str] = "page"
    field: ClassVar[str] = "feed"
    capabilities: Capabilities = Capabilities(address_kind="facebook", sign="facebook", scoped=True, media=False, public=True)
    Settings: ClassVar[type[Struct]] = FacebookCommentsSettings
    settings: FacebookCommentsSettings

    @classmethod
    def of_change(cls, change: Change, account: str, at: int) -> Iterator[Item]:
        """Likes, shares and the page's own posts and replies are no news; nor is hiding, which is the page's own doing."""
        told: _OnFacebook | None = reading(change.value, _OnFacebook)
        if told is None or told.item != "comment" or not told.comment_id or told.sender.id == account:
            return
        when = instant(told.created_time)
        parent = told.parent_id if told.parent_id != told.post_id else ""
        match told.verb:
            case "add":
                yield _comment("facebook", told.comment_id, told.sender, told.message, when, parent, told.post, told.photo)
            case "edited":
                yield Edit(told.comment_id, told.message, when)
            case "remove":
                yield Deletion(told.comment_id, when)

    def replies_to(self, comment: str) -> str:
        """``POST /{comment-id}/comments``."""
        return f"{comment}/comments"

    async def probe(self) -> Health:
        """Whether the token belongs to this page."""
        return await ownership.of_page(self._graph, self.settings.page_id)


class InstagramCommentsConnector(CommentsConnector):
    """The posts of one professional Instagram account."""

    name: ClassVar[str] = "instagram_comments"
    title: ClassVar[str] = "Instagram comments"
    purpose: ClassVar[str] = "Comments under the posts of a professional account; answers are public replies."
    about: ClassVar[str] = "instagram"
    field: ClassVar[str] = "comments"
    capabilities: Capabilities = Capabilities(address_kind="instagram", sign="instagram", scoped=True, media=False, public=True)
    Settings: ClassVar[type[Struct]] = InstagramCommentsSettings
    settings: InstagramCommentsSettings

    @classmethod
    def of_change(cls, change: Change, account: str, at: int) -> Iterator[Item]:
        """Instagram tells of new comments only, and not when they were written: what counts is when it told."""
        told: _OnInstagram | None = reading(change.value, _OnInstagram)
        if told is None or not told.id or told.sender.id == account:
            return
        when = instant(at, 1) if at > _SECONDS else instant(at)
        yield _comment("instagram", told.id, told.sender, told.text, when, told.parent_id, told.media)

    def replies_to(self, comment: str) -> str:
        """``POST /{ig-comment-id}/replies``."""
        return f"{comment}/replies"

    async def probe(self) -> Health:
        """Whether the token belongs to this account."""
        return await ownership.of_instagram(self._graph, self.settings.login, self.settings.account_id)
