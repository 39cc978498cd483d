"""How many steps a second our style training takes, beside the shape of diffusers' SDXL LoRA example.

python -m bench.training [--rounds N]     some minutes; writes bench/results/training.md

diffusers' `train_text_to_image_lora_sdxl.py` encodes pictures and captions anew at each step; ours has them cached.
Model, adapter, batch, optimizer and sizes are the same, and so is the data; what the example does before its encoders
(decoding, resizing) is left out. Stretches of both take turns, in random order, so that what slows a round slows both.

Shapes: N of a batch, C×H×W pixels or latents, L tokens, D text width, P pooled width.
"""

import argparse
import os
import platform
import random
import tempfile
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import numpy as np
import torch
from torch.nn import functional as F

from bench.stats import Ratio, paired_ratio
from deployments.engine.load import SdxlModel, load_model
from tests.style_pictures import write_discs
from train.data.data_set import DataSet, open_data_set
from train.data.prepare import Augmentation, Wording, prepare
from train.finetune.adapter import add_adapter
from train.finetune.encode import SampleEncoder, encode
from train.finetune.objective import StyleBatches, StyleObjective
from train.finetune.recipes import RECIPES, StyleRecipe
from train.loop import train
from train.settings import LoopSettings
from train.timesteps import draw_timesteps

RESULTS = Path(__file__).parent / "results"
STARTER = Path(__file__).parents[1] / "models" / "starter"
GOAL = 1.5
NUM_PICTURES = 16


@dataclass
class Clock:
    """A tracker that only looks at the time: steps a second, but for the first, which warms up."""

    told_s: list[float] = field(default_factory=list)

    def log(self, step: int, metrics: Mapping[str, float]) -> None:
        del step, metrics
        self.told_s.append(time.perf_counter())

    @property
    def steps_per_s(self) -> float:
        return (len(self.told_s) - 1) / (self.told_s[-1] - self.told_s[0])


@dataclass(frozen=True)
class Measured:
    ours_per_s: list[float]  # by round
    theirs_per_s: list[float]

    @property
    def ratio(self) -> Ratio:
        return paired_ratio(self.ours_per_s, self.theirs_per_s)


def measure(model_folder: Path, recipe: StyleRecipe, num_rounds: int, num_steps: int) -> Measured:
    torch.set_num_threads(recipe.num_threads)
    with tempfile.TemporaryDirectory() as work:
        data = open_data_set(write_discs(Path(work) / "discs", NUM_PICTURES))
        loop = replace(recipe.loop, num_steps=num_steps, log_every_steps=1, checkpoint_every_steps=num_steps + 1)
        sides: dict[str, Callable[[int], float]] = {
            "ours": _ours(load_model(model_folder), data, recipe, loop, Path(work)),
            "theirs": _theirs(load_model(model_folder), data, recipe, num_steps),
        }
        taken: dict[str, list[float]] = {name: [] for name in sides}
        for number in range(num_rounds):
            for name in random.Random(number).sample([*sides], len(sides)):
                taken[name].append(sides[name](number))
    return Measured(taken["ours"], taken["theirs"])


def _ours(
    model: SdxlModel, data: DataSet, recipe: StyleRecipe, loop: LoopSettings, work: Path
) -> Callable[[int], float]:  # fmt: skip
    encoded = encode(data, SampleEncoder(model, "bench", recipe, Wording("stkr"), work))
    add_adapter(model.unet, recipe)
    objective = StyleObjective(model, recipe.snr_gamma)
    batches = StyleBatches(encoded, recipe, len(objective.alphas_T), model.pixels_per_latent)

    def stretch(number: int) -> float:
        clock = Clock()
        train(objective, batches.draw, loop, work / f"{number}.safetensors", clock, lambda: False)
        return clock.steps_per_s

    return stretch


def _theirs(model: SdxlModel, data: DataSet, recipe: StyleRecipe, num_steps: int) -> Callable[[int], float]:
    once = partial(prepare, buckets=recipe.buckets_px, wording=Wording("stkr"), augmentation=Augmentation(1))
    prepared = [once(sample, picture)[0] for sample, picture in data.pictures()]
    pixels = torch.from_numpy(np.stack([one.pixels_HWC for one in prepared]))
    pixels_MCHW = pixels.permute(0, 3, 1, 2).float() / 127.5 - 1
    captions = [one.caption for one in prepared]
    add_adapter(model.unet, recipe)
    weights = [weight for weight in model.unet.parameters() if weight.requires_grad]
    optimizer = torch.optim.AdamW(weights, lr=recipe.loop.learning_rate, weight_decay=recipe.loop.weight_decay)
    generator = torch.Generator().manual_seed(0)

    def stretch(number: int) -> float:
        del number
        clock = Clock()
        for step in range(num_steps):
            rows = torch.randint(len(captions), (recipe.loop.batch_size,), generator=generator)
            loss = _loss(model, pixels_MCHW[rows], [captions[row] for row in rows.tolist()], recipe, generator)
            loss.backward()
            torch.nn.utils.clip_grad_norm_(weights, recipe.loop.max_grad_norm)
            optimizer.step()
            optimizer.zero_grad()
            clock.log(step, {"loss": float(loss.detach())})
        return clock.steps_per_s

    return stretch


