"""What many tests need: a door with fakes behind it, and one tiny model of SDXL's architecture, made once."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from tests.databases import INSTALL, SERVER_VARIABLE, find_postgresql, running_postgresql
from tests.door import Door, build_door
from tests.redis_server import INSTALL as INSTALL_REDIS
from tests.redis_server import running_redis


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--database", choices=["sqlite", "postgresql"], default="sqlite")


@pytest.fixture(scope="session", autouse=True)
def database_server(request: pytest.FixtureRequest) -> Iterator[None]:
    if request.config.getoption("--database") == "sqlite":
        yield
        return
    programs = find_postgresql()
    if programs is None:
        pytest.skip(f"no PostgreSQL here; to run these: {INSTALL}")
    with running_postgresql(programs) as url, pytest.MonkeyPatch.context() as patch:
        patch.setenv(SERVER_VARIABLE, url)
        yield


def pytest_configure() -> None:
    # One thread each for torch: the models are tiny. Of a service that has two, a waiting one sleeps, and leaves its
    # core to another test.
    os.environ["OMP_NUM_THREADS"] = "1"
    os.environ["OMP_WAIT_POLICY"] = "PASSIVE"


@pytest.fixture(scope="session")
def models_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model store with a `starter` of random weights in it."""
    from tests.random_model import make_random_model  # torch: only for those who ask

    folder = tmp_path_factory.mktemp("models")
    make_random_model(folder / "starter")
    return folder


@pytest.fixture(scope="session")
def redis_url() -> Iterator[str]:
    if shutil.which("redis-server") is None:
        pytest.skip(f"no Redis here; to run these: {INSTALL_REDIS}")
    with running_redis() as url:
        yield url


@pytest.fixture(scope="session")
def s3_url() -> Iterator[str]:
    from tests.s3_server import running_s3  # boto: only for those who ask

    with running_s3() as url:
        yield url


@pytest.fixture
def door(tmp_path: Path) -> Door:
    return build_door(tmp_path)


@pytest.fixture
def client(door: Door) -> Iterator[TestClient]:
    """Comes in with the admin key."""
    with TestClient(door.api, raise_server_exceptions=False) as client:
        client.headers["authorization"] = f"Bearer {door.admin_key}"
        yield client
