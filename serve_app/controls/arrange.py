"""From a layout with a named composition to one that says where everything lies, at the size that is asked for."""

from deployments.errors import InvalidRequest
from deployments.schemas import Box, GenerationRequest
from serve_app.controls.compositions import COMPOSITIONS, Arrangement, CompositionName, format_of
from serve_app.controls.schemas import Layout, LayoutRegion

PARAM = "layout.template"


def arranged(layout: Layout, model: str, plan: GenerationRequest) -> Layout:
    """What is said beside the composition wins over it; every region has a box. Raises InvalidRequest."""
    found = Arrangement()
    if layout.template:
        if model != "splash":
            message = f"compositions are of splash screens, and this is an {model}"
            raise InvalidRequest(message, "template_unsupported", PARAM)
        found = COMPOSITIONS[layout.template].arrangements[format_of(plan.width_px, plan.height_px)]
    return layout.model_copy(
        update={
            "copy_space": layout.copy_space or (found.copy_space and [*found.copy_space]),
            "logo_box": layout.logo_box or (found.logo_box and [*found.logo_box]),
            "horizon": found.horizon if layout.horizon is None else layout.horizon,
            "regions": _regions(layout, found.regions),
        }
    )


def _regions(layout: Layout, boxes: tuple[Box, ...]) -> list[LayoutRegion]:
    """Raises InvalidRequest for one that has no box, and gets none."""
    free, placed = list(boxes), []
    for index, region in enumerate(layout.regions):
        if region.box is None:
            if not free:
                where = f"{layout.template} has {len(boxes)} for those without" if layout.template else "no template"
                message = f"region {index} has no box, and there is none for it: {where}"
                raise InvalidRequest(message, "missing_parameter", f"layout.regions.{index}.box")
            region = region.model_copy(update={"box": [*free.pop(0)]})
        placed.append(region)
    return placed


def reference(name: CompositionName) -> str:
    """`NAME@VERSION`, of the numbers that a picture is drawn by."""
    return f"{name}@{COMPOSITIONS[name].version}"
