"""API keys: one's own, and with the scope `admin` everybody's."""

from datetime import UTC, datetime, timedelta

from fastapi import APIRouter, Response

from serve_app.auth.key_store import Caller
from serve_app.auth.limits import Limits
from serve_app.auth.schemas import Key, KeyCreateBody, KeyList, KeyWithSecret
from serve_app.db.tables import ApiKey
from serve_app.deps import AnyCaller, Context, ThisAct
from serve_app.json_body import JsonRoute

router = APIRouter(prefix="/keys", tags=["keys"], route_class=JsonRoute)


@router.get("")
async def list_keys(context: Context, caller: AnyCaller) -> KeyList:
    return KeyList(data=[Key(**_fields(row)) for row in await context.keys.list(_whose(caller))])


@router.post("", status_code=201)
async def create_key(body: KeyCreateBody, context: Context, caller: AnyCaller, act: ThisAct) -> KeyWithSecret:
    """The answer holds the key itself, this once. Without the scope `admin` it is for oneself, and may no more."""
    user_id = body.user_id or caller.user_id
    caller.refuse_to_make(user_id, body.scopes)
    expires_at = None
    if body.expires_in_days is not None:
        expires_at = datetime.now(UTC) + timedelta(days=body.expires_in_days)
    row, key = await context.keys.create(user_id, body.name, body.scopes, expires_at, body.limits, act)
    return KeyWithSecret(**_fields(row), key=key)


@router.delete("/{key_id}", status_code=204)
async def revoke_key(key_id: str, context: Context, caller: AnyCaller, act: ThisAct) -> Response:
    """Takes effect with the key's next request, and on its open streams within seconds."""
    await context.keys.revoke(key_id, _whose(caller), act)
    return Response(status_code=204)


def _whose(caller: Caller) -> str | None:
    return None if "admin" in caller.scopes else caller.user_id


def _fields(row: ApiKey) -> dict[str, object]:
    names = ("id", "user_id", "name", "created_at", "expires_at", "revoked_at", "last_used_at")
    fields = {name: getattr(row, name) for name in names}
    return fields | {"scopes": row.scopes.split(), "limits": Limits.model_validate(row)}
