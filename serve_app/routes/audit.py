"""The audit log, for those who hold a key with the scope `admin`."""

from typing import Annotated

from fastapi import APIRouter, Query

from serve_app.audit.schemas import AuditEntry, AuditList, AuditListQuery
from serve_app.db import tables
from serve_app.deps import Admin, Context

router = APIRouter(prefix="/admin", tags=["admin"])


@router.get("/audit")
async def list_audit(
    context: Context, caller: Admin, query: Annotated[AuditListQuery, Query()]  # noqa: ARG001
) -> AuditList:  # fmt: skip
    """Calls that changed something or tried to, the newest first: never what was in them."""
    wanted = query.model_dump(exclude={"limit", "after"}, exclude_none=True)
    rows, has_more = await context.trail.page(query.limit, query.after, wanted)
    data = [_shown(row) for row in rows]
    return AuditList(data=data, has_more=has_more, last_id=data[-1].id if data else None)


def _shown(row: tables.AuditEntry) -> AuditEntry:
    fields = {name: getattr(row, name) for name in AuditEntry.model_fields if name not in ("object", "created_at")}
    return AuditEntry(**fields, created_at=int(row.created_at.timestamp()))
