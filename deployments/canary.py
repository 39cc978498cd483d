"""A version that a share of the requests gets, before it is the live one."""

import hashlib
from dataclasses import dataclass


@dataclass(frozen=True)
class Canary:
    version_id: str
    share: float  # 0 to 1

    def takes(self, generation_id: str) -> bool:
        """By the request's own name: a retry, on whichever replica, stays on its side, and a larger share only adds."""
        digest = hashlib.sha256(f"{self.version_id} {generation_id}".encode()).digest()
        return int.from_bytes(digest[:8], "big") < self.share * 2**64
