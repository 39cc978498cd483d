"""How callers name the style adapters of an image."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from deployments.registry.names import MAX_ID_CHARS

MAX_ADAPTERS = 4


class AdapterChoice(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)

    id: str = Field(
        description="`NAME`: the version that is live when it is drawn; `NAME@VERSION`: that one",
        min_length=1, max_length=MAX_ID_CHARS,
    )  # fmt: skip
    scale: float = Field(1.0, ge=-2, le=2, description="how strongly it is heard")


Adapters = Annotated[list[AdapterChoice], Field(max_length=MAX_ADAPTERS, description="style adapters, all at once")]
