"""Steps and whole images, of every variant. Diffusers' step is its UNet call alone; ours is all that a step does."""

from collections.abc import Iterator, Sequence
from functools import partial
from typing import Any

import torch
from diffusers import StableDiffusionXLPipeline

from bench.gpu.architecture import build_scheduler, build_unet
from bench.gpu.flops import floor_s
from bench.gpu.inputs import GUIDANCE_SCALE, make_samples
from bench.gpu.plan import Point
from bench.gpu.rows import Figure, Measurement
from bench.gpu.session import Session, free_memory, ratio, relative_l2
from bench.gpu.timing import Timing
from bench.gpu.variants import EAGER, VARIANTS, Built, Variant, build, inference
from deployments.engine.decode import decode
from deployments.engine.equipment import Equipment
from deployments.engine.sample import Sample
from deployments.engine.step import step

STEP, IMAGE = "denoising step", "images"
_COMPILING_S = 40.0  # at most, of the first shape
_RUNNING_S = 6.0


class VariantBench:
    """Keeps the latest variant: the next one is built when it is asked for, and the memory is needed then."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._built: Built | None = None

    def built(self, variant: Variant) -> Built:
        if self._built is None or self._built.variant != variant:
            self._built = None
            free_memory()
            self._built = build(self._session, variant)
        return self._built

    def measurements(self, *variants: Variant) -> Iterator[Measurement]:
        plan = self._session.plan
        for variant in variants or VARIANTS:
            for point in plan.compiled_points if variant.compiled else plan.points:
                expected_s = (_COMPILING_S if variant.compiled else 0.0) + _RUNNING_S
                yield Measurement(STEP, _name(variant, point), partial(self._step, variant, point), expected_s)
            for point in plan.image_points:
                # One image alone is the case of latency, which has a goal of its own.
                goal = "single" if variant.is_ours and point[1] == 1 else variant.goal
                yield Measurement(IMAGE, _name(variant, point), partial(self._images, variant, point), 25.0, goal)

    def _step(self, variant: Variant, point: Point) -> Figure:
        session, built = self._session, self.built(variant)
        side_px, batch = point
        inputs = session.inputs(point)
        with inference(built):
            error = relative_l2(built.call_unet(inputs), inputs.call(session.unet))
            if built.equipment is None:
                timing = session.measure(partial(inputs.call, built.unet))
            else:
                samples = _samples(session, built.equipment, point)
                timing = session.measure(partial(step_round, built.equipment, samples))
        if variant == EAGER:
            session.eager_s["step", side_px, batch] = timing.median_s
        return Figure(
            value=timing.median_s * 1e3,
            unit="ms",
            of_roofline=ratio(_step_floor_s(session, variant, point), timing.median_s),
            vs_eager=session.ratio_to_eager(("step", side_px, batch), timing.median_s),
            relative_l2=error,
            note=f"{2 * batch / timing.median_s:.1f} row-steps/s",
        )

    def _images(self, variant: Variant, point: Point) -> Figure:
        session, built = self._session, self.built(variant)
        side_px, batch = point
        with inference(built):
            if built.equipment is None:
                timing = session.measure(partial(_draw_with_diffusers, session, built, point))
            else:
                timing = session.measure(partial(_draw, session, built.equipment, point))
        if variant == EAGER:
            session.eager_s["image", side_px, batch] = timing.median_s
        return Figure(
            **_images_value(timing, batch),
            of_roofline=ratio(_image_floor_s(session, variant, point), timing.median_s),
            vs_eager=session.ratio_to_eager(("image", side_px, batch), timing.median_s),
        )


def _name(variant: Variant, point: Point) -> str:
    return f"{variant.name}, {point[0]}², batch {point[1]}"


def float32_measurement(session: Session) -> Measurement:
    """How far eager diffusers itself is from float32: the measure for every other error."""
    return Measurement(STEP, "diffusers, eager, float32", partial(_float32_step, session), 15.0)


def _float32_step(session: Session) -> Figure:
    side_px, batch = point = session.plan.points[0]
    inputs = session.inputs(point)
    with torch.inference_mode():
        exact = inputs.to(torch.float32)
        reference = inputs.call(session.unet)
        unet = build_unet(session.plan.architecture, session.device, torch.float32)
        unet.load_state_dict(session.unet.state_dict())
        timing = session.measure(partial(exact.call, unet))
        error = relative_l2(reference, exact.call(unet))
    return Figure(
        timing.median_s * 1e3,
        "ms",
        vs_eager=session.ratio_to_eager(("step", side_px, batch), timing.median_s),
        relative_l2=error,
        note="the error is eager's own, against float32",
    )


def step_round(equipment: Equipment, samples: Sequence[Sample]) -> None:
    """Again and again, as in a busy engine, where everyone is at a step of their own."""
    for sample in samples:
        sample.step_index %= sample.num_steps
    step(equipment, samples)


def _samples(session: Session, equipment: Equipment, point: Point) -> list[Sample]:
    return make_samples(equipment.model, session.plan.architecture, point, session.plan.num_steps)


def _draw(session: Session, equipment: Equipment, point: Point) -> None:
    samples = _samples(session, equipment, point)
    for _ in range(session.plan.num_steps):
        step(equipment, samples)
    for sample in samples:
        decode(equipment.model, sample.latents_CHW)


def _draw_with_diffusers(session: Session, built: Built, point: Point) -> None:
    side_px, batch = point
    inputs = session.inputs(point)
    pipeline = StableDiffusionXLPipeline(
        vae=built.vae, unet=built.unet, scheduler=build_scheduler(), add_watermarker=False,
        text_encoder=None, text_encoder_2=None, tokenizer=None, tokenizer_2=None,
    )  # fmt: skip
    pipeline.set_progress_bar_config(disable=True)
    pipeline(
        prompt_embeds=inputs.tokens_RLD[:batch], negative_prompt_embeds=inputs.tokens_RLD[batch:],
        pooled_prompt_embeds=inputs.pooled_RP[:batch], negative_pooled_prompt_embeds=inputs.pooled_RP[batch:],
        height=side_px, width=side_px, num_inference_steps=session.plan.num_steps, guidance_scale=GUIDANCE_SCALE,
        output_type="np",
    )  # fmt: skip


def _images_value(timing: Timing, batch: int) -> dict[str, Any]:
    per_second = batch / timing.median_s
    if batch == 1:
        return {"value": timing.median_s, "unit": "s", "note": f"{per_second:.2f} images/s"}
    return {"value": per_second, "unit": "images/s", "note": f"{timing.median_s:.2f} s a batch"}


def _step_floor_s(session: Session, variant: Variant, point: Point) -> float | None:
    rates = dict(session.rates)
    if variant.is_fp8 and "linear fp8" in rates:
        rates["linear"] = rates["linear fp8"]
    side_px, batch = point
    return floor_s(session.row_flops(side_px), rates, num_rows=2 * batch)


def _image_floor_s(session: Session, variant: Variant, point: Point) -> float | None:
    steps_s = _step_floor_s(session, variant, point)
    side_px, batch = point
    share = (side_px / session.plan.decode_px) ** 2
    decode_s = floor_s(session.decode_flops, session.rates, num_rows=batch * share)
    return None if steps_s is None or decode_s is None else session.plan.num_steps * steps_s + decode_s
