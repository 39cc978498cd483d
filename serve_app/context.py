"""What the routes work with, opened once per gateway replica and handed to them by `deps.py`."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from deployments.image_store import ImageStore
from deployments.schemas import GenerationRecord, GenerationRequest, ServiceState
from deployments.specs import Kind, ProfileSpec
from serve_app.auth.key_store import KeyStore
from serve_app.db.database import Database


class Service(Protocol):
    """Icon or Splash, seen from the gateway. Both raise Unavailable; `generate` GenerationFailed too."""

    async def generate(self, request: GenerationRequest) -> GenerationRecord: ...

    async def describe(self, timeout_s: float) -> ServiceState: ...


@dataclass(frozen=True)
class GatewayContext:
    profile: ProfileSpec
    services: Mapping[Kind, Service]
    database: Database
    keys: KeyStore
    image_store: ImageStore
    public_url: str  # what image URLs begin with; empty: the address that the client used
