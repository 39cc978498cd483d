"""The database: brought up to date from nothing, alike to the tables in code, safe with many writers."""

import asyncio
import threading
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from sqlalchemy import create_engine, func, select, text
from sqlalchemy.orm import Session

from deployments.errors import Unavailable
from serve_app import db
from serve_app.db.database import Database
from serve_app.db.tables import ApiKey, Base, User
from serve_app.image_records import find_image
from serve_app.jobs.gallery import since
from serve_app.jobs.store import JobStore
from tests.databases import locked


async def test_migrations_give_the_tables_that_the_code_expects(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path}/emblem.db")
    await database.open()
    await database.close()
    engine = create_engine(f"sqlite:///{tmp_path}/emblem.db")
    with engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), Base.metadata) == []
    engine.dispose()


def make_old(url: str, revision: str, *statements: str) -> None:
    """A database as an earlier release left it."""
    engine = create_engine(url)
    config = Config()
    config.set_main_option("script_location", str(Path(db.__file__).parent / "migrations"))
    config.set_main_option("path_separator", "os")
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, revision)
        for statement in statements:
            connection.execute(text(statement))
    engine.dispose()


async def first_admin(database: Database) -> str:
    return (await database.read(lambda session: session.scalars(select(User)).one())).id


async def test_data_of_the_first_schema_is_kept(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/emblem.db"
    make_old(
        url, "0001",
        "INSERT INTO api_keys VALUES ('k', 'n', 'd', 'admin', '2026-01-01', NULL, NULL, NULL)",
        "INSERT INTO images VALUES ('gen_1', 0, 'k', 'gen_1/0.png', 'image/png', 's', 7, '2026-01-01')",
    )  # fmt: skip
    database = Database(url)
    await database.open()
    image = await find_image(database, "gen_1", 0, await first_admin(database))
    assert (image.seed, image.key) == (7, "gen_1/0.png")
    await database.close()


async def test_events_of_the_second_schema_are_counted_on(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/emblem.db"
    make_old(
        url, "0002",
        "INSERT INTO api_keys VALUES ('k', 'n', 'd', 'admin', '2026-01-01', NULL, NULL, NULL)",
        "INSERT INTO generations (id, api_key_id, kind, request, is_patient, status, attempt, available_at,"
        " is_cancelled, created_at) VALUES ('gen_1', 'k', 'icon', '{}', 1, 'queued', 0, '2026-01-01', 0, '2026-01-01')",
        "INSERT INTO generation_events VALUES ('gen_1', 1, 'queued', NULL, '2026-01-01')",
    )  # fmt: skip
    database = Database(url)
    await database.open()
    user_id = await first_admin(database)
    await JobStore(database).cancel("gen_1", user_id)
    told = (await since(database, "gen_1", user_id, 0)).events
    assert [(event.seq, event.status) for event in told] == [(1, "queued"), (2, "cancelled")]
    await database.close()


async def test_replicas_that_start_at_once_agree_and_lose_no_write(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/deep/emblem.db"
    databases = [Database(url) for _ in range(4)]
    await asyncio.gather(*(database.open() for database in databases))

    async def add(database: Database, name: str) -> None:
        def count_and_add(session: Session) -> None:
            count = session.scalar(select(func.count()).select_from(ApiKey))  # read, then write
            session.add(ApiKey(id=name, name=str(count), digest=name, scopes="", created_at=datetime.now(UTC)))

        await database.write(count_and_add)

    await asyncio.gather(*(add(database, f"{i}-{n}") for n in range(10) for i, database in enumerate(databases)))
    rows = await databases[0].read(lambda session: session.scalars(select(ApiKey)).all())
    assert sorted(int(row.name) for row in rows) == list(range(40))  # each saw all that was before it
    assert rows[0].created_at.tzinfo is not None
    for database in databases:
        await database.close()


async def test_work_that_fails_leaves_nothing(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path}/emblem.db")
    await database.open()

    def add_and_fail(session: Session) -> None:
        session.add(ApiKey(id="a", name="a", digest="a", scopes="", created_at=datetime.now(UTC)))
        session.flush()
        raise LookupError("on purpose")

    with pytest.raises(LookupError):
        await database.write(add_and_fail)
    assert await database.read(lambda session: session.get(ApiKey, "a")) is None
    await database.close()


async def test_reading_waits_for_no_writer(tmp_path: Path) -> None:
    writing, reading = (Database(f"sqlite:///{tmp_path}/emblem.db") for _ in range(2))
    await writing.open()
    has_begun, may_end = threading.Event(), threading.Event()

    def add_slowly(session: Session) -> None:
        session.add(ApiKey(id="a", name="a", digest="a", scopes="", created_at=datetime.now(UTC)))
        session.flush()
        has_begun.set()
        assert may_end.wait(30)

    written = asyncio.create_task(writing.write(add_slowly))
    await asyncio.to_thread(has_begun.wait, 30)
    assert await asyncio.wait_for(reading.read(lambda session: session.get(ApiKey, "a")), timeout=5) is None
    may_end.set()
    await written
    assert await reading.read(lambda session: session.get(ApiKey, "a")) is not None
    await asyncio.gather(writing.close(), reading.close())


async def test_twenty_that_would_write_wait_no_longer_than_a_few(tmp_path: Path) -> None:
    """They take turns, but not at waiting for another program that holds the file."""
    database = Database(f"sqlite:///{tmp_path}/emblem.db", wait_s=0.2)
    await database.open()
    with locked(f"sqlite:///{tmp_path}/emblem.db"):
        began_s = time.monotonic()
        writes = (database.write(lambda session: session.execute(text("SELECT 1"))) for _ in range(20))
        answers = await asyncio.gather(*writes, return_exceptions=True)
        took_s = time.monotonic() - began_s
    assert [type(answer) for answer in answers] == [Unavailable] * 20
    assert took_s < 10 * 0.2
    await database.close()
