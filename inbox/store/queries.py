"""All questions the flow and the screens ask, in one object."""

from __future__ import annotations

from inbox.store.client import Database
from inbox.store.conversations import ConversationQueries
from inbox.store.directory import DirectoryQueries
from inbox.store.messages import MessageQueries
from inbox.store.people import PeopleQueries


class MongoQueries(ConversationQueries, MessageQueries, PeopleQueries, DirectoryQueries):
    """``ports.Queries``."""

    def __init__(self, db: Database) -> None:
        ConversationQueries.__init__(self, db)
        MessageQueries.__init__(self, db)
        PeopleQueries.__init__(self, db)
        DirectoryQueries.__init__(self, db)
