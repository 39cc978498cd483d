"""A style adapter, from a folder of pictures to what the engine and diffusers draw with it."""

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from diffusers import StableDiffusionXLPipeline
from safetensors import safe_open
from safetensors.torch import load_file

from deployments.engine.decode import decode
from deployments.engine.equipment import equip
from deployments.engine.load import load_model
from deployments.engine.lora_files import read_lora
from deployments.engine.prepare import Preparer
from deployments.engine.request import ImageRequest, LoraRequest
from deployments.engine.step import step
from deployments.model_folder import read_manifest
from tests.style_pictures import disc, png, write_discs
from train.data.data_set import open_data_set
from train.data.prepare import Wording
from train.finetune.card import ModelCard
from train.finetune.encode import SampleEncoder, encode
from train.finetune.objective import StyleBatches, StyleObjective
from train.finetune.recipes import SDXL, TINY
from train.finetune.style import KeptInPlace, StyleJob, train_style
from train.loop import Outcome

STARTER = Path(__file__).parents[1] / "models" / "starter"  # random weights have no picture to be moved
SIDE_PX = 128
PROMPT = ImageRequest("stkr disc 2", None, SIDE_PX, SIDE_PX, num_steps=8, guidance_scale=1.0, seed=0)
SEEDS = range(4)


class Losses:
    def __init__(self) -> None:
        self.by_step: dict[int, float] = {}

    def log(self, step: int, metrics: Mapping[str, float]) -> None:
        self.by_step[step] = metrics["loss"]


def job(folder: Path) -> StyleJob:
    return StyleJob(
        data=str(folder / "discs"), model=str(STARTER), out=str(folder / "out" / "stkr.safetensors"),
        work=str(folder / "work"), recipe="tiny", trigger="stkr", template="{trigger} {caption}", title="Discs",
        license="CC0-1.0",
    )  # fmt: skip


def run(job: StyleJob, losses: Losses, should_stop: Callable[[], bool] = lambda: False) -> Outcome:
    return train_style(job, losses, should_stop, KeptInPlace())


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> tuple[StyleJob, Losses]:
    folder = tmp_path_factory.mktemp("style")
    write_discs(folder / "discs")
    losses = Losses()
    assert run(job(folder), losses).is_done
    return job(folder), losses


def draw(model_folder: Path, adapter: Path | None, request: ImageRequest) -> np.ndarray:
    """By the engine: uint8 of (height, width, 3)."""
    equipment = equip(load_model(model_folder), max_lora_rank=16)
    if adapter:
        equipment.bank.add(equipment.read_lora("stkr", adapter))
        request = replace(request, loras=(LoraRequest("stkr"),))
    with torch.inference_mode():
        sample = Preparer(equipment).prepare(request)
        while not sample.is_done:
            step(equipment, [sample])
        return decode(equipment.model, sample.latents_CHW)


def test_images_move_towards_the_data_set_by_more_than_seeds_differ(trained: tuple[StyleJob, Losses]) -> None:
    job, _ = trained
    pictures = [picture.convert("RGB") for _, picture in open_data_set(Path(job.data)).pictures()]
    aim_HWC = np.mean([np.asarray(picture.resize((SIDE_PX, SIDE_PX)), float) for picture in pictures], axis=0)

    def distances(adapter: Path | None) -> list[float]:
        drawn = [draw(Path(job.model), adapter, replace(PROMPT, seed=seed)) for seed in SEEDS]
        return [float(np.abs(picture_HWC - aim_HWC).mean()) for picture_HWC in drawn]

    before, after = distances(None), distances(Path(job.out))
    assert max(after) < min(before)
    assert np.mean(before) - np.mean(after) > 3 * np.std(before), (before, after)


def test_both_files_draw_the_same_in_the_engine_and_in_diffusers(trained: tuple[StyleJob, Losses]) -> None:
    job, _ = trained
    out, model = Path(job.out), Path(job.model)
    pipeline = StableDiffusionXLPipeline.from_pretrained(model, dtype=torch.float32, local_files_only=True)
    pipeline.set_progress_bar_config(disable=True)
    pipeline.load_lora_weights(out.parent, weight_name=out.name, use_safetensors=True)
    theirs_HWC = np.asarray(
        pipeline(
            PROMPT.prompt, width=SIDE_PX, height=SIDE_PX, num_inference_steps=8, guidance_scale=1.0,
            generator=torch.Generator("cpu").manual_seed(0),
        ).images[0]
    ).astype(int)  # fmt: skip
    plain_HWC = draw(model, None, PROMPT).astype(int)
    for path in (out, out.with_suffix(".kohya.safetensors")):
        ours_HWC = draw(model, path, PROMPT).astype(int)
        assert np.abs(ours_HWC - plain_HWC).mean() > 5  # an adapter that does nothing would prove nothing
        assert np.abs(ours_HWC - theirs_HWC).max() <= 1  # 1e-4, and a rounding


def test_both_files_and_the_card_tell_the_same(trained: tuple[StyleJob, Losses]) -> None:
    job, _ = trained
    out, model = Path(job.out), load_model(Path(job.model))
    one, other = (read_lora(path, "a", model, 16) for path in (out, out.with_suffix(".kohya.safetensors")))
    assert one.layers.keys() == other.layers.keys() and len(one.layers) > 20
    assert all(torch.equal(layer.up, other.layers[path].up) for path, layer in one.layers.items())
    assert {layer.scale for layer in (*one.layers.values(), *other.layers.values())} == {TINY.alpha / TINY.rank}
    with safe_open(out, "pt") as file:
        assert file.metadata()["modelspec.trigger_phrase"] == "stkr"
    with safe_open(out.with_suffix(".kohya.safetensors"), "pt") as file:
        assert (file.metadata()["ss_network_dim"], file.metadata()["ss_network_alpha"]) == ("4", "2")
    card = ModelCard.model_validate_json(out.with_suffix(".json").read_text())
    assert card.files[out.name].sha256 == one.digest
    assert card.base == read_manifest(Path(job.model)).version
    assert card.data.digest == open_data_set(Path(job.data)).digest and card.data.licences == {"CC0-1.0": 6}
    assert card.metrics["loss_after"] < 0.9 * card.metrics["loss_before"]
    assert card.recipe["rank"] == TINY.rank


