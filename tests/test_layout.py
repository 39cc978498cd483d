"""Regional prompts: exact where they must change nothing, local where they must change something."""

import math
from pathlib import Path

import pytest
import torch
from diffusers.models.attention_processor import Attention
from torch.nn import functional as F

from deployments.engine import layout
from deployments.engine.layout import (
    Box,
    Region,
    RegionalPrompt,
    RegionalText,
    RowText,
    region_bias,
    region_pooled,
    region_text,
    whole_text,
)
from deployments.engine.load import SdxlModel, load_model
from deployments.engine.text import EncodedPrompt, PromptEncoder

LATENT_SIZE = (8, 12)


@pytest.fixture(scope="module")
def model(models_dir: Path) -> SdxlModel:
    model = load_model(models_dir / "starter")
    model.unet.set_attn_processor(BiasedAttention())
    return model


class BiasedAttention:
    """The least that an attention layer needs to take a bias by its number of queries."""

    def __call__(
        self,
        attn: Attention,
        hidden_states: torch.Tensor,
        encoder_hidden_states: torch.Tensor | None = None,
        bias: dict[int, torch.Tensor] | None = None,
        **_: object,
    ) -> torch.Tensor:
        keys_RKD = hidden_states if encoder_hidden_states is None else encoder_hidden_states
        mask = None if encoder_hidden_states is None else (bias or {}).get(hidden_states.shape[1])
        q, k, v = (
            project(x).unflatten(-1, (attn.heads, -1)).transpose(1, 2)
            for project, x in ((attn.to_q, hidden_states), (attn.to_k, keys_RKD), (attn.to_v, keys_RKD))
        )
        out = F.scaled_dot_product_attention(q, k, v, attn_mask=mask)
        return attn.to_out[1](attn.to_out[0](out.transpose(1, 2).flatten(2)))


def encoded(seed: int, num_tokens: int = 77, width: int = 16) -> EncodedPrompt:
    generator = torch.Generator().manual_seed(seed)
    tokens_LD, pooled_P = torch.randn(num_tokens, width, generator=generator), torch.randn(width, generator=generator)
    return EncodedPrompt(tokens_LD, pooled_P, num_tokens, False)


def attend(queries_QD: torch.Tensor, tokens_KD: torch.Tensor, bias_QK: torch.Tensor | None = None) -> torch.Tensor:
    return F.scaled_dot_product_attention(queries_QD[None], tokens_KD[None], tokens_KD[None], attn_mask=bias_QK)[0]


def unet(model: SdxlModel, rows: list[RowText]) -> torch.Tensor:
    tokens_RKD, bias = layout.text_batch(rows, layout.query_sizes(model.unet, LATENT_SIZE))
    generator = torch.Generator().manual_seed(1)
    latents_1CHW = torch.randn(1, 4, *LATENT_SIZE, generator=generator)
    time_ids_R6 = torch.zeros(len(rows), 6)
    with torch.inference_mode():
        output_RCHW: torch.Tensor = model.unet(
            latents_1CHW.expand(len(rows), -1, -1, -1), torch.full((len(rows),), 500.0), tokens_RKD,
            added_cond_kwargs={"text_embeds": torch.stack([row.pooled_P for row in rows]), "time_ids": time_ids_R6},
            cross_attention_kwargs={"bias": bias} if bias else None, return_dict=False,
        )[0]  # fmt: skip
    return output_RCHW


def regional(model: SdxlModel, base: str, *regions: Region) -> RegionalText:
    prompt = RegionalPrompt(PromptEncoder(model).encode(base), regions)
    return RegionalText(prompt, layout.query_sizes(model.unet, LATENT_SIZE))


def region(model: SdxlModel, text: str, box: Box, release_fraction: float = 0.7) -> Region:
    with torch.inference_mode():
        prompt = PromptEncoder(model).encode(text)
    return Region(prompt, layout.box_mask(box, LATENT_SIZE), release_fraction=release_fraction)


def test_box_covers_whole_and_partial_pixels() -> None:
    mask_HW = layout.box_mask(Box(0.25, 0, 0.875, 0.5), (2, 4))
    assert mask_HW.tolist() == [[0, 1, 1, 0.5], [0, 0, 0, 0]]
    assert layout.box_mask(Box(0.31, 0.62, 0.312, 0.622), LATENT_SIZE).sum() == pytest.approx(0.002**2 * 96, rel=1e-3)
    for edges in ((0.5, 0, 0.5, 1), (-0.1, 0, 1, 1), (0, 0, 1, 1.1), (0, 0.6, 1, 0.5)):
        with pytest.raises(ValueError, match="a box must"):
            Box(*edges)


