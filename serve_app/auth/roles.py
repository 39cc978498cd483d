"""What the role of a user allows their keys, whatever is written in these: a role taken away is gone at once."""

from collections.abc import Mapping
from typing import Literal

Scope = Literal["generate", "train", "admin"]
Role = Literal["admin", "member"]

ALL_SCOPES: tuple[Scope, ...] = ("generate", "train", "admin")
SCOPES_OF: Mapping[str, tuple[Scope, ...]] = {"admin": ALL_SCOPES, "member": ("generate", "train")}
