"""Request bodies as JSON, read strictly: where readers of JSON differ, a body is refused rather than guessed at."""

import json
import math
from collections.abc import Callable, Coroutine
from typing import Any, NoReturn

from fastapi import Request, Response
from fastapi.routing import APIRoute

from deployments.errors import InvalidRequest

MAX_DEPTH = 32
MAX_NUMBER_CHARS = 40  # no field needs more, and reading long numbers takes the square of their length


class JsonRequest(Request):
    async def json(self) -> object:
        return read_json(await self.body())


class JsonRoute(APIRoute):
    """A route whose body is read by `read_json`; any route that takes one is of this class."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handle = super().get_route_handler()

        async def handle_strictly(request: Request) -> Response:
            return await handle(JsonRequest(request.scope, request.receive))

        return handle_strictly


def read_json(body: bytes) -> object:
    """UTF-8 without a mark, finite numbers, no name twice. Raises InvalidRequest."""
    try:
        value = json.loads(
            body.decode(), parse_int=_int, parse_float=_float, parse_constant=_refuse_number, object_pairs_hook=_object
        )
    except RecursionError as error:
        raise _too_deep() from error
    except ValueError as error:
        raise InvalidRequest(f"the body is not valid JSON: {error}", "invalid_json") from error
    _check(value, 1)
    return value


def _int(text: str) -> int:
    return int(text) if len(text) <= MAX_NUMBER_CHARS else _refuse_number(text)


def _float(text: str) -> float:
    number = float(text)
    return number if math.isfinite(number) else _refuse_number(text)


def _refuse_number(text: str) -> NoReturn:
    raise InvalidRequest(f"the body holds {text[:20]}, which is no number that can be used", "invalid_number")


def _object(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found: dict[str, object] = {}
    for name, value in pairs:
        if name in found:
            raise InvalidRequest(f"{name[:80]!r} is there twice", "duplicate_key")
        found[name] = value
    return found


def _check(value: object, depth: int) -> None:
    if depth > MAX_DEPTH:
        raise _too_deep()
    match value:
        case str():
            _check_text(value)
        case dict():
            for name, item in value.items():
                _check_text(name)
                _check(item, depth + 1)
        case list():
            for item in value:
                _check(item, depth + 1)


def _check_text(text: str) -> None:
    """A zero byte or half of a character can't be stored."""
    if "\0" in text or any("\ud800" <= character <= "\udfff" for character in text):
        raise InvalidRequest(f"{text[:80]!a} is no text: it has a zero byte or half a character", "invalid_text")


def _too_deep() -> InvalidRequest:
    return InvalidRequest(f"the body is nested more than {MAX_DEPTH} deep", "json_too_deep")