def test_soft_masks_are_averaged_and_small_boxes_survive() -> None:
    ramp_HW = torch.linspace(0, 1, 8).expand(8, 8)
    assert torch.allclose(layout.pool_mask(ramp_HW, (4, 4)).view(4, 4)[0], ramp_HW[0].view(4, 2).mean(1))
    dot_HW = torch.zeros(8, 8)
    dot_HW[3, 5] = 1.0
    assert layout.pool_mask(dot_HW, (2, 2)).tolist() == [0, 1, 0, 0]


@pytest.mark.parametrize("latent_size", [(16, 16), (9, 14)])
def test_query_sizes_are_those_at_which_the_unet_attends(models_dir: Path, latent_size: tuple[int, int]) -> None:
    unet = load_model(models_dir / "starter").unet
    seen = set()
    for module in unet.modules():
        if isinstance(module, Attention):
            module.register_forward_pre_hook(lambda _, args: seen.add(args[0].shape[1]))
    with torch.inference_mode():
        unet(
            torch.zeros(1, 4, *latent_size), 1.0, torch.zeros(1, 77, 64),
            added_cond_kwargs={"text_embeds": torch.zeros(1, 32), "time_ids": torch.zeros(1, 6)},
        )  # fmt: skip
    assert {height * width for height, width in layout.query_sizes(unet, latent_size)} == seen


@pytest.mark.parametrize("weight", [0.01, 0.5, 1.0])
def test_region_over_everything_with_the_base_prompt_changes_nothing(weight: float) -> None:
    base, queries_QD = encoded(1), torch.randn(24, 16, generator=torch.Generator().manual_seed(0))
    same = Region(base, torch.ones(LATENT_SIZE), weight)
    output_QD = attend(queries_QD, region_text(base, [same]), region_bias(base, [same], (4, 6)))
    assert torch.allclose(output_QD, attend(queries_QD, base.tokens_LD), atol=1e-5)


def test_region_is_heard_inside_its_mask_by_its_weight_and_nowhere_else() -> None:
    base, other = encoded(1), encoded(2)
    queries_QD = torch.zeros(24, 16)  # all keys equally near, so that weights alone decide
    left = Region(other, layout.box_mask(Box(0, 0, 0.5, 1), LATENT_SIZE), weight=0.75)
    bias_QK = region_bias(base, [left], (4, 6))
    output_HWD = attend(queries_QD, region_text(base, [left]), bias_QK).view(4, 6, 16)
    base_D, other_D = base.tokens_LD.mean(0), other.tokens_LD.mean(0)

    assert torch.allclose(output_HWD[:, :3], (0.25 * base_D + 0.75 * other_D).expand(4, 3, 16), atol=1e-5)
    assert torch.allclose(output_HWD[:, 3:], base_D.expand(4, 3, 16), atol=1e-6)
    assert bias_QK.isfinite().all() and bias_QK.min() == layout.SILENT


def test_region_of_full_weight_leaves_the_base_prompt_next_to_nothing_and_overlaps_are_finite() -> None:
    base, other, third = encoded(1), encoded(2), encoded(3)
    queries_QD, everywhere = torch.zeros(24, 16), torch.ones(LATENT_SIZE)
    full = Region(other, everywhere, weight=1.0)
    heard_D = attend(queries_QD, region_text(base, [full]), region_bias(base, [full], (4, 6)))[0]
    assert torch.allclose(heard_D, other.tokens_LD.mean(0), atol=0.02)
    upon_each_other = region_bias(base, [full, Region(third, everywhere, weight=1.0)], (4, 6))
    assert upon_each_other.isfinite().all() and upon_each_other[0, 0] == pytest.approx(math.log(0.01))


def test_each_prompt_has_the_share_of_the_pooled_vector_of_the_places_that_hear_it() -> None:
    base, other, third = encoded(1), encoded(2), encoded(3)
    left, corner = layout.box_mask(Box(0, 0, 0.5, 1), LATENT_SIZE), layout.box_mask(Box(0.5, 0, 1, 0.5), LATENT_SIZE)
    pooled_P = region_pooled(base, [Region(other, left, weight=1.0), Region(third, corner, weight=0.4)])
    expected_P = 0.4 * base.pooled_P + 0.5 * other.pooled_P + 0.1 * third.pooled_P
    assert torch.allclose(pooled_P, expected_P, atol=1e-6)
    upon_each_other = region_pooled(base, [Region(other, left, weight=1.0), Region(base, torch.ones(LATENT_SIZE), 1.0)])
    assert torch.allclose(upon_each_other, (1.01 * base.pooled_P + 0.5 * other.pooled_P) / 1.51, atol=1e-6)


