"""A bank of LoRA adapters inside the UNet: any mix of them, with weights of their own, in one batch.

Every adaptable linear layer keeps S rank slots beside its weight. A row b computes

    y_b = W·x_b + ((x_b · downᵀ) ⊙ g_b) · up        down [S, in], up [S, out], g_b [S]

where g_b holds the weight of each slot for that row and 0 for the slots of adapters that it does not use: the sum over
slots is the sum over its adapters.

All layers' slots lie in one tensor, a row a slot, so that adding an adapter is one copy into free rows; nothing is
allocated or rebuilt. Which slots are in use shows in values and in one width, never in code: nothing compiles anew.

Shapes: R rows, T tokens, I in, O out, S slots, W slots that a call reads (the first ones), F values of a slot in all
layers, G groups (the UNet's transformers, e.g. `up_blocks.0.attentions.1`).
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import count, groupby

import torch
from diffusers import UNet2DConditionModel
from torch import nn
from torch.nn import functional as F

from deployments.engine.lora_files import LoraAdapter, TextLayers, adaptable_linears
from deployments.errors import InvalidRequest

WIDTH_MULTIPLE = 8  # tensor cores want aligned matrices


class BankFull(RuntimeError):
    """The adapter fits the bank, but not now: drop an idle one, or wait until a row releases one."""


@dataclass(eq=False)
class LoraHandle:
    """One resident version of an adapter. Its slots stay its own until it is dropped and no row uses it any more."""

    name: str
    digest: str
    slots: tuple[int, ...]
    text_layers: TextLayers  # for encoding the prompts of the rows that use it
    num_users: int = 0
    is_dropped: bool = False

    @property
    def is_idle(self) -> bool:
        return self.num_users == 0


@dataclass(frozen=True)
class LoraUse:
    """How strongly a row uses an adapter. `block_weights` multiply: by prefix of the group, the longest counts."""

    handle: LoraHandle
    weight: float
    block_weights: Mapping[str, float] = field(default_factory=dict)

    def weight_in(self, group: str) -> float:
        prefixes = [prefix for prefix in self.block_weights if f"{group}.".startswith(f"{prefix}.")]
        return self.weight * (self.block_weights[max(prefixes, key=len)] if prefixes else 1.0)


@dataclass(frozen=True, eq=False)
class PackedLora:
    """An adapter as the bank holds it, still on the host."""

    name: str
    digest: str
    text_layers: TextLayers
    slots_SF: torch.Tensor  # as many slots as its rank; zeros where a layer has a smaller rank, or no part in it

    @property
    def rank(self) -> int:
        return len(self.slots_SF)


@dataclass(eq=False)
class _Gates:
    """What the rows of the UNet's next call use in one group; shared by the group's layers."""

    gates_RW: torch.Tensor | None = None  # None: no row uses any adapter


class BankedLinear(nn.Linear):
    """Stands in for a linear layer, with the same parameters under the same names, and adds the bank's part."""

    def __init__(self, linear: nn.Linear, down_SI: torch.Tensor, up_SO: torch.Tensor, gates: _Gates) -> None:
        super().__init__(linear.in_features, linear.out_features, linear.bias is not None, device="meta")
        self.weight, self.bias = linear.weight, linear.bias
        self.down_SI: torch.Tensor
        self.up_SO: torch.Tensor
        self.register_buffer("down_SI", down_SI, persistent=False)
        self.register_buffer("up_SO", up_SO, persistent=False)
        self._product = linear.forward  # which knows the form that its weights are in
        self._gates = gates

    def forward(self, x_RTI: torch.Tensor) -> torch.Tensor:
        y_RTO = self._product(x_RTI)
        gates_RW = self._gates.gates_RW
        if gates_RW is None:
            return y_RTO
        width = gates_RW.shape[1]
        hidden_RTW = F.linear(x_RTI, self.down_SI[:width]) * gates_RW[:, None, :]
        return y_RTO + hidden_RTW @ self.up_SO[:width]


