"""A model made fast draws what it draws as it comes, and compiles nothing while it serves."""

import copy
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import torch._dynamo
from safetensors.torch import save_file
from torch import nn
from torch._dynamo.testing import CompileCounter

from deployments.engine.acceleration import accelerate, warm_up
from deployments.engine.attention_kernels import AttentionKernels
from deployments.engine.decode import decode
from deployments.engine.equipment import Equipment, equip
from deployments.engine.layout import Box
from deployments.engine.load import SdxlModel, load_model
from deployments.engine.prepare import Preparer
from deployments.engine.request import ControlRequest, ImageRequest, LoraRequest, ReferenceRequest, RegionRequest
from deployments.engine.step import step
from deployments.specs import SDXL, STARTER, Acceleration
from tests.control import make_controlnet
from tests.ip_adapter import adapter_tensors, make_encoder
from tests.lora import random_matrices, write_peft
from tests.test_graphed import Recorder

TRANSFORMERS = ("BasicTransformerBlock",)
PICTURE = np.random.default_rng(1).integers(0, 256, (48, 64, 3), dtype=np.uint8)
PLAIN = ImageRequest("white rocket", None, 64, 64, num_steps=2, guidance_scale=5.0, seed=7)
UNGUIDED = replace(PLAIN, guidance_scale=1.0, seed=8)
WITH_LORA = replace(PLAIN, loras=(LoraRequest("a", 0.8),))
WITH_CONTROL = replace(PLAIN, controls=(ControlRequest("net", PICTURE),))
WITH_REGIONS = replace(PLAIN, regions=(RegionRequest("red apple", Box(0, 0, 0.5, 1)),))
WITH_REFERENCE = replace(PLAIN, references=(ReferenceRequest("base", PICTURE, 0.9, "style"),))
MIXED = (PLAIN, UNGUIDED, WITH_LORA, WITH_CONTROL, WITH_REGIONS, WITH_REFERENCE)


@pytest.fixture(scope="module")
def loaded(models_dir: Path) -> SdxlModel:
    return load_model(models_dir / "starter")


