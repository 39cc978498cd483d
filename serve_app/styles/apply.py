"""A request within its style: what the request itself says wins."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from deployments.errors import InvalidRequest, NotFound
from deployments.schemas import GenerationRequest, StyleUse
from serve_app.controls.schemas import ControlsBody
from serve_app.deps import Call
from serve_app.styles.schemas import StyleParts

BodyT = TypeVar("BodyT", bound=ControlsBody)

# Of a style's fields, those that are not taken where the request says one of these instead.
_INSTEAD = {"num_inference_steps": {"quality"}, "style_strength": {"style_images"}}
TAKEN = (
    "negative_prompt", "num_inference_steps", "guidance_scale", "sampler", "style_images", "style_strength", "lora"
)  # fmt: skip


@dataclass(frozen=True)
class Styled(Generic[BodyT]):
    body: BodyT  # with what its style says where it says nothing
    use: StyleUse | None
    taken: frozenset[str]  # names of the fields that come from the style

    def put_into(self, plan: GenerationRequest) -> GenerationRequest:
        return plan.model_copy(update={"style": self.use}) if self.use else plan

    @contextmanager
    def blamed(self) -> Iterator[None]:
        """Whoever is told of a mistake in what the style says is told that it is the style's."""
        try:
            yield
        except (InvalidRequest, NotFound) as error:
            if not self.use or (error.param or "").split(".")[0] not in self.taken:
                raise
            raise type(error)(f"style {self.use.id}: {error.message}", error.code, "style") from error


async def styled(call: Call, body: BodyT) -> Styled[BodyT]:
    """Raises NotFound, also for another user's style."""
    if body.style is None:
        return Styled(body, None, frozenset())
    try:
        found = await call.context.styles.find(body.style, call.caller.user_id)
    except NotFound as error:
        raise NotFound(error.message, error.code, "style") from error
    values = _said(found.parts, body.model_fields_set)
    return Styled(body.model_copy(update=values | {"style": found.reference}), found.use, frozenset(values))


def _said(parts: StyleParts, asked: set[str]) -> dict[str, Any]:
    """What the style says and the request does not."""
    said = {name: value for name in TAKEN if (value := getattr(parts, name)) not in (None, [])}
    return {name: value for name, value in said.items() if not asked & ({name} | _INSTEAD.get(name, set()))}
