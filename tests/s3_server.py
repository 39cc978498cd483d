"""An S3 of our own on a free port, with one empty bucket; gone afterwards."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from unittest.mock import patch

import s3fs
from moto.server import ThreadedMotoServer

BUCKET = "emblem-images"


@contextmanager
def running_s3() -> Iterator[str]:
    """Yields the bucket's URL; meanwhile the environment says how it is reached."""
    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    found = {
        "AWS_ENDPOINT_URL": f"http://{host}:{port}", "AWS_ACCESS_KEY_ID": "key", "AWS_SECRET_ACCESS_KEY": "secret",
        "AWS_DEFAULT_REGION": "us-east-1",
    }  # fmt: skip
    try:
        with patch.dict(os.environ, found):
            s3fs.S3FileSystem(use_listings_cache=False).mkdir(BUCKET)
            yield f"s3://{BUCKET}"
    finally:
        server.stop()


def objects() -> set[str]:
    """What the bucket holds, by path in it."""
    files = s3fs.S3FileSystem(use_listings_cache=False).find(BUCKET)
    return {path.removeprefix(f"{BUCKET}/") for path in files}


def content(path: str) -> bytes:
    """Of one of `objects`."""
    read: bytes = s3fs.S3FileSystem(use_listings_cache=False).cat_file(f"{BUCKET}/{path}")
    return read
