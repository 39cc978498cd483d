"""Which combinations training never sees, so that putting together what it did see can be measured."""

from hashlib import blake2b
from typing import Literal

Split = Literal["train", "held_out"]
ONE_IN = 20
SALT = "starter 1"


def split_of(*names: str | None) -> Split:
    """Of a combination: for icons subject, foreground, background, container; for splashes scene, palette, horizon,
    copy space. A fixed draw by hash: no list to keep, the same on every machine and for any generator's seed."""
    digest = blake2b("|".join([SALT, *map(str, names)]).encode(), digest_size=4).digest()
    return "held_out" if int.from_bytes(digest) % ONE_IN == 0 else "train"
