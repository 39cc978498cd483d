"""What is asked for, and when: seeded traces of the workloads W1 to W6, the same for every system that is compared.

Times are in mean gaps between requests, so one trace serves every load: at R requests a second, request i is due at
`due / R` seconds. Sizes are a sixteenth of SDXL's and steps are a fifth of a usual request's, for one CPU core; the
ratios between the classes (a splash has 3.75 times an icon's pixels) and among the steps are those of real use.
"""

import dataclasses
import itertools
import random
from dataclasses import dataclass
from typing import Literal

from bench.extras import CONTROL, NUM_LORAS, REFERENCE, lora_names
from deployments.specs import Kind

Feature = Literal["sampler", "lora", "control", "reference"]
SIZES_PX: dict[Kind, tuple[int, int]] = {"icon": (64, 64), "splash": (96, 160)}  # width, height
SUBJECTS = ("white rocket", "green leaf", "calm sea at night", "brass gear", "paper crane")


@dataclass(frozen=True)
class TraceRequest:
    due: float  # in mean gaps since the start
    kind: Kind
    prompt: str
    width_px: int
    height_px: int
    num_steps: int
    guidance_scale: float
    seed: int
    sampler: str = "euler"
    lora: str | None = None
    control: str | None = None
    reference: str | None = None

    @property
    def key(self) -> tuple[object, ...]:
        """What one pipeline call, and a server that batches only equals, needs to be the same."""
        return (
            self.width_px, self.height_px, self.num_steps, self.guidance_scale, self.sampler, self.lora, self.control,
            self.reference,
        )  # fmt: skip


@dataclass(frozen=True)
class Workload:
    name: str
    about: str
    steps: tuple[int, ...] = (2, 4, 6)
    guidance: tuple[float, ...] = (1.0, 5.0, 7.5)
    samplers: tuple[str, ...] = ("euler",)
    num_loras: int = 0
    splash_share: float = 0.0
    control_share: float = 0.0
    reference_share: float = 0.0
    burst_size: int = 1  # requests that arrive together

    @property
    def features(self) -> tuple[Feature, ...]:
        asked: dict[Feature, bool] = {
            "sampler": len(self.samplers) > 1,
            "lora": self.num_loras > 0,
            "control": self.control_share > 0,
            "reference": self.reference_share > 0,
        }
        return tuple(feature for feature, is_asked in asked.items() if is_asked)


_MIXED = ("euler", "ddim", "dpmpp_2m")
W1 = Workload("W1", "all alike", steps=(4,), guidance=(8.0,))
W2 = Workload("W2", "mixed steps, guidance, samplers", samplers=_MIXED)
W3 = Workload("W3", "W2 with 16 adapters, Zipf", samplers=_MIXED, num_loras=NUM_LORAS)
W4 = Workload("W4", "W3, four icons to a splash", samplers=_MIXED, num_loras=NUM_LORAS, splash_share=0.2)
W5 = dataclasses.replace(
    W4, name="W5", about="W4, a fifth with control, a fifth with a reference", control_share=0.2, reference_share=0.2
)
W6 = dataclasses.replace(W4, name="W6", about="W4 in bursts of ten", burst_size=10)
WORKLOADS = {workload.name: workload for workload in (W1, W2, W3, W4, W5, W6)}


def every_mix(num_steps: int) -> list[TraceRequest]:
    """One image of each size with each set of features: what warms a server up, and shows that it skips none."""
    mixes = itertools.product(SIZES_PX.items(), (None, "lora-2"), (None, CONTROL), (None, REFERENCE))
    return [
        TraceRequest(
            0.0, kind, "white rocket", *size, num_steps, 5.0, index, _MIXED[index % 3], lora, control, reference
        )
        for index, ((kind, size), lora, control, reference) in enumerate(mixes)
    ]


def make_trace(workload: Workload, num_requests: int, seed: int) -> list[TraceRequest]:
    """Poisson arrivals, or bursts with Poisson starts at the same mean rate."""
    rng = random.Random(f"{workload.name} {seed}")
    due = 0.0
    trace = []
    for index in range(num_requests):
        if index and index % workload.burst_size == 0:
            due += rng.expovariate(1 / workload.burst_size)
        trace.append(_request(workload, rng, due))
    return trace


def _request(workload: Workload, rng: random.Random, due: float) -> TraceRequest:
    kind: Kind = "splash" if rng.random() < workload.splash_share else "icon"
    width_px, height_px = SIZES_PX[kind]
    return TraceRequest(
        due=due,
        kind=kind,
        prompt=f"{rng.choice(SUBJECTS)} {rng.randrange(10_000)}",  # hardly ever twice: whoever caches gains nothing
        width_px=width_px,
        height_px=height_px,
        num_steps=rng.choice(workload.steps),
        guidance_scale=rng.choice(workload.guidance),
        seed=rng.randrange(2**32),
        sampler=rng.choice(workload.samplers),
        lora=_zipf(workload.num_loras, rng),
        control=CONTROL if rng.random() < workload.control_share else None,
        reference=REFERENCE if rng.random() < workload.reference_share else None,
    )


def _zipf(num_loras: int, rng: random.Random) -> str | None:
    """The n-th adapter is asked for in proportion to 1/n."""
    if not num_loras:
        return None
    names = lora_names(num_loras)
    return rng.choices(names, [1 / rank for rank in range(1, num_loras + 1)])[0]
