"""How callers name the style adapters of an image, and the version of the model itself."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

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

ModelVersionId = Annotated[
    str,
    StringConstraints(pattern=r"^[a-z0-9][a-z0-9-]{0,49}@[0-9a-f]{8}$"),
    Field(description="`NAME@VERSION` of the base model, as answers tell it; absent: the one that is live"),
]
