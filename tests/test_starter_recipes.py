"""Every stage of the starter model's training, on pictures of coloured rectangles."""

import shlex
import signal
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
import torch
from diffusers import StableDiffusionXLPipeline
from typer.testing import CliRunner

from deployments.engine.equipment import equip
from deployments.engine.load import load_model
from deployments.model_folder import read_manifest
from tests.readme import command
from tests.starter_glyphs import PACKAGES, few_examples, few_glyphs
from train.starter import __main__ as command_line
from train.starter.autoencoder import train_autoencoder
from train.starter.cache import open_buckets, write_examples, write_pairs
from train.starter.clip import train_clip
from train.starter.corpus import write_corpus
from train.starter.denoiser import open_unet, train_denoiser
from train.starter.export import export, unpack
from train.starter.glyphs import GlyphSet
from train.starter.grids import GRIDS
from train.starter.recipes import TINY
from train.starter.reference import ADAPTER_FILE, train_reference
from train.starter.text import CORPUS_FILE, train_text

COLOURS = {"red": (220, 40, 40), "green": (40, 180, 70), "blue": (40, 70, 220), "black": (10, 10, 10)}


@dataclass(frozen=True)
class Rectangle:
    pixels_HWC: np.ndarray
    caption: str


class Rectangles:
    """One colour on white; where it lies depends on the index."""

    def icon(self, index: int) -> Rectangle:
        return self._draw(index, 256, 256)

    def splash(self, index: int) -> Rectangle:
        return self._draw(index, *((352, 192) if index % 2 else (192, 352)))

    def pair(self, index: int) -> tuple[Rectangle, Rectangle]:
        return self.icon(index), self.icon(index + len(COLOURS))

    def _draw(self, index: int, width: int, height: int) -> Rectangle:
        name = list(COLOURS)[index % len(COLOURS)]
        pixels_HWC = np.full((height, width, 3), 255, np.uint8)
        left = 8 * (index % 5)
        pixels_HWC[40 : height - 40, left : left + 120] = COLOURS[name]
        return Rectangle(pixels_HWC, f"a {name} rectangle")


class Losses:
    def __init__(self) -> None:
        self.values: list[float] = []

    def log(self, step: int, metrics: Mapping[str, float]) -> None:
        del step
        self.values.append(metrics["loss"])


@pytest.fixture(scope="module")
def work(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Losses]]:
    """All stages, and the losses of each."""
    work = tmp_path_factory.mktemp("starter")
    write_examples(work / "examples", Rectangles(), TINY.num_icons, TINY.num_splashes)
    write_pairs(work / "pairs", Rectangles(), TINY.num_pairs)
    write_corpus(work / CORPUS_FILE, few_examples(), TINY.num_captions)
    losses = {}
    for stage in (train_autoencoder, train_clip, train_text, train_denoiser, train_reference):
        losses[stage.__name__] = Losses()
        assert stage(TINY, work, losses[stage.__name__], lambda: False).is_done
    return work, losses


def test_pictures_are_the_same_however_many_processes_draw_them(tmp_path: Path) -> None:
    for num_workers in (0, 2):
        write_examples(tmp_path / str(num_workers), Rectangles(), 5, 4, num_workers)
    alone, shared = (open_buckets(tmp_path / str(num_workers)) for num_workers in (0, 2))
    assert [len(bucket) for bucket in alone] == [5, 2, 2]
    for one, other in zip(alone, shared, strict=True):
        assert one.captions == other.captions and np.array_equal(one.pixels(), other.pixels())


@pytest.fixture
def packages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The icon packages' few files that tests have, as if they were installed."""
    (tmp_path / "glyphs").mkdir()
    (tmp_path / "glyphs" / "node_modules").symlink_to(PACKAGES)
    monkeypatch.setattr(command_line, "GLYPHS", tmp_path / "glyphs")
    monkeypatch.setattr(GlyphSet, "load", lambda _: few_glyphs())


