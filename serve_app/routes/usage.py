"""What the caller has used."""

from typing import Annotated

from fastapi import APIRouter, Query

from serve_app.costs.ledger import usage_by_day
from serve_app.costs.schemas import UsageList, UsageQuery
from serve_app.deps import Context, Generator

router = APIRouter(tags=["usage"])


@router.get("/usage")
async def read_usage(context: Context, caller: Generator, query: Annotated[UsageQuery, Query()]) -> UsageList:
    """The key's own, or of all keys of its user; also of generations that were deleted since."""
    return UsageList(data=await usage_by_day(context.database, caller, query))
