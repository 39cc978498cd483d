"""The attention processor of every layer, and what it is told about each row of a UNet call.

Shapes: R rows, S the rows of one reference batch, G attention groups, h heads, Q queries (latent positions), K text
tokens, T image tokens, D text width, d head width. A *group* is one `attentions.N` of the UNet, a *layer* one of its
transformer blocks; both are counted in the order of `unet.attn_processors`, as IP-Adapter files count them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, partial

import torch
from diffusers import UNet2DConditionModel
from diffusers.models.attention_processor import Attention
from torch import nn
from torch.nn.functional import scaled_dot_product_attention

from deployments.errors import ModelFolderError


@dataclass(frozen=True, eq=False)
class ReferenceBatch:
    """Images of one IP-Adapter, at most one a row; a second image of a row is in a second batch."""

    to_k: Sequence[nn.Module]  # by layer: [.., D] to [.., h·d]
    to_v: Sequence[nn.Module]
    rows: torch.Tensor  # [S], int64, none twice: a sum over repeated rows would have no fixed order on a GPU
    tokens_STD: torch.Tensor
    gates_GS: torch.Tensor
    active_groups: frozenset[int]  # those with any gate that is not 0; the others cost nothing
    masks: Mapping[int, torch.Tensor]  # by number of queries: [S, Q], 0..1; empty: nothing is masked


@dataclass(frozen=True)
class RowSplit:
    special: torch.Tensor  # row numbers, int64
    plain: torch.Tensor  # all other rows

    @classmethod
    def of(cls, is_special_R: torch.Tensor) -> "RowSplit":
        return cls(is_special_R.nonzero().flatten(), (~is_special_R).nonzero().flatten())


@dataclass(frozen=True, eq=False)
class AttentionContext:
    """What the rows of one UNet call need beyond their text; the default is nothing.

    Which rows are special is worked out once a context, not in each of the layers: on a GPU that waits for the device.
    """

    # By number of queries: [R, 1, Q, K] (Q may be 1), added to the scores of text tokens, in the UNet's dtype.
    text_bias: Mapping[int, torch.Tensor] = field(default_factory=dict)
    references: tuple[ReferenceBatch, ...] = ()
    leader_row: torch.Tensor | None = None  # [R], int64: whose style a row follows, of the same guidance branch

    @cached_property
    def biased(self) -> RowSplit:
        return RowSplit.of(torch.stack([(bias != 0).flatten(1).any(1) for bias in self.text_bias.values()]).any(0))

    @cached_property
    def bias_of_biased(self) -> dict[int, torch.Tensor]:
        return {num_queries: bias[self.biased.special] for num_queries, bias in self.text_bias.items()}

    @cached_property
    def followers(self) -> RowSplit:
        """A row that is its own leader follows nobody."""
        assert self.leader_row is not None
        own_row = torch.arange(len(self.leader_row), device=self.leader_row.device)
        return RowSplit.of(self.leader_row != own_row)


NOTHING_SPECIAL = AttentionContext()


class RowAttention:
    """Diffusers' AttnProcessor2_0 when the context is empty; takes it as `cross_attention_kwargs={"ctx": ctx}`."""

    def __init__(self, layer: int, group: int, is_cross: bool) -> None:
        self.layer = layer
        self.group = group
        self.is_cross = is_cross

    def __call__(
        self,
        attn: Attention,
        hidden_states: torch.Tensor,
        encoder_hidden_states: torch.Tensor | None = None,
        attention_mask: torch.Tensor | None = None,
        ctx: AttentionContext | None = None,
    ) -> torch.Tensor:
        if attention_mask is not None:
            raise ValueError("attention masks go into the context, as text_bias")
        ctx = ctx or NOTHING_SPECIAL
        attended = hidden_states if encoder_hidden_states is None else encoder_hidden_states
        q = _split_heads(attn.to_q(hidden_states), attn.heads)
        k = _split_heads(attn.to_k(attended), attn.heads)
        v = _split_heads(attn.to_v(attended), attn.heads)
        if self.is_cross:
            out = _text_attention(q, k, v, ctx)
            for batch in ctx.references:
                if self.group in batch.active_groups:
                    self._add_images(out, q, batch)
        else:
            out = _self_attention(q, k, v, ctx)
        projected: torch.Tensor = attn.to_out[0](out.transpose(1, 2).flatten(2))
        return projected  # to_out[1] is dropout, which the engine never trains with

    def _add_images(self, out: torch.Tensor, q: torch.Tensor, batch: ReferenceBatch) -> None:
        """Decoupled cross-attention (IP-Adapter, https://arxiv.org/abs/2308.06721), each image with its own softmax."""
        k = _split_heads(batch.to_k[self.layer](batch.tokens_STD), q.shape[1])
        v = _split_heads(batch.to_v[self.layer](batch.tokens_STD), q.shape[1])
        images = scaled_dot_product_attention(q[batch.rows], k, v)
        share = batch.gates_GS[self.group].view(-1, 1, 1, 1)
        if batch.masks:
            share = share * batch.masks[q.shape[2]][:, None, :, None]
        out.index_add_(0, batch.rows, share * images)


