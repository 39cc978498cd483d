"""The coefficient tables against diffusers' schedulers, step by step; one fixed function plays the model."""

from types import SimpleNamespace
from typing import Any

import pytest
import torch
from diffusers import (
    DDIMScheduler,
    DPMSolverMultistepScheduler,
    EulerAncestralDiscreteScheduler,
    EulerDiscreteScheduler,
    LCMScheduler,
    StableDiffusionXLImg2ImgPipeline,
)

from deployments.engine.tables import SAMPLERS, StepTable, build_table, euler_table

THEIRS: dict[str, tuple[Any, dict[str, object]]] = {
    "euler": (EulerDiscreteScheduler, {}),
    "euler_a": (EulerAncestralDiscreteScheduler, {}),
    "ddim": (DDIMScheduler, {"clip_sample": False}),
    "dpmpp_2m": (DPMSolverMultistepScheduler, {"use_karras_sigmas": False}),
    "dpmpp_2m_karras": (DPMSolverMultistepScheduler, {"use_karras_sigmas": True}),
    "lcm": (LCMScheduler, {}),
}
SHAPE_NCHW = (1, 4, 8, 8)
every_sampler = pytest.mark.parametrize("name", SAMPLERS)
every_prediction = pytest.mark.parametrize("prediction_type", ["epsilon", "v_prediction"])


def template_with(**changes: object) -> EulerDiscreteScheduler:
    """SDXL's own scheduler configuration, changed."""
    sdxl = {
        "beta_start": 0.00085, "beta_end": 0.012, "beta_schedule": "scaled_linear", "timestep_spacing": "leading",
        "steps_offset": 1, "set_alpha_to_one": False, "clip_sample": False, "prediction_type": "epsilon",
    }  # fmt: skip
    return EulerDiscreteScheduler.from_config({**sdxl, **changes})


def fake_model(scaled: torch.Tensor, timestep: torch.Tensor) -> torch.Tensor:
    """Depends on the position, the input and the timestep, none of it linearly."""
    position = torch.linspace(-1, 1, scaled.numel()).view(scaled.shape)
    return torch.tanh(0.7 * scaled + position) + 0.3 * torch.sin(timestep.float() / 90 + 2 * position)


def theirs(
    name: str, template: EulerDiscreteScheduler, num_steps: int, seed: int,
    strength: float = 1.0, image: torch.Tensor | None = None,
) -> list[torch.Tensor]:  # fmt: skip
    """The model's input at every step and the final latents, as diffusers' pipelines run the scheduler."""
    kind, changes = THEIRS[name]
    scheduler = kind.from_config(template.config, **changes)
    scheduler.set_timesteps(num_steps)
    generator = torch.Generator().manual_seed(seed)
    noise = torch.randn(SHAPE_NCHW, generator=generator)
    timesteps = scheduler.timesteps
    if image is None:
        latents = noise * scheduler.init_noise_sigma
    else:
        pipeline = SimpleNamespace(scheduler=scheduler)
        timesteps, _ = StableDiffusionXLImg2ImgPipeline.get_timesteps(pipeline, num_steps, strength, None)
        latents = scheduler.add_noise(image, noise, timesteps[:1])
    takes_generator = {"generator": generator} if name in ("euler_a", "lcm") else {}
    seen = []
    for timestep in timesteps:
        seen.append(scheduler.scale_model_input(latents, timestep))
        output = fake_model(seen[-1], timestep)
        latents = scheduler.step(output, timestep, latents, **takes_generator).prev_sample
    return [*seen, latents]


def ours(table: StepTable, seed: int, image: torch.Tensor | None = None) -> list[torch.Tensor]:
    generator = torch.Generator().manual_seed(seed)
    noise = torch.randn(SHAPE_NCHW, generator=generator)
    latents = noise * table.initial_sigma if image is None else image + noise * table.first_sigma
    before = torch.zeros_like(latents)
    seen = []
    for index in range(table.num_steps):
        c_in, skip, out, keep, move, prev, fresh = (
            getattr(table, column)[index].float() for column in ("c_in", "skip", "out", "keep", "move", "prev", "noise")
        )
        seen.append(c_in * latents)
        x0 = skip * latents + out * fake_model(seen[-1], table.timestep[index])
        latents = keep * latents + move * x0 + prev * before
        if fresh:
            latents = latents + fresh * torch.randn(SHAPE_NCHW, generator=generator)
        before = x0
    return [*seen, latents]


def largest_difference(mine: list[torch.Tensor], reference: list[torch.Tensor]) -> float:
    """Of all steps, relative to the largest value of the step."""
    return max(float((one - other).abs().max() / other.abs().max()) for one, other in zip(mine, reference, strict=True))


@every_sampler
@every_prediction
@pytest.mark.parametrize("timestep_spacing", ["leading", "trailing", "linspace"])
@pytest.mark.parametrize("num_steps", [1, 4, 11, 25])
def test_every_step_equals_diffusers(name: str, prediction_type: str, timestep_spacing: str, num_steps: int) -> None:
    template = template_with(prediction_type=prediction_type, timestep_spacing=timestep_spacing)
    table = build_table(name, template, num_steps)
    assert table.num_steps == num_steps
    assert largest_difference(ours(table, seed=3), theirs(name, template, num_steps, seed=3)) < 1e-5


@every_sampler
@every_prediction
@pytest.mark.parametrize(("num_steps", "strength"), [(4, 0.5), (11, 0.3), (25, 0.8), (20, 1.0), (10, 0.1)])
def test_starting_from_an_image_equals_diffusers(
    name: str, prediction_type: str, num_steps: int, strength: float
) -> None:
    template = template_with(prediction_type=prediction_type)
    image = torch.randn(SHAPE_NCHW, generator=torch.Generator().manual_seed(1)) * 0.8
    table = build_table(name, template, num_steps, strength)
    assert table.num_steps == int(num_steps * strength)
    reference = theirs(name, template, num_steps, seed=3, strength=strength, image=image)
    assert largest_difference(ours(table, seed=3, image=image), reference) < 1e-5


