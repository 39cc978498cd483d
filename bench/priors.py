"""What an object's adapter does to the object's class, with pictures of the class beside it in training and without.

python -m bench.priors [--steps N]     some minutes on two cores; writes bench/results/priors.md and .webp

The starter model learns one fish from eight pictures drawn by code. Both runs have the same steps, seeds and batches.
"""

import argparse
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import count, repeat
from pathlib import Path

import numpy as np
import torch
from PIL import Image, ImageDraw

from deployments.engine.request import ImageRequest, LoraRequest
from deployments.specs import PROFILES
from train.data.data_set import open_data_set
from train.data.prepare import fit
from train.finetune.drift import ClassPictures, draw_class
from train.finetune.features import Features, load_features
from train.finetune.recipes import RECIPES, StyleRecipe
from train.finetune.served import draw_all, equip_as_served, running
from train.finetune.style import KeptInPlace, StyleJob, train_style
from train.starter.colours import COLOURS, RGB

RESULTS = Path(__file__).parent / "results"
STARTER = Path(__file__).parents[1] / "models" / "starter"
CLASS, TRIGGER, CONTEXTS = "fish icon", "zorble", ("", "on a purple background", "on a teal circle")
GROUNDS = ("white", "yellow", "sky blue", "lime", "pink", "navy", "cream", "grey")
SIDE_PX, NUM_CLASS, NUM_STEPS, SHOWN = 256, 16, 10, 6
FIRST_SEED = 1 << 30  # training has drawn others
STRIPES: tuple[RGB, ...] = (COLOURS["purple"], COLOURS["orange"])


@dataclass(frozen=True)
class Arm:
    """One adapter, measured."""

    drawn: ClassPictures
    known_ME: torch.Tensor
    called_NE: torch.Tensor  # the object, where the data set does not show it
    shown: list[np.ndarray]  # the class, then the object


def write_object(folder: Path) -> Path:
    folder.mkdir()
    for number, ground in enumerate(GROUNDS):
        _fish(COLOURS[ground], number).save(folder / f"{number}.png")
        (folder / f"{number}.txt").write_text(f"{CLASS}, {ground} background")
    return folder


def _fish(ground: RGB, number: int) -> Image.Image:
    """Striped, with one large eye; a little elsewhere and larger each time."""
    picture = Image.new("RGB", (SIDE_PX, SIDE_PX), ground)
    body = Image.new("L", picture.size)
    left, top, length = 40 + 4 * (number % 3), 76 + 6 * (number % 4), 140 + 4 * (number % 2)
    draw = ImageDraw.Draw(body)
    draw.ellipse((left, top, left + length, top + 96), fill=255)
    tail_px = left + length - 14
    draw.polygon([(tail_px, top + 48), (tail_px + 52, top + 8), (tail_px + 52, top + 88)], fill=255)
    stripes = Image.new("RGB", picture.size)
    for index in range(12):
        at = 24 * index
        ImageDraw.Draw(stripes).rectangle((at, 0, at + 23, SIDE_PX), fill=STRIPES[index % 2])
    picture.paste(stripes, mask=body)
    ImageDraw.Draw(picture).ellipse((left + 18, top + 24, left + 54, top + 60), COLOURS["white"], COLOURS["black"], 6)
    return picture


def measure(recipe: StyleRecipe, work: Path) -> Mapping[str, Arm]:
    data = write_object(work / "object")
    arms = {}
    for name, share in (("without", 0.0), ("with", recipe.prior_share)):
        RECIPES[f"{recipe.name}-{name}"] = replace(recipe, name=f"{recipe.name}-{name}", prior_share=share)
        job = StyleJob(
            data=str(data), model=str(STARTER), out=str(work / f"{name}.safetensors"), work=str(work / "training"),
            recipe=f"{recipe.name}-{name}", trigger=TRIGGER, template="{trigger} {caption}", title=name, license="",
            class_prompt=CLASS,
        )  # fmt: skip
        train_style(job, _Silent(), lambda: False, KeptInPlace())
        arms[name] = _examine(data, Path(job.out))
    return arms


class _Silent:
    def log(self, step: int, metrics: Mapping[str, float]) -> None:
        del step, metrics


