"""API keys, for those who hold one with the scope `admin`."""

from datetime import UTC, datetime, timedelta

from fastapi import APIRouter, Response

from serve_app.auth.limits import Limits
from serve_app.db.tables import ApiKey
from serve_app.deps import Admin, Context, ThisAct
from serve_app.json_body import JsonRoute
from serve_app.schemas import Key, KeyCreateBody, KeyList, KeyWithSecret

router = APIRouter(prefix="/keys", tags=["keys"], route_class=JsonRoute)


@router.get("")
async def list_keys(context: Context, caller: Admin) -> KeyList:  # noqa: ARG001
    return KeyList(data=[Key(**_fields(row)) for row in await context.keys.list()])


@router.post("", status_code=201)
async def create_key(body: KeyCreateBody, context: Context, caller: Admin, act: ThisAct) -> KeyWithSecret:  # noqa: ARG001
    """The answer holds the key itself, this once."""
    expires_at = None
    if body.expires_in_days is not None:
        expires_at = datetime.now(UTC) + timedelta(days=body.expires_in_days)
    row, key = await context.keys.create(body.name, body.scopes, expires_at, body.limits, act)
    return KeyWithSecret(**_fields(row), key=key)


@router.delete("/{key_id}", status_code=204)
async def revoke_key(key_id: str, context: Context, caller: Admin, act: ThisAct) -> Response:  # noqa: ARG001
    """Takes effect with the key's next request, and on its open streams within seconds."""
    await context.keys.revoke(key_id, act)
    return Response(status_code=204)


def _fields(row: ApiKey) -> dict[str, object]:
    names = ("id", "name", "created_at", "expires_at", "revoked_at", "last_used_at")
    fields = {name: getattr(row, name) for name in names}
    return fields | {"scopes": row.scopes.split(), "limits": Limits.model_validate(row)}