def groups_of(unet: UNet2DConditionModel) -> tuple[str, ...]:
    """The groups' names, such as `down_blocks.2.attentions.1`, in order."""
    return tuple(dict.fromkeys(_group_name(name) for name in unet.attn_processors))


def install_attention(unet: UNet2DConditionModel) -> tuple[str, ...]:
    """Puts the processor on every layer; returns the groups' names."""
    names = list(unet.attn_processors)
    for name in names:
        if not _is_plain(unet.get_submodule(name.removesuffix(".processor"))):
            raise ModelFolderError(f"{name} is not the attention of SDXL's architecture")
    layers = list(dict.fromkeys(name.rsplit(".", 2)[0] for name in names))
    groups = groups_of(unet)
    for name in names:
        processor = RowAttention(
            layer=layers.index(name.rsplit(".", 2)[0]),
            group=groups.index(_group_name(name)),
            is_cross=name.endswith("attn2.processor"),
        )
        attention = unet.get_submodule(name.removesuffix(".processor"))
        attention.set_processor(processor)
        # Diffusers' own forward looks at the processor's signature at every call: 5 % of a small model's step.
        attention.forward = partial(processor, attention)
    return groups


def _group_name(processor_name: str) -> str:
    return processor_name.split(".transformer_blocks.")[0]


def _is_plain(attn: Attention) -> bool:
    """Nothing but four projections and a softmax; all that diffusers' class can do besides, SDXL leaves off."""
    extras = (attn.group_norm, attn.spatial_norm, attn.norm_q, attn.norm_k, attn.added_kv_proj_dim)
    changes_output = attn.residual_connection or attn.rescale_output_factor != 1
    return not attn.norm_cross and not changes_output and all(extra is None for extra in extras)


def _split_heads(states: torch.Tensor, num_heads: int) -> torch.Tensor:
    states_RhQd: torch.Tensor = states.unflatten(-1, (num_heads, -1)).transpose(1, 2)
    return states_RhQd


def _text_attention(q: torch.Tensor, k: torch.Tensor, v: torch.Tensor, ctx: AttentionContext) -> torch.Tensor:
    if not ctx.text_bias or not len(ctx.biased.special):
        return scaled_dot_product_attention(q, k, v)
    rows, bias = ctx.biased.special, ctx.bias_of_biased[q.shape[2]]
    return _beside_plain(scaled_dot_product_attention(q[rows], k[rows], v[rows], attn_mask=bias), ctx.biased, q, k, v)


def _self_attention(q: torch.Tensor, k: torch.Tensor, v: torch.Tensor, ctx: AttentionContext) -> torch.Tensor:
    """Followers attend to themselves and to their leader, in its statistics (https://arxiv.org/abs/2312.02133 §3.2)."""
    if ctx.leader_row is None or not len(ctx.followers.special):
        return scaled_dot_product_attention(q, k, v)
    rows = ctx.followers.special
    leaders = ctx.leader_row[rows]
    shared_k = torch.cat([_normalised_like(k[rows], k[leaders]), k[leaders]], dim=2)
    shared_v = torch.cat([v[rows], v[leaders]], dim=2)
    followed = scaled_dot_product_attention(_normalised_like(q[rows], q[leaders]), shared_k, shared_v)
    return _beside_plain(followed, ctx.followers, q, k, v)


def _normalised_like(own: torch.Tensor, leader: torch.Tensor) -> torch.Tensor:
    """Adaptive instance normalisation: each channel of each head gets the leader's mean and spread over the tokens."""
    own_var, own_mean = torch.var_mean(own, dim=2, keepdim=True)
    leader_var, leader_mean = torch.var_mean(leader, dim=2, keepdim=True)
    return (own - own_mean) * ((leader_var + 1e-5) / (own_var + 1e-5)).sqrt() + leader_mean


def _beside_plain(
    special: torch.Tensor, split: RowSplit, q: torch.Tensor, k: torch.Tensor, v: torch.Tensor
) -> torch.Tensor:
    """The special rows' attention, with the plain rows' in the rows between."""
    out = torch.empty_like(q).index_copy_(0, split.special, special)
    if len(split.plain):
        rows = split.plain
        out.index_copy_(0, rows, scaled_dot_product_attention(q[rows], k[rows], v[rows]))
    return out
