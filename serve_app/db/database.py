"""The database: how it is opened, brought up to date, read and written."""

import asyncio
import logging
import math
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import TypeVar

from alembic import command
from alembic.config import Config
from filelock import FileLock
from sqlalchemy import URL, Connection, create_engine, event, exc, make_url
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.orm import Session
from sqlalchemy.pool import ConnectionPoolEntry

from deployments.errors import Unavailable

logger = logging.getLogger("ray.serve")

T = TypeVar("T")

NUM_THREADS = 8  # work at once; also the connections that are kept
WAIT_S = 10.0  # for a connection, and for what another holds
RETRY_S = 5.0

_IS_AWAY = (exc.OperationalError, exc.InterfaceError, exc.TimeoutError)


class Database:
    """SQLite for one machine, any SQLAlchemy URL otherwise.

    Work is a plain function of a session, run whole on a thread: an async driver of SQLite hops between threads 18
    times for one look at a key, 9 ms where this takes 1. Work that nobody waits for any more is still done.

    All of it raises Unavailable while the database can't be reached, or is held by others for more than `wait_s`.
    """

    def __init__(self, url: str, wait_s: float = WAIT_S) -> None:
        self._engine = create_engine(
            _patient(make_url(url), wait_s), pool_size=NUM_THREADS, pool_timeout=wait_s, pool_use_lifo=True
        )  # the last used has the newest pages at hand
        self._wait_s = wait_s
        self._reading = self._engine.execution_options(isolation_level="AUTOCOMMIT")
        self._is_sqlite = self._engine.dialect.name == "sqlite"
        self._start_threads()
        if self._is_sqlite:
            event.listen(self._engine, "connect", partial(_prepare_sqlite, wait_s))
            event.listen(self._engine, "begin", _begin_immediate)

    async def open(self) -> None:
        """Creates or migrates the schema; safe when several replicas start at once."""
        if self._is_sqlite:
            await self._run(self._readers, self._make_sqlite_file)
        await self._run(self._writers, self._migrate)

    async def close(self) -> None:
        """Lets go of all connections, once work that is under way is done; may be opened again."""
        await asyncio.to_thread(self._writers.shutdown)
        await asyncio.to_thread(self._readers.shutdown)
        await asyncio.to_thread(self._engine.dispose)
        self._start_threads()

    async def write(self, work: Callable[[Session], T]) -> T:
        """One transaction, committed when `work` returns, and nothing of it kept when it raises."""
        asked_s = time.monotonic()

        def transact() -> T:
            if time.monotonic() - asked_s > self._wait_s:  # its turn came too late
                raise exc.TimeoutError("others held the database")
            with Session(self._engine, expire_on_commit=False) as session, session.begin():
                return work(session)

        return await self._run(self._writers, transact)

    async def read(self, work: Callable[[Session], T]) -> T:
        """Single reads that take no write lock; what they return is not tracked."""

        def look() -> T:
            with Session(self._reading, expire_on_commit=False) as session:
                return work(session)

        return await self._run(self._readers, look)

    def _start_threads(self) -> None:
        self._readers = ThreadPoolExecutor(NUM_THREADS, thread_name_prefix="database")
        # SQLite has one writer at a time, and lets the others sleep and try again: here they take turns instead.
        self._writers = ThreadPoolExecutor(1, thread_name_prefix="writes") if self._is_sqlite else self._readers

    async def _run(self, threads: ThreadPoolExecutor, work: Callable[[], T]) -> T:
        try:
            return await asyncio.get_running_loop().run_in_executor(threads, work)
        except _IS_AWAY as error:
            logger.warning("the database is away: %s", error.orig if isinstance(error, exc.DBAPIError) else error)
            reason = "the database can't be reached, or others hold it"
            raise Unavailable(reason, "database_unavailable", RETRY_S) from error

    def _make_sqlite_file(self) -> None:
        """Readers then never wait for a writer. The file keeps the mode, and only the first replica changes it: SQLite
        refuses that at once, whatever the timeout, while another connection is busy; so they take turns."""
        path = Path(self._engine.url.database or "")
        path.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(path.with_name(f"{path.name}.lock")), self._reading.connect() as connection:
            connection.exec_driver_sql("PRAGMA journal_mode=WAL")

    def _migrate(self) -> None:
        config = Config()
        config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
        config.set_main_option("path_separator", "os")
        with self._engine.begin() as connection:
            config.attributes["connection"] = connection
            command.upgrade(config, "head")


def _patient(url: URL, wait_s: float) -> URL:
    """SQLite is told when it connects; what the URL itself says is kept."""
    if url.get_backend_name() != "postgresql":
        return url
    waits = {"connect_timeout": str(math.ceil(wait_s)), "options": f"-c lock_timeout={round(1000 * wait_s)}"}
    return url.set(query={**waits, **url.query})


def _prepare_sqlite(wait_s: float, connection: DBAPIConnection, _: ConnectionPoolEntry) -> None:
    connection.isolation_level = None  # the driver's own BEGIN comes too late
    cursor = connection.cursor()
    for pragma in (f"busy_timeout={round(1000 * wait_s)}", "synchronous=FULL", "foreign_keys=ON"):  # patience first
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin_immediate(connection: Connection) -> None:
    # A transaction that reads first and writes later may find the lock taken whatever the timeout; take it at once.
    if connection.get_execution_options().get("isolation_level") != "AUTOCOMMIT":
        connection.exec_driver_sql("BEGIN IMMEDIATE")
