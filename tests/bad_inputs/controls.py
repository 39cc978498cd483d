"""How pictures are drawn beyond their prompt: images to take after, what lies where, the sampler."""

import json

from tests.bad_inputs.row import GENERATIONS, IMAGES, JSON, BadInput, request


def control(param: str, code: str, /, **asked: object) -> list[BadInput]:
    content = json.dumps({"prompt": "white rocket", **asked}).encode()
    return [
        request(f"controls {str(asked)[:50]} {path}", 400, code, "POST", path, JSON, content, param)
        for path in (GENERATIONS, IMAGES)
    ]


def drawing(param: str, /, **asked: object) -> list[BadInput]:
    images = [{"file_id": "file_a", "kind": "canny", **asked}]
    return control(f"control_images.0.{param}", "invalid_value", control_images=images)


def style(param: str, code: str = "invalid_value", /, **asked: object) -> list[BadInput]:
    return control(f"style_images.0.{param}", code, style_images=[{"file_id": "file_a", **asked}])


def layout(param: str, code: str = "invalid_value", /, **asked: object) -> list[BadInput]:
    return control(f"layout.{param}", code, layout=asked)


def region(param: str, code: str = "invalid_value", /, **asked: object) -> list[BadInput]:
    return layout(f"regions.0.{param}", code, regions=[{"box": [0, 0, 1, 0.5], "prompt": "sea", **asked}])


NO_BOXES = (
    *([0, 0, 1.1, 0.5], [0.6, 0, 0.5, 1], [0, -0.1, 1, 1], [0, 0.7, 1, 0.31]),  # outside
    *([0, 0, 0, 1], [0.2, 0.2, 0.5, -0.1]),  # without area
    *([0, 0, 1], [0, 0, 1, 1, 1], [], "0,0,1,1", {"left": 0}, 0.5),
)

CONTROLS = [
    *control("style_images", "invalid_value", style_images=[{"file_id": "file_a"}] * 5),
    *control("style_images", "invalid_value", style_images="file_a"),
    *control("style_images.0", "invalid_value", style_images=["file_a"]),
    *control("style_images.0.file_id", "missing_parameter", style_images=[{"strength": 1}]),
    *style("file_id", file_id="../../etc/passwd " * 9),
    *style("image_url", "unknown_parameter", image_url="http://169.254.169.254/"),
    *(row for strength in (-0.1, 2.6, "1", True, None) for row in style("strength", strength=strength)),
    *(row for mode in ("loud", "", 1, "STYLE") for row in style("mode", mode=mode)),
    *(row for share in (-0.1, 1.1, "half") for row in style("start", start=share)),
    *style("end", start=0.5, end=0.5),
    *style("end", end=0),
    *(row for box in NO_BOXES[:3] for row in style("box", box=box)),
    *control("style_images", "reference_required", style_strength=0.5),
    *(
        row
        for strength in (-0.1, 1.1, "auto", True)
        for row in control(
            "style_strength", "invalid_value", style_strength=strength, style_images=[{"file_id": "file_a"}]
        )
    ),
    *control("control_images", "invalid_value", control_images=[{"file_id": "file_a", "kind": "canny"}] * 5),
    *control("control_images.0.kind", "missing_parameter", control_images=[{"file_id": "file_a"}]),
    *(row for kind in ("hed", "", 1) for row in drawing("kind", kind=kind)),
    *(row for strength in (-0.1, 2.1, "1") for row in drawing("strength", strength=strength)),
    *drawing("end", start=0.5, end=0.5),
    *control("layout", "invalid_value", layout=[]),
    *layout("skyline", "unknown_parameter", skyline=0.5),
    *layout("horizon", "horizon_unsupported", horizon=0.5),
    *(row for share in (0, 1, "0.5", [0.5]) for row in layout("horizon", horizon=share)),
    *(row for box in NO_BOXES for row in layout("copy_space", copy_space=box)),
    *(row for box in NO_BOXES[:5] for row in layout("logo_box", logo_box=box)),
    *layout("copy_space.0", copy_space=["0", 0, 1, 1]),
    *layout("logo_box", "boxes_overlap", copy_space=[0, 0, 1, 0.4], logo_box=[0.4, 0.3, 0.2, 0.2]),
    *layout("logo_box", "boxes_overlap", copy_space=[0.2, 0.2, 0.2, 0.2], logo_box=[0, 0, 1, 1]),
    *layout("regions", regions=[{"box": [0, 0, 1, 1], "prompt": "sea"}] * 9),
    *(row for box in NO_BOXES[:5] for row in region("box", box=box)),
    *(row for prompt in ("", " \t", "\u200b", "a" * 501, None) for row in region("prompt", prompt=prompt)),
    *(row for strength in (0, -1, 1.1, "loud") for row in region("strength", strength=strength)),
    *region("reference", "unknown_parameter", reference="file_a"),
    *(row for name in ("golden", "", "COPY_TOP", "copy_top@1", 1) for row in layout("template", template=name)),
    *layout("template", "template_unsupported", template="copy_top"),
    *control("images", "reference_required", expand={"left_px": 32})[:1],
    *control("expand.left_px", "invalid_value", expand={"left_px": -1})[:1],
    *layout("regions.0.box", "missing_parameter", regions=[{"prompt": "sea"}]),
    *(row for one in (["#1e5af0"], ["#1e5af0", "#1E5AF0"]) for row in control("palette", "invalid_value", palette=one)),
    *(row for name in ("unipc", "EULER", "lcm", "", 1) for row in control("sampler", "invalid_value", sampler=name)),
    *control("sampler", "unsupported_value", sampler="ddim"),
    *(
        row
        for share in (-0.1, 1.1, "0.5", None)
        for row in control("guidance_rescale", "invalid_value", guidance_rescale=share)
    ),
]
