"""Reference images against diffusers' own IP-Adapter: loading, image encoding, scales, masks; and row by row."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from diffusers import StableDiffusionXLPipeline
from diffusers.image_processor import IPAdapterMaskProcessor
from PIL import Image
from safetensors.torch import load_file, save_file
from transformers import CLIPVisionConfig, CLIPVisionModelWithProjection
from transformers.models.clip.image_processing_pil_clip import CLIPImageProcessorPil

from deployments.engine.attention import AttentionContext, install_attention
from deployments.engine.gates import GateSpec, gates_of
from deployments.engine.ip_adapter import load_adapter
from deployments.engine.load import load_model
from deployments.engine.references import (
    ReferenceEncoder,
    ReferenceRow,
    ReferenceUse,
    batch_references,
    load_image_encoder,
    pool_to_queries,
    to_clip_pixels,
)
from deployments.errors import ModelFolderError
from tests.ip_adapter import TEXT_WIDTH, adapter_tensors, make_encoder
from tests.unet_call import Inputs, assert_same, make_inputs, predict

STYLE = {"up": {"block_0": [0.0, 1.0, 0.0]}}
STYLE_AND_LAYOUT = {"down": {"block_2": [0.0, 0.6]}, "up": {"block_0": [0.0, 1.3, 0.0]}}


class World:
    """The same UNet twice, diffusers' way and ours, and both kinds of adapter."""

    def __init__(self, models_dir: Path, folder: Path) -> None:
        make_encoder(folder / "encoder")
        self.folder = folder
        self.encoder = load_image_encoder(folder / "encoder", torch.device("cpu"), torch.float32)
        self.pipeline = StableDiffusionXLPipeline.from_pretrained(models_dir / "starter", local_files_only=True)
        processor = CLIPImageProcessorPil(size={"shortest_edge": 28}, crop_size={"height": 28, "width": 28})
        self.pipeline.register_modules(image_encoder=self.encoder, feature_extractor=processor)
        self.unet = load_model(models_dir / "starter").unet
        self.encoders = {}
        for seed, kind in enumerate(("base", "plus")):
            save_file(adapter_tensors(self.unet, kind, seed), folder / f"{kind}.safetensors")
            adapter = load_adapter(folder / f"{kind}.safetensors", self.unet)
            self.encoders[kind] = ReferenceEncoder(adapter, self.encoder)
        self.groups = install_attention(self.unet)

    def use(self, kind: str, pixels: np.ndarray, weight: float, spec: GateSpec = 1.0, **more: Any) -> ReferenceUse:
        encoder = self.encoders[kind]
        return ReferenceUse(
            encoder.adapter, encoder.encode_reference(pixels), encoder.negative_tokens, weight,
            gates_of(spec, self.groups), **more,
        )  # fmt: skip

    def ours(self, inputs: Inputs, rows: Sequence[ReferenceRow]) -> torch.Tensor:
        return predict(self.unet, inputs, AttentionContext(references=batch_references(rows)))

    def theirs(
        self, inputs: Inputs, images: dict[str, Sequence[np.ndarray]], scales: list[Any], masks: list[Any] | None = None
    ) -> torch.Tensor:
        """`images` by kind; the two rows are negative and positive."""
        files = [load_file(self.folder / f"{kind}.safetensors") for kind in images]
        states = [
            {
                part: {key.removeprefix(f"{part}."): tensor for key, tensor in file.items() if key.startswith(part)}
                for part in ("image_proj", "ip_adapter")
            }
            for file in files
        ]
        blank = [""] * len(states)
        self.pipeline.load_ip_adapter(states, blank, blank, image_encoder_folder=None)
        self.pipeline.set_ip_adapter_scale(scales)
        pictures = [[Image.fromarray(pixels) for pixels in group] for group in images.values()]
        embeds = self.pipeline.prepare_ip_adapter_image_embeds(pictures, None, torch.device("cpu"), 1, True)
        output: torch.Tensor = self.pipeline.unet(
            inputs.latents, inputs.timestep, inputs.tokens,
            added_cond_kwargs={"text_embeds": inputs.pooled, "time_ids": inputs.time_ids, "image_embeds": embeds},
            cross_attention_kwargs=None if masks is None else {"ip_adapter_masks": masks}, return_dict=False,
        )[0]  # fmt: skip
        self.pipeline.unload_ip_adapter()
        self.pipeline.register_modules(image_encoder=self.encoder)
        return output


