"""The ledger of accepted generations, summed up."""

from datetime import UTC, datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from serve_app.auth.key_store import Caller
from serve_app.costs.schemas import DayUsage, UsageQuery
from serve_app.db.database import Database
from serve_app.db.tables import ApiKey, Usage


async def usage_by_day(database: Database, caller: Caller, query: UsageQuery) -> list[DayUsage]:
    """By kind, the newest day first."""
    first_day = (datetime.now(UTC).date() - timedelta(days=query.days - 1)).isoformat()
    sums = (func.count(), func.sum(Usage.num_images), func.sum(Usage.device_s))
    keys = Usage.api_key_id == caller.key_id
    if query.of == "user":
        keys = Usage.api_key_id.in_(select(ApiKey.id).where(ApiKey.user_id == caller.user_id))
    by_day = select(Usage.day, Usage.kind, *sums).where(keys, Usage.day >= first_day).group_by(Usage.day, Usage.kind)
    ordered = by_day.order_by(Usage.day.desc(), Usage.kind)

    def look(session: Session) -> list[DayUsage]:
        return [
            DayUsage(day=day, model=kind, requests=requests, images=images, device_s=device_s)
            for day, kind, requests, images, device_s in session.execute(ordered)
        ]

    return await database.read(look)
