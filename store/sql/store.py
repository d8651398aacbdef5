"""The store on SQLite or PostgreSQL."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from sqlalchemy import select

from store.port import Journal, Records
from store.sql.approval import SqlApprovalRequestStore
from store.sql.connection import SqlConnectionStore
from store.sql.conversation import SqlConversationStore
from store.sql.database import Database, Transaction, parse_url
from store.sql.entry import Batches
from store.sql.failed import SqlDeadLetterStore, SqlRetentionStore
from store.sql.gallery import SqlGalleryStore
from store.sql.inbox import SqlInboxStore
from store.sql.journal import SqlJournal
from store.sql.model_use import SqlModelUseStore
from store.sql.people import SqlGroupStore, SqlPersonStore
from store.sql.posting import SqlPostingStore
from store.sql.proposal import SqlProposalStore
from store.sql.run import SqlRunStore
from store.sql.shelf import SqlShelfStore, SqlSuggestionStore
from store.sql.slot import SqlSlotStore
from store.sql.sqlite import SqliteDatabase
from store.sql.sqlite_batch import SqliteBatches
from store.sql.trace import SqlAuditStore, SqlCardStore, SqlMemoryStore
from store.sql.trigger import SqlTriggerStore
from store.sql.workflow import SqlWorkflowStore

_ANSWERS_WITHIN_S = 30.0


def open_database(url: str, *, fsync: bool = True, answers_within_s: float | None = _ANSWERS_WITHIN_S) -> Database:
    """`answers_within_s` bounds each statement on PostgreSQL; none leaves it all the time that it needs.

    Raises ConfigError for a URL that is not SQLite's or PostgreSQL's.
    """
    parsed = parse_url(url)
    if parsed.get_backend_name() == "sqlite":
        return SqliteDatabase(parsed, fsync=fsync)
    from store.sql.postgres import PostgresDatabase  # its driver is optional and costs start-up time

    return PostgresDatabase(parsed, answers_within_s=answers_within_s)


def _batches(database: Database) -> Batches:
    if isinstance(database, SqliteDatabase):
        return SqliteBatches(database)
    from store.sql.postgres import PostgresDatabase
    from store.sql.postgres_batch import PostgresBatches

    assert isinstance(database, PostgresDatabase)
    return PostgresBatches(database)


class SqlStore:
    """Implements `store.port.Store`. The schema is made by `store.sql.migrate`, not here.

    Do not begin a transaction, or wait for the journal, inside a transaction that has written: on SQLite they would wait
    for each other, and the inner one fails after half a minute.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._journal = SqlJournal(database, _batches(database))

    @classmethod
    async def open(cls, url: str, *, fsync: bool = True) -> SqlStore:
        """Connect. Raises ConfigError for a URL of another database, StoreError when it cannot be reached."""
        store = cls(open_database(url, fsync=fsync))
        try:
            async with store._database.begin() as transaction:
                await transaction.read(select(1))
        except BaseException:
            await store.close()
            raise
        return store

    @property
    def journal(self) -> Journal:
        return self._journal

    @asynccontextmanager
    async def begin(self) -> AsyncIterator[Records]:
        async with self._database.begin() as transaction:
            yield _records(transaction)

    async def close(self) -> None:
        await self._journal.close()
        await self._database.close()


def _records(transaction: Transaction) -> Records:
    return Records(
        people=SqlPersonStore(transaction),
        groups=SqlGroupStore(transaction),
        conversations=SqlConversationStore(transaction),
        proposals=SqlProposalStore(transaction),
        approval_requests=SqlApprovalRequestStore(transaction),
        workflows=SqlWorkflowStore(transaction),
        triggers=SqlTriggerStore(transaction),
        runs=SqlRunStore(transaction),
        slots=SqlSlotStore(transaction),
        dead_letters=SqlDeadLetterStore(transaction),
        retention=SqlRetentionStore(transaction),
        connections=SqlConnectionStore(transaction),
        cards=SqlCardStore(transaction),
        audit=SqlAuditStore(transaction),
        memory=SqlMemoryStore(transaction),
        gallery=SqlGalleryStore(transaction),
        shelf=SqlShelfStore(transaction),
        suggestions=SqlSuggestionStore(transaction),
        model_uses=SqlModelUseStore(transaction),
        inbox=SqlInboxStore(transaction),
        postings=SqlPostingStore(transaction),
    )
