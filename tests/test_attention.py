"""The attention processor against diffusers', against naive formulas, and against itself one row at a time."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
from diffusers import UNet2DConditionModel
from diffusers.models.attention_processor import Attention

from deployments.engine.attention import NOTHING_SPECIAL, AttentionContext, ReferenceBatch, install_attention
from deployments.engine.load import load_model
from deployments.errors import ModelFolderError
from tests.unet_call import Inputs, assert_same, make_inputs, predict

SILENT = -1e4
NUM_QUERIES = (64, 16)  # where the tiny UNet attends, at 16×16 latents


@pytest.fixture(scope="module")
def theirs(models_dir: Path) -> UNet2DConditionModel:
    return load_model(models_dir / "starter").unet


@pytest.fixture(scope="module")
def ours(models_dir: Path) -> UNet2DConditionModel:
    unet = load_model(models_dir / "starter").unet
    install_attention(unet)
    return unet


@pytest.fixture(autouse=True)
def without_gradients() -> Iterator[None]:
    with torch.inference_mode():
        yield


def random_bias(num_tokens: int) -> dict[int, torch.Tensor]:
    """[1, Q, K] by Q: some tokens of some places silent, never all."""
    generator = torch.Generator().manual_seed(1)
    bias = {n: torch.randn(1, n, num_tokens, generator=generator) for n in NUM_QUERIES}
    for bias_1QK in bias.values():
        bias_1QK[:, ::2, num_tokens // 2 :] = SILENT
    return bias


def batch_bias(rows: list[dict[int, torch.Tensor] | None], num_tokens: int) -> dict[int, torch.Tensor]:
    return {n: torch.stack([row[n] if row else torch.zeros(1, n, num_tokens) for row in rows]) for n in NUM_QUERIES}


def random_references(unet: UNet2DConditionModel, rows: list[int], seed: int = 2) -> ReferenceBatch:
    generator = torch.Generator().manual_seed(seed)
    widths = [
        unet.get_submodule(name.removesuffix(".processor")).inner_dim
        for name in unet.attn_processors
        if "attn2" in name
    ]
    projections = [torch.nn.Linear(64, width, bias=False) for width in widths * 2]
    for projection in projections:
        projection.weight.copy_(torch.randn(projection.weight.shape, generator=generator) / 8)
    gates = torch.rand(11, 1, generator=generator).expand(-1, len(rows))
    return ReferenceBatch(
        to_k=projections[: len(widths)], to_v=projections[len(widths) :], rows=torch.tensor(rows),
        tokens_STD=torch.randn(1, 4, 64, generator=generator).expand(len(rows), -1, -1),
        gates_GS=gates, active_groups=frozenset(range(11)), masks={},
    )  # fmt: skip


def test_groups_are_named_in_the_order_that_adapter_files_count(models_dir: Path) -> None:
    unet = load_model(models_dir / "starter").unet
    groups = install_attention(unet)
    assert groups[:2] == ("down_blocks.1.attentions.0", "down_blocks.1.attentions.1")
    assert groups[-1] == "mid_block.attentions.0" and len(groups) == 11
    layers = [processor.layer for name, processor in unet.attn_processors.items() if processor.is_cross]
    assert layers == list(range(len(unet.attn_processors) // 2))
    for name, processor in unet.attn_processors.items():
        assert name.startswith(groups[processor.group] + ".")
        assert processor.is_cross == (".attn2." in name)


@pytest.mark.parametrize(
    "ctx",
    [
        None,
        NOTHING_SPECIAL,
        AttentionContext(leader_row=torch.arange(3)),
        AttentionContext(text_bias={n: torch.zeros(3, 1, 1, 12) for n in NUM_QUERIES}),
    ],
    ids=["none", "empty", "everybody-leads", "bias-of-zeros"],
)
def test_nothing_special_equals_diffusers_to_the_bit(
    theirs: UNet2DConditionModel, ours: UNet2DConditionModel, ctx: AttentionContext | None
) -> None:
    inputs = make_inputs(3)
    assert torch.equal(predict(ours, inputs, ctx), predict(theirs, inputs))


def test_bias_is_added_to_the_scores_of_text(ours: UNet2DConditionModel) -> None:
    attn = ours.get_submodule("down_blocks.1.attentions.0.transformer_blocks.0.attn2")
    generator = torch.Generator().manual_seed(3)
    states, text = torch.randn(2, 64, 64, generator=generator), torch.randn(2, 12, 64, generator=generator)
    bias = torch.stack([random_bias(12)[64], torch.zeros(1, 64, 12)])
    q, k, v = (x.unflatten(-1, (attn.heads, -1)) for x in (attn.to_q(states), attn.to_k(text), attn.to_v(text)))
    scores = torch.einsum("rqhd,rkhd->rhqk", q, k) / q.shape[-1] ** 0.5 + bias
    expected = attn.to_out[0](torch.einsum("rhqk,rkhd->rqhd", scores.softmax(-1), v).flatten(2))
    assert_same(attn(states, text, ctx=AttentionContext(text_bias={64: bias})), expected)


def test_padded_text_equals_the_text_alone(ours: UNet2DConditionModel) -> None:
    inputs = make_inputs(2, num_tokens=20)
    padding = torch.zeros(2, 1, 1, 20)
    padding[0, ..., 12:] = SILENT
    both = predict(ours, inputs, AttentionContext(text_bias=dict.fromkeys(NUM_QUERIES, padding)))
    short = inputs.rows(0)
    assert_same(both[:1], predict(ours, Inputs(**{**vars(short), "tokens": short.tokens[:, :12]})))
    assert_same(both[1:], predict(ours, inputs.rows(1)))


class NaiveShared:
    """Shared attention as the paper writes it, one row and one head at a time."""

    def __init__(self, leaders: list[int]) -> None:
        self.leaders = leaders

    def __call__(
        self,
        attn: Attention,
        hidden_states: torch.Tensor,
        encoder_hidden_states: torch.Tensor | None = None,
        attention_mask: torch.Tensor | None = None,
    ) -> torch.Tensor:
        assert encoder_hidden_states is None and attention_mask is None
        rows = []
        for row, leader in enumerate(self.leaders):
            heads = []
            for q, k, v, q_leader, k_leader, v_leader in zip(
                *(
                    to(hidden_states[index]).chunk(attn.heads, dim=-1)
                    for index in (row, leader)
                    for to in (attn.to_q, attn.to_k, attn.to_v)
                ),
                strict=True,
            ):
                if row == leader:
                    heads.append((q @ k.T / q.shape[1] ** 0.5).softmax(-1) @ v)
                    continue
                keys = torch.cat([self.adain(k, k_leader), k_leader])
                scores = self.adain(q, q_leader) @ keys.T / q.shape[1] ** 0.5
                heads.append(scores.softmax(-1) @ torch.cat([v, v_leader]))
            rows.append(attn.to_out[0](torch.cat(heads, dim=-1)))
        return torch.stack(rows)

    @staticmethod
    def adain(own: torch.Tensor, leader: torch.Tensor) -> torch.Tensor:
        own_std, leader_std = ((x.var(dim=0) + 1e-5).sqrt() for x in (own, leader))
        return (own - own.mean(dim=0)) / own_std * leader_std + leader.mean(dim=0)


def test_followers_attend_as_the_paper_says(models_dir: Path, ours: UNet2DConditionModel) -> None:
    leaders = [0, 0, 2, 3, 3, 0]  # an outsider in row 2, and another branch's pair in rows 3 and 4
    inputs = make_inputs(6)
    shared = predict(ours, inputs, AttentionContext(leader_row=torch.tensor(leaders)))
    naive = load_model(models_dir / "starter").unet
    naive.set_attn_processor(
        {name: NaiveShared(leaders) if "attn1" in name else p for name, p in naive.attn_processors.items()}
    )
    assert_same(shared, predict(naive, inputs))
    alone = predict(ours, inputs)
    leading = [0, 2, 3]
    assert_same(shared[leading], alone[leading])
    assert all((shared[row] - alone[row]).abs().max() > 1e-3 for row in (1, 4, 5))


def test_batch_of_everything_equals_each_alone(ours: UNet2DConditionModel) -> None:
    """Rows: plain, regional, two images, leader with an image, follower with regions, plain."""
    inputs, regional = make_inputs(6), random_bias(12)
    everything = predict(
        ours,
        inputs,
        AttentionContext(
            text_bias=batch_bias([None, regional, None, None, regional, None], 12),
            references=(
                random_references(ours, [2, 3]),
                random_references(ours, [2], seed=4),
            ),
            leader_row=torch.tensor([0, 1, 2, 3, 3, 5]),
        ),
    )
    singles = {
        (0,): None,
        (1,): AttentionContext(text_bias=batch_bias([regional], 12)),
        (2,): AttentionContext(references=(random_references(ours, [0]), random_references(ours, [0], seed=4))),
        (3, 4): AttentionContext(
            text_bias=batch_bias([None, regional], 12),
            references=(random_references(ours, [0]),),
            leader_row=torch.tensor([0, 0]),
        ),
        (5,): None,
    }
    for rows, ctx in singles.items():
        assert_same(everything[list(rows)], predict(ours, inputs.rows(*rows), ctx))
    plain = predict(ours, inputs)
    assert all((everything[row] - plain[row]).abs().max() > 1e-3 for row in (1, 2, 3, 4))


def test_group_whose_gates_are_zero_is_not_computed(ours: UNet2DConditionModel) -> None:
    batch = random_references(ours, [0])
    calls: list[int] = []
    for projection in batch.to_k:
        projection.register_forward_hook(lambda *_: calls.append(1))
    style_only = ReferenceBatch(**{**vars(batch), "active_groups": frozenset({5})})
    predict(ours, make_inputs(2), AttentionContext(references=(style_only,)))
    in_group = [p for p in ours.attn_processors.values() if p.is_cross and p.group == 5]
    assert len(calls) == len(in_group) < len(batch.to_k)


def test_attention_masks_of_diffusers_are_refused(ours: UNet2DConditionModel) -> None:
    attn = ours.get_submodule("down_blocks.1.attentions.0.transformer_blocks.0.attn2")
    with pytest.raises(ValueError, match="text_bias"):
        attn(torch.zeros(1, 4, 64), torch.zeros(1, 2, 64), attention_mask=torch.zeros(1, 1, 2))


def test_other_architectures_are_refused(models_dir: Path) -> None:
    unet = load_model(models_dir / "starter").unet
    unet.get_submodule("mid_block.attentions.0.transformer_blocks.0.attn1").residual_connection = True
    with pytest.raises(ModelFolderError, match=r"mid_block.*is not the attention"):
        install_attention(unet)
