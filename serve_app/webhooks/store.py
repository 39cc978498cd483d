"""Webhooks in the database: due, tried by one gateway at a time, delivered or given up."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal

from sqlalchemy import select
from sqlalchemy.orm import Session

from serve_app.db.database import Database
from serve_app.db.tables import Generation
from serve_app.jobs.job import OUTCOMES
from serve_app.webhooks.schemas import EndedGeneration, WebhookEvent
from serve_app.webhooks.table import Webhook

BACKOFF_S = (5.0, 30.0, 120.0, 600.0, 1800.0, 7200.0, 18000.0)  # between tries; after the last of them it has failed
TRY = timedelta(seconds=60)  # after which a gateway that has not said how its try went is taken for dead

Outcome = Literal["delivered", "retried", "given_up"]


@dataclass(frozen=True)
class Try:
    generation_id: str
    api_key_id: str
    url: str
    number: int  # from 1
    event: WebhookEvent


def new_webhook(generation_id: str, api_key_id: str, url: str) -> Webhook:
    return Webhook(
        generation_id=generation_id, api_key_id=api_key_id, event_id=f"evt_{uuid.uuid4().hex}", url=url,
        status="waiting", num_tries=0, due_at=datetime.now(UTC), error=None,
    )  # fmt: skip


class WebhookStore:
    def __init__(self, database: Database, backoff_s: Sequence[float] = BACKOFF_S) -> None:
        self._database = database
        self._backoff_s = backoff_s

    async def begin(self, max_tries: int) -> list[Try]:
        """What is due by now and whose generation has ended."""
        if not max_tries or not await self._database.read(lambda session: _due(session, 1)):
            return []

        def take(session: Session) -> list[Try]:
            tries = []
            for webhook in _due(session, max_tries):
                webhook.num_tries += 1
                webhook.due_at = datetime.now(UTC) + TRY
                tries.append(_try(webhook, session.get_one(Generation, webhook.generation_id)))
            return tries

        return await self._database.write(take)

    async def end(self, tried: Try, error: str | None) -> Outcome | None:
        """None: it was delivered. What a later try has said meanwhile stands, and this one comes to nothing."""

        def mark(session: Session) -> Outcome | None:
            webhook = session.get(Webhook, tried.generation_id, with_for_update=True)
            if webhook is None or webhook.num_tries != tried.number or webhook.status != "waiting":
                return None
            webhook.error = error
            if error is None:
                webhook.status = "delivered"
                return "delivered"
            if tried.number > len(self._backoff_s):
                webhook.status = "failed"
                return "given_up"
            webhook.due_at = datetime.now(UTC) + timedelta(seconds=self._backoff_s[tried.number - 1])
            return "retried"

        return await self._database.write(mark)


def _due(session: Session, limit: int) -> Sequence[Webhook]:
    now = datetime.now(UTC)
    due = (Webhook.status == "waiting", Webhook.due_at <= now, Generation.status.in_(OUTCOMES))
    found = select(Webhook).join(Generation, Generation.id == Webhook.generation_id).where(*due)
    ordered = found.order_by(Webhook.due_at).limit(limit)
    return session.scalars(ordered.with_for_update(of=Webhook, skip_locked=True)).all()


def _try(webhook: Webhook, generation: Generation) -> Try:
    ended = EndedGeneration.model_validate({"id": generation.id, "status": generation.status})
    created_at = int((generation.finished_at or datetime.now(UTC)).timestamp())
    told = {"id": webhook.event_id, "created_at": created_at, "type": f"generation.{ended.status}", "data": ended}
    event = WebhookEvent.model_validate(told)
    return Try(webhook.generation_id, webhook.api_key_id, webhook.url, webhook.num_tries, event)
