"""The engine's key invariant: whatever runs beside it, a request draws what it draws alone."""

import threading
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image
from safetensors.torch import save_file

from deployments.engine.engine import Engine
from deployments.engine.equipment import Equipment, equip
from deployments.engine.layout import Box
from deployments.engine.load import load_model
from deployments.engine.prepare import Preparer
from deployments.engine.request import ControlRequest, ImageRequest, LoraRequest, ReferenceRequest, RegionRequest
from deployments.engine.start import InitImage
from deployments.engine.step import step
from deployments.engine.tables import SAMPLERS
from deployments.errors import InvalidRequest
from tests.control import make_controlnet, make_t2i_adapter, make_union
from tests.ip_adapter import adapter_tensors, make_encoder
from tests.lora import random_matrices, random_text_matrices, write_kohya, write_peft

PLAIN = ImageRequest("white rocket", None, 64, 64, num_steps=3, guidance_scale=5.0, seed=7)
TOLERANCE = 1e-5  # of the largest latent


@pytest.fixture(scope="module")
def equipment(models_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> Equipment:
    folder = tmp_path_factory.mktemp("equipment")
    plain = load_model(models_dir / "starter")
    make_controlnet(folder / "net", plain.unet, seed=1)
    make_union(folder / "union", plain.unet, seed=3)
    make_t2i_adapter(folder / "t2i", num_channels=3, seed=2)
    make_encoder(folder / "encoder")
    for seed, kind in enumerate(("base", "plus")):
        save_file(adapter_tensors(plain.unet, kind, seed), folder / f"{kind}.safetensors")
    text = random_text_matrices(plain.text_encoders[0], rank=2, seed=5)
    write_peft(folder / "a.safetensors", {"unet": random_matrices(plain, 4, 1), "text_encoder": text}, {"unet": 8.0})
    write_kohya(folder / "b.safetensors", {"unet": random_matrices(plain, 2, 2)}, alpha=1.0)

    equipment = equip(plain, max_lora_rank=8)
    equipment.bank.add(equipment.read_lora("a", folder / "a.safetensors"))
    equipment.bank.add(equipment.read_lora("b", folder / "b.safetensors"))
    equipment.controls.load_controlnet("net", folder / "net")
    equipment.controls.load_union("union", folder / "union")
    equipment.controls.load_t2i_adapter("t2i", folder / "t2i")
    for kind in ("base", "plus"):
        equipment.load_reference_adapter(kind, folder / f"{kind}.safetensors", folder / "encoder")
    return equipment


@pytest.fixture(autouse=True)
def without_gradients() -> Iterator[None]:
    with torch.inference_mode():
        yield


def picture(seed: int) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (48, 64, 3), dtype=np.uint8)


def image(seed: int) -> Image.Image:
    return Image.fromarray(picture(seed))


LEFT, RIGHT = Box(0, 0, 0.5, 1), Box(0.5, 0, 1, 1)
HALF_MASK = Image.fromarray(np.repeat(np.repeat([[0, 255]], 64, 0), 32, 1).astype(np.uint8))
FEATURES: dict[str, dict[str, Any]] = {
    "unguided": {"guidance_scale": 1.0},
    "interval": {"guidance_interval": (0.3, 1.0)},
    "rescaled": {"guidance_rescale": 0.7},
    "negative": {"negative_prompt": "blurry"},
    "weighted": {"prompt": "(white:1.6) rocket", "negative_prompt": "(blurry:0.5)"},
    "longer": {"num_steps": 5},
    "lora": {"loras": (LoraRequest("a", 0.8),)},
    "two loras": {"loras": (LoraRequest("a", 0.5, {"up_blocks.0": 0.0}), LoraRequest("b", 1.5))},
    "reference": {"references": (ReferenceRequest("base", picture(1), 0.9, "style"),)},
    "two references": {
        "references": (
            ReferenceRequest("plus", picture(2), 0.7, box=LEFT),
            ReferenceRequest("base", picture(3), 0.5, end_fraction=0.5),
        )
    },
    "regions": {"regions": (RegionRequest("red apple", LEFT), RegionRequest("green leaf", RIGHT, 0.8, 0.4))},
    "control": {"controls": (ControlRequest("net", picture(4), 0.7, end_fraction=0.7),)},
    "adapter": {"controls": (ControlRequest("t2i", picture(5)), ControlRequest("net", picture(6), 0.3))},
    "union": {"controls": (ControlRequest("union", picture(4), 0.7, mode="depth"),)},
    "two modes": {
        "controls": (
            ControlRequest("union", picture(5), mode=3),
            ControlRequest("union", picture(6), 0.4, end_fraction=0.7, mode="openpose"),
        )
    },
    "from image": {"init": InitImage(image(7)), "strength": 0.7},
    "inpaint": {"init": InitImage(image(8), is_start=False), "inpaint_mask": HALF_MASK},
    "held canvas": {"init": InitImage(image(9)), "hold": HALF_MASK},
}


def run(equipment: Equipment, requests: Sequence[ImageRequest], is_set: bool = False) -> list[torch.Tensor]:
    """Latents of all, stepped together until each is done."""
    preparer = Preparer(equipment)
    samples = []
    for request in requests:
        samples.append(preparer.prepare(request, samples[0] if is_set and samples else None))
    while running := [sample for sample in samples if not sample.is_done]:
        step(equipment, running)
    for sample in samples:
        sample.leave()
    return [sample.latents_CHW for sample in samples]


