"""From what is wanted of a set to generations: one for each item, alike in all but the words."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace

from deployments.errors import InvalidRequest
from deployments.schemas import GenerationRequest
from deployments.specs import Kind
from serve_app.controls.plan import put_controls, refuse_without_adapter
from serve_app.deps import Call
from serve_app.image_call import submission_of
from serve_app.jobs.idempotency import idempotency
from serve_app.jobs.job import Submission
from serve_app.plan import plan_generation
from serve_app.schemas import Body, GenerationBody
from serve_app.sets.schemas import Drawing, SetBody
from serve_app.sets.wanted import Wanted
from serve_app.styles.apply import Styled

ALIKE = ("controls", "loras", "model_version", "style")


async def submissions_of(
    call: Call, kind: Kind, within: Styled[Drawing], wanted: Sequence[Wanted], body: Body, seed: int | None = None
) -> list[Submission]:
    """One for each; the first carries the caller's name of the request, which `body` is. `seed`: absent, the set's.

    Raises InvalidRequest, NotFound, PermissionDenied or Unavailable.
    """
    shared = within.body.model_dump(include=set(GenerationBody.model_fields))
    shared |= {} if seed is None else {"seed": seed}
    shared |= {"model": kind, "cache": False}  # an item's generation is the set's own, whatever was drawn before
    bodies = [GenerationBody(prompt=item.prompt, size=item.size, **shared) for item in wanted]
    with within.blamed():
        plans = [plan_generation(one, call.context.profile, call.request_id) for one in bodies]
        drawn = {
            _size(plan): within.put_into(await put_controls(call, within.body, kind, plan))
            for plan in _one_of_each_size(plans)
        }
    alike = {size: {name: getattr(plan, name) for name in ALIKE} for size, plan in drawn.items()}
    found = await asyncio.gather(
        *(
            submission_of(call, one, plan.model_copy(update=alike[_size(plan)]), is_patient=True)
            for one, plan in zip(bodies, plans, strict=True)
        )
    )
    first, *others = (replace(one, act=None) for one in found)
    name = idempotency(call.request.url.path, body, call.idempotency_name)
    return [replace(first, idempotency=name), *others]


def _size(plan: GenerationRequest) -> tuple[int, int]:
    return plan.width_px, plan.height_px


def _one_of_each_size(plans: Sequence[GenerationRequest]) -> list[GenerationRequest]:
    """A composition lies otherwise in each; of all else, one would do."""
    return list({_size(plan): plan for plan in plans}.values())


async def check_hero(call: Call, kind: Kind, body: SetBody) -> None:
    """Raises InvalidRequest or Unavailable."""
    if body.hero and body.consistency != "hero":
        raise InvalidRequest("a hero needs consistency='hero'", "invalid_value", "hero")
    if body.consistency == "hero":
        await refuse_without_adapter(call, kind, "consistency")
