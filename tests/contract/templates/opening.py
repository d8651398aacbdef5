"""Opens an office: its records, its ports and fakes, the person, their accounts, and a database with people."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from pathlib import Path
from random import Random

from cryptography.fernet import Fernet
from pydantic import JsonValue

from catalog.expression import Expressions
from catalog.loader import SAMPLES
from store.record import Connection, Identity, Person, Role
from store.sql.store import SqlStore
from store.vault import Vault
from tests.contract.templates.office import CONVERSATION, DATABASE, PASSWORD, PERSON, Office, RecordingQueue
from tests.contract.templates.web import Web
from tests.fakes.bus import LocalBus
from tests.fakes.clock import FixedClock
from tests.fakes.http_service import HttpService
from tests.fakes.imap import ImapServer
from tests.fakes.record import empty_conversation
from tests.fakes.smtp import SmtpServer
from tools.connector import load_connectors
from tools.files import FolderFiles
from tools.guard import AddressGuard
from tools.http import AioHttp
from tools.mail import SmtpImapMailBox
from tools.model import NoModel
from tools.registry import StepRegistry
from tools.sql import SqlDatabase
from worker.engine import Engine
from worker.poll import Poller
from worker.ports import World
from worker.service import make_desk


@asynccontextmanager
async def open_office(folder: Path, database: Path, registry: StepRegistry) -> AsyncIterator[Office]:
    """Open one in an empty folder; `database` is a migrated SQLite file, which is copied."""
    shutil.copy(database, folder / "errand.db")
    shutil.copytree(SAMPLES, folder / "files")
    clock, queue, events = FixedClock(), RecordingQueue(), LocalBus()
    vault, guard = Vault([Fernet.generate_key()]), AddressGuard(["127.0.0.0/8"])
    async with AsyncExitStack() as stack:
        service = await stack.enter_async_context(HttpService())
        smtp = await stack.enter_async_context(SmtpServer(login=("ada", PASSWORD)))
        imap = await stack.enter_async_context(ImapServer(login=("ada", PASSWORD)))
        http = AioHttp(guard, timeout_s=5.0, limit_bytes=1_000_000)
        stack.push_async_callback(http.close)
        store = await SqlStore.open(f"sqlite:///{folder / 'errand.db'}", fsync=False)
        stack.push_async_callback(store.close)
        desk = make_desk(
            store=store,
            queue=queue,
            events=events,
            clock=clock,
            registry=registry,
            vault=vault,
            world=World(
                http=http,
                mail=SmtpImapMailBox(guard, timeout_s=5.0, clock=clock),
                database=SqlDatabase(folder / "files", guard.resolve, timeout_s=5.0),
                files=FolderFiles(folder / "files", 1_000_000),
                model=NoModel(),
            ),
            connectors=load_connectors(),
            random=Random(1),
        )
        expressions = Expressions()
        office = Office(
            store=store,
            clock=clock,
            files=folder / "files",
            registry=registry,
            vault=vault,
            smtp=smtp,
            imap=imap,
            web=Web(service),
            engine=Engine(desk=desk, expressions=expressions, lease_s=15.0),
            poller=Poller(desk=desk, expressions=expressions, sweep_s=5.0, pause_after=5),
            queue=queue,
            events=events,
        )
        await settle(office)
        yield office


async def settle(office: Office) -> None:
    """The person, the conversation, the accounts, and a database with people."""
    now = office.clock.now()
    person = Person(id=PERSON, name="Ada", time_zone="Europe/Berlin", locale="en", role=Role.OWNER, created_at=now)
    async with office.store.begin() as records:
        await records.people.add(person, Identity(surface="web", external_id="ada", person_id=PERSON))
        for name in ("Ana", "Ben"):
            other = replace(person, id=f"usr_{name.lower()}", name=name, role=Role.MEMBER)
            await records.people.add(other, Identity(surface="web", external_id=name, person_id=other.id))
        await records.conversations.add(empty_conversation(CONVERSATION, PERSON, now))
    await _connect(office, "smtp", office.smtp.account())
    await _connect(office, "imap", office.imap.account())
    await _connect(office, "sql", {"url": f"sqlite:///{DATABASE}"})
    with sqlite3.connect(office.files / DATABASE) as database:
        database.execute("create table people (name text, email text, city text)")
        database.execute("create table signups (id integer primary key, name text)")
        database.execute("insert into people values ('Ada', 'ada@example.com', 'London')")
    database.close()


async def _connect(office: Office, connector: str, fields: Mapping[str, str]) -> None:
    known, now = load_connectors()[connector], office.clock.now()
    secret = {name: value for name, value in fields.items() if known.fields[name].secret}
    public: dict[str, JsonValue] = {name: value for name, value in fields.items() if name not in secret}
    connection = Connection(
        id=f"con_{connector}",
        person_id=PERSON,
        connector=connector,
        name=connector,
        public=public,
        secret=office.vault.seal(secret),
        created_at=now,
        updated_at=now,
    )
    async with office.store.begin() as records:
        await records.connections.save(connection)