@pytest.fixture(scope="module")
def folder(loaded: SdxlModel, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Something of everything that an image may use."""
    folder = tmp_path_factory.mktemp("equipment")
    make_controlnet(folder / "net", loaded.unet, seed=1)
    make_encoder(folder / "encoder")
    save_file(adapter_tensors(loaded.unet, "base", 0), folder / "base.safetensors")
    for name, rank in (("a", 4), ("b", 9), ("c", 3)):
        write_peft(folder / f"{name}.safetensors", {"unet": random_matrices(loaded, rank, seed=rank)})
    return folder


@pytest.fixture(autouse=True)
def one_thread_and_no_gradients() -> Iterator[None]:
    num_threads = torch.get_num_threads()
    torch.set_num_threads(1)
    torch._dynamo.reset()
    with torch.inference_mode():
        yield
    torch.set_num_threads(num_threads)


def copied(model: SdxlModel) -> SdxlModel:
    with torch.inference_mode(False):  # as a server loads it
        return replace(model, unet=copy.deepcopy(model.unet), vae=copy.deepcopy(model.vae))


def accelerated(model: SdxlModel, recorder: Recorder | None = None, **choices: Any) -> Equipment:
    with torch.inference_mode(False):
        return accelerate(copied(model), 32, Acceleration(**choices), recorder)


def furnished(equipment: Equipment, folder: Path) -> Equipment:
    equipment.bank.add(equipment.read_lora("a", folder / "a.safetensors"))
    equipment.controls.load_controlnet("net", folder / "net")
    equipment.load_reference_adapter("base", folder / "base.safetensors", folder / "encoder")
    return equipment


def normalise_as_cuda_does(equipment: Equipment) -> None:
    """On contiguous maps: the CPU's kernel for channels_last loses three digits; the convolutions lose none."""
    for module in (*equipment.model.unet.modules(), *equipment.model.vae.modules()):
        if isinstance(module, nn.GroupNorm):
            module.register_forward_pre_hook(lambda _, args: (args[0].contiguous(),))


def draw(equipment: Equipment, requests: Sequence[ImageRequest], is_set: bool = False) -> list[torch.Tensor]:
    preparer = Preparer(equipment)
    samples = []
    for request in requests:
        samples.append(preparer.prepare(request, samples[0] if is_set and samples else None))
    for _ in range(requests[0].num_steps):
        step(equipment, samples)
    for sample in samples:
        sample.leave()
    return [sample.latents_CHW for sample in samples]


def assert_same(ours: Sequence[torch.Tensor], expected: Sequence[torch.Tensor]) -> None:
    for latents, others in zip(ours, expected, strict=True):
        assert (latents - others).abs().max() <= 1e-5 * others.abs().max()


@pytest.fixture(scope="module")
def eager(loaded: SdxlModel, folder: Path) -> Equipment:
    return furnished(equip(copied(loaded), 32), folder)


def test_profiles_choose_in_plain_data() -> None:
    assert STARTER.acceleration == Acceleration()
    assert SDXL.acceleration.cuda_graphs and SDXL.acceleration.fp8_min_width is None


def test_nothing_chosen_is_nothing_done(loaded: SdxlModel) -> None:
    runner = accelerated(loaded).run_unet
    assert not runner.is_compiled and runner.graphed is None and runner.kernels is None


def test_compiled_channels_last_draws_the_same_mixed_batch(loaded: SdxlModel, folder: Path, eager: Equipment) -> None:
    fast = accelerated(loaded, channels_last=True, compiled_blocks=TRANSFORMERS, compile_backend="aot_eager")
    normalise_as_cuda_does(furnished(fast, folder))
    assert_same(draw(fast, MIXED), draw(eager, MIXED))  # references and regions: eager
    beside = MIXED[:4]
    assert_same(draw(fast, beside), draw(eager, beside))  # adapters and control: compiled
    assert torch._dynamo.utils.counters["stats"]["unique_graphs"] > 0
    assert not torch._dynamo.utils.counters["graph_break"]


def test_channels_last_alone_draws_and_decodes_the_same(loaded: SdxlModel, folder: Path, eager: Equipment) -> None:
    fast = furnished(accelerated(loaded, channels_last=True), folder)
    normalise_as_cuda_does(fast)
    assert fast.model.vae.decoder.conv_in.weight.is_contiguous(memory_format=torch.channels_last)
    latents = draw(eager, MIXED)
    assert_same(draw(fast, MIXED), latents)
    difference = decode(fast.model, latents[0]).astype(int) - decode(eager.model, latents[0])
    assert np.abs(difference).max() <= 1


def test_graphs_run_plain_batches_alone(loaded: SdxlModel, folder: Path, eager: Equipment) -> None:
    recorder = Recorder()
    fast = furnished(accelerated(loaded, recorder, cuda_graphs=True), folder)
    for batch, num_rows in (((PLAIN,), 2), ((UNGUIDED, PLAIN), 4), ((PLAIN,) * 9, 0)):  # 18 rows: over the largest
        recorder.num_rows.clear()
        assert_same(draw(fast, batch), draw(eager, batch))
        assert recorder.num_rows == [num_rows] * (2 if num_rows else 0)
    recorder.num_rows.clear()
    for special in (WITH_LORA, WITH_CONTROL, WITH_REGIONS, WITH_REFERENCE):
        assert_same(draw(fast, (PLAIN, special)), draw(eager, (PLAIN, special)))
    assert_same(draw(fast, (PLAIN, UNGUIDED), is_set=True), draw(eager, (PLAIN, UNGUIDED), is_set=True))
    num_released = sum(rows > 0 for rows in recorder.num_rows)  # regions are released on the way: then it is plain
    assert num_released <= 1


def test_after_warming_up_no_adapter_size_or_number_of_rows_compiles(loaded: SdxlModel, folder: Path) -> None:
    compiler = CompileCounter()
    fast = accelerated(loaded, compiled_blocks=TRANSFORMERS, compile_backend=compiler)
    warm_up(fast, 64, 64)
    num_compiled = compiler.frame_count
    assert num_compiled > 0 and not fast.bank.handles
    draw(fast, (UNGUIDED,))
    for file in ("a", "b", "c", "a"):  # of other ranks each, in place of the one before
        fast.bank.add(fast.read_lora("style", folder / f"{file}.safetensors"))
        loras = (LoraRequest("style", 0.7, {"up_blocks.0": 0.5}),)
        for num_images, width_px, height_px in ((1, 64, 64), (2, 64, 96), (3, 96, 64)):
            plain = replace(UNGUIDED, width_px=width_px, height_px=height_px)
            draw(fast, [plain] * num_images)
            draw(fast, [*[replace(plain, guidance_scale=5.0)] * (num_images - 1), replace(plain, loras=loras)])
    assert compiler.frame_count == num_compiled


def test_adapters_work_over_8_bit_linears_compiled(loaded: SdxlModel, folder: Path) -> None:
    eager_fp8 = furnished(accelerated(loaded, fp8_min_width=32), folder)
    compiled = accelerated(loaded, fp8_min_width=32, compiled_blocks=TRANSFORMERS, compile_backend="eager")
    batch = (UNGUIDED, replace(WITH_LORA, guidance_scale=1.0))
    ours, expected = draw(furnished(compiled, folder), batch), draw(eager_fp8, batch)
    assert_same(ours, expected)


def test_preferred_kernels_are_used_around_each_call(loaded: SdxlModel, eager: Equipment) -> None:
    sizes = []

    class Noted(AttentionKernels):
        def at(self, latent_size: tuple[int, int]) -> Any:
            sizes.append(latent_size)
            return super().at(latent_size)

    fast = accelerated(loaded)
    noted = replace(fast.run_unet, kernels=Noted(fast.model.unet, lambda *_: 1.0))
    fast = replace(fast, unets={"": noted})
    assert_same(draw(fast, (PLAIN,)), draw(eager, (PLAIN,)))
    size = 64 // fast.model.pixels_per_latent
    assert sizes == [(size, size)] * PLAIN.num_steps