@pytest.fixture(scope="module")
def world(models_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> World:
    return World(models_dir, tmp_path_factory.mktemp("references"))


@pytest.fixture(autouse=True)
def without_gradients() -> Iterator[None]:
    with torch.inference_mode():
        yield


def picture(seed: int, height: int = 40, width: int = 60) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (height, width, 3), dtype=np.uint8)


def guided(*uses: ReferenceUse, progress: float = 0.0) -> list[ReferenceRow]:
    return [ReferenceRow(uses, is_negative, progress) for is_negative in (True, False)]


def half_masks() -> tuple[torch.Tensor, torch.Tensor]:
    """Left and right half, at the size of 16×16 latents."""
    left = torch.zeros(16, 16)
    left[:, :8] = 1
    return left, 1 - left


@pytest.mark.parametrize("scale", [0.7, STYLE, STYLE_AND_LAYOUT, {"mid": 0.5, "up": 0.3}], ids=str)
@pytest.mark.parametrize("kind", ["base", "plus"])
def test_scaled_image_equals_diffusers(world: World, kind: str, scale: float | dict[str, Any]) -> None:
    inputs = make_inputs(2)
    ours = world.ours(inputs, guided(world.use(kind, picture(1), 1.0, scale)))
    assert_same(ours, world.theirs(inputs, {kind: [picture(1)]}, [scale]))
    assert (ours - predict(world.unet, inputs)).abs().amax(dim=(1, 2, 3)).min() > 1e-3  # in both rows


def test_two_adapters_at_once_equal_diffusers(world: World) -> None:
    inputs = make_inputs(2)
    uses = world.use("base", picture(1), 0.4), world.use("plus", picture(2), 0.9, STYLE)
    theirs = world.theirs(inputs, {"base": [picture(1)], "plus": [picture(2)]}, [0.4, {"up": {"block_0": [0, 0.9, 0]}}])
    assert_same(world.ours(inputs, guided(*uses)), theirs)


@pytest.mark.parametrize("kind", ["base", "plus"])
def test_masked_images_with_a_weight_each_equal_diffusers(world: World, kind: str) -> None:
    inputs, (left, right) = make_inputs(2), half_masks()
    uses = (world.use(kind, picture(1), 0.7, mask=left), world.use(kind, picture(2), 0.4, mask=right))
    pixel_masks = [np.kron(mask.numpy(), np.ones((8, 8))) for mask in (left, right)]
    masks = IPAdapterMaskProcessor().preprocess(
        [Image.fromarray((mask * 255).astype(np.uint8)) for mask in pixel_masks], height=128, width=128
    )
    theirs = world.theirs(inputs, {kind: [picture(1), picture(2)]}, [[0.7, 0.4]], [masks.reshape(1, 2, 128, 128)])
    assert_same(world.ours(inputs, guided(*uses)), theirs)


def test_batch_of_strangers_equals_each_alone(world: World) -> None:
    left, _ = half_masks()
    requests = [
        guided(world.use("base", picture(1), 0.7, STYLE)),
        guided(),
        guided(world.use("plus", picture(2), 0.5, mask=left), world.use("base", picture(3), 0.6)),
        guided(world.use("base", picture(4), 0.8), world.use("base", picture(5), 0.3, mask=left), progress=0.5),
    ]
    inputs = make_inputs(8)
    together = world.ours(inputs, [row for rows in requests for row in rows])
    for index, rows in enumerate(requests):
        alone = inputs.rows(2 * index, 2 * index + 1)
        assert_same(together[2 * index : 2 * index + 2], world.ours(alone, rows))
        differs = (world.ours(alone, rows) - predict(world.unet, alone)).abs().max() > 1e-3
        assert differs == (index != 1)


def test_image_is_heard_between_its_fractions_of_the_steps_only(world: World) -> None:
    use = world.use("base", picture(1), 1.0, start_fraction=0.2, end_fraction=0.6)
    heard = [bool(batch_references([ReferenceRow([use], False, step / 10)])) for step in range(10)]
    assert [step for step, is_heard in enumerate(heard) if is_heard] == [2, 3, 4, 5]
    assert batch_references(guided(world.use("base", picture(1), 0.0))) == ()