def test_cut_run_goes_on_to_the_same_losses_and_file(trained: tuple[StyleJob, Losses], tmp_path: Path) -> None:
    whole_job, whole = trained
    write_discs(tmp_path / "discs")
    cut_job, cut = job(tmp_path), Losses()
    answers = iter([False] * 23 + [True])
    assert run(cut_job, cut, lambda: next(answers)).step == 23
    assert not Path(cut_job.out).exists()
    assert run(cut_job, cut).is_done
    assert cut.by_step == whole.by_step and len(cut.by_step) == TINY.loop.num_steps
    one, other = (load_file(job.out) for job in (cut_job, whole_job))
    assert one.keys() == other.keys() and all(torch.equal(tensor, other[name]) for name, tensor in one.items())


def test_other_data_is_another_run(trained: tuple[StyleJob, Losses], tmp_path: Path) -> None:
    first = trained[0]
    write_discs(tmp_path / "discs", colour=(0, 0, 200))
    other = replace(job(tmp_path), work=first.work)
    assert run(other, Losses(), lambda: True).step == 0


def test_caption_changed_after_encoding_is_encoded_anew(tmp_path: Path) -> None:
    model, version = load_model(STARTER), read_manifest(STARTER).version
    folder = write_discs(tmp_path / "discs")

    def tokens() -> torch.Tensor:
        encoded = encode(open_data_set(folder), SampleEncoder(model, version, TINY, Wording("stkr"), tmp_path / "work"))
        return encoded.buckets[0].tokens_NVLD

    before = tokens()
    assert torch.equal(tokens(), before)
    lines = [json.loads(line) for line in (folder / "metadata.jsonl").read_text().splitlines()]
    lines[3]["text"] = "something else"
    (folder / "metadata.jsonl").write_text("\n".join(map(json.dumps, lines)))
    changed_N = (tokens() != before).flatten(1).any(1)
    assert changed_N.tolist() == [number == 3 for number in range(6)]
    assert len([*tmp_path.glob("work/encoded/*/*.safetensors")]) == 7


def test_sizes_are_not_mixed_in_a_batch_and_told_as_serving_tells_them(models_dir: Path, tmp_path: Path) -> None:
    folder = write_discs(tmp_path / "discs")
    (folder / "wide.png").write_bytes(png(disc((0, 0, 0)).resize((96, 64))))
    model = load_model(models_dir / "starter")
    encoded = encode(open_data_set(folder), SampleEncoder(model, "v", TINY, Wording("stkr"), tmp_path / "work"))
    batches = StyleBatches(encoded, replace(TINY, caption_dropout=1.0), 1000, model.pixels_per_latent)
    sizes = set()
    for seed in range(40):
        batch = batches.draw(torch.Generator().manual_seed(seed), 3)
        height, width = (8 * side for side in batch["latents_NCHW"].shape[2:])
        sizes.add((height, width))
        assert batch["time_ids_N6"].tolist() == [[height, width, 0, 0, height, width]] * 3
        assert not batch["tokens_NLD"].any() and not batch["pooled_NP"].any()  # zeros, as serving's missing negative
    assert sizes == {(128, 128), (128, 192)}


@pytest.mark.parametrize(("prediction", "snr_floor"), [("epsilon", 0.0), ("v_prediction", 1.0)])
def test_min_snr_weighs_as_published(models_dir: Path, prediction: str, snr_floor: float) -> None:
    model = load_model(models_dir / "starter")
    model.scheduler.register_to_config(prediction_type=prediction)
    alphas_N = torch.tensor([0.1, 0.5, 0.99])
    snr_N = torch.tensor([0.1 / 0.9, 1.0, 99.0])
    expected_N = torch.minimum(snr_N, torch.tensor(5.0)) / (snr_N + snr_floor)
    assert torch.allclose(StyleObjective(model, SDXL.snr_gamma)._weight(alphas_N), expected_N, rtol=1e-4)


def test_perfect_prediction_costs_nothing(models_dir: Path) -> None:
    """The target is what the model's own scheduler takes back to the clean latents."""
    for prediction in ("epsilon", "v_prediction"):
        model = load_model(models_dir / "starter")
        model.scheduler.register_to_config(prediction_type=prediction)
        objective = StyleObjective(model, None)
        latents, noise, at = torch.randn(2, 4, 8, 8), torch.randn(2, 4, 8, 8), torch.tensor([100, 800])
        alphas = objective.alphas_T[at].view(-1, 1, 1, 1)
        answer = noise if prediction == "epsilon" else alphas.sqrt() * noise - (1 - alphas).sqrt() * latents
        objective.unet = _Says(answer)
        batch = {
            "latents_NCHW": latents,
            "noise_NCHW": noise,
            "timesteps_N": at,
            "tokens_NLD": noise,
            "pooled_NP": noise,
            "time_ids_N6": noise,
        }
        assert float(objective(batch)["loss"]) < 1e-12


class _Says(torch.nn.Module):
    def __init__(self, answer: torch.Tensor) -> None:
        super().__init__()
        self._answer = answer

    def forward(self, *_: object, **__: object) -> tuple[torch.Tensor]:
        return (self._answer,)
