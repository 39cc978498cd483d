"""Whose request a line of the log is about: each says so by itself, in the gateway and in the services."""

import logging
from contextvars import ContextVar

_names: ContextVar[str] = ContextVar("names_of_the_request")


def about(request_id: str, traceparent: str | None = None) -> None:
    """What this task logs from now on, and the tasks and threads that it starts, is about that request."""
    trace_id = traceparent.split("-")[1] if traceparent else None
    _names.set(f"trace_id={trace_id}, request_id={request_id}" if trace_id else f"request_id={request_id}")


def name_requests() -> None:
    """From now on. Asking twice changes nothing.

    Serve's own field is not enough: a job that another gateway left is drawn for its caller under an id of Serve's.
    """
    logging.getLogger("ray.serve").addFilter(_name_request)


def _name_request(record: logging.LogRecord) -> bool:
    names = _names.get(None)
    if names:
        record.msg, record.args = f"{record.getMessage()}, {names}", None
    return True
