"""What is measured at which size: the plan for a GPU, and the same plan small enough for a test on a CPU."""

from dataclasses import dataclass

from bench.gpu.architecture import SDXL, TINY, Architecture

Point = tuple[int, int]  # side in pixels, images in the batch


@dataclass(frozen=True)
class Plan:
    name: str
    architecture: Architecture
    points: tuple[Point, ...]
    compiled_points: tuple[Point, ...]  # fewer: compiling takes most of the time
    image_points: tuple[Point, ...]  # whole images; among `compiled_points`
    num_steps: int
    compile_backend: str
    gemms: tuple[tuple[int, int, int], ...]  # rows, in, out
    convolutions: tuple[tuple[int, int, int, int], ...]  # batch, in, out, side; 3×3
    attentions: tuple[tuple[int, int, int, int], ...]  # batch, heads, tokens, head width
    decode_px: int
    bank_rank: int  # of the adapters that ours has room for while none is in use
    num_adapters: tuple[int, ...]
    adapter_rank: int
    adapter_point: Point
    training_points: tuple[Point, ...]
    min_fp8_width: int  # narrower linears stay as they are


GPU = Plan(
    name="SDXL",
    architecture=SDXL,
    points=tuple((side, batch) for side in (1024, 512) for batch in (1, 2, 4, 8, 16)),
    compiled_points=((1024, 1), (1024, 4), (512, 8)),
    image_points=((1024, 1), (1024, 4)),
    num_steps=20,
    compile_backend="inductor",
    # 1024² is 4096 tokens of width 640 and 1024 tokens of width 1280, an image two rows; GEGLU widens by 8, then 4.
    gemms=(
        (2 * 1024, 1280, 1280), (2 * 1024, 1280, 10240), (2 * 1024, 5120, 1280),
        (8 * 1024, 1280, 1280), (8 * 1024, 1280, 10240), (8 * 1024, 5120, 1280),
        (8 * 4096, 640, 640), (8 * 4096, 640, 5120), (8 * 4096, 2560, 640),
        (32 * 1024, 1280, 10240), (64 * 1024, 1280, 1280),
    ),
    convolutions=((8, 320, 320, 128), (8, 960, 320, 128), (8, 640, 640, 64), (8, 1280, 1280, 32), (8, 2560, 1280, 32)),
    attentions=tuple((batch, heads, tokens, 64) for batch in (2, 8) for heads, tokens in ((20, 1024), (10, 4096))),
    decode_px=1024,
    bank_rank=128,
    num_adapters=(0, 1, 8, 32),
    adapter_rank=32,
    adapter_point=(1024, 16),
    training_points=((1024, 1), (1024, 4), (1024, 8)),
    min_fp8_width=640,
)  # fmt: skip

TEST = Plan(
    name="tiny",
    architecture=TINY,
    points=((64, 2),),
    compiled_points=((64, 2),),
    image_points=((64, 1), (64, 2)),
    num_steps=1,
    compile_backend="eager",
    gemms=((64, 32, 64),),
    convolutions=((1, 8, 8, 16),),
    attentions=((1, 2, 64, 16),),
    decode_px=64,
    bank_rank=4,
    num_adapters=(0, 1, 2),
    adapter_rank=2,
    adapter_point=(64, 2),
    training_points=((64, 1),),
    min_fp8_width=32,
)