def assert_same(ours: torch.Tensor, expected: torch.Tensor) -> None:
    assert (ours - expected).abs().max() <= TOLERANCE * expected.abs().max()


@pytest.mark.parametrize("name", FEATURES)
def test_feature_is_seen_and_leaves_its_neighbour_alone(equipment: Equipment, name: str) -> None:
    request = replace(PLAIN, **FEATURES[name])
    (plain,), (special,) = run(equipment, [PLAIN]), run(equipment, [request])
    assert (plain - special).abs().max() > 1e-3 * plain.abs().max()
    beside = run(equipment, [PLAIN, request])
    assert_same(beside[0], plain)
    assert_same(beside[1], special)


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(
        st.tuples(st.sets(st.sampled_from(sorted(FEATURES)), max_size=5), st.sampled_from(sorted(SAMPLERS))),
        min_size=2,
        max_size=3,
    )
)
def test_any_mix_draws_what_each_draws_alone(equipment: Equipment, mix: list[tuple[set[str], str]]) -> None:
    requests = []
    for seed, (names, sampler) in enumerate(mix):
        fields: dict[str, Any] = {}
        for name in sorted(names):
            fields |= FEATURES[name]
        requests.append(replace(PLAIN, **fields, sampler=sampler, seed=seed))
    for together, request in zip(run(equipment, requests), requests, strict=True):
        assert_same(together, run(equipment, [request])[0])


def test_every_sampler_shares_a_batch(equipment: Equipment) -> None:
    requests = [replace(PLAIN, sampler=name, num_steps=4 + place) for place, name in enumerate(SAMPLERS)]
    for together, request in zip(run(equipment, requests), requests, strict=True):
        assert_same(together, run(equipment, [request])[0])


def test_set_follows_its_leader_and_a_later_member_is_drawn_as_if_it_had_been_there(equipment: Equipment) -> None:
    leaf, gear = replace(PLAIN, prompt="green leaf", seed=8), replace(PLAIN, prompt="grey gear", seed=9)
    leader, follower = run(equipment, [PLAIN, leaf], is_set=True)
    assert_same(leader, run(equipment, [PLAIN])[0])
    assert (follower - run(equipment, [leaf])[0]).abs().max() > 1e-3
    assert_same(run(equipment, [PLAIN, leaf, gear], is_set=True)[1], follower)
    assert_same(run(equipment, [PLAIN, gear], is_set=True)[1], run(equipment, [PLAIN, leaf, gear], is_set=True)[2])
    assert_same(run(equipment, [PLAIN, PLAIN], is_set=True)[1], leader)  # its own leader: nothing changes


def test_nothing_is_left_behind_by_any_sequence_of_jobs(equipment: Equipment) -> None:
    (before,) = run(equipment, [PLAIN])
    for name in FEATURES:
        run(equipment, [replace(PLAIN, **FEATURES[name])])
    (after,) = run(equipment, [PLAIN])
    assert torch.equal(before, after)
    assert all(handle.is_idle for handle in equipment.bank.handles.values())


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"loras": (LoraRequest("nobody"),)}, "lora_unknown"),
        ({"loras": (LoraRequest("a", 1.0, {"attic": 1.0}),)}, "invalid_lora_weight"),
        ({"references": (ReferenceRequest("nobody", picture(1)),)}, "reference_adapter_unknown"),
        ({"controls": (ControlRequest("nobody", picture(1)),)}, "control_unknown"),
        ({"controls": (ControlRequest("union", picture(1)),)}, "invalid_control_mode"),
        ({"inpaint_mask": HALF_MASK}, "missing_parameter"),
        ({"prompt": "(cat:9)"}, "invalid_prompt_weight"),
    ],
)
def test_what_is_not_there_is_refused_and_holds_nothing(
    equipment: Equipment, fields: dict[str, Any], code: str
) -> None:
    with pytest.raises(InvalidRequest) as refused:
        Preparer(equipment).prepare(replace(PLAIN, **{"loras": (LoraRequest("a"),)} | fields))
    assert refused.value.code == code
    assert all(handle.is_idle for handle in equipment.bank.handles.values())


def test_lora_is_replaced_while_images_are_under_way(models_dir: Path, tmp_path: Path) -> None:
    """Images under way keep the weights that they began with; the next one has the new ones."""
    model = load_model(models_dir / "starter")
    for seed in (1, 2):
        write_peft(tmp_path / f"{seed}.safetensors", {"unet": random_matrices(model, 2, seed)})
    engine = Engine(equip(model, max_lora_rank=4), max_rows=8, num_threads=1)
    engine.start()
    request = replace(PLAIN, loras=(LoraRequest("style"),), num_steps=30)
    engine.add_lora("style", tmp_path / "1.safetensors").result(60)
    old = engine.submit(request).result.result(60).pixels_HWC
    begun = threading.Event()
    under_way = engine.submit(request)
    under_way.on_progress = begun.set
    assert begun.wait(60)
    engine.add_lora("style", tmp_path / "2.safetensors").result(60)
    new = engine.submit(request).result.result(60).pixels_HWC
    assert np.abs(under_way.result.result(60).pixels_HWC.astype(int) - old).max() <= 1
    assert np.abs(new.astype(int) - old).mean() > 1
    engine.stop()
