"""What a route may ask for by naming it in its signature; the only file that asks FastAPI."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Annotated, cast

from fastapi import Depends, Header, Request, Response
from fastapi.security import HTTPBearer

from serve_app.audit.act import Act
from serve_app.audit.middleware import act_of
from serve_app.auth.key_store import Caller
from serve_app.auth.roles import Scope
from serve_app.context import GatewayContext

# For the OpenAPI document only: the key itself was checked before any route, by `auth/authenticate.py`.
documented_bearer = HTTPBearer(auto_error=False, description="An Emblem API key")

# None of these waits for anything; but each one that is no coroutine FastAPI sends to a thread and back, every time.


async def _context(request: Request) -> GatewayContext:
    return cast(GatewayContext, request.app.state.context)


async def _caller(request: Request) -> Caller:
    return cast(Caller, request.state.caller)


def _with(*scopes: Scope) -> Callable[[Request], Awaitable[Caller]]:
    async def caller_with(request: Request) -> Caller:
        caller = await _caller(request)
        caller.require(*scopes)
        return caller

    return caller_with


async def _request_id(request: Request) -> str:
    return cast(str, request.state.request_id)


async def _act(request: Request) -> Act:
    return act_of(request.scope)


Context = Annotated[GatewayContext, Depends(_context)]
AnyCaller = Annotated[Caller, Depends(_caller)]
Generator = Annotated[Caller, Depends(_with("generate"))]
Filer = Annotated[Caller, Depends(_with("generate", "train"))]  # each purpose of a file has a scope of its own
Trainer = Annotated[Caller, Depends(_with("train"))]
Admin = Annotated[Caller, Depends(_with("admin"))]
RequestId = Annotated[str, Depends(_request_id)]
ThisAct = Annotated[Act, Depends(_act)]  # for the store that makes the change, to write down with it
IdempotencyName = Annotated[
    str | None,
    Header(
        alias="idempotency-key",
        pattern=r"^[\x21-\x7e]{1,255}$",
        description="A name for this request, to retry it safely",
    ),
]


@dataclass(frozen=True)
class Call:
    """One call that has images made, and who makes it."""

    request: Request
    response: Response
    context: GatewayContext
    caller: Caller
    request_id: str
    act: Act
    idempotency_name: str | None = None


async def _generation_call(
    request: Request, response: Response, context: Context, caller: Generator, request_id: RequestId, act: ThisAct,
    idempotency_name: IdempotencyName = None,
) -> Call:  # fmt: skip
    return Call(request, response, context, caller, request_id, act, idempotency_name)


GenerationCall = Annotated[Call, Depends(_generation_call)]
