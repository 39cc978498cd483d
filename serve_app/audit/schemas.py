"""The audit log as an administrator reads it."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

# What a database can be asked for: PostgreSQL knows no NUL in a text.
Word = Annotated[str, Field(max_length=128, pattern=r"^[\x21-\x7e]+$")]


class AuditEntry(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    id: str
    object: Literal["audit.entry"] = "audit.entry"
    created_at: int = Field(description="Unix time in seconds")
    actor_id: str = Field(description="the API key that made the call")
    action: str = Field(description="such as `create_key`")
    object_kind: str | None = Field(description="such as `key`; absent where nothing came to be")
    object_id: str | None
    outcome: str = Field(description="`done`; `review`: done, and to be looked at; or the error's `code`")
    request_id: str
    client_address: str | None = Field(description="of the connection: behind a reverse proxy, the proxy's")


class AuditListQuery(BaseModel):
    model_config = ConfigDict(extra="forbid")

    limit: int = Field(20, ge=1, le=100)
    after: Word | None = Field(None, description="`last_id` of the page before")
    actor_id: Word | None = None
    action: Word | None = None
    object_kind: Word | None = None
    object_id: Word | None = None
    outcome: Word | None = None
    request_id: Word | None = None


class AuditList(BaseModel):
    object: Literal["list"] = "list"
    data: list[AuditEntry] = Field(description="the newest first")
    has_more: bool
    last_id: str | None = Field(description="what `after` takes, for the next page")