@pytest.mark.usefixtures("packages")
def test_readme_command_trains_all_stages_and_leaves_a_model(tmp_path: Path) -> None:
    asked = shlex.split(command("python -m train.starter all"))[3:]
    instead = {"cpu": "tiny", "var/starter-training": str(tmp_path), "models/starter": str(tmp_path / "starter")}
    before = [signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)]
    try:
        result = CliRunner().invoke(command_line.app, [instead.get(word, word) for word in asked])
    finally:
        for number, handler in zip((signal.SIGTERM, signal.SIGINT), before, strict=True):
            signal.signal(number, handler)
    assert result.exit_code == 0, result.output
    assert read_manifest(tmp_path / "starter").weights == "trained"
    assert "lucide-static" in (tmp_path / "starter" / "NOTICE").read_text()
    assert [*tmp_path.glob("*/grid.png")] and [*tmp_path.glob("wandb/offline-run-*")]


def test_grids_show_how_far_training_has_come(work: tuple[Path, dict[str, Losses]]) -> None:
    round_trips, samples = (np.asarray(GRIDS[stage](work[0])) for stage in ("autoencoder", "denoiser"))
    first = open_buckets(work[0] / "examples")[0].pixels()[0]
    assert np.array_equal(round_trips[:256, :256], first) and round_trips.shape == (512, 6 * 256, 3)
    assert samples.shape[0] > 500 and samples.std() > 10


def test_losses_fall(work: tuple[Path, dict[str, Losses]]) -> None:
    for stage in ("train_autoencoder", "train_text", "train_denoiser"):
        assert work[1][stage].values[-1] < work[1][stage].values[0], stage


@pytest.mark.usefixtures("packages")
def test_export_loads_in_diffusers_and_in_the_engine(work: tuple[Path, dict[str, Losses]], tmp_path: Path) -> None:
    command = ["export", "--work", str(work[0]), "--out", str(tmp_path / "starter")]
    result = CliRunner().invoke(command_line.app, command)
    assert result.exit_code == 0, result.output
    assert read_manifest(tmp_path / "starter").weights == "trained"
    StableDiffusionXLPipeline.from_pretrained(tmp_path / "starter", local_files_only=True)
    equipment = equip(load_model(tmp_path / "starter", dtype=torch.float32), max_lora_rank=4)
    adapter = tmp_path / "starter" / "ip_adapter" / ADAPTER_FILE
    equipment.load_reference_adapter("style", adapter, tmp_path / "starter" / "image_encoder")
    tokens_TD = equipment.encoder("style").encode_reference(Rectangles().icon(0).pixels_HWC)
    assert tokens_TD.shape == (4, TINY.architecture.text_width)


@pytest.mark.usefixtures("packages")
def test_denoiser_goes_on_from_a_model_folder(work: tuple[Path, dict[str, Losses]], tmp_path: Path) -> None:
    export(work[0], tmp_path / "starter")
    command = ["unpack", "--model", str(tmp_path / "starter"), "--work", str(tmp_path / "later")]
    result = CliRunner().invoke(command_line.app, command)
    assert result.exit_code == 0, result.output
    write_examples(tmp_path / "later" / "examples", Rectangles(), 8, 4)
    assert train_denoiser(TINY, tmp_path / "later", Losses(), should_stop=lambda: True).step == 0
    before, after = (
        open_unet(path).state_dict() for path in (work[0] / "denoiser/unet", tmp_path / "later/denoiser/unet")
    )
    assert all(torch.allclose(before[name], after[name], atol=1e-3) for name in before)  # halved on the way


@pytest.mark.usefixtures("packages")
def test_weights_that_were_unpacked_are_exported_as_they_were(
    work: tuple[Path, dict[str, Losses]], tmp_path: Path
) -> None:
    export(work[0], tmp_path / "starter")
    unpack(tmp_path / "starter", tmp_path / "later")
    (tmp_path / "later" / "denoiser" / "start").rename(tmp_path / "later" / "denoiser" / "unet")
    export(tmp_path / "later", tmp_path / "again")
    before, after = (
        {path: digest for path, digest in read_manifest(tmp_path / name).files.items() if path.endswith(".safetensors")}
        for name in ("starter", "again")
    )
    assert before == after and "ip_adapter/ip-adapter.safetensors" in after