def test_rows_share_a_batch_for_each_image_of_an_adapter(world: World) -> None:
    base, plus = world.use("base", picture(1), 1.0), world.use("plus", picture(2), 1.0)
    rows = [ReferenceRow(uses, False, 0.0) for uses in ([base, plus], [], [plus], [base, base])]
    assert [batch.rows.tolist() for batch in batch_references(rows)] == [[0, 3], [0, 2], [3]]


def test_only_groups_with_a_gate_are_active(world: World) -> None:
    (batch,) = batch_references(guided(world.use("base", picture(1), 1.0, "style")))
    assert {world.groups[group] for group in batch.active_groups} == {"up_blocks.0.attentions.1"}


@pytest.mark.parametrize("size", [(28, 28), (40, 61), (97, 30), (5, 9), (224, 300)])
def test_pixels_are_prepared_as_transformers_does(size: tuple[int, int]) -> None:
    pixels = picture(0, *size)
    processor = CLIPImageProcessorPil(size={"shortest_edge": 28}, crop_size={"height": 28, "width": 28})
    expected = processor(Image.fromarray(pixels), return_tensors="pt").pixel_values[0]
    assert torch.allclose(to_clip_pixels(pixels, 28), expected, atol=1e-6)


def test_image_is_encoded_once_and_forgotten_when_others_push_it_out(world: World) -> None:
    encoder = ReferenceEncoder(world.encoders["plus"].adapter, world.encoder, capacity=2)
    calls: list[int] = []
    hook = world.encoder.register_forward_hook(lambda *_: calls.append(1))
    first = encoder.encode_reference(picture(1))
    assert first.shape == (16, TEXT_WIDTH)
    assert encoder.encode_reference(picture(1).copy()) is first and len(calls) == 1
    encoder.encode_reference(picture(1).reshape(60, 40, 3))  # the same bytes, another picture
    assert len(calls) == 2
    encoder.encode_reference(picture(2))
    encoder.encode_reference(picture(1))
    assert len(calls) == 4
    hook.remove()


@pytest.mark.parametrize("latent_size", [(16, 16), (18, 10), (9, 15)])
def test_masks_are_pooled_by_area_to_the_places_where_the_unet_attends(
    world: World, latent_size: tuple[int, int]
) -> None:
    seen: set[int] = set()
    hook = world.unet.mid_block.attentions[0].register_forward_hook(lambda _, __, out: seen.add(out[0][0, 0].numel()))
    other = (
        world.unet.down_blocks[1].attentions[0].register_forward_hook(lambda _, __, out: seen.add(out[0][0, 0].numel()))
    )
    inputs = make_inputs(1)
    predict(world.unet, Inputs(**{**vars(inputs), "latents": torch.zeros(1, 4, *latent_size)}))
    hook.remove()
    other.remove()
    mask = torch.rand(1, *latent_size, generator=torch.Generator().manual_seed(0))
    pooled = pool_to_queries(mask)
    assert len(seen) == 2 and seen <= set(pooled)
    if latent_size == (16, 16):
        assert torch.allclose(pooled[16].view(4, 4)[1, 2], mask[0, 4:8, 8:12].mean())


def test_encoder_must_be_whole_and_of_the_adapters_width(world: World, tmp_path: Path) -> None:
    with pytest.raises(ModelFolderError, match="does not load"):
        load_image_encoder(tmp_path, torch.device("cpu"), torch.float32)
    make_encoder(tmp_path)
    tensors = load_file(tmp_path / "model.safetensors")
    del tensors["visual_projection.weight"]
    save_file(tensors, tmp_path / "model.safetensors", metadata={"format": "pt"})
    with pytest.raises(ModelFolderError, match=r"lacks visual_projection\.weight"):
        load_image_encoder(tmp_path, torch.device("cpu"), torch.float32)
    narrow = CLIPVisionModelWithProjection(CLIPVisionConfig(**{**world.encoder.config.to_dict(), "projection_dim": 8}))
    with pytest.raises(ModelFolderError, match="width 40, not 8"):
        ReferenceEncoder(world.encoders["base"].adapter, narrow)
