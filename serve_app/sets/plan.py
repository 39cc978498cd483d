"""From what is wanted of a set to generations: one for each item, alike in all but the words."""

from collections.abc import Sequence
from dataclasses import replace

from deployments.specs import Kind
from serve_app.deps import Call
from serve_app.image_call import submission_of
from serve_app.jobs.idempotency import idempotency
from serve_app.jobs.job import Submission
from serve_app.plan import plan_generation
from serve_app.schemas import Body, GenerationBody
from serve_app.sets.schemas import Drawing
from serve_app.sets.wanted import Wanted


def submissions_of(
    call: Call, kind: Kind, drawing: Drawing, wanted: Sequence[Wanted], body: Body, seed: int | None = None
) -> list[Submission]:
    """One for each; the first carries the caller's name of the request, which `body` is. `seed`: absent, the set's.

    Raises InvalidRequest or PermissionDenied.
    """
    shared = drawing.model_dump() | ({} if seed is None else {"seed": seed})
    found = []
    for item in wanted:
        asked = GenerationBody(model=kind, prompt=item.prompt, size=item.size, **shared)
        plan = plan_generation(asked, call.context.profile, call.request_id)
        found.append(replace(submission_of(call, asked, plan, is_patient=True), act=None))
    name = idempotency(call.request.url.path, body, call.idempotency_name)
    return [replace(found[0], idempotency=name), *found[1:]]
