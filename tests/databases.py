"""Which database a test's application uses: SQLite in its own folder, or one on a PostgreSQL server of this run."""

import asyncio
import hashlib
import os
import subprocess
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import cache
from pathlib import Path

from sqlalchemy import create_engine, make_url, text

from serve_app.db.database import Database
from tests.graph import free_port

SERVER_VARIABLE = "EMBLEM_TEST_POSTGRESQL"
INSTALL = "apt-get install postgresql"


def url_of(data_dir: Path) -> str:
    """The same for the same folder, so that two applications can share one. It is up to date, and empty."""
    server = os.environ.get(SERVER_VARIABLE)
    if not server:
        path = data_dir / "emblem.db"
        if not path.exists():
            data_dir.mkdir(parents=True, exist_ok=True)
            path.write_bytes(_migrated())
        return f"sqlite:///{path}"
    name = f"emblem_{hashlib.sha256(str(data_dir).encode()).hexdigest()[:16]}"
    engine = create_engine(f"{server}/postgres", isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        if not connection.scalar(text("SELECT 1 FROM pg_database WHERE datname = :name"), {"name": name}):
            connection.execute(text(f"CREATE DATABASE {name}"))
    engine.dispose()
    return f"{server}/{name}"


@cache
def _migrated() -> bytes:
    """Made once: the migrations have tests of their own."""
    with tempfile.TemporaryDirectory() as folder, ThreadPoolExecutor(1) as thread:  # a test may have a loop of its own
        path = Path(folder) / "emblem.db"
        thread.submit(asyncio.run, _open_and_close(Database(f"sqlite:///{path}"))).result()
        return path.read_bytes()


async def _open_and_close(database: Database) -> None:
    await database.open()
    await database.close()


def find_postgresql() -> Path | None:
    """The folder of its programs; Debian keeps them off the PATH."""
    folders = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda folder: int(folder.parent.name))
    return next((folder for folder in reversed(folders) if (folder / "initdb").exists()), None)


@contextmanager
def running_postgresql(programs: Path) -> Iterator[str]:
    """A server of our own on a free port, its data gone afterwards; yields its URL. It refuses to run as root."""
    user = "postgres" if os.geteuid() == 0 else None
    with tempfile.TemporaryDirectory(prefix="emblem-postgresql-", ignore_cleanup_errors=True) as name:
        folder, port = Path(name), free_port()
        if user:
            subprocess.run(["chown", user, folder], check=True)

        def run(*command: str | Path) -> None:
            subprocess.run(command, user=user, cwd=folder, check=True, stdout=subprocess.DEVNULL)

        run(programs / "initdb", "-D", folder / "data", "-U", "emblem", "--auth=trust", "--no-sync")
        settings = ("listen_addresses=127.0.0.1", f"port={port}", "unix_socket_directories=", "max_connections=300")
        options = " ".join(f"-c {setting}" for setting in (*settings, "fsync=off"))
        control = (programs / "pg_ctl", "-D", folder / "data", "-w")
        run(*control, "-l", folder / "log", "-o", options, "start")
        try:
            yield f"postgresql+psycopg://emblem@127.0.0.1:{port}"
        finally:
            run(*control, "-m", "immediate", "stop")


@contextmanager
def locked(url: str) -> Iterator[None]:
    """Another program is writing, and does not end."""
    engine = create_engine(url)
    with engine.connect() as connection, connection.begin():
        is_sqlite = engine.dialect.name == "sqlite"
        connection.execute(text("BEGIN IMMEDIATE" if is_sqlite else "LOCK TABLE api_keys, generations"))
        yield
    engine.dispose()


@contextmanager
def gone(url: str) -> Iterator[None]:
    """Its file is moved away, or its server lets nobody in; who is connected must connect anew."""
    engine = create_engine(make_url(url).set(database="postgres"), isolation_level="AUTOCOMMIT")
    name = make_url(url).database or ""
    if engine.dialect.name == "sqlite":
        path, elsewhere, nowhere = Path(name), Path(f"{name}.elsewhere"), Path(f"{name}.nowhere")
        elsewhere.hardlink_to(path)
        nowhere.symlink_to("no-such-folder/emblem.db")
        nowhere.replace(path)  # at once: where nothing lies for a moment, who connects makes an empty database
        yield
        elsewhere.replace(path)
        return
    with engine.connect() as connection:
        connection.execute(text(f"ALTER DATABASE {name} ALLOW_CONNECTIONS false"))
        yield
        connection.execute(text(f"ALTER DATABASE {name} ALLOW_CONNECTIONS true"))
    engine.dispose()