class LoraBank:
    """Belongs to the engine's thread. Rows acquire an adapter when they join and release it when they leave."""

    def __init__(self, unet: UNet2DConditionModel, capacity_rank: int) -> None:
        """For UNets of this one's architecture; `attach` puts it into one."""
        self._capacity_rank = capacity_rank
        self._device, self._dtype = unet.device, unet.dtype
        self._free = set(range(capacity_rank))
        self._by_name: dict[str, LoraHandle] = {}
        linears = adaptable_linears(unet)
        self._gates = {_group(path): _Gates() for path in linears}
        self.groups = tuple(self._gates)
        num_values = sum(linear.in_features + linear.out_features for linear in linears.values())
        self._slots_SF = torch.zeros(capacity_rank, num_values, device=self._device, dtype=self._dtype)
        self._places: dict[str, tuple[slice, slice]] = {}  # of each layer's down and up among the values of a slot
        end = 0
        for path, linear in linears.items():
            begin, middle, end = end, end + linear.in_features, end + linear.in_features + linear.out_features
            self._places[path] = slice(begin, middle), slice(middle, end)

    def attach(self, unet: UNet2DConditionModel) -> None:
        """What is resident is so for every UNet that it was put into."""
        for path, linear in adaptable_linears(unet).items():
            down, up = self._places[path]
            parent, _, name = path.rpartition(".")
            layer = BankedLinear(linear, self._slots_SF[:, down], self._slots_SF[:, up], self._gates[_group(path)])
            setattr(unet.get_submodule(parent), name, layer)

    @property
    def handles(self) -> Mapping[str, LoraHandle]:
        """By name, those that new rows may acquire."""
        return self._by_name

    def pack(self, adapter: LoraAdapter) -> PackedLora:
        """Most of the work of adding it; on any thread. Raises InvalidRequest when it can never fit."""
        if adapter.rank > self._capacity_rank:
            reason = f"rank {adapter.rank} is over {self._capacity_rank}"
            raise InvalidRequest(f"this LoRA cannot be used: {reason}", "lora_rank_too_large", "lora")
        slots_SF = torch.zeros(
            adapter.rank, self._slots_SF.shape[1], dtype=self._dtype, pin_memory=self._device.type == "cuda"
        )
        for path, layer in adapter.layers.items():
            down, up = self._places[path]
            slots_SF[: layer.rank, down] = layer.down
            slots_SF[: layer.rank, up] = layer.up.T.float() * layer.scale
        return PackedLora(adapter.name, adapter.digest, adapter.text_layers, slots_SF)

    @torch.inference_mode()
    def add(self, packed: PackedLora) -> LoraHandle:
        """Makes it resident; one of the same name is dropped, and stays with the rows that use it.

        Raises BankFull when there are too few slots now.
        """
        replaced = self._by_name.get(packed.name)
        free = self._free | set(replaced.slots if replaced is not None and replaced.is_idle else ())
        if packed.rank > len(free):
            raise BankFull(f"{packed.name} needs {packed.rank} slots, {len(free)} are free")
        if replaced is not None:
            self.drop(replaced)
        slots = tuple(sorted(self._free)[: packed.rank])  # the first ones: a call reads up to the last in use
        handle = LoraHandle(packed.name, packed.digest, slots, packed.text_layers)
        written = 0
        for run in _runs(slots):
            end = written + run.stop - run.start
            self._slots_SF[run].copy_(packed.slots_SF[written:end], non_blocking=True)
            written = end
        self._free -= set(handle.slots)
        self._by_name[handle.name] = handle
        return handle

    def drop(self, handle: LoraHandle) -> None:
        """No new row may acquire it; its slots are free once the last one has released it."""
        assert not handle.is_dropped
        handle.is_dropped = True
        del self._by_name[handle.name]
        self._free_if_unused(handle)

    def acquire(self, handle: LoraHandle) -> None:
        assert not handle.is_dropped
        handle.num_users += 1

    def release(self, handle: LoraHandle) -> None:
        assert handle.num_users > 0
        handle.num_users -= 1
        self._free_if_unused(handle)

    def check(self, use: LoraUse) -> None:
        """Raises InvalidRequest for a block that this UNet does not have."""
        for prefix in use.block_weights:
            if not any(f"{group}.".startswith(f"{prefix}.") for group in self.groups):
                known = ", ".join(self.groups)
                raise InvalidRequest(f"no block {prefix!r}; the blocks are {known}", "invalid_lora_weight", "lora")

    def select(self, rows: Sequence[Sequence[LoraUse]]) -> None:
        """Sets what each row of the UNet's next call uses, in the order of its rows."""
        used = [slot for uses in rows for use in uses for slot in use.handle.slots]
        if not used:
            for gates in self._gates.values():
                gates.gates_RW = None
            return
        width = min(-(-(max(used) + 1) // WIDTH_MULTIPLE) * WIDTH_MULTIPLE, self._capacity_rank)
        gates_GRW = torch.zeros(len(self.groups), len(rows), width)
        for row, uses in enumerate(rows):
            for use in uses:
                assert use.handle.num_users > 0  # else its slots may be another's by now
                weights_G1 = torch.tensor([[use.weight_in(group)] for group in self.groups])
                gates_GRW[:, row, list(use.handle.slots)] += weights_G1
        for gates, gates_RW in zip(self._gates.values(), gates_GRW.to(self._device, self._dtype), strict=True):
            gates.gates_RW = gates_RW

    def _free_if_unused(self, handle: LoraHandle) -> None:
        if handle.is_dropped and handle.is_idle:
            self._free |= set(handle.slots)


def _group(path: str) -> str:
    """`up_blocks.0.attentions.1` of any path in it."""
    before, _, rest = path.partition(".attentions.")
    return f"{before}.attentions.{rest.split('.')[0]}"


def _runs(slots: Sequence[int]) -> Iterator[slice]:
    """The slots, in order, as few slices."""
    places = count()
    for _, run in groupby(slots, key=lambda slot: slot - next(places)):
        first, *rest = run
        yield slice(first, (rest or [first])[-1] + 1)
