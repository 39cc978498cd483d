"""What adapters, UNets and their versions are called, `house` and `house@1a2b3c4d`: nothing else ever becomes a path.

A UNet has the name of the base model whose versions it is one of, and a reference adapter that name with an ending.
"""

import re
from typing import Literal

from deployments.errors import InvalidRequest, NotFound
from deployments.specs import KINDS, PROFILES

MAX_ID_CHARS = 60

VersionKind = Literal["lora", "unet", "reference"]

_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,49}", re.ASCII)
_VERSION = re.compile(r"[0-9a-f]{8}", re.ASCII)


def reference_name(model: str) -> str:
    return f"{model}-reference"


def parts_of(model: str) -> dict[str, VersionKind]:
    """What of a base model has versions, by name; all other names are styles'."""
    return {model: "unet", reference_name(model): "reference"}


def published_name(kind: VersionKind, model: str, style: str) -> str:
    """Of a part, the part's, whatever the style is called."""
    return {part: name for name, part in parts_of(model).items()}.get(kind, style)


MODEL_OF = {name: model for model in PROFILES for name in parts_of(model)}  # of names that are no styles'


def is_name(text: str) -> bool:
    return bool(_NAME.fullmatch(text))


def check_name(name: str) -> None:
    """Raises InvalidRequest for what a new adapter can't be called."""
    taken = (*KINDS, *MODEL_OF)
    if not is_name(name) or name in taken:
        raise InvalidRequest(
            f"name: up to 50 of a-z, 0-9 and '-', the first no '-', and not {' or '.join(taken)}, got {name!a:.80}",
            "invalid_name",
            "name",
        )


def split_id(adapter_id: str) -> tuple[str, str]:
    """Name and version; the version is empty where only a name is said. Raises NotFound for what can be neither."""
    name, at, version = adapter_id.partition("@")
    if not is_name(name) or (at and not _VERSION.fullmatch(version)):
        raise no_adapter(adapter_id)
    return name, version


def no_adapter(adapter_id: str) -> NotFound:
    return NotFound(f"no style adapter {adapter_id!a:.80}", "model_not_found")
