"""A Redis of our own on a free port, gone afterwards."""

import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager

from redis import Redis, RedisError

from tests.graph import free_port

INSTALL = "apt-get install redis-server"


@contextmanager
def running_redis() -> Iterator[str]:
    """Yields its URL."""
    port = free_port()
    command = ["redis-server", "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as server, Redis(port=port) as redis:
        try:
            while not _answers(redis):
                assert server.poll() is None, "Redis did not start"
                time.sleep(0.02)
            yield f"redis://127.0.0.1:{port}"
        finally:
            server.terminate()


def _answers(redis: Redis) -> bool:
    try:
        return bool(redis.ping())
    except RedisError:
        return False
