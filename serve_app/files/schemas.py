"""Uploaded files as HTTP callers see them: OpenAI's object, and what the image is."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from serve_app.schemas import Body

# What a database can be asked for: PostgreSQL knows no NUL in a text.
FileId = Annotated[str, Field(max_length=64, pattern=r"^[\x21-\x7e]+$")]
Purpose = Literal["reference", "mask", "control", "edit", "vision", "dataset"]


class FileBody(Body):
    purpose: Literal["reference", "mask", "control", "vision", "dataset"] = Field(
        description="what it is for; `vision` is OpenAI's own word for an image. `dataset` is a zip archive to train"
        " on, and must come before the file"
    )


class File(BaseModel):
    id: str
    object: Literal["file"] = "file"
    bytes: int = Field(description="of what is kept: of an image, a PNG that is upright and without metadata")
    created_at: int = Field(description="Unix time in seconds")
    filename: str
    purpose: Purpose = Field(description="`edit`: it came with a call that drew over it")
    status: Literal["processed"] = "processed"
    size: str | None = Field(description="absent for a data set")
    sha256: str


class FileListQuery(BaseModel):
    model_config = ConfigDict(extra="forbid")

    limit: int = Field(20, ge=1, le=100)
    after: FileId | None = Field(None, description="`last_id` of the page before")
    purpose: Purpose | None = None


class FileList(BaseModel):
    object: Literal["list"] = "list"
    data: list[File] = Field(description="the newest first")
    has_more: bool
    first_id: str | None
    last_id: str | None = Field(description="what `after` takes, for the next page")


class FileDeleted(BaseModel):
    id: str
    object: Literal["file"] = "file"
    deleted: Literal[True] = True
