"""A call that changes something, or tries to: who makes it, what it does, and to what."""

import re
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import event
from sqlalchemy.orm import Session

from serve_app.db.tables import AuditEntry

DONE = "done"
REVIEW = "review"  # done, and a person should look at it


@dataclass(eq=False)
class Act:
    actor_id: str  # of the API key
    action: str  # the route's own name
    request_id: str
    client_address: str | None
    object_kind: str | None = None
    object_id: str | None = None
    needs_review: bool = False
    is_written: bool = False

    def write(self, session: Session, outcome: str = DONE) -> None:
        """In the transaction that makes the change: neither is kept without the other."""
        if outcome == DONE and self.needs_review:
            outcome = REVIEW
        session.add(AuditEntry(
            id=f"aud_{uuid.uuid4().hex}", created_at=datetime.now(UTC), actor_id=self.actor_id, action=self.action,
            object_kind=self.object_kind, object_id=self.object_id, outcome=outcome, request_id=self.request_id,
            client_address=self.client_address,
        ))  # fmt: skip
        event.listen(session, "after_commit", self._mark, once=True)

    def upon(self, kind: str, object_id: str) -> "Act":
        self.object_kind, self.object_id = kind, object_id
        return self

    def _mark(self, _: Session) -> None:
        self.is_written = True


def named_in(path_params: dict[str, str]) -> tuple[str, str] | None:
    """Kind and id of what an address is about, for a call that comes to nothing; not what can't be an id."""
    for name, text in path_params.items():
        if name.endswith("_id") and re.fullmatch(r"[\w-]{1,64}", text, re.ASCII):
            return name.removesuffix("_id"), text
    return None
