"""How a set's items are drawn: as its request and its style said when it was made, for those that come later too."""

import secrets

from deployments.schemas import MAX_SEED, StyleUse
from serve_app.deps import Call
from serve_app.sets.schemas import Drawing, SetBody
from serve_app.sets.tables import ImageSet
from serve_app.styles.apply import Styled, styled


async def drawing_in(call: Call, body: SetBody) -> Styled[Drawing]:
    """With the seed of all. Raises NotFound, also for another user's style."""
    within = await styled(call, body)
    drawing = Drawing.model_validate(within.body.model_dump(include=set(Drawing.model_fields)))
    if drawing.seed is None:
        drawing = drawing.model_copy(update={"seed": secrets.randbelow(MAX_SEED + 1)})
    return Styled(drawing, within.use, within.taken)


def drawing_of(row: ImageSet) -> Styled[Drawing]:
    """Without a look at the style, which may have been changed or deleted since."""
    use = StyleUse.model_validate_json(row.style) if row.style else None
    return Styled(Drawing.model_validate_json(row.drawing), use, frozenset())
