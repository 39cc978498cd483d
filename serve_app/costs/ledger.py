"""The ledger of accepted generations, summed up."""

from datetime import UTC, datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from serve_app.costs.schemas import DayUsage
from serve_app.db.database import Database
from serve_app.db.tables import Usage


async def usage_by_day(database: Database, api_key_id: str, num_days: int) -> list[DayUsage]:
    """By kind, the newest day first."""
    first_day = (datetime.now(UTC).date() - timedelta(days=num_days - 1)).isoformat()
    sums = (func.count(), func.sum(Usage.num_images), func.sum(Usage.device_s))
    own = (Usage.api_key_id == api_key_id, Usage.day >= first_day)
    by_day = select(Usage.day, Usage.kind, *sums).where(*own).group_by(Usage.day, Usage.kind)
    ordered = by_day.order_by(Usage.day.desc(), Usage.kind)

    def look(session: Session) -> list[DayUsage]:
        return [
            DayUsage(day=day, model=kind, requests=requests, images=images, device_s=device_s)
            for day, kind, requests, images, device_s in session.execute(ordered)
        ]

    return await database.read(look)