def test_rows_without_regions_need_neither_padding_nor_bias() -> None:
    tokens_RKD, bias = layout.text_batch([whole_text(encoded(1)), whole_text(encoded(2))], [(4, 6), (2, 3)])
    assert tokens_RKD.shape == (2, 77, 16)
    assert bias == {}


def test_shorter_rows_are_padded_and_the_padding_is_silent() -> None:
    short, long = encoded(1), encoded(2, num_tokens=154)
    tokens_RKD, bias = layout.text_batch([whole_text(short), whole_text(long)], [(4, 6), (2, 3)])
    assert tokens_RKD.shape == (2, 160, 16)
    assert {queries: tuple(tensor.shape) for queries, tensor in bias.items()} == {
        24: (2, 1, 24, 160),
        6: (2, 1, 6, 160),
    }
    queries_QD = torch.randn(24, 16, generator=torch.Generator().manual_seed(0))
    for row, prompt in enumerate((short, long)):
        assert torch.allclose(
            attend(queries_QD, tokens_RKD[row], bias[24][row, 0]), attend(queries_QD, prompt.tokens_LD), atol=1e-6
        )


def test_batch_carries_the_bias_of_each_row_and_hides_only_its_padding() -> None:
    base, half_HW = encoded(1), layout.box_mask(Box(0, 0, 0.5, 1), LATENT_SIZE)
    regions = (Region(encoded(2), half_HW), Region(encoded(3), half_HW.flip(1)))
    sizes = [(4, 6), (2, 3)]
    rows = [RegionalText(RegionalPrompt(base, regions[:n]), sizes).at(0.0) for n in (2, 1, 0)]
    tokens_RKD, bias = layout.text_batch(rows, sizes)
    for height, width in sizes:
        for row, num_regions in enumerate((2, 1, 0)):
            length = 77 * (1 + num_regions)
            bias_QK = bias[height * width][row, 0]
            expected = region_bias(base, regions[:num_regions], (height, width)) if num_regions else 0.0
            assert (bias_QK[:, :length] == expected).all()
            assert (bias_QK[:, length:] == layout.SILENT).all()
            assert torch.equal(tokens_RKD[row, :length], region_text(base, regions[:num_regions]))


def test_bias_has_the_type_of_the_tokens_and_stays_finite_in_half_precision() -> None:
    base = encoded(1)
    half = EncodedPrompt(base.tokens_LD.half(), base.pooled_P.half(), 77, False)
    text = RegionalText(RegionalPrompt(half, (Region(half, torch.zeros(LATENT_SIZE)),)), [(4, 6)])
    _, bias = layout.text_batch([text.at(0.0), whole_text(half)], [(4, 6)])
    assert bias[24].dtype == torch.float16
    assert bias[24].isfinite().all()


def test_regions_leave_one_by_one_and_what_stays_is_not_made_anew() -> None:
    base, mask_HW = encoded(1), torch.ones(LATENT_SIZE)
    early, late = Region(encoded(2), mask_HW, release_fraction=0.3), Region(encoded(3), mask_HW, release_fraction=0.8)
    text = RegionalText(RegionalPrompt(base, (early, late)), [(4, 6)])
    rows = [text.at(step / 10) for step in range(10)]

    assert [len(row.tokens_KD) // 77 for row in rows] == [3] * 3 + [2] * 5 + [1] * 2
    assert len({id(row) for row in rows}) == 3
    assert torch.equal(rows[5].tokens_KD, region_text(base, [late]))
    assert rows[9].bias_QK == {}


def test_unet_with_the_same_prompt_over_everything_equals_no_region(model: SdxlModel) -> None:
    same = region(model, "white rocket", Box(0, 0, 1, 1))
    with_region = unet(model, [regional(model, "white rocket", same).at(0.0)])
    without = unet(model, [regional(model, "white rocket").at(0.0)])
    assert torch.allclose(with_region, without, atol=1e-5, rtol=1e-5)


def test_mixed_batch_equals_each_alone_and_regions_matter(model: SdxlModel) -> None:
    left = region(model, "green leaf", Box(0, 0, 0.5, 1), release_fraction=0.9)
    corner = region(model, "gear", Box(0.8, 0.8, 0.9, 0.9))
    rows = [
        regional(model, "white rocket", left, corner).at(0.0),
        regional(model, "white rocket", left, corner).at(0.8),  # one is released
        regional(model, "fox", corner).at(0.0),
        regional(model, "white rocket").at(0.0),
    ]
    together = unet(model, rows)
    alone = torch.cat([unet(model, [row]) for row in rows])
    assert torch.allclose(together, alone, atol=1e-5, rtol=1e-5)
    for other in (0, 1):
        assert math.sqrt((together[other] - together[3]).square().mean()) > 1e-3
