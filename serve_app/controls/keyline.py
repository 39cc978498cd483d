"""From a named keyline template to what a service is told, refused where no icon could lie on it."""

from dataclasses import replace

from deployments.errors import InvalidRequest
from deployments.pixels.templates import TEMPLATES, max_optical_side
from deployments.schemas import GenerationRequest, KeylineUse
from serve_app.controls.schemas import ROUNDING, KeylineBody

PARAM = "layout.keyline"


def use_of(body: KeylineBody, model: str, plan: GenerationRequest) -> KeylineUse:
    """Raises InvalidRequest."""
    _refuse_unplaceable(model, plan)
    template = TEMPLATES[body.template]
    keyline = template.keyline
    if body.padding is not None:
        keyline = replace(keyline, live_side=1 - 2 * body.padding)
    if body.anchor is not None:
        keyline = replace(keyline, anchor=(body.anchor[0], body.anchor[1]))
    keyline = replace(keyline, optical_side=body.optical_size or min(keyline.optical_side, max_optical_side(keyline)))
    if keyline.optical_side > max_optical_side(keyline) + ROUNDING:
        message = (
            f"an optical size of {keyline.optical_side:g} does not fit into a {keyline.live_shape} of "
            f"{keyline.live_side:.3g}: {max_optical_side(keyline):.3g} at most"
        )
        raise InvalidRequest(message, "keyline_impossible", f"{PARAM}.optical_size")
    for at in keyline.anchor:
        if min(at, 1 - at) < keyline.live_side / 2 - ROUNDING:
            message = f"a live area of {keyline.live_side:.3g} round {keyline.anchor} reaches out of the icon"
            raise InvalidRequest(message, "keyline_impossible", f"{PARAM}.anchor")
    return KeylineUse(
        template=f"{body.template}@{template.version}", live_shape=keyline.live_shape, live_side=keyline.live_side,
        optical_side=keyline.optical_side, anchor=keyline.anchor,
    )  # fmt: skip


def _refuse_unplaceable(model: str, plan: GenerationRequest) -> None:
    if model != "icon":
        raise InvalidRequest(f"a {model} has no keyline: icons have", "keyline_unsupported", PARAM)
    if plan.width_px != plan.height_px:
        message = f"keylines are of square icons, and this is {plan.width_px}x{plan.height_px}"
        raise InvalidRequest(message, "keyline_unsupported", PARAM)
    if plan.keeps_pixels:
        raise InvalidRequest(
            "a picture of which some is kept can't be moved onto a keyline", "keyline_unsupported", PARAM
        )
