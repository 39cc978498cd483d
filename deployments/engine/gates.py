"""How much of a reference image each part of the UNet hears: numbers, InstantStyle's blocks, or a mode by name."""

from collections import defaultdict
from collections.abc import Mapping, Sequence

from deployments.errors import InvalidRequest

Gates = float | Sequence[float]
GateSpec = float | str | Mapping[str, Gates | Mapping[str, Gates]]

Modes = Mapping[str, GateSpec]

# Which groups of SDXL carry what (InstantStyle, https://arxiv.org/abs/2404.02733).
_LAYOUT: dict[str, Gates] = {"block_2": [0.0, 1.0]}
_STYLE: dict[str, Gates] = {"block_0": [0.0, 1.0, 0.0]}
GATE_MODES: Modes = {
    "full": 1.0,
    "style": {"up": _STYLE},
    "composition": {"down": _LAYOUT},
    "precise": {"down": _LAYOUT, "up": _STYLE},
}
# Of the starter, whose UNet has two levels: by looking at what each group takes of a reference by itself.
_SMALL_LAYOUT: dict[str, Gates] = {"block_0": [1.0, 0.0]}
_SMALL_STYLE: dict[str, Gates] = {"block_0": [0.0, 1.0], "block_1": 1.0}
SMALL_GATE_MODES: Modes = {
    "full": 1.0,
    "style": {"up": _SMALL_STYLE},
    "composition": {"up": _SMALL_LAYOUT},
    "precise": {"up": 1.0},
}


def modes_of(group_names: Sequence[str]) -> Modes:
    return GATE_MODES if any(name.startswith("down_blocks.2.") for name in group_names) else SMALL_GATE_MODES


def gates_of(spec: GateSpec, group_names: Sequence[str]) -> tuple[float, ...]:
    """A gate for each group, from a number, a mode's name or what diffusers' `set_ip_adapter_scale` takes.

    There, `{"down": …, "mid": …, "up": …}` holds numbers, lists by attention group, or either by block (`block_0` …);
    what is not named is 0. Raises InvalidRequest for a mode, a block or a length of list that this model does not have.
    """
    if isinstance(spec, str):
        modes = modes_of(group_names)
        if spec not in modes:
            raise InvalidRequest(f"a reference's mode must be one of {', '.join(modes)}, got {spec!r}")
        spec = modes[spec]
    if not isinstance(spec, Mapping):
        return (float(spec),) * len(group_names)
    places: dict[tuple[str, str], list[str]] = defaultdict(list)  # by part and block: its groups
    for name in group_names:
        places[_place(name)].append(name)
    _check_names(spec, places)
    gates: dict[str, float] = {}
    for (part, block), names in places.items():
        value = spec.get(part, 0.0)
        value = value.get(block, 0.0) if isinstance(value, Mapping) else value
        gates |= zip(names, _spread(value, len(names), f"{part}.{block}"), strict=True)
    return tuple(gates[name] for name in group_names)


def _place(group_name: str) -> tuple[str, str]:
    """`down_blocks.2.attentions.1` lies in ("down", "block_2"), `mid_block.attentions.0` in ("mid", "")."""
    blocks, index = group_name.split(".")[:2]
    part = blocks.split("_")[0]
    return part, "" if part == "mid" else f"block_{index}"


def _spread(value: Gates, length: int, where: str) -> Sequence[float]:
    if not isinstance(value, Sequence):
        return [float(value)] * length
    if len(value) == 1:
        return [float(value[0])] * length
    if len(value) != length:
        raise InvalidRequest(f"{where} takes {length} scales, got {len(value)}")
    return [float(gate) for gate in value]


def _check_names(spec: Mapping[str, Gates | Mapping[str, Gates]], places: Mapping[tuple[str, str], object]) -> None:
    named = {(part, block) for part, value in spec.items() if isinstance(value, Mapping) for block in value}
    unknown = sorted(".".join(place) for place in named - set(places))
    unknown += sorted(set(spec) - {part for part, _ in places})
    if unknown:
        raise InvalidRequest(f"this model has no attention in {', '.join(unknown)}")
