"""All ports of storage over dictionaries, with the promises of the real ones but durability; one contract test runs on both."""

from __future__ import annotations

from inbox.testing.memory_accounts import MemoryAccounts
from inbox.testing.memory_facts import MemoryFacts
from inbox.testing.memory_journal import MemoryJournal
from inbox.testing.memory_notices import MemoryNotices
from inbox.testing.memory_presence import MemoryPresence
from inbox.testing.memory_queries import MemoryQueries
from inbox.testing.memory_records import MemoryDirectory, MemoryFiles, MemoryLedger, MemoryOwn
from inbox.testing.memory_retention import MemoryRetention
from inbox.testing.memory_search import MemorySearch
from inbox.testing.tables import Tables


class MemoryStore:
    """One empty store. While ``away`` is true every call raises ``Unavailable``, as if the database did not answer."""

    def __init__(self) -> None:
        self.tables = Tables()
        self.journal = MemoryJournal(self.tables)
        self.queries = MemoryQueries(self.tables)
        self.ledger = MemoryLedger(self.tables)
        self.retention = MemoryRetention(self.tables)
        self.files = MemoryFiles(self.tables)
        self.own = MemoryOwn(self.tables)
        self.notices = MemoryNotices(self.tables)
        self.search = MemorySearch(self.tables)
        self.accounts = MemoryAccounts(self.tables)
        self.directory = MemoryDirectory(self.tables)
        self.presence = MemoryPresence()
        self.facts = MemoryFacts(self.tables)

    @property
    def away(self) -> bool:
        """Whether the database does not answer."""
        return self.tables.away

    @away.setter
    def away(self, away: bool) -> None:
        self.tables.away = self.presence.away = away
