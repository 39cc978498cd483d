"""One version of a style, as it is looked up."""

from dataclasses import dataclass
from datetime import datetime

from deployments.schemas import StyleUse
from serve_app.styles.schemas import StyleParts


@dataclass(frozen=True)
class FoundStyle:
    id: str
    version: int
    parts: StyleParts
    created_at: datetime | None  # None: a preset

    @property
    def reference(self) -> str:
        return f"{self.id}@{self.version}"

    @property
    def use(self) -> StyleUse:
        parts = self.parts
        prefix, suffix = parts.prompt_prefix.strip(), parts.prompt_suffix.strip()
        return StyleUse(id=self.reference, name=parts.name, prefix=prefix, suffix=suffix)