def _examine(data: Path, adapter: Path) -> Arm:
    spec = PROFILES["starter"]
    equipment = equip_as_served(STARTER, spec)
    equipment.bank.add(equipment.read_lora("trained", adapter))
    features = load_features(equipment.model, STARTER, spec)
    assert features is not None
    loras = (LoraRequest("trained"),)
    with running(equipment, spec, spec.num_threads) as engine:
        plain = [*_ask(zip(repeat(CLASS, NUM_CLASS), count(FIRST_SEED), strict=False))]
        drawn = draw_class(engine, "trained", plain, features)
        texts = [f"{TRIGGER} {CLASS} {CONTEXTS[number % len(CONTEXTS)]}" for number in range(NUM_CLASS)]
        called = [replace(one, loras=loras) for one in _ask(zip(texts, count(FIRST_SEED), strict=False))]
        objects = [*draw_all(engine, called)]
        classes = [*draw_all(engine, [replace(one, loras=loras) for one in plain[:SHOWN]])]
        base = [*draw_all(engine, plain[:SHOWN])]
    return Arm(drawn, _known(data, features), features.of_pictures(objects), [*base, *classes, *objects[:SHOWN]])


def _ask(asked: Iterator[tuple[str, int]]) -> Iterator[ImageRequest]:
    guidance_scale = PROFILES["starter"].kinds["icon"].guidance_scale
    return (ImageRequest(text, None, SIDE_PX, SIDE_PX, NUM_STEPS, guidance_scale, seed) for text, seed in asked)


def _known(data: Path, features: Features) -> torch.Tensor:
    pictures = open_data_set(data).pictures()
    return features.of_pictures([fit(picture, (SIDE_PX, SIDE_PX), (255, 255, 255)) for _, picture in pictures])


def render(arms: Mapping[str, Arm], recipe: StyleRecipe) -> str:
    lines = [
        f"# An object and its class, {datetime.now(UTC):%Y-%m-%d}\n",
        f"Recipe `{recipe.name}`, {recipe.loop.num_steps} steps in batches of {recipe.loop.batch_size}, eight pictures "
        f'of one fish; {recipe.num_priors} pictures of "{CLASS}", {recipe.prior_share:.0%} of the rows, or none. '
        f'Drift: how unlike {NUM_CLASS} pictures of "{CLASS}" are to those of the base model with the same seeds (1 - '
        "cosine of the image encoder's features). Pull: by how much nearer they come to the object's pictures. Object: "
        "how near what the trigger calls is to them. With ± one standard error.\n",
        "| | class drift | class pull | object |\n|---|---|---|---|",
    ]
    for name, arm in arms.items():
        values = (arm.drawn.drift_N, arm.drawn.pull_N(arm.known_ME), (arm.called_NE @ arm.known_ME.T).mean(1))
        lines.append(f"| {name} pictures of the class | {' | '.join(map(_told, values))} |")
    change_N = arms["with"].drawn.drift_N - arms["without"].drawn.drift_N
    lines.append(f"\nThe same seeds compared, drift with them is less by {_told(-change_N)}.")
    lines.append(
        "\nIn priors.webp, two blocks, without and with pictures of the class; in each the class as the base model "
        "draws it, the class with the adapter, and the object called.\n\n![what was drawn](priors.webp)"
    )
    return "\n".join(lines) + "\n"


def _told(values_N: torch.Tensor) -> str:
    return f"{float(values_N.mean()):.3f} ± {float(values_N.std() / len(values_N) ** 0.5):.3f}"


def sheet(arms: Mapping[str, Arm], cell_px: int = 96) -> Image.Image:
    cells = [Image.fromarray(pixels).resize((cell_px, cell_px)) for arm in arms.values() for pixels in arm.shown]
    whole = Image.new("RGB", (cell_px * SHOWN, cell_px * len(cells) // SHOWN), "white")
    for number, cell in enumerate(cells):
        whole.paste(cell, (cell_px * (number % SHOWN), cell_px * (number // SHOWN)))
    return whole


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    recipe = RECIPES["starter-object"]
    parser.add_argument("--steps", type=int, default=recipe.loop.num_steps)
    parser.add_argument("--batch", type=int, default=recipe.loop.batch_size)
    parser.add_argument("--priors", type=int, default=recipe.num_priors)
    asked = parser.parse_args()
    loop = replace(recipe.loop, num_steps=asked.steps, batch_size=asked.batch)
    recipe = replace(recipe, loop=loop, num_priors=asked.priors)
    with tempfile.TemporaryDirectory() as work:
        arms = measure(recipe, Path(work))
    page = render(arms, recipe)
    (RESULTS / "priors.md").write_text(page)
    sheet(arms).save(RESULTS / "priors.webp", quality=90)
    print(page)  # noqa: T201


if __name__ == "__main__":
    main()
