"""Whose request a line of the log is about: each says so by itself, in the gateway and in the services."""

import logging
from contextvars import ContextVar

_request_id: ContextVar[str] = ContextVar("request_id")


def about(request_id: str) -> None:
    """What this task logs from now on, and the tasks and threads that it starts, is about that request."""
    _request_id.set(request_id)


def name_requests() -> None:
    """From now on. Asking twice changes nothing.

    Serve's own field is not enough: a job that another gateway left is drawn for its caller under an id of Serve's.
    """
    logging.getLogger("ray.serve").addFilter(_name_request)


def _name_request(record: logging.LogRecord) -> bool:
    request_id = _request_id.get(None)
    if request_id:
        record.msg, record.args = f"{record.getMessage()}, request_id={request_id}", None
    return True
