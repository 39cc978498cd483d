"""The decoder alone: one image's latents to pixels on the device."""

import copy
from collections.abc import Iterator
from functools import partial
from typing import Any

import torch

from bench.gpu.flops import floor_s
from bench.gpu.rows import Figure, Measurement
from bench.gpu.session import Session, ratio, relative_l2
from bench.gpu.variants import start_compiling_anew
from deployments.engine.acceleration import compile_blocks
from deployments.engine.decode import decode_images

CASE = "decode"
EAGER = "diffusers, eager"
_COMPILED = ("ResnetBlock2D",)


def measurements(session: Session) -> Iterator[Measurement]:
    for name, expected_s in ((EAGER, 5.0), ("channels_last", 5.0), ("channels_last, compiled", 60.0)):
        goal = None if name == EAGER else "decode"
        yield Measurement(CASE, f"{name}, {session.plan.decode_px}²", partial(_decode, session, name), expected_s, goal)


def _decode(session: Session, name: str) -> Figure:
    side_px = session.plan.decode_px
    vae = session.vae if name == EAGER else _laid_out(session, name)
    latents_1CHW = session.inputs((side_px, 1)).latents_RCHW[:1].float()
    with torch.inference_mode():
        timing = session.measure(partial(decode_images, vae, latents_1CHW, session.dtype))
        error = relative_l2(
            decode_images(vae, latents_1CHW, session.dtype), decode_images(session.vae, latents_1CHW, session.dtype)
        )
    if name == EAGER:
        session.eager_s["decode", side_px, 1] = timing.median_s
    return Figure(
        value=timing.median_s * 1e3,
        unit="ms",
        of_roofline=ratio(floor_s(session.decode_flops, session.rates), timing.median_s),
        vs_eager=session.ratio_to_eager(("decode", side_px, 1), timing.median_s),
        relative_l2=error,
        note=f"first call {timing.first_s:.1f} s",
    )


def _laid_out(session: Session, name: str) -> Any:
    vae = copy.deepcopy(session.vae).to(memory_format=torch.channels_last)
    if name.endswith("compiled"):
        start_compiling_anew()
        compile_blocks(vae.decoder, _COMPILED, session.plan.compile_backend)
    return vae
