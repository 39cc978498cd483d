"""The Splash service: one Serve deployment, one engine a replica."""

import asyncio
from collections.abc import AsyncIterator

import ray
from ray import serve

from deployments.ray_instruments import RayInstruments
from deployments.schemas import DrawEvent, GenerationRequest, ServiceState
from deployments.tracing import open_tracing


@serve.deployment(
    name="Splash",
    ray_actor_options={"num_cpus": 0.5},
    autoscaling_config={"min_replicas": 1, "max_replicas": 1, "target_ongoing_requests": 4},
    max_ongoing_requests=32,  # well above what is drawn at once: questions about readiness take a place too
    max_queued_requests=64,
    health_check_period_s=5,
    health_check_timeout_s=30,
    graceful_shutdown_wait_loop_s=0.5,
    graceful_shutdown_timeout_s=300,  # longer than the longest generation
)
class Splash:
    def __init__(self, profile: str, models_dir: str, image_store_url: str, registry_dir: str) -> None:
        from deployments.host import (
            open_host,
        )  # torch belongs to replicas; whoever binds this class needs none

        gpu_fraction = ray.get_runtime_context().get_assigned_resources().get("GPU", 0.0)
        self._host = open_host(
            "splash", profile, models_dir, image_store_url, registry_dir, gpu_fraction, RayInstruments(),
            open_tracing("emblem-splash"),
        )  # fmt: skip

    async def draw(self, request: GenerationRequest) -> AsyncIterator[DrawEvent]:
        async for event in self._host.draw(request):
            yield event

    async def describe(self) -> ServiceState:
        return self._host.describe()

    async def load_adapter(self, version_id: str) -> None:
        await asyncio.to_thread(self._host.adapters.load, version_id)

    async def follow(self) -> None:
        await asyncio.to_thread(self._host.adapters.follow)

    async def check_health(self) -> None:
        self._host.check()

    def __del__(self) -> None:
        if hasattr(self, "_host"):
            self._host.close()