@every_sampler
@pytest.mark.parametrize(
    "changes",
    [
        {"set_alpha_to_one": True, "steps_offset": 0},
        {"final_sigmas_type": "sigma_min"},
        {"final_sigmas_type": "sigma_min", "lower_order_final": False},
        {"final_sigmas_type": "sigma_min", "lower_order_final": False, "euler_at_final": True},
        {"use_karras_sigmas": True},
        {"beta_schedule": "linear", "num_train_timesteps": 500},
        {"timestep_type": "continuous", "prediction_type": "v_prediction"},
        {"interpolation_type": "log_linear"},
    ],
    ids=str,
)
def test_settings_of_the_template_count(name: str, changes: dict[str, object]) -> None:
    template = template_with(**changes)
    assert largest_difference(ours(build_table(name, template, 9), seed=3), theirs(name, template, 9, seed=3)) < 1e-5


@every_sampler
@pytest.mark.parametrize("timestep_spacing", ["leading", "trailing"])
def test_zero_terminal_snr_equals_diffusers_where_the_first_level_is_finite(name: str, timestep_spacing: str) -> None:
    template = template_with(
        prediction_type="v_prediction", timestep_spacing=timestep_spacing, rescale_betas_zero_snr=True
    )
    if name == "lcm" or (name == "ddim" and timestep_spacing == "trailing"):
        with pytest.raises(ValueError, match="sigma inf"):
            build_table(name, template, 10)
        assert build_table(name, template, 10, strength=0.5).first_sigma < 100
        return
    # With a first sigma of 4096, diffusers' own float32 Euler step is 3e-5 off float64 (ours 4e-7).
    tolerance = 5e-5 if name in ("euler", "euler_a") else 1e-5
    table = build_table(name, template, 10)
    assert largest_difference(ours(table, seed=3), theirs(name, template, 10, seed=3)) < tolerance


def test_images_with_different_samplers_share_a_batch() -> None:
    tables = [build_table(name, template_with(), 7) for name in SAMPLERS]
    alone = [ours(table, seed)[-1] for seed, table in enumerate(tables)]
    generators = [torch.Generator().manual_seed(seed) for seed in range(len(tables))]

    def unit_noise() -> torch.Tensor:
        return torch.cat([torch.randn(SHAPE_NCHW, generator=generator) for generator in generators])

    def column(name: str, index: int) -> torch.Tensor:
        return torch.stack([getattr(table, name)[index] for table in tables]).float().view(-1, 1, 1, 1)

    latents = unit_noise() * torch.tensor([table.initial_sigma for table in tables]).view(-1, 1, 1, 1)
    before = torch.zeros_like(latents)
    for index in range(7):
        scaled = column("c_in", index) * latents
        output = torch.cat(
            [fake_model(row[None], table.timestep[index]) for row, table in zip(scaled, tables, strict=True)]
        )
        x0 = column("skip", index) * latents + column("out", index) * output
        latents = column("keep", index) * latents + column("move", index) * x0 + column("prev", index) * before
        latents, before = latents + column("noise", index) * unit_noise(), x0
    for row, table_alone in zip(latents, alone, strict=True):
        assert torch.allclose(row, table_alone[0], atol=1e-5, rtol=1e-5)


@every_sampler
def test_columns_are_float64_and_the_template_is_not_touched(name: str) -> None:
    template = template_with()
    config, timesteps, sigmas = dict(template.config), template.timesteps.clone(), template.sigmas.clone()
    table = build_table(name, template, 5, strength=0.6)
    for column in vars(table).values():
        if isinstance(column, torch.Tensor):
            assert (column.dtype, column.shape, column.device.type) == (torch.float64, (3,), "cpu")
    assert (dict(template.config), template.num_inference_steps) == (config, None)
    assert torch.equal(template.timesteps, timesteps) and torch.equal(template.sigmas, sigmas)


def test_only_stochastic_samplers_draw_noise_and_none_at_the_end() -> None:
    for name in SAMPLERS:
        noise = build_table(name, template_with(), 6).noise
        assert noise[-1] == 0
        assert bool((noise[:-1] > 0).all()) == (name in ("euler_a", "lcm"))


def test_euler_table_is_the_euler_sampler() -> None:
    for mine, other in zip(
        vars(euler_table(template_with(), 5)).values(), vars(build_table("euler", template_with(), 5)).values(),
        strict=True,
    ):  # fmt: skip
        assert torch.equal(torch.as_tensor(mine), torch.as_tensor(other))


@pytest.mark.parametrize(
    ("name", "changes", "num_steps", "strength", "message"),
    [
        ("heun", {}, 5, 1.0, "'heun'"),
        ("euler", {}, 0, 1.0, "got 0"),
        ("euler", {}, 5, 0.1, "got 0.1"),
        ("euler", {}, 5, 1.5, "got 1.5"),
        ("euler", {"timestep_spacing": "trailing"}, 61, 1.0, "61 gives 62 timesteps"),
        ("lcm", {}, 51, 1.0, "51"),
        ("ddim", {"clip_sample": True}, 5, 1.0, "clip_sample"),
        ("dpmpp_2m", {"thresholding": True}, 5, 1.0, "thresholding"),
        ("euler", {"prediction_type": "sample"}, 5, 1.0, "'sample'"),
    ],
)
def test_what_no_table_can_say_is_refused(
    name: str, changes: dict[str, object], num_steps: int, strength: float, message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        build_table(name, template_with(**changes), num_steps, strength)