def _loss(
    model: SdxlModel, pixels_NCHW: torch.Tensor, captions: list[str], recipe: StyleRecipe, generator: torch.Generator
) -> torch.Tensor:
    with torch.no_grad():
        latents_NCHW = model.vae.encode(pixels_NCHW).latent_dist.sample(generator) * model.vae.config.scaling_factor
        hidden = []
        for tokenizer, encoder in zip(model.tokenizers, model.text_encoders, strict=True):
            ids_NL = tokenizer(captions, padding="max_length", truncation=True, return_tensors="pt").input_ids
            output = encoder(ids_NL, output_hidden_states=True)
            hidden.append(output.hidden_states[-2])
    tokens_NLD, pooled_NP = torch.cat(hidden, dim=-1), output[0]
    alphas_T = model.scheduler.alphas_cumprod
    timesteps_N = draw_timesteps(len(alphas_T), len(captions), recipe.timestep_shift, generator)
    signal, noise_share = (part[timesteps_N].sqrt().view(-1, 1, 1, 1) for part in (alphas_T, 1 - alphas_T))
    noise_NCHW = torch.randn(latents_NCHW.shape, generator=generator)
    size = [*pixels_NCHW.shape[2:]]
    predicted_NCHW = model.unet(
        signal * latents_NCHW + noise_share * noise_NCHW,
        timesteps_N,
        encoder_hidden_states=tokens_NLD,
        added_cond_kwargs={
            "text_embeds": pooled_NP,
            "time_ids": torch.tensor([[*size, 0, 0, *size]], dtype=torch.float32).repeat(len(captions), 1),
        },
        return_dict=False,
    )[0]
    is_velocity = model.scheduler.config.prediction_type == "v_prediction"
    target_NCHW = signal * noise_NCHW - noise_share * latents_NCHW if is_velocity else noise_NCHW
    return F.mse_loss(predicted_NCHW, target_NCHW)


def render(measured: Measured, recipe: StyleRecipe, num_steps: int) -> str:
    ratio, (width_px, height_px) = measured.ratio, recipe.buckets_px[0]
    verdict = "met" if ratio.low >= GOAL else f"not met: {ratio.low:.2f} at the lower end"
    lines = [
        f"# Steps of style training a second, {datetime.now(UTC):%Y-%m-%d}\n",
        f"Recipe `{recipe.name}`: rank {recipe.rank} in {len(recipe.targets)} kinds of layers, batches of "
        f"{recipe.loop.batch_size}, {width_px} × {height_px} px, {recipe.num_threads} threads of {os.cpu_count()} "
        f"cores ({platform.machine()}), torch {torch.__version__}. {ratio.num_rounds} rounds, in each "
        f"{num_steps - 1} steps of both in random order; the ratio is the median over rounds, with a 95 % bootstrap "
        "interval. Beside it runs what else the machine has to do, the same for both. A small UNet beside its "
        "autoencoder gains more by this than SDXL's will.\n",
        "| | steps a second |\n|---|---|",
        f"| ours: pictures and captions encoded once | {_median(measured.ours_per_s):.3f} |",
        f"| the shape of diffusers' SDXL LoRA example: encoded at each step | {_median(measured.theirs_per_s):.3f} |",
        f"\nRatio {ratio.median:.2f} ({ratio.low:.2f} to {ratio.high:.2f}); the goal of {GOAL:g} is {verdict}.",
    ]
    return "\n".join(lines) + "\n"


def _median(values: list[float]) -> float:
    return sorted(values)[len(values) // 2]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--steps", type=int, default=5, help="of a stretch; the first warms up")
    asked = parser.parse_args()
    recipe = RECIPES["starter"]
    page = render(measure(STARTER, recipe, asked.rounds, asked.steps), recipe, asked.steps)
    (RESULTS / "training.md").write_text(page)
    print(page)  # noqa: T201


if __name__ == "__main__":
    main()
