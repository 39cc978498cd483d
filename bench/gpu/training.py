"""A training step: LoRA of rank 16 on the attention, a frozen bf16 base, cached latents and text, AdamW fused."""

import copy
import importlib
from collections.abc import Iterator
from functools import partial
from typing import Any

import torch
from torch.nn import functional as F

from bench.gpu.flops import floor_s, training_flops
from bench.gpu.plan import Point
from bench.gpu.rows import Figure, Measurement, NotMeasured
from bench.gpu.session import Session, free_memory, ratio

CASE = "training step"
_RANK = 16
_TARGETS = ["to_q", "to_k", "to_v", "to_out.0"]


def measurements(session: Session) -> Iterator[Measurement]:
    for side_px, batch in session.plan.training_points:
        name = f"LoRA r{_RANK}, {side_px}², batch {batch}"
        yield Measurement(CASE, name, partial(_step, session, (side_px, batch)), 15.0)


def _step(session: Session, point: Point) -> Figure:
    free_memory()
    side_px, batch = point
    unet = _trainable(session)
    weights = [parameter for parameter in unet.parameters() if parameter.requires_grad]
    optimizer = torch.optim.AdamW(weights, lr=1e-4, fused=True)
    inputs = session.inputs((side_px, batch))
    noise = torch.randn_like(inputs.latents_RCHW)
    one_row_each = type(inputs)(**{name: tensor[:batch] for name, tensor in vars(inputs).items()})

    def train() -> None:
        with torch.autocast(session.device.type, torch.bfloat16, enabled=session.is_cuda):
            output = one_row_each.call(unet)
        F.mse_loss(output.float(), noise[:batch].float()).backward()
        optimizer.step()
        optimizer.zero_grad()

    before = [weight.detach().clone() for weight in weights[:2]]
    timing = session.measure(train)
    if all(torch.equal(weight, old) for weight, old in zip(weights, before, strict=False)):
        raise AssertionError("the weights did not move")
    flops = training_flops(session.row_flops(side_px))
    return Figure(
        batch / timing.median_s,
        "images/s",
        of_roofline=ratio(floor_s(flops, session.rates, num_rows=batch), timing.median_s),
        note=f"{timing.median_s * 1e3:.0f} ms, {sum(weight.numel() for weight in weights) / 1e6:.1f} M weights"
        + _peak(session),
    )


def _trainable(session: Session) -> Any:
    try:
        peft: Any = importlib.import_module("peft")  # not among what Emblem installs: only this comparison needs it
    except ModuleNotFoundError as error:
        raise NotMeasured("peft is not installed") from error
    unet = copy.deepcopy(session.unet).to(memory_format=torch.channels_last)
    unet.add_adapter(peft.LoraConfig(r=_RANK, lora_alpha=_RANK, init_lora_weights="gaussian", target_modules=_TARGETS))
    for parameter in unet.parameters():
        if parameter.requires_grad:
            parameter.data = parameter.data.float()
    return unet.train()


def _peak(session: Session) -> str:
    if not session.is_cuda:
        return ""
    peak = torch.cuda.max_memory_allocated() / 1e9
    torch.cuda.reset_peak_memory_stats()
    return f", peak {peak:.0f} GB"
