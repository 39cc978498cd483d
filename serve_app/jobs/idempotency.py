"""A caller's own name for a request, from the `Idempotency-Key` header."""

import hashlib

from pydantic import BaseModel

from serve_app.jobs.job import Idempotency


def idempotency(route: str, body: BaseModel, name: str | None, *input_hashes: str) -> Idempotency | None:
    """None without a name. Two bodies are the same when they mean the same, defaults filled in, over the same files."""
    if name is None:
        return None
    return Idempotency(
        route, name, hashlib.sha256("\n".join((body.model_dump_json(), *input_hashes)).encode()).hexdigest()
    )
