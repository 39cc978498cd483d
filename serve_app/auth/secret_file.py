"""Secrets in files that only their owner may read."""

import os
import secrets
from pathlib import Path


def write_secret(path: Path, text: str) -> None:
    """Replaces the file as a whole, mode 0600 from its first byte."""
    partial = _write_partial(path, text)
    os.replace(partial, path)


def read_or_create_secret(path: Path) -> str:
    """The file's text; made of 256 random bits when there is none yet, the same for all who start at once."""
    if not path.exists():
        partial = _write_partial(path, secrets.token_hex(32))
        try:
            os.link(partial, path)  # unlike rename, fails when another process was first
        except FileExistsError:
            pass
        finally:
            partial.unlink()
    return path.read_text().strip()


def _write_partial(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(text + "\n")
        file.flush()
        os.fsync(file.fileno())
    return partial
