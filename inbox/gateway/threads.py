"""Who follows which conversation. The gate is asked for every follower at every change; who loses sight is told so and dropped."""

from __future__ import annotations

from dataclasses import dataclass, field

from inbox.core.events import Facets
from inbox.core.permissions import sees
from inbox.gateway.moment import NOWHERE, Moment
from inbox.gateway.protocol import Gone, ServerFrame, encode
from inbox.gateway.roster import Follower


@dataclass(slots=True)
class _Thread:
    version: int
    facets: Facets
    followers: list[tuple[Follower, str]] = field(default_factory=list)


class Threads:
    """The followers of single conversations."""

    def __init__(self) -> None:
        self._threads: dict[str, _Thread] = {}

    def join(self, follower: Follower, sub: str, conversation: str, version: int, facets: Facets) -> bool:
        """Send ``follower`` what changes in the conversation, which looks like this now; False when it may not see it."""
        if not sees(follower.scope, facets):
            return False
        thread = self._threads.get(conversation)
        if thread is None:
            thread = self._threads[conversation] = _Thread(version, facets)
        thread.followers.append((follower, sub))
        return True

    def leave(self, follower: Follower, sub: str, conversation: str) -> None:
        """No more; harmless when it does not follow."""
        thread = self._threads.get(conversation)
        if thread is not None:
            thread.followers = [(f, s) for f, s in thread.followers if not (f is follower and s == sub)]
            if not thread.followers:
                del self._threads[conversation]

    def show(self, moment: Moment) -> None:
        """Send the change to everybody who follows its conversation and may see it now."""
        thread = self._threads.get(moment.id)
        if thread is None:
            return
        if moment.now is not None:
            thread.version, thread.facets = moment.version, moment.now
        for follower, sub in tuple(thread.followers):
            if moment.now is not None and sees(follower.scope, moment.now):
                for frame in moment.thread_frames(sub, follower.agent, supervising=follower.supervising):
                    follower.send(frame)
            else:
                self._drop(follower, sub, moment.id, encode(Gone(sub, moment.id, moment.version, moment.at)))

    def recheck(self, follower: Follower, sub: str, conversation: str) -> None:
        """The follower's scope changed: drop it if it may not see the conversation any more."""
        thread = self._threads.get(conversation)
        if thread is not None and not sees(follower.scope, thread.facets):
            self._drop(follower, sub, conversation, encode(Gone(sub, conversation, thread.version, NOWHERE)))

    def facets(self, conversation: str) -> Facets | None:
        """What it looks like now; None when nobody follows it."""
        thread = self._threads.get(conversation)
        return thread.facets if thread is not None else None

    def tell(self, conversation: str, frame: ServerFrame) -> None:
        """A frame for everybody who follows the conversation."""
        thread = self._threads.get(conversation)
        if thread is not None:
            data = encode(frame)
            for follower in {follower for follower, _ in thread.followers}:
                follower.send(data)

    def _drop(self, follower: Follower, sub: str, conversation: str, farewell: bytes) -> None:
        self.leave(follower, sub, conversation)
        follower.send(farewell)
        follower.ended(sub)
